//! Marketing campaigns across networks.

use std::collections::BTreeMap;

use rows::{Currency, Day, Micros};

use super::{
    document::{BudgetTable, CampaignTable, MemberTable},
    known,
    place::KeyPath,
    review::Review,
    validation::{not_built_in, shown_text},
};

/// One marketing campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Campaign {
    /// Whom it belongs to.
    pub tenant: String,
    /// What it may cost.
    pub budget: Option<Budget>,
    /// ISRCs of the tracks that it promotes.
    pub tracks: Vec<String>,
    /// What belongs to it.
    pub members: Vec<Member>,
}

/// A campaign's budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// In millionths of the currency's major unit.
    pub amount: Micros,
    /// Its currency.
    pub currency: Currency,
    /// The first day.
    pub from: Day,
    /// The last day, included.
    pub to: Day,
}

/// What belongs to a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Member {
    /// A network's campaign, by its id.
    Campaign {
        /// The network.
        integration: String,
        /// Its id there.
        campaign: String,
    },
    /// A network's campaigns, by their name.
    Name {
        /// The network.
        integration: String,
        /// A pattern, `*` for anything.
        pattern: String,
    },
    /// Web sessions with this `utm_campaign`.
    Utm(String),
}

// === impl Review ===

impl Review<'_> {
    /// All campaigns.
    pub fn campaigns(&mut self) -> BTreeMap<String, Campaign> {
        let mut campaigns = BTreeMap::new();
        for name in self.names("campaigns") {
            let path = KeyPath::of(["campaigns", &name]);
            let Some(table) = self.read::<CampaignTable>(&path) else { continue };
            let budget = table.budget.as_ref().and_then(|budget| self.budget(&path.child("budget"), budget));
            let members = path.child("members");
            let members = table
                .members
                .into_iter()
                .enumerate()
                .filter_map(|(index, member)| self.member(&members.child(&index.to_string()), member))
                .collect();
            campaigns.insert(name, Campaign { tenant: table.tenant, budget, tracks: table.tracks, members });
        }
        campaigns
    }

    fn budget(&mut self, path: &KeyPath, table: &BudgetTable) -> Option<Budget> {
        if table.to < table.from {
            let expected = format!("a last day that is not before the first ({})", table.from);
            self.mistake(
                &path.child("to"),
                "budget that ends before it begins",
                &expected,
                &table.to.to_string(),
                None,
            );
        }
        Some(Budget {
            amount: Micros::parse(&table.amount).ok()?,
            currency: Currency::parse(&table.currency).ok()?,
            from: table.from,
            to: table.to,
        })
    }

    fn member(&mut self, path: &KeyPath, table: MemberTable) -> Option<Member> {
        if let Some(id) = &table.integration {
            self.check_member_integration(path, id);
        }
        match (table.integration, table.campaign, table.name_matches, table.utm_campaign) {
            (Some(integration), Some(campaign), None, None) => {
                Some(Member::Campaign { integration, campaign })
            }
            (Some(integration), None, Some(pattern), None) => Some(Member::Name { integration, pattern }),
            (None, None, None, Some(utm_campaign)) => Some(Member::Utm(utm_campaign)),
            _ => {
                if !self.is_broken(path) {
                    self.mistake(
                        path,
                        "campaign member that does not say what it is",
                        "`integration` with `campaign` or `name_matches`, or `utm_campaign` alone",
                        "another combination",
                        None,
                    );
                }
                None
            }
        }
    }

    fn check_member_integration(&mut self, path: &KeyPath, id: &str) {
        let key = path.child("integration");
        let ids: Vec<_> = self.integrations.iter().map(|integration| integration.manifest().id).collect();
        if ids.contains(&id) {
            return;
        }
        if known::INTEGRATIONS.contains(&id) {
            // A campaign may well be planned for a network before the worker can read it.
            self.warn(
                &key,
                format!("integration {} is not built in yet: this member matches nothing", shown_text(id)),
            );
        } else {
            let place = self.tree.place(&key);
            self.mistakes.push(not_built_in(id, &ids, place, key));
        }
    }
}
