//! The documents of a report: a first run of a large company settles hundreds of thousands, and nobody should need the
//! memory for them.

use std::collections::{BTreeMap, VecDeque, btree_map};
use std::fmt;
use std::iter::Peekable;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

#[cfg(not(feature = "sqlite"))]
use super::no_spill::Spill;
use super::row::Row;
#[cfg(feature = "sqlite")]
use super::spill::Spill;
use super::{DocumentReport, Outcome};
use crate::document::DocumentKey;

/// As many documents, some hundred kilobytes, are kept in memory; in tests a few.
const IN_MEMORY: usize = if cfg!(test) { 4 } else { 2048 };

/// What became of documents, by kind and id, each once. A document is unpacked when it is looked at; packed, one that went
/// through takes some hundred bytes. Of more than 2,048 documents, most are kept in a temporary file (feature `sqlite`),
/// which no other program sees and which is gone with the last copy of this: memory does not grow with a company. Where
/// no file can be made, all are kept in memory.
///
/// Serialises to a list, document by document: a report of any size is written without being built in memory.
#[derive(Clone, Default)]
pub struct Documents {
    /// The latest, and those that did not go into the file; `None` is one that is no longer part of it.
    recent: BTreeMap<DocumentKey, Option<Row>>,
    file: File,
    len: usize,
}

/// The file of the rest. Copies share it: only a report that is being made is written to, and that has no copies.
#[derive(Clone, Default)]
enum File {
    #[default]
    NotNeeded,
    InUse(Arc<Spill>),
    /// Refused once: what follows stays in memory.
    Full(Arc<Spill>),
    Refused,
}

impl File {
    fn spill(&self) -> Option<&Spill> {
        match self {
            Self::InUse(spill) | Self::Full(spill) => Some(spill),
            Self::NotNeeded | Self::Refused => None,
        }
    }
}

impl Documents {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The first one.
    pub fn first(&self) -> Option<DocumentReport> {
        self.iter().next()
    }

    /// What became of this document; `None` where it is unchanged or was not looked at.
    pub fn get(&self, key: &DocumentKey) -> Option<DocumentReport> {
        self.row(key).map(|row| row.unpack(key))
    }

    /// All of them, in the order of kind and id.
    pub fn iter(&self) -> DocumentsIter<'_> {
        DocumentsIter { rows: self.rows(None), left: self.len }
    }

    /// Those with this outcome.
    pub fn with(&self, outcome: Outcome) -> impl Iterator<Item = DocumentReport> {
        self.rows(Some(outcome)).map(|(key, row)| row.unpack(&key))
    }

    /// The rows, those with this outcome where one is asked for.
    pub(super) fn rows(&self, outcome: Option<Outcome>) -> Rows<'_> {
        Rows {
            recent: self.recent.iter().peekable(),
            spill: self.file.spill(),
            page: VecDeque::new(),
            outcome,
            last: None,
        }
    }

    pub(super) fn row(&self, key: &DocumentKey) -> Option<Row> {
        match self.recent.get(key) {
            Some(row) => row.clone(),
            None => self.file.spill().and_then(|spill| spill.row(key)),
        }
    }

    pub(super) fn change(&mut self, key: &DocumentKey, change: impl FnOnce(&mut Row)) {
        let known = self.row(key);
        self.len += usize::from(known.is_none());
        let mut row = known.unwrap_or_default();
        change(&mut row);
        self.put(key, Some(row));
    }

    pub(super) fn remove(&mut self, key: &DocumentKey) {
        if self.row(key).is_some() {
            self.len -= 1;
            self.put(key, None);
        }
    }

    /// Whether documents that went into the file could not be read again.
    pub(super) fn is_incomplete(&self) -> bool {
        self.file.spill().is_some_and(Spill::has_lost)
    }

    fn put(&mut self, key: &DocumentKey, row: Option<Row>) {
        if row.is_none() && self.file.spill().is_none() {
            self.recent.remove(key);
        } else {
            self.recent.insert(key.clone(), row);
        }
        if self.recent.len() >= IN_MEMORY {
            self.spill();
        }
    }

    fn spill(&mut self) {
        if matches!(self.file, File::NotNeeded) {
            self.file = Spill::open().map_or(File::Refused, |spill| File::InUse(Arc::new(spill)));
        }
        let File::InUse(spill) = &self.file else { return };
        if spill.keep(&self.recent) {
            self.recent.clear();
        } else {
            self.file = File::Full(Arc::clone(spill));
        }
    }
}

