//! Configured marketing campaigns, as the store and telemetry take them.

use std::collections::BTreeMap;

use rows::DayRange;
use store::{MarketingBudget, MarketingMember};

use crate::{
    insight::NamePattern,
    settings::{Campaign, Member},
    telemetry::figures::{MarketingCampaign, Member as ShownMember, MemberRule},
};

/// For the tables `campaigns` and `campaign_members`.
pub fn stored(campaigns: &BTreeMap<String, Campaign>) -> Vec<store::MarketingCampaign> {
    let budget = |campaign: &Campaign| {
        let budget = campaign.budget?;
        let days = DayRange::new(budget.from, budget.to)?;
        Some(MarketingBudget { amount: budget.amount, currency: budget.currency, days })
    };
    let member = |member: &Member| match member.clone() {
        Member::Campaign { integration, campaign } => MarketingMember {
            integration: Some(integration),
            campaign: Some(campaign),
            ..MarketingMember::default()
        },
        Member::Name { integration, pattern } => MarketingMember {
            integration: Some(integration),
            name_matches: Some(pattern),
            ..MarketingMember::default()
        },
        Member::Utm(utm) => MarketingMember { utm_campaign: Some(utm), ..MarketingMember::default() },
    };
    campaigns
        .iter()
        .map(|(name, campaign)| store::MarketingCampaign {
            id: name.clone(),
            tenant: campaign.tenant.clone(),
            budget: budget(campaign),
            tracks: campaign.tracks.clone(),
            members: campaign.members.iter().map(member).collect(),
        })
        .collect()
}

/// For `dynamoi_campaign_member_info`: only members on networks have series to join.
pub fn shown(campaigns: &BTreeMap<String, Campaign>) -> Vec<MarketingCampaign> {
    let member = |member: &Member| match member {
        Member::Campaign { integration, campaign } => {
            Some(ShownMember { provider: integration.clone(), which: MemberRule::Id(campaign.clone()) })
        }
        Member::Name { integration, pattern } => Some(ShownMember {
            provider: integration.clone(),
            which: MemberRule::NameMatches(NamePattern::new(pattern)),
        }),
        Member::Utm(_) => None,
    };
    campaigns
        .iter()
        .map(|(name, campaign)| MarketingCampaign {
            campaign: name.clone(),
            tenant: campaign.tenant.clone(),
            members: campaign.members.iter().filter_map(member).collect(),
        })
        .collect()
}
