//! Feeds: rows and the durable token in one transaction per page. A kill costs one page.

use rows::{
    Day,
    checkpoint::{Checkpoint, FeedProgress, Progress},
    fit::Fitter,
};

use super::{Cycle, CycleError, Done, trail::Trail};
use crate::{
    page::{FeedRequest, Lane, Next},
    reader::ReadPage,
    stream::Feed,
};

impl Cycle<'_> {
    /// Follows the feed to its end.
    pub(super) async fn feed(
        &mut self,
        reader: &dyn ReadPage<Feed>,
        lane: Lane,
        start: Day,
    ) -> Result<Done, CycleError> {
        let mut token = self.token(lane);
        // A listing that goes on began at a day of its own.
        let since = token.is_none().then_some(start);
        let mut trail = Trail::of_feed(token.as_deref());
        loop {
            let (account, now) = (&self.task.account, self.began_at);
            let request = FeedRequest { account, lane, token: token.as_deref(), start, now };
            let page = self.ask(reader.read(&self.session, request)).await?;
            let mut page = self.counted(page);
            let lost = trail.follow(&page).err();
            page.quarantined.append(&mut self.fit(&mut Fitter::default(), &mut page.rows));
            let (ended, next_token) = match std::mem::take(&mut page.next) {
                Next::More(next) => (false, Some(next)),
                Next::End(next) => (true, next),
            };
            let checkpoint = self.advanced(lane, next_token.clone(), ended, since);
            let commit = self.with_checkpoint(self.commit_of(page), checkpoint);
            self.store(commit).await?;
            if ended {
                return Ok(Done::Complete);
            }
            if let Some(lost) = lost {
                return Err(lost);
            }
            token = next_token;
        }
    }

    fn token(&self, lane: Lane) -> Option<String> {
        match (&self.checkpoint.progress, lane) {
            (Progress::Feed(progress), Lane::Tail) => progress.token.clone(),
            (Progress::Feed(progress), Lane::Relist) => progress.relist_token.clone(),
            _ => None,
        }
    }

    fn advanced(&self, lane: Lane, token: Option<String>, ended: bool, since: Option<Day>) -> Checkpoint {
        let mut checkpoint = self.checkpoint.clone();
        checkpoint.forbidden = None;
        let began_at = self.began_at;
        if let Progress::Feed(progress) = &mut checkpoint.progress {
            match lane {
                Lane::Tail => tail(progress, token, ended, began_at),
                Lane::Relist => relist(progress, token, ended, began_at),
            }
            progress.since = match (lane, progress.since, since) {
                // It counts from the first page: nothing is shown before the listing has ended.
                (Lane::Tail, None, began) => began,
                // Days that were asked for later. What an older version listed is not known, and went further back.
                (_, Some(before), Some(began)) if ended => Some(before.min(began)),
                (_, before, _) => before,
            };
        }
        checkpoint
    }
}

fn tail(progress: &mut FeedProgress, token: Option<String>, ended: bool, began_at: jiff::Timestamp) {
    progress.token = token;
    if ended {
        progress.caught_up_at = Some(began_at);
        // The first reading lists everything: it is as good as a re-listing.
        progress.relisted_at = progress.relisted_at.or(Some(began_at));
    }
}

fn relist(progress: &mut FeedProgress, token: Option<String>, ended: bool, began_at: jiff::Timestamp) {
    let since = progress.relist_began_at.filter(|_| progress.relist_token.is_some()).unwrap_or(began_at);
    if ended {
        progress.relist_token = None;
        progress.relist_began_at = None;
        progress.relisted_at = Some(since);
    } else {
        progress.relist_token = token;
        progress.relist_began_at = Some(since);
    }
}