/// See [`Documents::rows`].
#[derive(Clone)]
pub(super) struct Rows<'a> {
    recent: Peekable<btree_map::Iter<'a, DocumentKey, Option<Row>>>,
    spill: Option<&'a Spill>,
    page: VecDeque<(DocumentKey, Row)>,
    outcome: Option<Outcome>,
    last: Option<DocumentKey>,
}

impl Rows<'_> {
    fn read(&mut self) {
        let Some(spill) = self.spill.filter(|_| self.page.is_empty()) else { return };
        self.page = spill.page(self.last.as_ref(), self.outcome).into();
        match self.page.back() {
            Some((last, _)) => self.last = Some(last.clone()),
            None => self.spill = None,
        }
    }

    /// The next document in order; without its row where it does not belong here.
    fn step(&mut self) -> Option<(DocumentKey, Option<Row>)> {
        self.read();
        let kept_is_next = match (self.page.front(), self.recent.peek()) {
            (Some((kept, _)), Some((recent, _))) => kept < *recent,
            (kept, _) => kept.is_some(),
        };
        if kept_is_next {
            return self.page.pop_front().map(|(key, row)| (key, Some(row)));
        }
        let (key, row) = self.recent.next()?;
        // What the file says of it is an earlier word.
        if self.page.front().is_some_and(|(kept, _)| kept == key) {
            self.page.pop_front();
        }
        let row = row.as_ref().filter(|row| self.outcome.is_none_or(|wanted| row.outcome() == Some(wanted)));
        Some((key.clone(), row.cloned()))
    }
}

impl Iterator for Rows<'_> {
    type Item = (DocumentKey, Row);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let (key, Some(row)) = self.step()? {
                return Some((key, row));
            }
        }
    }
}

impl FromIterator<DocumentReport> for Documents {
    /// The last word on a document counts.
    fn from_iter<I: IntoIterator<Item = DocumentReport>>(reports: I) -> Self {
        let mut documents = Self::default();
        for report in reports {
            let key = DocumentKey::new(report.kind, report.id.clone());
            documents.change(&key, |row| row.tell(&key, report));
        }
        documents
    }
}

impl<'a> IntoIterator for &'a Documents {
    type Item = DocumentReport;
    type IntoIter = DocumentsIter<'a>;

    fn into_iter(self) -> DocumentsIter<'a> {
        self.iter()
    }
}

impl PartialEq for Documents {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl Eq for Documents {}

impl fmt::Debug for Documents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

impl Serialize for Documents {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self)
    }
}

impl<'de> Deserialize<'de> for Documents {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A list of documents is small where somebody reads it back: a plan, a test.
        Vec::<DocumentReport>::deserialize(deserializer).map(Self::from_iter)
    }
}

/// See [`Documents::iter`].
#[derive(Clone)]
pub struct DocumentsIter<'a> {
    rows: Rows<'a>,
    left: usize,
}

