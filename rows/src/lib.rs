//! The language that all rooms share: normalised rows, money, days, the checkpoint's memory, and the ports
//! (`Sink`, `Cache`, `Seal`, `RefreshTokens`, `Budgets`, `Clock`) through which the engine reaches the world. It knows no provider, no SQL and no HTTP.

pub mod ads;
pub mod budget;
pub mod cache;
pub mod checkpoint;
pub mod clock;
pub mod codes;
pub mod content;
pub mod day;
pub mod decimal;
pub mod figures;
pub mod files;
pub mod fit;
pub mod instant;
pub mod key;
pub mod limits;
pub mod links;
pub mod markup;
pub mod money;
pub mod music;
pub mod payments;
pub mod personal;
pub mod quarantine;
pub mod refresh;
pub mod row;
pub mod royalties;
pub mod seal;
pub mod sink;
pub mod state;
pub mod status;
pub mod table;
pub mod texts;
mod unsaid;
pub mod web;
pub mod zone;

pub use budget::Budgets;
pub use cache::Cache;
pub use clock::Clock;
pub use day::{Day, DayRange};
pub use decimal::Decimal;
pub use money::{Currency, Micros};
pub use refresh::RefreshTokens;
pub use row::Row;
pub use seal::Seal;
pub use table::Table;
