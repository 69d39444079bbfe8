//! Transaction ids read backwards: whose they are, and which of them cancel out.

use super::facts::Listed;
use crate::document::{DocumentKey, DocumentKind};
use crate::map::transaction_id::IdPrefix;

const KINDS: [DocumentKind; 3] = [DocumentKind::Invoice, DocumentKind::Credit, DocumentKind::DebitMemo];

/// The document that a transaction is about, where its id begins with our prefix.
///
/// Ids of documents hold no colon in any recording; where one does, the longest id that `is_known` counts.
pub(super) fn owner(
    prefix: &IdPrefix,
    transaction: &str,
    is_known: impl Fn(&DocumentKey) -> bool,
) -> Option<DocumentKey> {
    let candidates = owners(prefix, transaction);
    candidates.iter().find(|key| is_known(key)).or(candidates.last()).cloned()
}

/// The documents that a transaction may be about, the longest id first; none where its id does not begin with our prefix.
pub(crate) fn owners(prefix: &IdPrefix, transaction: &str) -> Vec<DocumentKey> {
    // The marker of invoices is the start of all others: the longest one that fits is meant.
    let marked = |kind| {
        let marker = prefix.transaction_id(&DocumentKey::new(kind, ""), 0);
        Some((marker.len(), kind, transaction.strip_prefix(&marker)?))
    };
    let meant = KINDS.into_iter().filter_map(marked).max_by_key(|(length, ..)| *length);
    let Some((_, kind, rest)) = meant else { return Vec::new() };
    let ends = rest.match_indices(':').map(|(at, _)| at).chain([rest.len()]);
    let mut ids: Vec<&str> = ends.filter_map(|end| rest.get(..end)).collect();
    ids.reverse();
    ids.into_iter().map(|id| DocumentKey::new(kind, id)).collect()
}

/// What the suffixes of an id say that a transaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The document itself, or its re-creation (`:r1`).
    Main,
    /// A difference to it (`:d1`).
    Delta,
    /// The inverse of another one (`:neg`).
    Negation,
    /// A suffix that this SDK never writes: Anrok's own reprocessing, or somebody's hand.
    Foreign,
    /// The inverse of another one, with a suffix that this SDK never writes in between.
    ForeignNegation,
}

impl Role {
    /// The role of `transaction` among those of `key`.
    pub(super) fn of(prefix: &IdPrefix, key: &DocumentKey, transaction: &str) -> Self {
        let base = prefix.transaction_id(key, 0);
        let rest = transaction.strip_prefix(&base).unwrap_or(transaction);
        let mut role = Self::Main;
        let mut foreign = false;
        for part in rest.split(':').skip(1) {
            let numbered = |letter| {
                part.strip_prefix(letter)
                    .is_some_and(|n: &str| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
            };
            role = match part {
                "neg" => Self::Negation,
                _ if numbered('r') => Self::Main,
                _ if numbered('d') => Self::Delta,
                _ => {
                    foreign = true;
                    Self::Main
                }
            };
        }
        match (foreign, role) {
            (false, role) => role,
            (true, Self::Negation) => Self::ForeignNegation,
            (true, _) => Self::Foreign,
        }
    }

    pub(super) fn is_negation(self) -> bool {
        matches!(self, Self::Negation | Self::ForeignNegation)
    }

    pub(super) fn is_foreign(self) -> bool {
        matches!(self, Self::Foreign | Self::ForeignNegation)
    }
}

/// What is left of a document's transactions once every negation has taken its original with it.
#[derive(Debug, Default)]
pub(super) struct Standing<'a> {
    /// Mains that nothing takes back.
    pub(super) mains: Vec<&'a Listed>,
    /// Deltas that nothing takes back.
    pub(super) deltas: Vec<&'a Listed>,
    /// Negations without an original.
    pub(super) orphans: Vec<&'a Listed>,
    /// Transactions that this SDK did not write.
    pub(super) foreign: Vec<&'a Listed>,
}

impl<'a> Standing<'a> {
    pub(super) fn of(prefix: &IdPrefix, key: &DocumentKey, listed: &'a [Listed]) -> Self {
        let mut standing = Self::default();
        let mut open: Vec<(&Listed, Role)> = Vec::new();
        let mut negations = Vec::new();
        for transaction in listed.iter().filter(|listed| listed.counts) {
            let role = Role::of(prefix, key, &transaction.id);
            if role.is_foreign() {
                standing.foreign.push(transaction);
            }
            if role.is_negation() {
                negations.push(transaction);
            } else {
                open.push((transaction, role));
            }
        }
        for negation in negations {
            match original(negation, &open) {
                Some(at) => drop(open.remove(at)),
                None => standing.orphans.push(negation),
            }
        }
        for (transaction, role) in open {
            let of_its_kind = if role == Role::Delta { &mut standing.deltas } else { &mut standing.mains };
            of_its_kind.push(transaction);
        }
        standing
    }

    /// Whether anything of the document counts.
    pub(super) fn is_empty(&self) -> bool {
        self.mains.is_empty() && self.deltas.is_empty() && self.orphans.is_empty()
    }

    pub(super) fn ids(&self) -> Vec<String> {
        let all = self.mains.iter().chain(&self.deltas).chain(&self.orphans);
        all.map(|listed| listed.id.clone()).collect()
    }
}

/// The transaction that `negation` takes back: the one it is named after, else the nearest one up the name.
fn original(negation: &Listed, open: &[(&Listed, Role)]) -> Option<usize> {
    let mut name = negation.id.as_str();
    while let Some((up, _)) = name.rsplit_once(':') {
        let named = |(listed, _): &(&Listed, Role)| {
            listed.id == up
                && listed
                    .amount
                    .zip(negation.amount)
                    .is_none_or(|(one, other)| one.checked_neg() == Some(other))
        };
        if let Some(at) = open.iter().position(named) {
            return Some(at);
        }
        name = up;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(id: &str) -> Role {
        Role::of(&IdPrefix::default(), &DocumentKey::invoice("INV-1"), id)
    }

    #[test]
    fn suffixes_tell_the_role() {
        for (id, expected) in [
            ("ordway:INV-1", Role::Main),
            ("ordway:INV-1:r2", Role::Main),
            ("ordway:INV-1:d1", Role::Delta),
            ("ordway:INV-1:r1:d12", Role::Delta),
            ("ordway:INV-1:neg", Role::Negation),
            ("ordway:INV-1:d1:neg", Role::Negation),
            ("ordway:INV-1:copy", Role::Foreign),
            ("ordway:INV-1:anrok5", Role::Foreign),
            ("ordway:INV-1:anrok5:neg", Role::ForeignNegation),
            ("ordway:INV-1:r", Role::Foreign),
        ] {
            assert_eq!(role(id), expected, "{id}");
        }
    }

    #[test]
    fn owners_are_found_in_ids() {
        let prefix = IdPrefix::default();
        let nobody = |_: &DocumentKey| false;
        let of = |id: &str| owner(&prefix, id, nobody);
        assert_eq!(of("ordway:INV-1:r1:neg"), Some(DocumentKey::invoice("INV-1")));
        assert_eq!(of("ordway:credit:CR-1"), Some(DocumentKey::credit("CR-1")));
        assert_eq!(of("ordway:debit:DM-1:d1"), Some(DocumentKey::debit_memo("DM-1")));
        assert_eq!(of("ordway-eu:INV-1"), None);
        assert_eq!(of("stripe:in_1"), None);
        let odd = DocumentKey::invoice("A:B");
        assert_eq!(owner(&prefix, "ordway:A:B:neg", |key| *key == odd), Some(odd));
    }
}
