//! A draft from which our tax write took something: until it is whole again, no draft is written to.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::document::{Document, DocumentLine};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Damage {
    pub(super) victim: String,
    /// Lines that it had.
    lines: usize,
    /// When Ordway had last changed what the write left.
    left: Option<Timestamp>,
    /// The draft that was suspected before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) first: Option<String>,
}

impl Damage {
    pub(super) fn of(before: &Document, after: &Document) -> Self {
        Self { victim: after.key.id.clone(), lines: before.lines.len(), left: after.updated, first: None }
    }

    /// The drafts to restore.
    pub(super) fn victims(&self) -> String {
        self.first.iter().chain([&self.victim]).map(String::as_str).collect::<Vec<_>>().join(" and ")
    }

    pub(super) fn reason(&self) -> String {
        match &self.first {
            None => "the tax write took lines or products off it".to_owned(),
            Some(first) => format!("the tax write took lines off it, as it did off {first}"),
        }
    }

    /// What is remembered of it, under the mark of the way of writing that did it.
    pub(super) fn fact(&self, mark: &str) -> String {
        format!("{mark}{}", serde_json::to_string(self).unwrap_or_default())
    }

    /// Reads what [`Damage::fact`] gave, or the bare id that an earlier version remembered. Another way of writing has done
    /// nothing.
    pub(super) fn read(fact: &str, mark: &str) -> Option<Self> {
        let text = fact.strip_prefix(mark).filter(|text| !text.is_empty())?;
        let bare = || Self { victim: text.to_owned(), lines: 1, left: None, first: None };
        Some(serde_json::from_str(text).unwrap_or_else(|_| bare()))
    }

    /// Whether both were written to within a day.
    pub(super) fn is_of_the_day(&self, other: &Self) -> bool {
        let between = self.left.zip(other.left).map(|(one, other)| one.duration_since(other).abs());
        between.is_none_or(|between| between <= SignedDuration::from_hours(24))
    }

    /// Whether `other` is another draft, written to within a day.
    pub(super) fn is_another_of_the_day(&self, other: &Self) -> bool {
        self.victim != other.victim && self.is_of_the_day(other)
    }

    /// Whether the draft is as the write left it. Fewer lines than before are right where somebody has been there since.
    pub(super) fn is_there(&self, draft: &Document) -> bool {
        let whole = |line: &DocumentLine| line.product_id.is_some() && line.amount.is_some();
        let emptied = draft.lines.is_empty() || !draft.lines.iter().all(whole);
        let touched = draft.updated > self.left;
        emptied || (draft.lines.len() < self.lines && !touched)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::DocumentKey;
    use rust_decimal::Decimal;

    fn draft(lines: usize, at: i64) -> Document {
        let mut draft = Document::new(DocumentKey::invoice("INV-1"));
        for number in 0..lines {
            let mut line = DocumentLine { line_no: Some(number.to_string()), ..DocumentLine::default() };
            line.product_id = Some("P-1".to_owned());
            line.amount = Some(Decimal::ONE);
            draft.lines.push(line);
        }
        draft.updated = Timestamp::from_second(at).ok();
        draft
    }

    #[test]
    fn it_is_there_until_the_draft_is_whole_or_somebody_has_been_there() {
        let damage = Damage::of(&draft(3, 1), &draft(1, 2));
        assert_eq!(Damage::read(&damage.fact("this way "), "another way "), None);
        let damage = Damage::read(&damage.fact("this way "), "this way ").unwrap();
        assert!(damage.is_there(&draft(1, 2)) && damage.is_there(&draft(2, 2)));
        assert!(!damage.is_there(&draft(3, 2)) && !damage.is_there(&draft(2, 3)));
        let mut emptied = draft(3, 3);
        emptied.lines[1].product_id = None;
        assert!(damage.is_there(&emptied) && damage.is_there(&draft(0, 3)));
    }

    #[test]
    fn another_of_the_same_day_is_no_chance() {
        let at = |id: &str, at| Damage {
            victim: id.to_owned(),
            lines: 2,
            left: Timestamp::from_second(at).ok(),
            first: None,
        };
        assert!(
            at("A", 0).is_another_of_the_day(&at("B", 3600))
                && at("A", 3600).is_another_of_the_day(&at("B", 0))
        );
        assert!(!at("A", 0).is_another_of_the_day(&at("A", 3600)));
        assert!(!at("A", 0).is_another_of_the_day(&at("B", 2 * 24 * 3600)));
    }

    #[test]
    fn what_an_earlier_version_remembered_is_read() {
        assert_eq!((Damage::read("", "way "), Damage::read("way ", "way ")), (None, None));
        let damage = Damage::read("way INV-1", "way ").unwrap();
        assert_eq!(damage.victim, "INV-1");
        assert!(damage.is_there(&draft(0, 1)) && !damage.is_there(&draft(1, 1)));
    }
}
