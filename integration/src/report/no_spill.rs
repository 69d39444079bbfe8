//! In the place of `spill` where there is no `SQLite`: all documents stay in memory.

use std::collections::BTreeMap;

use super::Outcome;
use super::row::Row;
use crate::document::DocumentKey;

#[derive(Debug)]
pub(super) enum Spill {}

impl Spill {
    pub(super) fn open() -> Option<Self> {
        None
    }

    pub(super) fn keep(&self, _: &BTreeMap<DocumentKey, Option<Row>>) -> bool {
        match *self {}
    }

    pub(super) fn row(&self, _: &DocumentKey) -> Option<Row> {
        match *self {}
    }

    pub(super) fn page(&self, _: Option<&DocumentKey>, _: Option<Outcome>) -> Vec<(DocumentKey, Row)> {
        match *self {}
    }

    pub(super) fn has_lost(&self) -> bool {
        match *self {}
    }
}
