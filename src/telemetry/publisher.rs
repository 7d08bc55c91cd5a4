//! Keeps the prepared body current: after changes, when an account's day ends, and from time to time.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use jiff::Timestamp;
use parking_lot::Mutex;
use rows::Clock;

use super::{
    board::Board,
    changes::{Changes, Pending, build_at},
    exposition::Exposition,
    figures::{
        CampaignFigures, FigureError, FigureSource, MarketingCampaign, MusicFigures, PaymentFigures,
        RoyaltyFigures, SetAside, StatusSource, Touched, WebFigures,
    },
    limits::{REFRESH_INTERVAL, RETRY_INTERVAL, ROLLOVER_MARGIN},
    render::render,
    share::LeftOut,
};
use crate::audience::{Audience, Forbidden, written};

/// Reads snapshots and renders them, away from scrapes and actors.
pub struct Publisher {
    source: Arc<dyn FigureSource>,
    statuses: Arc<dyn StatusSource>,
    exposition: Arc<Exposition>,
    changes: Arc<Changes>,
    board: Arc<Mutex<Board>>,
    /// Kinds of series and connections of which it was said that not all are shown.
    told: Mutex<BTreeSet<(&'static str, String)>>,
}

/// What one rebuild read.
#[derive(Debug, Default)]
struct Reading {
    campaigns: Option<(Touched, Vec<CampaignFigures>)>,
    payments: Option<Vec<PaymentFigures>>,
    web: Option<Vec<WebFigures>>,
    music: Option<Vec<MusicFigures>>,
    royalties: Option<Vec<RoyaltyFigures>>,
    set_aside: Option<Vec<SetAside>>,
}

// === impl Publisher ===

impl Publisher {
    /// Publishes into `exposition`, whose metrics hear from the engine what changed.
    pub fn new(
        source: Arc<dyn FigureSource>,
        statuses: Arc<dyn StatusSource>,
        exposition: Arc<Exposition>,
    ) -> Self {
        let changes = exposition.metrics().changes();
        Self { source, statuses, exposition, changes, board: Arc::default(), told: Mutex::default() }
    }

    /// The configured marketing campaigns, at the start and after a reload.
    pub fn set_marketing_campaigns(&self, campaigns: Vec<MarketingCampaign>) {
        self.board.lock().marketing_campaigns = campaigns;
        self.changes.status_changed(self.clock().elapsed());
    }

    /// Everything is to be read again soon: what tenants are shown has changed.
    pub fn read_again(&self) {
        self.changes.everything_changed(self.clock().elapsed());
    }

    /// Reads and renders everything now.
    pub async fn refresh(&self) -> Result<(), FigureError> {
        let (_, error) = self.rebuild(Pending::everything(), self.clock().now()).await;
        error.map_or(Ok(()), Err)
    }

    /// Works until it is dropped.
    pub async fn run(&self) {
        let mut owed = Pending::everything();
        let mut refresh_at = Duration::ZERO;
        // Set while the store does not answer: until then it is not asked, but statuses are shown as they change.
        let mut retry_at: Option<Duration> = None;
        loop {
            let (began_at, now) = (self.clock().elapsed(), self.clock().now());
            owed.merge(self.changes.take());
            let asks = retry_at.is_none_or(|at| began_at >= at);
            let pending = if asks { std::mem::take(&mut owed) } else { Pending::default() };
            let is_refresh = pending.campaigns == Touched::All;
            let (unread, error) = self.rebuild(pending, now).await;
            owed.merge(unread);
            let built_at = self.clock().elapsed();
            if asks {
                if let (Some(error), None) = (&error, retry_at) {
                    tracing::warn!(%error, "snapshots cannot be read: metrics show what was read before");
                }
                retry_at = error.is_some().then_some(built_at + RETRY_INTERVAL);
            }
            if is_refresh && error.is_none() {
                refresh_at = began_at + REFRESH_INTERVAL;
            }
            let everything_at = refresh_at.min(began_at + self.until_rollover(now));
            let due_at = retry_at.unwrap_or(everything_at);
            self.wait(built_at, due_at).await;
            if retry_at.is_none() && self.clock().elapsed() >= everything_at {
                owed.merge(Pending::everything());
            }
        }
    }

    /// For whoever shows campaigns elsewhere.
    pub(super) fn board(&self) -> &Mutex<Board> {
        &self.board
    }

    fn clock(&self) -> &dyn Clock {
        self.exposition.clock().as_ref()
    }

    /// Time until windows move, at most until the next refresh.
    fn until_rollover(&self, now: Timestamp) -> Duration {
        let Some(rollover) = self.board.lock().next_rollover(now) else { return REFRESH_INTERVAL };
        let left = Duration::try_from(rollover.duration_since(now)).unwrap_or_default();
        (left + ROLLOVER_MARGIN).min(REFRESH_INTERVAL)
    }

    /// Waits until `due_at`, or until a build is due because of changes.
    async fn wait(&self, built_at: Duration, due_at: Duration) {
        loop {
            let change_at = self.changes.noted().map(|noted| build_at(noted, Some(built_at)));
            let due_at = change_at.map_or(due_at, |at| at.min(due_at));
            let now = self.clock().elapsed();
            if now >= due_at {
                return;
            }
            tokio::select! {
                () = self.clock().sleep(due_at.saturating_sub(now)) => {}
                () = self.changes.changed() => {}
            }
        }
    }