impl fmt::Debug for DocumentsIter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl Iterator for DocumentsIter<'_> {
    type Item = DocumentReport;

    fn next(&mut self) -> Option<DocumentReport> {
        let (key, row) = self.rows.next()?;
        self.left = self.left.saturating_sub(1);
        Some(row.unpack(&key))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for DocumentsIter<'_> {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::document::DocumentKind;

    fn documents() -> impl Strategy<Value = DocumentReport> {
        let text = proptest::option::of("[a-zß€ .:-]{0,12}");
        let tax = prop_oneof![
            Just(None),
            "-?[0-9]{1,12}(\\.[0-9]{0,4})?".prop_map(Some),
            Just(Some("99999999999999999999999.99".to_owned())),
            Just(Some("1e3".to_owned())),
        ];
        let currency = proptest::option::of(prop_oneof!["[A-Z]{3}", "[A-Zäü]{0,4}"]);
        let outcome = prop_oneof![Just(Outcome::Recorded), Just(Outcome::Held), Just(Outcome::Planned)];
        let memo = any::<bool>();
        let warnings = proptest::collection::vec("[a-z]{1,5}", 0..2);
        ("[A-Z]{1,3}-[0-9]{1,3}", memo, outcome, text, tax, currency, warnings).prop_map(
            |(id, memo, outcome, reason, tax, currency, warnings)| {
                let kind = if memo { DocumentKind::DebitMemo } else { DocumentKind::Invoice };
                let mut report = DocumentReport::new(&DocumentKey::new(kind, id), outcome);
                (report.reason, report.tax, report.currency) = (reason, tax, currency);
                report.warnings = warnings;
                if report.reason.as_deref().is_some_and(|reason| reason.len() < 4) {
                    report.reason = report.warnings.first().cloned();
                }
                report
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_packed_is_what_was_told(told in proptest::collection::vec(documents(), 0..20)) {
            let packed: Documents = told.iter().cloned().collect();
            let mut last: BTreeMap<DocumentKey, DocumentReport> = BTreeMap::new();
            for mut report in told {
                let key = DocumentKey::new(report.kind, report.id.clone());
                for warning in last.remove(&key).map(|earlier| earlier.warnings).unwrap_or_default() {
                    if !report.warnings.contains(&warning) {
                        report.warnings.push(warning);
                    }
                }
                last.insert(key, report);
            }
            let unpacked: Vec<DocumentReport> = packed.iter().collect();
            prop_assert_eq!(&unpacked, &last.into_values().collect::<Vec<_>>());
            prop_assert_eq!(packed.len(), packed.iter().count());
            let json = serde_json::to_string(&packed).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Documents>(&json).unwrap(), &packed);
            let held: Vec<_> = packed.iter().filter(|d| d.outcome == Outcome::Held).collect();
            prop_assert_eq!(packed.with(Outcome::Held).collect::<Vec<_>>(), held);
        }
    }

    #[test]
    fn what_is_taken_out_or_told_again_after_it_went_into_the_file_counts() {
        let key = |n: u32| DocumentKey::invoice(format!("INV-{n:03}"));
        let mut documents: Documents =
            (0..20).map(|n| DocumentReport::new(&key(n), Outcome::Failed)).collect();
        assert_eq!(cfg!(feature = "sqlite"), documents.file.spill().is_some());
        documents.remove(&key(3));
        documents.remove(&key(3));
        documents.change(&key(5), |row| row.tell(&key(5), DocumentReport::new(&key(5), Outcome::Recorded)));
        assert_eq!((documents.len(), documents.iter().count(), documents.iter().len()), (19, 19, 19));
        assert_eq!(documents.get(&key(3)), None);
        assert_eq!(documents.get(&key(5)).map(|report| report.outcome), Some(Outcome::Recorded));
        assert_eq!(documents.with(Outcome::Failed).count(), 18);
        assert_eq!(documents.with(Outcome::Recorded).count(), 1);
        assert!(documents.iter().map(|report| report.id).is_sorted());
        assert!(!documents.is_incomplete());
        let copy = documents.clone();
        drop(documents);
        assert_eq!(copy.iter().count(), 19);
    }

    #[cfg(feature = "sqlite")]
    #[test]
    fn a_file_that_takes_no_more_loses_nothing() {
        let report = |n: u32| DocumentReport::new(&DocumentKey::credit(format!("CR-{n:03}")), Outcome::Held);
        let mut documents: Documents = (0..10).map(report).collect();
        documents.file.spill().unwrap().refuse_writes();
        for n in 10..30 {
            let report = report(n);
            let key = DocumentKey::new(report.kind, report.id.clone());
            documents.change(&key, |row| row.tell(&key, report));
        }
        assert_eq!(documents.iter().collect::<Vec<_>>(), (0..30).map(report).collect::<Vec<_>>());
    }

    #[cfg(feature = "sqlite")]
    #[test]
    fn a_file_that_cannot_be_read_is_told() {
        let report = |n: u32| DocumentReport::new(&DocumentKey::credit(format!("CR-{n:03}")), Outcome::Held);
        let documents: Documents = (0..10).map(report).collect();
        documents.file.spill().unwrap().lose();
        assert!(documents.iter().count() < 10);
        assert!(documents.is_incomplete());
    }
}
