//! A counter's last reading of one day.

use rows::music;
use sea_orm::entity::prelude::*;

use crate::convert::chrono_day;
use crate::upsert::Stored;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "counter_reading_rows")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub entity_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub date: Date,
    pub value: i64,
    pub measure_class: String,
    pub revision: i32,
    pub observed_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Entity {}

impl Model {
    /// The row as stored; `observed_at` in seconds since 1970.
    pub fn from_row(entity_id: i64, row: &music::CounterReading, observed_at: i64) -> Self {
        Self {
            entity_id,
            date: chrono_day(row.date),
            value: row.value,
            measure_class: row.measure_class.as_str().to_owned(),
            revision: 0,
            observed_at,
        }
    }
}
