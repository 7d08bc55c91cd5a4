//! Marketing campaigns across networks, copied from the configuration so that SQL can join them.

use rows::{Currency, DayRange, Micros};
use sea_orm::{EntityTrait, Set};

use crate::{
    Store, StoreError,
    convert::{chrono_day, json_list},
    entity::{campaign, campaign_member},
};

/// A marketing campaign as configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarketingCampaign {
    /// Its configured name.
    pub id: String,
    /// Whom it belongs to.
    pub tenant: String,
    /// What it may cost, in which days.
    pub budget: Option<MarketingBudget>,
    /// ISRCs of the tracks that it promotes.
    pub tracks: Vec<String>,
    /// What belongs to it.
    pub members: Vec<MarketingMember>,
}

/// What a marketing campaign may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MarketingBudget {
    /// How much.
    pub amount: Micros,
    /// Of what.
    pub currency: Currency,
    /// Over which days.
    pub days: DayRange,
}

/// Something that belongs to a marketing campaign; what is not said does not narrow it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MarketingMember {
    /// The integration's id.
    pub integration: Option<String>,
    /// A network's campaign.
    pub campaign: Option<String>,
    /// A pattern for the names of a network's campaigns.
    pub name_matches: Option<String>,
    /// The campaign parameter of links.
    pub utm_campaign: Option<String>,
}

impl Store {
    /// Makes the tables hold exactly these campaigns.
    pub async fn sync_campaigns(&self, campaigns: &[MarketingCampaign]) -> Result<(), StoreError> {
        let tx = self.pools.begin().await?;
        campaign_member::Entity::delete_many().exec(&tx).await?;
        campaign::Entity::delete_many().exec(&tx).await?;
        for configured in campaigns {
            campaign::Entity::insert(campaign_model(configured)).exec_without_returning(&tx).await?;
            for (position, member) in (0..).zip(&configured.members) {
                campaign_member::Entity::insert(member_model(&configured.id, position, member))
                    .exec_without_returning(&tx)
                    .await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }
}

fn campaign_model(configured: &MarketingCampaign) -> campaign::ActiveModel {
    let budget = configured.budget;
    campaign::ActiveModel {
        id: Set(configured.id.clone()),
        tenant: Set(configured.tenant.clone()),
        budget_micros: Set(budget.map(|budget| budget.amount.0)),
        budget_currency: Set(budget.map(|budget| budget.currency.into())),
        budget_first_day: Set(budget.map(|budget| chrono_day(budget.days.first))),
        budget_last_day: Set(budget.map(|budget| chrono_day(budget.days.last))),
        tracks: Set(json_list(&configured.tracks)),
    }
}

fn member_model(campaign: &str, position: i32, member: &MarketingMember) -> campaign_member::ActiveModel {
    campaign_member::ActiveModel {
        campaign_id: Set(campaign.to_owned()),
        position: Set(position),
        integration: Set(member.integration.clone()),
        ad_campaign_id: Set(member.campaign.clone()),
        name_matches: Set(member.name_matches.clone()),
        utm_campaign: Set(member.utm_campaign.clone()),
    }
}
