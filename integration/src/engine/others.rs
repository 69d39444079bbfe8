//! What others changed at Anrok since the last look: asked with the comparison of a year.

use jiff::{SignedDuration, Timestamp};

use crate::outside::{Cause, Change, Look};
use crate::reconcile::ReconcileError;

use super::{Run, Stop, lock};

/// The fact that tells up to which change, by Anrok's clock, everything was seen and answered.
const SEEN: &str = "others_seen_until";
/// Read again with every look: what is changed in the same moments may be listed late. Our own writes are known.
const OVERLAP: SignedDuration = SignedDuration::from_mins(10);

impl Run<'_> {
    /// Reads Anrok's list, where the account has one, and tells what others changed. What somebody changed by hand is told
    /// by every look until it is answered; what Anrok made by itself, once.
    ///
    /// False where the list cannot be read now: a later run is to look again.
    pub(super) async fn look_for_changes_by_others(&self) -> Result<bool, Stop> {
        let known = self.ledger.fact(&self.fence, SEEN).await?;
        let known = known.and_then(|text| text.parse::<Timestamp>().ok());
        let since = known.map(|seen| seen.checked_sub(OVERLAP).unwrap_or(Timestamp::UNIX_EPOCH));
        if self.anrok_ready().await.is_err() {
            return Ok(false);
        }
        let look = Look {
            anrok: &self.anrok,
            ledger: self.ledger,
            fence: &self.fence,
            prefix: &self.settings.rules.prefix,
            begun: self.clock.now(),
        };
        let looked = match Box::pin(look.at_list(since)).await {
            Ok(looked) => looked,
            Err(ReconcileError::Ledger(error)) => return Err(Stop::Ledger(error)),
            Err(error) => return Ok(self.not_looked(error)),
        };
        let by_hand = looked.changes.iter().filter(|change| change.cause == Cause::SomebodyElse);
        let seen = by_hand.filter_map(|change| change.changed_at).min().or(looked.seen_until);
        let is_news = |change: &Change| change.cause == Cause::SomebodyElse || change.changed_at > known;
        for change in looked.changes.into_iter().filter(is_news) {
            lock(&self.report).changed_by_others(change);
        }
        if let (Some(seen), true) = (seen, looked.asked) {
            self.ledger.remember(&self.fence, SEEN, &seen.to_string()).await?;
        }
        Ok(true)
    }

    /// Whether there is nothing to look at again: an outage passes, a refusal does not.
    fn not_looked(&self, error: ReconcileError) -> bool {
        tracing::warn!(error = %error, "Anrok's list of transactions could not be read");
        let ReconcileError::Anrok(error) = error else { return true };
        let passes = error.is_worth_retrying_later();
        let _: Result<(), _> = self.anrok_outcome(Err(*error));
        !passes
    }
}
