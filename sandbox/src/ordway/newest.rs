//! The newest records only, for who looks at a company of any size.

use serde_json::Value;

use super::{FakeOrdway, render};

impl FakeOrdway {
    /// The newest `limit` records of a collection in order of arrival, as a `GET` would show them.
    pub(crate) fn newest(&self, collection: &str, limit: usize) -> Vec<Value> {
        let state = self.lock();
        let mut records: Vec<Value> =
            state.store.iter(collection).rev().take(limit).map(|stored| render::record(stored)).collect();
        records.reverse();
        records
    }
}
