//! What a user decides about a sync. The defaults are the safe choices.

use std::time::Duration;

use crate::map::request::MappingRules;
use crate::outage_policy::OutagePolicy;
use crate::retry::RetryTimes;
use crate::write_contract::WriteContract;

/// What happens with the computed tax of a draft.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum WriteBack {
    /// It is written to the draft in Ordway and must be seen there. The request rests on an assumption (grade D):
    /// `invoices.writeTax` can be routed to another method and path on the client.
    #[default]
    Write,
    /// It is written by a request of your own, and must be seen where that says.
    Custom(WriteContract),
    /// It is reported only.
    ReportOnly,
}

impl WriteBack {
    /// Whether anything is written.
    pub(crate) fn writes(&self) -> bool {
        !matches!(self, Self::ReportOnly)
    }
}

/// What is done about documents whose lines ship to different places. Anrok takes one address a document, so such a
/// document is always taxed at its own one; the report warns, so that a person can bill separately.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum MixedAddresses {
    /// Lines of other customers are told, wherever those are. Costs no call, and cannot see where subscriptions ship to.
    #[default]
    Tell,
    /// Where lines of several subscriptions or customers meet, it is read where each ships to, and told if that differs:
    /// a call for each subscription and its customer, once a run, when the document is taxed or recorded.
    Compare,
    /// As before, and the tax of each group at its own place is computed, so that the report names the difference: one
    /// more call to Anrok for each place.
    Preview,
}

/// What happens when a document changes after the return that holds it was locked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum FrozenPolicy {
    /// The old transaction is negated and the document recorded anew under the next id.
    #[default]
    NegateAndRecreate,
    /// The difference is recorded beside it (`:d1`, `:d2`…), dated by [`DeltaDate`] and taxed at the document's own
    /// day. Where more than its lines changed, it is negated and recorded anew.
    Delta,
    /// The document is held.
    Report,
}

/// The accounting date of a delta. It has to fall into an open period, while the tax date stays the document's own so
/// that the rates match (grade D: Anrok's documents do not say how corrections of locked periods are to be dated).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeltaDate {
    /// The day on which the delta is recorded.
    #[default]
    Today,
    /// The day on which the document was last changed in Ordway.
    ChangeDate,
}

/// Where a document that was negated or voided is recorded anew, should Anrok take nothing new into its
/// locked return (grade D: whether it does is not documented; its own reprocessing makes the new one in the open period).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Redating {
    /// It is dated as deltas are ([`DeltaDate`]), and taxed at the document's own day: the sale counts in an open return.
    #[default]
    OpenPeriod,
    /// It is held (`frozen-without-record`): until the return is unlocked the sale does not count.
    Hold,
}

/// What happens when Anrok, or somebody there, changed a transaction that is to be voided or negated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OutsideChanges {
    /// Ordway's word counts; the report warns.
    #[default]
    Override,
    /// The document is held until a person has looked. (An update carries no expected version: Anrok takes it as it is.)
    Hold,
}

/// What happens when the engine taxes what Ordway calls not taxable or exempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExemptPolicy {
    /// The engine's word counts; the report warns.
    #[default]
    Warn,
    /// The draft is held. Posted documents are recorded all the same: the tax law does not wait.
    Hold,
}

/// Whether debit memos are recorded. Their lines were never seen in Ordway's answers (grade D: assumed like a
/// credit's); a memo whose lines do not add up is held like any other document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum DebitMemos {
    /// They are recorded; an account that refuses to list them is taken to have none.
    #[default]
    WhereReadable,
    /// They are recorded; a list that cannot be read is a problem of the run.
    Require,
    /// They are not read.
    Ignore,
}

/// The settings of a sync.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// Ids, products, addresses.
    pub rules: MappingRules,
    /// Drafts.
    pub write_back: WriteBack,
    /// What drafts show while Anrok cannot be asked.
    pub outage: OutagePolicy,
    /// Documents whose lines ship to different places.
    pub mixed_addresses: MixedAddresses,
    /// Locked periods.
    pub frozen: FrozenPolicy,
    /// The date of deltas.
    pub delta_date: DeltaDate,
    /// Documents recorded anew that Anrok does not take into their own, locked return.
    pub redating: Redating,
    /// Transactions that were changed by others.
    pub outside_changes: OutsideChanges,
    /// Exemptions that the engine does not know.
    pub exempt: ExemptPolicy,
    /// Debit memos.
    pub debit_memos: DebitMemos,
    /// How far before its checkpoint every reading begins: what is committed late in Ordway is found within it.
    pub look_back: Duration,
    /// Documents worked on at the same time; never two versions of one.
    pub in_flight: usize,
    /// How long an outage may keep a run busy before it gives up for now.
    pub outage_patience: Duration,
    /// When documents that are not settled are tried again while watching.
    pub retry: RetryTimes,
    /// How often everything that changed within the last year is read and compared again, whatever the checkpoints say:
    /// finds what was committed later than `look_back` in Ordway. `Some(Duration::ZERO)`: now; `None`: never. An
    /// unchanged document costs its share of a list page and no call to Anrok. A comparison that comes to its end asks
    /// Anrok's list, where the account has it, what others changed (`Report::changed_by_others`).
    pub full_compare: Option<Duration>,
    /// Accepts a ledger that was begun for another Ordway company name: the same company under a new name.
    pub adopt_company: bool,
    /// Nothing is written anywhere; the report says what would be.
    pub dry_run: bool,
    /// Taken instead of the clock's date as "today" (tests, replays).
    pub today: Option<jiff::civil::Date>,
    /// A bug put in on purpose (this project's own tests).
    #[cfg(feature = "deliberate-bugs")]
    #[doc(hidden)]
    pub bug: Option<crate::deliberate::Bug>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rules: MappingRules::default(),
            write_back: WriteBack::default(),
            outage: OutagePolicy::default(),
            mixed_addresses: MixedAddresses::default(),
            frozen: FrozenPolicy::default(),
            delta_date: DeltaDate::default(),
            redating: Redating::default(),
            outside_changes: OutsideChanges::default(),
            exempt: ExemptPolicy::default(),
            debit_memos: DebitMemos::default(),
            look_back: Duration::from_secs(600),
            in_flight: 16,
            outage_patience: Duration::from_secs(120),
            retry: RetryTimes::default(),
            full_compare: Some(Duration::from_secs(7 * 24 * 3600)),
            adopt_company: false,
            dry_run: false,
            today: None,
            #[cfg(feature = "deliberate-bugs")]
            bug: None,
        }
    }
}
