//! A day that is too much even for a report is read in parts: by lists of campaigns, of a campaign's ad sets, of an ad
//! set's ads.

use serde_json::json;

use super::{
    entities::Level,
    paged_list,
    reading::{Part, Query, Reading, Report},
    wire::ObjectId,
};
use crate::{failure::Failure, page::DaysReply, reading::wire::Id};

/// Ids in one part: they travel in the address, which must not grow without limit.
const IDS_MAX: usize = 50;
/// Ids on one page of a list of ids.
const PAGE_SIZE: u32 = 500;

/// Cuts what is being read into parts that cover it. None when it cannot be cut any further.
pub async fn split(reading: &Reading<'_>) -> Result<Vec<Part>, Failure> {
    let mut query = reading.query.clone();
    loop {
        if let Some(part) = &query.part
            && part.ids.len() > 1
        {
            return Ok(Part::halves(part.level, &part.ids));
        }
        // One object, or all: cut by what is below.
        let Some(level) = query.report.below(query.part.as_ref().map(|part| part.level)) else {
            return Ok(Vec::new());
        };
        let ids = delivered(reading, &query, level).await?;
        match ids.len() {
            0 => return Ok(Vec::new()),
            1 => query.part = Some(Part { level, ids }), // the same again: one level deeper
            _ => return Ok(Part::halves(level, &ids)),
        }
    }
}

/// The objects of this level that delivered on these days, within the query's part.
async fn delivered(reading: &Reading<'_>, query: &Query<'_>, level: Level) -> Result<Vec<String>, Failure> {
    let mut call = reading
        .get()
        .query("level", level.as_str())
        .query("fields", level.id_field())
        .query("time_range", query.time_range());
    if let Some((name, value)) = query.filtering(level) {
        call = call.query(name, value);
    }
    let mut ids: Vec<String> = paged_list::all(reading.session, &call, PAGE_SIZE)
        .await?
        .iter()
        .map(|raw| {
            let object: ObjectId =
                serde_json::from_str(raw.get()).map_err(|error| Failure::malformed(&call.path, &error))?;
            object.of(level).ok_or_else(|| Failure::Transient {
                reason: format!("{}: a row without {}", call.path, level.id_field()),
            })
        })
        .collect::<Result<_, _>>()?;
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

// === impl Part ===

impl Part {
    /// Reads what [`Part::reply`] wrote.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        serde_json::from_str(text).map_err(|error| Failure::malformed("part of a report", &error))
    }

    /// Parts as the engine takes them.
    pub fn reply(parts: &[Self]) -> DaysReply {
        DaysReply::Split { parts: parts.iter().map(|part| json!(part).to_string()).collect() }
    }

    /// Two parts, or more where a half would be too long.
    fn halves(level: Level, ids: &[String]) -> Vec<Self> {
        let length = ids.len().div_ceil(2).clamp(1, IDS_MAX);
        ids.chunks(length).map(|ids| Self { level, ids: ids.to_vec() }).collect()
    }
}

// === impl Report ===

impl Report {
    /// The next level to cut by. Never below the level of the rows: two parts would hold the same row, each with a
    /// share of its numbers.
    fn below(self, level: Option<Level>) -> Option<Level> {
        match level {
            None => Some(Level::Campaign),
            Some(_) if self.level() == Level::Campaign => None,
            Some(Level::Campaign) => Some(Level::AdSet),
            Some(Level::AdSet) => Some(Level::Ad),
            Some(Level::Ad) => None,
        }
    }
}

// === impl ObjectId ===

impl ObjectId {
    fn of(self, level: Level) -> Option<String> {
        let id = match level {
            Level::Campaign => self.campaign_id,
            Level::AdSet => self.adset_id,
            Level::Ad => self.ad_id,
        };
        id.map(|Id(id)| id)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_row_is_never_shared_by_two_parts() {
        for report in [Report::Campaigns, Report::Countries] {
            assert_eq!(report.below(None), Some(Level::Campaign));
            assert_eq!(report.below(Some(Level::Campaign)), None);
        }
        assert_eq!(Report::Ads.below(Some(Level::Campaign)), Some(Level::AdSet));
        assert_eq!(Report::Ads.below(Some(Level::AdSet)), Some(Level::Ad));
        assert_eq!(Report::Ads.below(Some(Level::Ad)), None);
    }

    #[test]
    fn a_part_reads_back() {
        let part = Part { level: Level::AdSet, ids: vec!["120208325579380399".to_owned()] };
        let DaysReply::Split { parts } = Part::reply(std::slice::from_ref(&part)) else { panic!("no split") };
        assert_eq!(parts, [r#"{"ids":["120208325579380399"],"level":"adset"}"#]);
        assert_eq!(Part::parse(&parts[0]), Ok(part));
        assert!(Part::parse("{}").is_err());
    }

    proptest! {
        #[test]
        fn halves_hold_every_id_once_and_are_smaller(count in 2_usize..400) {
            let ids: Vec<String> = (0..count).map(|id| id.to_string()).collect();
            let parts = Part::halves(Level::Campaign, &ids);
            prop_assert!(parts.len() >= 2);
            prop_assert!(parts.iter().all(|part| part.ids.len() <= IDS_MAX && part.ids.len() < count));
            prop_assert_eq!(parts.into_iter().flat_map(|part| part.ids).collect::<Vec<_>>(), ids);
        }
    }
}
