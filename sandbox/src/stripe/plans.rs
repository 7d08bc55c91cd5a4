//! What subscriptions buy and how they fare. The first thirty show one case each, so that every small world
//! has them all; later ones are the platform's ordinary business.

use super::catalogue::{
    API_CALLS_METERED, DAILY_MONITOR, FIRST_MONTH, FREE, LABEL_PARTNER, LEGACY, LINKS_VOLUME,
    PLAYLISTS_PACKAGE, PLUS, PLUS_KWD, PLUS_YEARLY_EUR, QUARTERLY_REVIEW, SEAT_DEAL, SEATS_GRADUATED,
    STARTER, STARTER_JPY, TEN_DOLLARS, TRACK_SLOT, WEEKLY_REPORT,
};
use super::records::{Seconds, Serial};
use super::world::DAY;

/// Special cases before the ordinary ones begin.
pub(super) const PLANS: u32 = 30;

/// How a subscription fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Pays,
    /// Every renewal is declined; after the last attempt the subscription becomes this.
    Declines(&'static str),
    /// Canceled at once, after so many days.
    Cancels(i64),
    CancelsAtPeriodEnd(i64),
    /// Buys more after so many days.
    Upgrades(i64),
    /// `pause_collection` with this behaviour, from the second day.
    PausesCollection(&'static str),
    /// The trial ends without a payment method.
    PausedAfterTrial,
    /// The very first payment is declined.
    NeverPaid,
    /// A status of a future API version.
    Unheard(&'static str),
}

/// One subscription's contents and fate.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub items: Vec<(Serial, Option<i64>)>,
    pub coupon: Option<usize>,
    pub first_item_coupon: Option<usize>,
    pub trial_days: Option<i64>,
    pub fate: Fate,
    /// How long before the end of the past it began; otherwise any time.
    pub age_seconds: Option<Seconds>,
}

fn buys(price: Serial, quantity: i64) -> Plan {
    Plan {
        items: vec![(price, Some(quantity))],
        coupon: None,
        first_item_coupon: None,
        trial_days: None,
        fate: Fate::Pays,
        age_seconds: None,
    }
}

impl Plan {
    fn fate(self, fate: Fate) -> Self {
        Self { fate, ..self }
    }

    fn aged(self, seconds: Seconds) -> Self {
        Self { age_seconds: Some(seconds), ..self }
    }

    /// The plan of subscription number n.
    pub(super) fn of(number: u32) -> Self {
        match number {
            1 => buys(PLUS, 1),
            2 => Self { trial_days: Some(14), ..buys(STARTER, 1) }.aged(5 * DAY),
            // One renewal, declined at most five days ago, of which the retries are still under way.
            3 => buys(STARTER, 1).fate(Fate::Declines("unpaid")).aged(33 * DAY),
            4 => buys(PLUS, 1).fate(Fate::Cancels(40)).aged(55 * DAY),
            5 => buys(STARTER, 1).fate(Fate::PausesCollection("void")),
            6 => Self { coupon: Some(LABEL_PARTNER), ..buys(PLUS, 1) },
            7 => Self { coupon: Some(FIRST_MONTH), ..buys(STARTER, 1) },
            8 => buys(SEATS_GRADUATED, 25),
            9 => buys(LINKS_VOLUME, 150),
            10 => buys(PLAYLISTS_PACKAGE, 34),
            11 => buys(PLUS_YEARLY_EUR, 1),
            12 => buys(WEEKLY_REPORT, 2),
            13 => buys(DAILY_MONITOR, 1),
            14 => Self { items: vec![(API_CALLS_METERED, None)], ..buys(STARTER, 1) },
            15 => Self {
                items: vec![(PLUS, Some(1)), (SEATS_GRADUATED, Some(7)), (API_CALLS_METERED, None)],
                first_item_coupon: Some(SEAT_DEAL),
                ..buys(PLUS, 1)
            },
            16 => buys(STARTER_JPY, 3),
            17 => buys(PLUS_KWD, 1),
            18 => Self {
                items: vec![(STARTER, Some(2)), (PLAYLISTS_PACKAGE, Some(20))],
                coupon: Some(TEN_DOLLARS),
                ..buys(STARTER, 2)
            },
            19 => Self {
                items: (1..=25).map(|place| (TRACK_SLOT, Some(place))).collect(),
                ..buys(TRACK_SLOT, 1)
            },
            20 => buys(PLUS, 2).fate(Fate::CancelsAtPeriodEnd(3)).aged(12 * DAY),
            21 => buys(STARTER, 1).fate(Fate::PausesCollection("keep_as_draft")),
            22 => {
                Self { trial_days: Some(7), ..buys(STARTER, 1) }.fate(Fate::PausedAfterTrial).aged(20 * DAY)
            }
            23 => buys(PLUS, 1).fate(Fate::Declines("unpaid")).aged(50 * DAY),
            24 => buys(STARTER, 1).fate(Fate::NeverPaid).aged(7_200),
            25 => buys(QUARTERLY_REVIEW, 1),
            26 => buys(FREE, 1),
            27 => buys(STARTER, 1).fate(Fate::Unheard("grace_period")).aged(15 * DAY),
            28 => buys(LEGACY, 1),
            29 => buys(STARTER, 1).fate(Fate::NeverPaid).aged(10 * DAY),
            _ => Self::ordinary(number),
        }
    }

    fn ordinary(number: u32) -> Self {
        let price = if number % 4 == 1 { PLUS } else { STARTER };
        let plan = buys(price, 1);
        match number % 9 {
            4 => plan.fate(Fate::Cancels(i64::from(number % 7) * 20 + 15)),
            1 => plan.fate(Fate::Upgrades(25)),
            7 => Self { coupon: Some(LABEL_PARTNER), ..plan },
            _ => plan,
        }
    }
}
