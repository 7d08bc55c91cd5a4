//! All lines of one statement with one key.

use rows::{Currency, royalties};
use sea_orm::entity::prelude::*;

use crate::convert::chrono_day;
use crate::upsert::Stored;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "royalty_statement_rows")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub entity_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub service: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub store: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub track_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub country: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub period_start: Date,
    #[sea_orm(primary_key, auto_increment = false)]
    pub period_end: Date,
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    /// `""` where the file has none.
    #[sea_orm(primary_key, auto_increment = false)]
    pub currency: String,
    pub quantity_micros: Option<i64>,
    pub revenue_micros: Option<i64>,
    pub revenue_exact: Option<String>,
    pub gross_micros: Option<i64>,
    pub isrc: Option<String>,
    pub upc: Option<String>,
    pub title: Option<String>,
    pub artist_name: Option<String>,
    pub statement_period: Option<String>,
    pub layout: String,
    pub lines: i64,
    pub revision: i32,
    pub observed_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Entity {}

impl Model {
    /// The row as stored; `observed_at` in seconds since 1970.
    pub fn from_row(entity_id: i64, row: &royalties::RoyaltyStatement, observed_at: i64) -> Self {
        Self {
            entity_id,
            service: row.service.clone(),
            store: row.store.clone(),
            track_id: row.track_id.clone(),
            country: row.country.clone(),
            period_start: chrono_day(row.period_start),
            period_end: chrono_day(row.period_end),
            kind: row.kind.as_str().to_owned(),
            currency: row.currency.as_ref().map_or("", Currency::as_str).to_owned(),
            quantity_micros: row.quantity.map(|micros| micros.0),
            revenue_micros: row.revenue.map(|micros| micros.0),
            revenue_exact: row.revenue_exact.clone(),
            gross_micros: row.gross.map(|micros| micros.0),
            isrc: row.isrc.clone(),
            upc: row.upc.clone(),
            title: row.title.clone(),
            artist_name: row.artist_name.clone(),
            statement_period: row.statement_period.clone(),
            layout: row.layout.clone(),
            lines: row.lines,
            revision: 0,
            observed_at,
        }
    }
}
