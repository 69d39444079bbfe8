//! Anrok transaction ids: derived by rule, never random, never shortened.

use std::fmt;

use crate::document::{DocumentKey, DocumentKind};

/// The first part of every id. Several Ordway companies that share a seller need one each.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IdPrefix(String);

/// A prefix that would make ids ambiguous.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the id prefix {0:?} must be 1 to 40 letters, digits, '-' or '_'")]
pub struct IdPrefixError(String);

impl IdPrefix {
    /// A prefix.
    ///
    /// # Errors
    /// Anything but 1 to 40 ASCII letters, digits, `-` and `_`: a colon would let two documents share an id.
    pub fn new(text: &str) -> Result<Self, IdPrefixError> {
        let fine = (1..=40).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if fine { Ok(Self(text.to_owned())) } else { Err(IdPrefixError(text.to_owned())) }
    }

    /// The id under which `key` is recorded: `ordway:INV-1`, after re-creations `ordway:INV-1:r1`, `:r2`…
    pub fn transaction_id(&self, key: &DocumentKey, generation: u32) -> String {
        let Self(prefix) = self;
        let id = &key.id;
        let base = match key.kind {
            DocumentKind::Invoice => format!("{prefix}:{id}"),
            DocumentKind::Credit => format!("{prefix}:credit:{id}"),
            DocumentKind::DebitMemo => format!("{prefix}:debit:{id}"),
        };
        if generation == 0 { base } else { format!("{base}:r{generation}") }
    }

    /// The customer's id at Anrok.
    pub fn customer_id(&self, customer: &str) -> String {
        format!("{}:{customer}", self.0)
    }
}

/// The id of the negation of `transaction`.
pub fn negation_id(transaction: &str) -> String {
    format!("{transaction}:neg")
}

/// The id of the `n`-th delta of `transaction`, counted from 1.
pub fn delta_id(transaction: &str, n: u32) -> String {
    format!("{transaction}:d{n}")
}

impl Default for IdPrefix {
    fn default() -> Self {
        Self("ordway".to_owned())
    }
}

impl fmt::Display for IdPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_follow_the_rule() {
        let prefix = IdPrefix::default();
        let invoice = DocumentKey::invoice("INV-00042");
        assert_eq!(prefix.transaction_id(&invoice, 0), "ordway:INV-00042");
        assert_eq!(prefix.transaction_id(&invoice, 2), "ordway:INV-00042:r2");
        assert_eq!(negation_id(&prefix.transaction_id(&invoice, 1)), "ordway:INV-00042:r1:neg");
        assert_eq!(prefix.transaction_id(&DocumentKey::credit("CR-1"), 0), "ordway:credit:CR-1");
        assert_eq!(prefix.customer_id("C-7"), "ordway:C-7");
        assert_eq!(delta_id(&prefix.transaction_id(&invoice, 1), 2), "ordway:INV-00042:r1:d2");
        assert!(IdPrefix::new("acme-eu").is_ok());
        assert!(IdPrefix::new("a:b").is_err() && IdPrefix::new("").is_err());
    }

    /// What a document can put on record: its generations, their deltas, and the negations of all of them.
    fn all_ids(key: &DocumentKey) -> Vec<String> {
        let prefix = IdPrefix::default();
        let bases = (0..3).map(|generation| prefix.transaction_id(key, generation));
        let with_deltas = bases.flat_map(|base| [delta_id(&base, 1), delta_id(&base, 2), base]);
        with_deltas.flat_map(|id| [negation_id(&id), id]).collect()
    }

    proptest::proptest! {
        /// Ordway's ids are letters and a number without a colon: no two documents and no two transactions of one share an id.
        #[test]
        fn no_id_is_used_twice(one in "[A-Z]{1,3}-[0-9]{1,5}", other in "[A-Z]{1,3}-[0-9]{1,5}") {
            let keys = [DocumentKey::invoice(&one), DocumentKey::credit(&one), DocumentKey::debit_memo(&one),
                DocumentKey::invoice(&other), DocumentKey::credit(&other), DocumentKey::debit_memo(&other)];
            let distinct: std::collections::BTreeSet<_> = keys.iter().collect();
            let ids: Vec<String> = distinct.iter().flat_map(|key| all_ids(key)).collect();
            let unique: std::collections::BTreeSet<_> = ids.iter().collect();
            proptest::prop_assert_eq!(unique.len(), ids.len());
        }
    }
}
