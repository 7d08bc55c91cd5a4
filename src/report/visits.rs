//! Visits that links with a marketing campaign's name brought.

use std::collections::BTreeSet;

use serde::Serialize;
use store::read::CampaignVisits;

use crate::{
    insight::ratio,
    settings::{Campaign, Member},
};

/// Visits by one `utm_campaign`, as one connection counts them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VisitReport {
    /// The connection that reads them.
    pub connection: String,
    /// Its integration.
    pub provider: String,
    /// As links carry it.
    pub utm_campaign: String,
    /// Days of the range that have begun there.
    pub days: usize,
    /// How many of them were read.
    pub days_read: usize,
    /// Pages and screens seen.
    pub page_views: Option<i64>,
    /// Sessions.
    pub sessions: Option<i64>,
    /// Average length of a session.
    pub session_duration_seconds: Option<f64>,
    /// Goals that were reached.
    pub goals: Vec<GoalReport>,
}

/// One goal of a [`VisitReport`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GoalReport {
    /// Its configured name.
    pub goal: String,
    /// How often it was reached, in millionths.
    pub conversions_micros: Option<i64>,
    /// In how many sessions.
    pub converting_sessions: Option<i64>,
    /// Converting sessions / sessions; 0.02 = 2 %.
    pub conversion_ratio: Option<f64>,
}

/// What links of the campaign carry.
pub(super) fn utm_names(campaign: &Campaign) -> impl Iterator<Item = String> {
    campaign.members.iter().filter_map(|member| match member {
        Member::Utm(name) => Some(name.clone()),
        Member::Campaign { .. } | Member::Name { .. } => None,
    })
}

// === impl VisitReport ===

impl VisitReport {
    /// Those that the campaign's links brought.
    pub(super) fn of(campaign: &Campaign, visits: &[CampaignVisits]) -> Vec<Self> {
        let names: BTreeSet<String> = utm_names(campaign).collect();
        let of_it = visits
            .iter()
            .filter(|visits| visits.tenant == campaign.tenant && names.contains(&visits.utm_campaign));
        let visits = of_it.map(|visits| Self {
            connection: visits.connection.clone(),
            provider: visits.provider.clone(),
            utm_campaign: visits.utm_campaign.clone(),
            days: visits.days,
            days_read: visits.days_read,
            page_views: visits.page_views,
            sessions: visits.sessions,
            session_duration_seconds: ratio::session_duration_seconds(
                visits.session_seconds,
                visits.sessions,
            ),
            goals: visits
                .goals
                .iter()
                .map(|goal| GoalReport {
                    goal: goal.goal.clone(),
                    conversions_micros: goal.conversions.map(|conversions| conversions.0),
                    converting_sessions: goal.converting_sessions,
                    conversion_ratio: ratio::session_conversion_ratio(
                        goal.converting_sessions,
                        visits.sessions,
                    ),
                })
                .collect(),
        });
        visits.collect()
    }
}
