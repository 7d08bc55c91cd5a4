//! Lines of the statements that are loaded, in the order of their keys.
//!
//! The same rows as the view `royalty_statements` shows; from the tables, because the view's quantity is a float on SQLite. They
//! come one after the other and are never all in memory: a label has half a million.

use std::ops::ControlFlow;

use futures::TryStreamExt;
use rows::{
    Currency, Day, DayRange, Decimal, Micros,
    royalties::{RoyaltyKind, RoyaltyStatement},
};
use sea_orm::{ConnectionTrait, DbErr, QueryResult, StreamTrait, prelude::Date};

use crate::{
    Store, StoreError,
    convert::{chrono_day, day},
    sql::Sql,
};

/// A line of a loaded statement, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoyaltyLine {
    /// Whom it belongs to.
    pub tenant: String,
    /// What the statement says.
    pub line: RoyaltyStatement,
    /// What is paid out, exactly; `None` where the statement does not say it.
    pub revenue: Option<Decimal>,
}

/// What statements are joined with: lines `f` of files `r` that are loaded.
const LOADED: &str = " FROM royalty_statement_rows f JOIN royalty_statement_entities e ON e.id = f.entity_id \
    JOIN connections c ON c.id = e.connection_id \
    JOIN report_files r ON r.connection_id = e.connection_id AND r.sha256 = e.statement WHERE r.state = 'loaded'";

/// What belongs together comes together; the rest makes the order the same every time.
const ORDER: &str = " ORDER BY c.tenant, f.track_id, f.service, f.currency, f.store, f.country, f.period_start, f.period_end, \
    f.kind, c.name, e.statement";

impl Store {
    /// The last day of the newest period of sale that there is, of everybody or of one tenant.
    pub async fn newest_sale(&self, tenant: Option<&str>) -> Result<Option<Day>, StoreError> {
        let database = &self.pools.read;
        let sql = Sql::new(database.get_database_backend(), "SELECT max(f.period_end) AS last").text(LOADED);
        let row = database.query_one_raw(of_tenant(sql, tenant).done()).await?;
        let last: Option<Date> = row.map(|row| row.try_get("", "last")).transpose()?.flatten();
        Ok(last.and_then(day))
    }

    /// Tenants of connections that have statements.
    pub async fn tenants_with_royalties(&self) -> Result<Vec<String>, StoreError> {
        let database = &self.pools.read;
        let statement = Sql::new(
            database.get_database_backend(),
            "SELECT DISTINCT c.tenant FROM connections c JOIN royalty_statement_entities e ON e.connection_id = c.id \
             ORDER BY c.tenant",
        );
        let rows = database.query_all_raw(statement.done()).await?;
        Ok(rows.iter().map(|row| row.try_get("", "tenant")).collect::<Result<_, _>>()?)
    }

    /// Gives each line whose period of sale ends on one of these days to `each`, of everybody or of one tenant, until it breaks
    /// off. In the order of tenant, track, service, currency, store, country, period and kind; lines of several statements that
    /// have all of these in common stand beside each other.
    pub async fn royalty_lines<B>(
        &self,
        days: DayRange,
        tenant: Option<&str>,
        mut each: impl FnMut(RoyaltyLine) -> ControlFlow<B>,
    ) -> Result<ControlFlow<B>, StoreError> {
        let database = &self.pools.read;
        let columns = "SELECT c.tenant, e.statement, f.service, f.store, f.track_id, f.country, f.period_start, f.period_end, \
                       f.kind, f.currency, f.quantity_micros, f.revenue_micros, f.revenue_exact, f.gross_micros, f.isrc, \
                       f.upc, f.title, f.artist_name, f.statement_period, f.layout, f.lines";
        let sql = Sql::new(database.get_database_backend(), columns)
            .text(LOADED)
            .text(" AND f.period_end >= ")
            .bind(chrono_day(days.first))
            .text(" AND f.period_end <= ")
            .bind(chrono_day(days.last));
        let statement = of_tenant(sql, tenant).text(ORDER).done();
        let mut rows = database.stream_raw(statement).await?;
        while let Some(row) = rows.try_next().await? {
            if let ControlFlow::Break(broken) = each(line(&row)?) {
                return Ok(ControlFlow::Break(broken));
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

fn of_tenant(sql: Sql, tenant: Option<&str>) -> Sql {
    match tenant {
        Some(tenant) => sql.text(" AND c.tenant = ").bind(tenant),
        None => sql,
    }
}

fn line(row: &QueryResult) -> Result<RoyaltyLine, StoreError> {
    let text = |column: &str| row.try_get::<String>("", column);
    let words = |column: &str| row.try_get::<Option<String>>("", column);
    let micros =
        |column: &str| -> Result<_, DbErr> { Ok(row.try_get::<Option<i64>>("", column)?.map(Micros)) };
    let date = |column: &str| -> Result<Day, StoreError> {
        let date: Date = row.try_get("", column)?;
        day(date).ok_or_else(|| StoreError::Unreadable(format!("a royalty line's {column}: {date}")))
    };
    let kind = text("kind")?;
    let line = RoyaltyStatement {
        statement: text("statement")?,
        service: text("service")?,
        store: text("store")?,
        track_id: text("track_id")?,
        country: text("country")?,
        period_start: date("period_start")?,
        period_end: date("period_end")?,
        kind: RoyaltyKind::parse(&kind)
            .ok_or_else(|| StoreError::Unreadable(format!("a royalty line's kind: {kind:?}")))?,
        currency: Currency::parse(&text("currency")?).ok(),
        quantity: micros("quantity_micros")?,
        revenue: micros("revenue_micros")?,
        revenue_exact: words("revenue_exact")?,
        gross: micros("gross_micros")?,
        isrc: words("isrc")?,
        upc: words("upc")?,
        title: words("title")?,
        artist_name: words("artist_name")?,
        statement_period: words("statement_period")?,
        layout: text("layout")?,
        lines: row.try_get("", "lines")?,
    };
    let revenue = exact(line.revenue_exact.as_deref(), line.revenue)?;
    Ok(RoyaltyLine { tenant: text("tenant")?, line, revenue })
}

/// An amount as exactly as it is stored.
pub(super) fn exact(text: Option<&str>, micros: Option<Micros>) -> Result<Option<Decimal>, StoreError> {
    let Some(text) = text else { return Ok(micros.map(Decimal::from_micros)) };
    match Decimal::parse(text) {
        Ok(amount) => Ok(Some(amount)),
        Err(error) => Err(StoreError::Unreadable(format!("a royalty line's amount {text:?}: {error}"))),
    }
}
