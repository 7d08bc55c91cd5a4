//! Campaigns, ad sets and ads as Meta describes them.

use rows::{Row, Table};

use super::{
    accounts,
    mapping::{self, Owner},
    paged_list::{self, ListPage},
    source::MetaAdsSource,
    use_case,
};
use crate::{
    failure::Failure,
    page::{Next, Page, SnapshotReply, SnapshotRequest},
    reading::elements::Elements,
    session::{Call, Session},
};

/// Levels of the hierarchy, from the top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// A campaign.
    Campaign,
    /// An ad set.
    AdSet,
    /// An ad.
    Ad,
}

// === impl Level ===

impl Level {
    /// Where its objects go.
    pub const fn tables(self) -> &'static [Table] {
        match self {
            Self::Campaign => &[Table::AdCampaigns],
            Self::AdSet => &[Table::AdSets],
            Self::Ad => &[Table::Ads],
        }
    }

    /// As in `level=` and in the names of fields to filter by.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Campaign => "campaign",
            Self::AdSet => "adset",
            Self::Ad => "ad",
        }
    }

    /// The field that holds its id in a report.
    pub const fn id_field(self) -> &'static str {
        match self {
            Self::Campaign => "campaign_id",
            Self::AdSet => "adset_id",
            Self::Ad => "ad_id",
        }
    }

    /// Every status. Without being asked for, archived and deleted objects are left out.
    pub const fn effective_statuses(self) -> &'static [&'static str] {
        match self {
            Self::Campaign => &["ACTIVE", "PAUSED", "ARCHIVED", "DELETED", "IN_PROCESS", "WITH_ISSUES"],
            Self::AdSet => {
                &["ACTIVE", "PAUSED", "ARCHIVED", "DELETED", "IN_PROCESS", "WITH_ISSUES", "CAMPAIGN_PAUSED"]
            }
            Self::Ad => &[
                "ACTIVE",
                "PAUSED",
                "ARCHIVED",
                "DELETED",
                "IN_PROCESS",
                "WITH_ISSUES",
                "CAMPAIGN_PAUSED",
                "ADSET_PAUSED",
                "PENDING_REVIEW",
                "DISAPPROVED",
                "PREAPPROVED",
                "PENDING_BILLING_INFO",
            ],
        }
    }

    const fn edge(self) -> &'static str {
        match self {
            Self::Campaign => "campaigns",
            Self::AdSet => "adsets",
            Self::Ad => "ads",
        }
    }

    const fn fields(self) -> &'static str {
        match self {
            Self::Campaign => {
                "id,name,objective,status,effective_status,daily_budget,lifetime_budget,start_time,stop_time,\
                 created_time,updated_time"
            }
            Self::AdSet => {
                "id,campaign_id,name,status,effective_status,optimization_goal,billing_event,daily_budget,\
                 lifetime_budget,start_time,end_time,created_time,updated_time"
            }
            Self::Ad => {
                "id,campaign_id,adset_id,name,status,effective_status,creative{id},created_time,updated_time"
            }
        }
    }

    fn read(
        self,
        place: &str,
        page: &ListPage,
        owner: &Owner,
    ) -> Result<(Elements<Row>, Option<String>), Failure> {
        match self {
            Self::Campaign => mapping::read_page(place, page, |wire| mapping::campaign(wire, owner)),
            Self::AdSet => mapping::read_page(place, page, |wire| mapping::ad_set(wire, owner)),
            Self::Ad => mapping::read_page(place, page, |wire| mapping::ad(wire, owner)),
        }
    }
}

/// A JSON list of texts, as the Graph API takes it in a parameter.
pub fn json_list<T: AsRef<str>>(items: &[T]) -> String {
    serde_json::Value::from(items.iter().map(AsRef::as_ref).collect::<Vec<&str>>()).to_string()
}

/// One page of objects.
pub async fn page(
    source: &MetaAdsSource,
    session: &Session,
    level: Level,
    request: SnapshotRequest<'_>,
) -> Result<SnapshotReply, Failure> {
    let owner = accounts::owner(request.account)?;
    let call = call(source, &owner, level);
    let page = paged_list::page_halving(session, &call, source.settings.page_size, request.cursor).await?;
    let (Elements { rows, quarantined }, after) = level.read(&call.path, &page, &owner)?;
    let next = after.map_or(Next::End(None), Next::More);
    Ok(Page { rows, quarantined, next, ..Page::default() }.into())
}

fn call(source: &MetaAdsSource, owner: &Owner, level: Level) -> Call {
    source
        .get(&[&format!("act_{}", owner.account_id), level.edge()], use_case::MANAGEMENT)
        .query("fields", level.fields())
        .query("effective_status", json_list(level.effective_statuses()))
        .account(&owner.account_id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integrations::meta_ads::testing;

    #[test]
    fn archived_and_deleted_objects_are_asked_for() {
        let source = testing::source(serde_json::json!({}));
        let call = call(&source, &testing::owner(), Level::Campaign);
        assert_eq!(call.path, "/v25.0/act_1234567890123456/campaigns");
        assert_eq!(call.account, "1234567890123456");
        assert_eq!(
            testing::parameter(&call.query, "effective_status"),
            r#"["ACTIVE","PAUSED","ARCHIVED","DELETED","IN_PROCESS","WITH_ISSUES"]"#
        );
    }
}
