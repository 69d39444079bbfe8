//! A set of documents in some ten bytes each.

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;

use crate::document::DocumentKey;

/// Documents by the hashes of their keys. Two with one hash (a chance of one in some ten million runs over a million
/// documents) are taken for one.
#[derive(Debug, Default)]
pub(crate) struct KeySet {
    keys: HashSet<u64>,
    hashes: RandomState,
}

impl KeySet {
    pub(crate) fn insert(&mut self, key: &DocumentKey) {
        self.keys.insert(self.hashes.hash_one(key));
    }

    pub(crate) fn remove(&mut self, key: &DocumentKey) {
        self.keys.remove(&self.hashes.hash_one(key));
    }

    pub(crate) fn contains(&self, key: &DocumentKey) -> bool {
        self.keys.contains(&self.hashes.hash_one(key))
    }

    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}
