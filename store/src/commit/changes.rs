//! What is otherwise than before: stored once, beside the rows that show it.

use jiff::Timestamp;
use rows::sink::Change;
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, Set, sea_query::OnConflict};

use crate::{
    convert::{shortened, utc},
    entity::change::{ActiveModel, Column, Entity},
    sql::Sql,
};

/// Notes those that are not what was noted last. Gives them, with what was before. Before rows are written: what they say is
/// compared with what is stored.
pub async fn note(
    tx: &impl ConnectionTrait,
    connection: &str,
    connection_id: i64,
    changes: &[Change],
    now: Timestamp,
) -> Result<Vec<Change>, DbErr> {
    let mut noted = Vec::new();
    for change in changes {
        let change = cleaned(change);
        let before = match last(tx, connection, &change).await? {
            Some(last) => last,
            None if change.before.is_some() => change.before.clone(),
            None => stored(tx, connection_id, &change).await?,
        };
        // Seen for the first time: that is no change.
        if before.is_none() || before == change.after {
            continue;
        }
        let change = Change { before, ..change };
        let model = ActiveModel {
            connection: Set(connection.to_owned()),
            at: Set(utc(now)),
            kind: Set(change.kind.to_owned()),
            entity: Set(change.entity.to_owned()),
            id: Set(change.id.clone()),
            before: Set(change.before.clone()),
            after: Set(change.after.clone()),
        };
        let keys = [Column::Connection, Column::At, Column::Kind, Column::Entity, Column::Id];
        let once = OnConflict::columns(keys).update_columns([Column::After]).to_owned();
        Entity::insert(model).on_conflict(once).exec_without_returning(tx).await?;
        noted.push(change);
    }
    Ok(noted)
}

/// What was noted last of it; `None` when nothing was.
async fn last(
    tx: &impl ConnectionTrait,
    connection: &str,
    change: &Change,
) -> Result<Option<Option<String>>, DbErr> {
    let statement = Sql::new(tx.get_database_backend(), "SELECT after FROM changes WHERE connection = ")
        .bind(connection)
        .text(" AND kind = ")
        .bind(change.kind)
        .text(" AND entity = ")
        .bind(change.entity)
        .text(" AND id = ")
        .bind(change.id.as_str())
        .text(" ORDER BY at DESC LIMIT 1")
        .done();
    let last = tx.query_one_raw(statement).await?;
    last.map(|row| row.try_get("", "after")).transpose()
}

/// What a code led to before, by the objects that have it. Where the one that it leads to now is among them, that is what is
/// known of it.
async fn stored(
    tx: &impl ConnectionTrait,
    connection_id: i64,
    change: &Change,
) -> Result<Option<String>, DbErr> {
    let (table, id, code) = match change.kind {
        "isrc" => ("track_rows", "track_id", "isrc"),
        "upc" => ("album_rows", "album_id", "upc"),
        _ => return Ok(None),
    };
    let statement = Sql::new(
        tx.get_database_backend(),
        &format!("SELECT {id} AS id FROM {table} WHERE connection_id = "),
    )
    .bind(connection_id)
    .text(&format!(" AND {code} = "))
    .bind(change.id.as_str())
    .text(&format!(" ORDER BY observed_at DESC, {id}"))
    .done();
    let mut known = Vec::new();
    for row in tx.query_all_raw(statement).await? {
        known.push(row.try_get::<String>("", "id")?);
    }
    if change.after.as_ref().is_some_and(|after| known.contains(after)) {
        return Ok(None);
    }
    Ok(known.into_iter().next())
}

/// Foreign texts have a length, and no U+0000.
fn cleaned(change: &Change) -> Change {
    let clean = |text: &str| shortened(text).replace('\0', "");
    Change {
        id: clean(&change.id),
        before: change.before.as_deref().map(clean),
        after: change.after.as_deref().map(clean),
        ..change.clone()
    }
}
