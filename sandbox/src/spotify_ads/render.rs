//! Objects as the provider writes them.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::world::{Account, AdSet, Budget, Entity};

pub(super) fn account(account: &Account) -> Value {
    json!({
        "id": account.id,
        "business_id": account.business,
        "created_at": "2025-01-15T09:30:00Z",
        "updated_at": "2026-02-03T16:00:21Z",
        "name": account.name,
        "status": account.status,
        "country_code": account.country,
        "currency_code": account.currency,
        "industry": "MUSIC",
        "ad_account_role": "AD_ACCOUNT_VIEWER",
    })
}

/// A campaign, an ad set or an ad.
pub(super) fn object(entity: &Entity<'_>) -> Value {
    let created = created_at(entity);
    let mut object = json!({
        "id": entity.id(),
        "name": entity.name(),
        "status": entity.status(),
        "created_at": created,
        "updated_at": created,
        "delivery": if entity.status() == "PAUSED" { "OFF" } else { "ON" },
    });
    let more = match (entity.campaign, entity.ad_set, entity.ad) {
        (Some(campaign), Some(ad_set), None) => ad_set_fields(entity, &campaign.id, ad_set),
        (Some(campaign), None, None) => {
            json!({ "objective": campaign.objective, "purchase_order": "ORDER_1" })
        }
        (_, Some(ad_set), Some(_)) => json!({
            "ad_account_id": entity.account.id,
            "ad_set_id": ad_set.id,
            "advertiser_name": entity.account.name,
            "tagline": "Out now",
            "assets": { "asset_id": entity.id(), "companion_asset_id": entity.id(), "logo_asset_id": entity.id() },
            "call_to_action": { "key": "LISTEN_NOW", "text": "Listen now", "clickthrough_url": "https://example.com/" },
        }),
        _ => json!({}),
    };
    if let (Some(object), Value::Object(more)) = (object.as_object_mut(), more) {
        object.extend(more);
    }
    object
}

fn ad_set_fields(entity: &Entity<'_>, campaign_id: &str, ad_set: &AdSet) -> Value {
    let (kind, micros) = match ad_set.budget {
        Budget::Daily(micros) => ("DAILY", micros),
        Budget::Lifetime(micros) => ("LIFETIME", micros),
    };
    let midnight = |day: Date| format!("{day}T00:00:00Z");
    let mut fields = json!({
        "campaign_id": campaign_id,
        "start_time": entity.campaign.map(|campaign| midnight(campaign.first_day)),
        "bid_micro_amount": 15_000_000,
        "bid_strategy": "MAX_BID",
        "cost_model": "CPM",
        "delivery_goal": "REACH",
        "asset_format": entity.campaign.map(|campaign| campaign.format),
        "budget": { "micro_amount": micros, "type": kind, "currency": entity.account.currency },
        "category": "ADV_21_1",
        "is_paused": false,
        "pacing": "PACING_EVEN",
        "reject_reason": "",
        "targets": { "placements": ["MUSIC"], "geo_targets": { "country_code": entity.account.country } },
    });
    if let Some(last) = entity.campaign.and_then(|campaign| campaign.last_day) {
        fields["end_time"] = midnight(last).into();
    }
    fields
}

/// Objects of a campaign are made one second after the other.
pub(super) fn created_at(entity: &Entity<'_>) -> String {
    let day = entity.campaign.map(|campaign| campaign.first_day).unwrap_or_default();
    let number = entity.id().rsplit('-').next().and_then(|text| u64::from_str_radix(text, 16).ok());
    format!("{day}T08:00:{:02}Z", number.unwrap_or_default() % 60)
}
