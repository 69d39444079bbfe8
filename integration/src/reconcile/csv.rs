//! CSV as RFC 4180 has it, safe to open in a spreadsheet.

use super::finding::{Figures, Finding};
use super::totals::TotalRow;
use crate::map::money;

const FINDINGS: [&str; 17] = [
    "finding",
    "document_kind",
    "document",
    "against",
    "transactions",
    "date",
    "currency",
    "jurisdiction",
    "amount_ordway",
    "amount_ledger",
    "amount_anrok",
    "tax_ordway",
    "tax_ledger",
    "tax_anrok",
    "text",
    "remedy",
    "disposition",
];

const TOTALS: [&str; 10] = [
    "month",
    "currency",
    "jurisdiction",
    "documents",
    "amount_ordway",
    "amount_ledger",
    "amount_anrok",
    "tax_ordway",
    "tax_ledger",
    "tax_anrok",
];

pub(super) fn findings(findings: &[Finding]) -> String {
    let mut csv = Csv::headed(&FINDINGS);
    for finding in findings {
        let against: Vec<&str> = finding.against.iter().map(|side| side.as_str()).collect();
        csv.text(finding.kind.as_str());
        csv.text(finding.document.kind.as_str());
        csv.text(&finding.document.id);
        csv.text(&against.join(" "));
        csv.text(&finding.transactions.join(" "));
        csv.text(&finding.date.map(|date| date.to_string()).unwrap_or_default());
        csv.text(finding.currency.as_deref().unwrap_or_default());
        csv.text(finding.jurisdiction.as_deref().unwrap_or_default());
        csv.figures(&finding.amount, finding.currency.as_deref());
        csv.figures(&finding.tax, finding.currency.as_deref());
        csv.text(&finding.text);
        csv.text(&finding.remedy);
        let word = serde_json::to_value(finding.disposition).unwrap_or_default();
        csv.text(word.as_str().unwrap_or_default());
        csv.end();
    }
    csv.text
}

pub(super) fn totals(rows: &[TotalRow]) -> String {
    let mut csv = Csv::headed(&TOTALS);
    for row in rows {
        csv.text(row.month.as_deref().unwrap_or_default());
        csv.text(row.currency.as_deref().unwrap_or_default());
        csv.text(row.jurisdiction.as_deref().unwrap_or_default());
        csv.number(&row.documents.to_string());
        csv.figures(&row.amount, row.currency.as_deref());
        csv.figures(&row.tax, row.currency.as_deref());
        csv.end();
    }
    csv.text
}

/// One table of text.
#[derive(Default)]
pub(crate) struct Csv {
    text: String,
    in_row: bool,
}

impl Csv {
    /// All of it.
    pub(crate) fn into_text(self) -> String {
        self.text
    }

    /// A table with its first line.
    pub(crate) fn headed(names: &[&str]) -> Self {
        let mut csv = Self::default();
        for name in names {
            csv.number(name);
        }
        csv.end();
        csv
    }

    /// Text of any origin.
    pub(crate) fn text(&mut self, text: &str) {
        self.number(&field(text));
    }

    /// A field that needs no quotes.
    pub(crate) fn number(&mut self, text: &str) {
        if self.in_row {
            self.text.push(',');
        }
        self.text.push_str(text);
        self.in_row = true;
    }

    /// Three amounts with the currency's decimals; minor units where the currency is not known.
    fn figures(&mut self, figures: &Figures, currency: Option<&str>) {
        let exponent = currency.and_then(money::exponent).unwrap_or(0);
        for minor in [figures.ordway, figures.ledger, figures.anrok] {
            self.number(&minor.map(|minor| money::text(minor, exponent)).unwrap_or_default());
        }
    }

    /// The end of a line.
    pub(crate) fn end(&mut self) {
        self.text.push_str("\r\n");
        self.in_row = false;
    }
}

/// A field as text: what a spreadsheet would run as a formula gets an apostrophe in front, then quotes where needed.
fn field(text: &str) -> String {
    let is_formula = text.trim_start_matches(' ').starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '|']);
    let safe = if is_formula { format!("'{text}") } else { text.to_owned() };
    let needs_quotes = safe.contains([',', '"', '\r', '\n']) || safe.starts_with(' ') || safe.ends_with(' ');
    if needs_quotes { format!("\"{}\"", safe.replace('"', "\"\"")) } else { safe }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Reads one record as RFC 4180 has it.
    fn read(text: &str) -> Vec<String> {
        let (mut fields, mut field, mut quoted) = (Vec::new(), String::new(), false);
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '"' if quoted && chars.peek() == Some(&'"') => field.push(chars.next().unwrap()),
                '"' => quoted = !quoted,
                ',' if !quoted => fields.push(std::mem::take(&mut field)),
                c => field.push(c),
            }
        }
        fields.push(field);
        fields
    }

    #[test]
    fn formulas_are_text() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "\r=1", "|calc"] {
            let written = field(formula);
            assert!(read(&written)[0].starts_with('\''), "{written}");
        }
        assert_eq!(field("INV-1"), "INV-1");
        assert_eq!(field("a, \"b\""), "\"a, \"\"b\"\"\"");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(fields in prop::collection::vec("[ -~\r\n\té]{0,12}", 1..6)) {
            let mut csv = Csv::default();
            for text in &fields {
                csv.text(text);
            }
            let back = read(&csv.text);
            prop_assert_eq!(back.len(), fields.len());
            for (back, field) in back.iter().zip(&fields) {
                prop_assert_eq!(back.strip_prefix('\'').filter(|b| b == field).unwrap_or(back), field);
                prop_assert!(!back.trim_start_matches(' ').starts_with(['=', '+', '-', '@', '\t', '\r']));
            }
        }
    }
}
