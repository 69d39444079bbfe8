//! The chain of a document: every transaction that was written for it, and what of it counts.
//!
//! What is written down here must be true after every step, lost answers included: the links that are not voided sum
//! to what the engine holds for the document.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::Date;

use super::{Entry, Link, LinkKind, Operation, Recording, SentLine};
use crate::fingerprint::Fingerprint;
use crate::map::transaction_id::{delta_id, negation_id};

/// What a `createOrUpdate` put on record.
#[derive(Clone, Debug)]
pub(crate) struct Put {
    pub(crate) amount_minor: i64,
    /// `None` where the answer was lost.
    pub(crate) tax_minor: Option<i64>,
    pub(crate) version: Option<i64>,
    /// Per product, see [`by_product`].
    pub(crate) lines: Vec<SentLine>,
}

impl Entry {
    /// All links. An entry of an earlier version, which kept none, has one: what is live.
    pub fn links(&self) -> Cow<'_, [Link]> {
        let Recording::Live { transaction, version, .. } = &self.recording else {
            return Cow::Borrowed(&self.chain);
        };
        if self.chain.iter().any(|link| link.transaction == *transaction) {
            return Cow::Borrowed(&self.chain);
        }
        let at = self.updated.unwrap_or(Timestamp::UNIX_EPOCH);
        let mut base = Link::new(transaction, self.base_kind(), self.amount_minor.unwrap_or_default(), at);
        base.tax_minor = self.tax_minor;
        base.version = *version;
        Cow::Owned(self.chain.iter().cloned().chain([base]).collect())
    }

    /// The links that count by themselves, oldest first: neither voided nor taken back by a negation.
    pub fn in_force(&self) -> Vec<Link> {
        let links = self.links();
        let taken_back = |link: &Link| {
            let negation = negation_id(&link.transaction);
            links.iter().any(|other| other.kind == LinkKind::Negation && other.transaction == negation)
        };
        let counts = |link: &&Link| link.kind != LinkKind::Negation && !link.voided && !taken_back(link);
        links.iter().filter(counts).cloned().collect()
    }

    /// What is on record for the document in all, minor units: the amount before tax, and the tax where every answer is
    /// known.
    pub fn on_record(&self) -> (i64, Option<i64>) {
        let links = self.links();
        let counted = links.iter().filter(|link| !link.voided);
        counted.fold((0, Some(0)), |(amount, tax), link| {
            let tax: Option<i64> =
                tax.zip(link.tax_minor).map(|(sum, tax): (i64, i64)| sum.saturating_add(tax));
            (i64::saturating_add(amount, link.amount_minor), tax)
        })
    }

    /// The accounting date of a transaction, where it is not the document's own.
    pub(crate) fn own_date(&self, transaction: &str) -> Option<Date> {
        self.chain.iter().find(|link| link.transaction == transaction)?.date
    }

    /// The deltas that count.
    pub fn deltas(&self) -> Vec<Link> {
        self.in_force().into_iter().filter(|link| link.kind == LinkKind::Delta).collect()
    }

    /// The id of the next delta of what is live.
    pub(crate) fn next_delta(&self) -> Option<String> {
        let Recording::Live { transaction, .. } = &self.recording else { return None };
        // Voided ones keep their number: an id is never used again.
        // As many as there are links and one: the first that is free is among them.
        let enough = u32::try_from(self.chain.len()).unwrap_or(u32::MAX).saturating_add(1);
        let mut ids = (1..=enough).map(|n| delta_id(transaction, n));
        ids.find(|id| !self.chain.iter().any(|link| link.transaction == *id))
    }

    fn base_kind(&self) -> LinkKind {
        if self.generation == 0 { LinkKind::Original } else { LinkKind::Recreation }
    }

    /// Takes an entry of an earlier version as a chain of one.
    fn spell_out(&mut self) {
        if let Cow::Owned(links) = self.links() {
            self.chain = links;
        }
    }

    /// The document was put on record as `transaction`, for the first time or anew.
    pub(crate) fn put_on_record(
        &mut self,
        transaction: &str,
        put: Put,
        fingerprint: &Fingerprint,
        at: Timestamp,
    ) {
        self.spell_out();
        self.recording = Recording::Live {
            transaction: transaction.to_owned(),
            version: put.version,
            fingerprint: fingerprint.clone(),
        };
        let mut link = Link::new(transaction, self.base_kind(), put.amount_minor, at);
        link.tax_minor = put.tax_minor;
        link.version = put.version;
        link.lines = put.lines;
        match self.chain.iter_mut().find(|known| known.transaction == *transaction) {
            Some(known) => {
                link.date = known.date;
                *known = link;
            }
            None => self.chain.push(link),
        }
        self.intent = None;
        self.add_up();
    }

    /// A delta, or a document under a date of its own, is about to be sent. Until it is settled this is what a repetition
    /// sends.
    pub(crate) fn begin_link(&mut self, link: Link) {
        self.spell_out();
        if !self.chain.iter().any(|known| known.transaction == link.transaction) {
            self.chain.push(link);
        }
    }

    /// The delta is on record; with it the document is on record as `fingerprint` says.
    pub(crate) fn settle_delta(
        &mut self,
        transaction: &str,
        answer: Option<(i64, Option<i64>)>,
        fingerprint: &Fingerprint,
        at: Timestamp,
    ) {
        if let Some(link) = self.chain.iter_mut().find(|link| link.transaction == *transaction) {
            link.tax_minor = answer.map(|(tax, _)| tax);
            link.version = answer.and_then(|(_, version)| version);
            link.at = at;
        }
        if let Recording::Live { fingerprint: sent, .. } = &mut self.recording {
            sent.clone_from(fingerprint);
        }
        self.intent = None;
        self.add_up();
    }

    /// What was begun was refused: it never was on record.
    pub(crate) fn drop_link(&mut self, transaction: &str) {
        self.chain.retain(|link| link.transaction != *transaction);
    }

    /// `transaction` was voided, or taken back by `negation`.
    pub(crate) fn undo(&mut self, transaction: &str, negation: Option<&str>, at: Timestamp) {
        self.spell_out();
        if !self.chain.iter().any(|link| link.transaction == *transaction) {
            // Its recording was never answered; what it held is unknown, but in the sum it is nothing now.
            let amount = self.amount_minor.unwrap_or_default();
            self.chain.push(Link::new(transaction, self.base_kind(), amount, at));
        }
        let mut inverse = None;
        if let Some(link) = self.chain.iter_mut().find(|link| link.transaction == *transaction) {
            link.lines.clear();
            match negation {
                None => {
                    link.voided = true;
                    link.at = at;
                }
                Some(id) => {
                    let mut link_back =
                        Link::new(id, LinkKind::Negation, link.amount_minor.saturating_neg(), at);
                    link_back.tax_minor = link.tax_minor.map(i64::saturating_neg);
                    inverse = Some(link_back);
                }
            }
        }
        if let Some(inverse) = inverse
            && !self.chain.iter().any(|link| link.transaction == inverse.transaction)
        {
            self.chain.push(inverse);
        }
        self.intent = None;
        let base = match &self.recording {
            Recording::Live { transaction, .. } => Some(transaction.clone()),
            _ => None,
        };
        if base.is_none_or(|base| base == transaction) {
            self.recording = Recording::Ended {
                transaction: transaction.to_owned(),
                negation: negation.map(str::to_owned),
            };
            // An ended id is never used again: whether Anrok would revive it is not documented.
            self.generation = self.generation.saturating_add(1);
        } else if let Recording::Live { fingerprint, .. } = &mut self.recording {
            // What is left is an older version of the document: no inputs have this fingerprint.
            *fingerprint = Fingerprint::from_text("");
        }
        self.add_up();
    }

    /// What others made of a transaction counts as if we had written it.
    pub(crate) fn take_over(
        &mut self,
        transaction: &str,
        amount_minor: Option<i64>,
        tax_minor: Option<i64>,
        version: Option<i64>,
    ) {
        self.spell_out();
        let Some(link) = self.chain.iter_mut().find(|link| link.transaction == *transaction) else { return };
        if let Some(amount) = amount_minor.filter(|amount| *amount != link.amount_minor) {
            link.amount_minor = amount;
            // Which product the difference belongs to is not known.
            link.lines.clear();
        }
        link.tax_minor = tax_minor.or(link.tax_minor);
        link.version = version;
        if let Recording::Live { transaction: live, version: ours, .. } = &mut self.recording
            && live == transaction
        {
            *ours = version;
        }
        self.add_up();
    }

    fn add_up(&mut self) {
        let in_force = self.in_force();
        let known = !in_force.is_empty() && in_force.iter().all(|link| !link.lines.is_empty());
        self.sent =
            if known { by_product(in_force.into_iter().flat_map(|link| link.lines)) } else { Vec::new() };
        match &self.recording {
            Recording::Live { .. } => {
                let (amount, tax) = self.on_record();
                self.amount_minor = Some(amount);
                self.tax_minor = tax;
            }
            _ => self.tax_minor = None,
        }
    }

    /// The delta that an earlier try began, with what it was to put on record.
    pub(crate) fn begun_delta(&self) -> Option<&Link> {
        let intent = self.intent.as_ref().filter(|intent| intent.operation == Operation::Delta)?;
        self.chain.iter().find(|link| link.transaction == intent.transaction)
    }
}

/// One line per product and kind of price, in order; amounts added up.
pub(crate) fn by_product(lines: impl IntoIterator<Item = SentLine>) -> Vec<SentLine> {
    let mut sums: std::collections::BTreeMap<(String, bool), i64> = std::collections::BTreeMap::new();
    for line in lines {
        let sum = sums.entry((line.product, line.tax_included)).or_default();
        *sum = sum.saturating_add(line.amount_minor);
    }
    sums.into_iter().map(|((product, included), amount)| SentLine::new(product, amount, included)).collect()
}