    /// Reads what is pending, renders, and publishes if anything differs. Gives what could not be read, and why.
    async fn rebuild(&self, pending: Pending, now: Timestamp) -> (Pending, Option<FigureError>) {
        let began_at = self.clock().elapsed();
        let (reading, owed, error) = self.read(pending, now).await;
        let (board, exposition) = (self.board.clone(), self.exposition.clone());
        let (statuses, token_expiries) = (self.statuses.statuses(), self.changes.token_expiries());
        // Tens of milliseconds with many campaigns: not on a thread that others wait for.
        let work = tokio::task::spawn_blocking(move || {
            let (texts, left_out) = {
                let mut board = board.lock();
                if let Some((touched, snapshots)) = reading.campaigns {
                    board.replace_campaigns(&touched, snapshots, now);
                }
                if let Some(snapshots) = reading.payments {
                    board.replace_payments(snapshots, now);
                }
                if let Some(snapshots) = reading.web {
                    board.replace_web(snapshots, now);
                }
                if let Some(snapshots) = reading.music {
                    board.replace_music(snapshots, now);
                }
                if let Some(snapshots) = reading.royalties {
                    board.replace_royalties(snapshots);
                }
                if let Some(set_aside) = reading.set_aside {
                    board.replace_set_aside(set_aside);
                }
                board.set_statuses(statuses);
                board.token_expiries = token_expiries;
                written(|| render(&board, now)).for_audience(&Audience::Operators)
            }?;
            for (kind, of_connections) in &left_out {
                exposition.metrics().dropped_series(kind, of_connections.values().sum());
            }
            if let Some(body) = exposition.body().renewed(texts) {
                exposition.publish(body);
            }
            Ok::<_, Forbidden>(left_out)
        });
        let error = match work.await {
            Ok(Ok(left_out)) => {
                self.tell(&left_out);
                error
            }
            Ok(Err(forbidden)) => Some(FigureError(forbidden.to_string())),
            Err(failure) => Some(FigureError(format!("rendering: {failure}"))),
        };
        let result = if error.is_some() { "error" } else { "ok" };
        self.exposition.metrics().rebuilt(result, self.clock().elapsed().saturating_sub(began_at));
        (owed, error)
    }

    /// Says once of each connection that not all of it is shown.
    fn tell(&self, left_out: &[(&'static str, LeftOut)]) {
        let mut told = self.told.lock();
        let now: BTreeSet<(&'static str, String)> =
            left_out.iter().flat_map(|(kind, of)| of.keys().map(|name| (*kind, name.clone()))).collect();
        for (kind, of_connections) in left_out {
            for (connection, members) in of_connections {
                if !told.contains(&(*kind, connection.clone())) {
                    tracing::warn!(
                        connection,
                        kind,
                        members,
                        "metrics have a limit and leave members of this connection out; the page, the API and the tables have all"
                    );
                }
            }
        }
        *told = now;
    }

    async fn read(&self, pending: Pending, now: Timestamp) -> (Reading, Pending, Option<FigureError>) {
        let (mut reading, mut owed, mut error) = (Reading::default(), Pending::default(), None);
        let campaigns = pending.campaigns;
        // Rows of a connection change, or vanish, or more of its days are known to be empty.
        let (payments, web, music, royalties) = {
            let board = self.board.lock();
            (
                pending.payments || board.shows_payments_of(&campaigns),
                pending.web || board.shows_web_of(&campaigns),
                pending.music || board.shows_music_of(&campaigns),
                pending.royalties || board.shows_royalties_of(&campaigns),
            )
        };
        if !campaigns.is_nothing() {
            match self.source.campaigns(campaigns.clone(), now).await {
                Ok(snapshots) => reading.campaigns = Some((campaigns, snapshots)),
                Err(failure) => {
                    owed.campaigns = campaigns;
                    error = Some(failure);
                }
            }
        }
        if payments {
            match self.source.payments(now).await {
                Ok(snapshots) => reading.payments = Some(snapshots),
                Err(failure) => {
                    owed.payments = true;
                    error = Some(failure);
                }
            }
        }
        if web {
            match self.source.web(now).await {
                Ok(snapshots) => reading.web = Some(snapshots),
                Err(failure) => {
                    owed.web = true;
                    error = Some(failure);
                }
            }
        }
        if pending.set_aside {
            match self.source.set_aside().await {
                Ok(all) => reading.set_aside = Some(all),
                Err(failure) => {
                    owed.set_aside = true;
                    error = Some(failure);
                }
            }
        }
        if music {
            match self.source.music(now).await {
                Ok(snapshots) => reading.music = Some(snapshots),
                Err(failure) => {
                    owed.music = true;
                    error = Some(failure);
                }
            }
        }
        if royalties {
            match self.source.royalties(now).await {
                Ok(snapshots) => reading.royalties = Some(snapshots),
                Err(failure) => {
                    owed.royalties = true;
                    error = Some(failure);
                }
            }
        }
        (reading, owed, error)
    }
}
