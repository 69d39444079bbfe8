//! Cursors of the three paged lists: opaque to the caller, all of the question to the server.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::validate::{Fields, Refusal};

/// Where a list goes on, and what it is filtered by.
#[derive(Clone, Debug)]
pub(super) struct Cursor {
    list: &'static str,
    /// Serial of the last item that was returned; 0 = from the start.
    pub(super) after: u64,
    /// The filter of the first page, so that later pages keep it.
    pub(super) filter: Value,
}

/// A page size between 1 and `most`.
// rule: list-limits
pub(super) fn limit(fields: &Fields<'_>, most: i64, default: i64) -> Result<usize, Refusal> {
    let limit = fields.optional_integer("limit", 1, most)?.unwrap_or(default);
    Ok(usize::try_from(limit).unwrap_or(1))
}

impl Cursor {
    /// The start of a list.
    pub(super) fn new(list: &'static str, filter: Value) -> Self {
        Self { list, after: 0, filter }
    }

    /// The cursor of a request. The outer result is about the request's shape (400), the inner one about the
    /// cursor itself (409 `invalidCursor`), which is looked at after everything else.
    // rule: cursor-or-filter
    #[allow(clippy::type_complexity)] // two kinds of refusal at two times
    pub(super) fn read(
        fields: &Fields<'_>,
        list: &'static str,
        filtered: bool,
    ) -> Result<Result<Option<Self>, Refusal>, Refusal> {
        let Some(text) = fields.any_string("cursor")? else { return Ok(Ok(None)) };
        if filtered {
            return Err(Refusal::BadRequest("cursor and filter cannot both be provided.".to_owned()));
        }
        // rule: invalid-cursor
        Ok(Self::decode(text, list).map(Some).ok_or_else(|| Refusal::conflict("invalidCursor")))
    }

    fn decode(text: &str, list: &'static str) -> Option<Self> {
        let bytes: Option<Vec<u8>> =
            (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect();
        let value: Value = serde_json::from_slice(&bytes?).ok()?;
        let is_ours = value.get("list")?.as_str()? == list;
        let cursor =
            Self { list, after: value.get("after")?.as_u64()?, filter: value.get("filter")?.clone() };
        is_ours.then_some(cursor)
    }

    fn encode(&self) -> String {
        let text = json!({ "list": self.list, "after": self.after, "filter": self.filter }).to_string();
        text.bytes().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }

    /// One value of a filter that is a list of texts.
    pub(super) fn filter_text(&self, at: usize) -> Option<&str> {
        self.filter.get(at)?.as_str()
    }

    /// The next `limit` items and the cursor behind them, which is none where nothing follows.
    pub(super) fn page<T>(
        &self,
        mut rest: impl Iterator<Item = (u64, T)>,
        limit: usize,
    ) -> (Vec<T>, Option<String>) {
        let page: Vec<(u64, T)> = rest.by_ref().take(limit).collect();
        let last = page.last().map(|(serial, _)| *serial);
        let next = match (rest.next(), last) {
            (Some(_), Some(after)) => Some(Self { after, ..self.clone() }.encode()),
            _ => None,
        };
        (page.into_iter().map(|(_, item)| item).collect(), next)
    }
}
