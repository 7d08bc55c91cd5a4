//! What the worker shows of itself and of the campaigns, and what it logs.
//!
//! - [`Metrics`]: the pipeline's own metrics, in a registry; it is the engine's [`Observer`](actors::observer::Observer).
//! - [`Publisher`]: reads snapshots when something changed and renders campaign, payment, web, music and connection series
//!   into a prepared body.
//! - [`Exposition`]: both together, as a scrape gets them. A scrape reads memory only.

mod board;
mod body;
mod changes;
mod declare;
mod exposition;
mod families;
pub mod figures;
mod guest;
pub mod limits;
pub mod logs;
mod metrics;
mod music;
mod publisher;
mod render;
mod render_campaigns;
mod render_music;
pub mod series;
mod share;
pub mod shown;
mod text;

pub use changes::Changes;
pub use exposition::{CONTENT_TYPE, Exposition};
pub use guest::{Guest, WORKER_LABEL};
pub use metrics::Metrics;
pub use publisher::Publisher;

#[cfg(test)]
mod tests;
