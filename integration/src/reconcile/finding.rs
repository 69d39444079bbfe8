//! What a reconciliation finds, in words and in numbers.

use std::fmt;

use jiff::civil::Date;
use serde::{Serialize, Serializer};

use crate::document::DocumentKey;
use crate::hold::Disposition;

/// In which way two systems differ about a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FindingKind {
    /// In force in Ordway, not on record.
    Missing,
    /// On record under our prefix, and Ordway does not know the document.
    Extra,
    /// Undone in Ordway (or a draft again) and still on record; or in force in Ordway and voided at Anrok.
    VoidAgainstLive,
    /// More than one transaction counts for one document, beyond what its corrections explain.
    SeveralLive,
    /// Recorded in another currency.
    CurrencyDiffers,
    /// Recorded under another accounting date: it may stand in another return.
    DateDiffers,
    /// Another amount before tax.
    AmountDiffers,
    /// Another tax than the customer is charged.
    TaxDiffers,
    /// It cannot be compared: unreadable, of an unknown status, or amid a write.
    NotComparable,
}

impl FindingKind {
    /// All kinds, in the order of a report.
    pub const ALL: &[Self] = &[
        Self::Missing,
        Self::Extra,
        Self::VoidAgainstLive,
        Self::SeveralLive,
        Self::CurrencyDiffers,
        Self::DateDiffers,
        Self::AmountDiffers,
        Self::TaxDiffers,
        Self::NotComparable,
    ];

    /// The word in JSON and CSV: `missing`, `amount_differs`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Extra => "extra",
            Self::VoidAgainstLive => "void_against_live",
            Self::SeveralLive => "several_live",
            Self::CurrencyDiffers => "currency_differs",
            Self::DateDiffers => "date_differs",
            Self::AmountDiffers => "amount_differs",
            Self::TaxDiffers => "tax_differs",
            Self::NotComparable => "not_comparable",
        }
    }
}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A system that stands against Ordway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Side {
    /// This SDK's ledger.
    Ledger,
    /// Anrok's own list.
    Anrok,
}

impl Side {
    /// `ledger`, `anrok`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ledger => "ledger",
            Self::Anrok => "anrok",
        }
    }

    /// As a sentence names it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ledger => "the ledger",
            Self::Anrok => "Anrok",
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One figure in all three systems, minor units, signed as recorded (credits are negative). `None`: not known there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Figures {
    /// In Ordway.
    pub ordway: Option<i64>,
    /// In the ledger.
    pub ledger: Option<i64>,
    /// In Anrok's list.
    pub anrok: Option<i64>,
}

impl Figures {
    /// Figures.
    pub fn new(ordway: Option<i64>, ledger: Option<i64>, anrok: Option<i64>) -> Self {
        Self { ordway, ledger, anrok }
    }

    /// The systems that know the figure and have another one than Ordway. None where Ordway does not know it.
    pub(super) fn against(&self) -> Vec<Side> {
        let Some(ordway) = self.ordway else { return Vec::new() };
        let differs = |side: Option<i64>| side.is_some_and(|side| side != ordway);
        let sides = [(self.ledger, Side::Ledger), (self.anrok, Side::Anrok)];
        sides.into_iter().filter(|(figure, _)| differs(*figure)).map(|(_, side)| side).collect()
    }

    /// Adds what each system has; `None` is nothing.
    pub(super) fn add(&mut self, other: &Self) {
        for (sum, more) in [
            (&mut self.ordway, other.ordway),
            (&mut self.ledger, other.ledger),
            (&mut self.anrok, other.anrok),
        ] {
            if let Some(more) = more {
                *sum = Some(sum.unwrap_or(0).saturating_add(more));
            }
        }
    }
}

/// One difference about one document. Names it by its ids; holds no names, addresses or tax ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// In which way.
    pub kind: FindingKind,
    /// The document.
    #[serde(flatten, serialize_with = "document")]
    pub document: DocumentKey,
    /// The systems that stand against Ordway.
    pub against: Vec<Side>,
    /// The transactions it is about.
    pub transactions: Vec<String>,
    /// Its own accounting date: Ordway's, else the ledger's, else Anrok's.
    pub date: Option<Date>,
    /// Currency of the figures.
    pub currency: Option<String>,
    /// `US-NY`, `DE`: where the address that is taxed lies.
    pub jurisdiction: Option<String>,
    /// Amounts before tax.
    pub amount: Figures,
    /// Tax: charged in Ordway, to be collected by ledger and Anrok.
    pub tax: Figures,
    /// What was found, a sentence.
    pub text: String,
    /// What to do.
    pub remedy: String,
    /// Who has to act.
    pub disposition: Disposition,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}\n  What to do: {}", self.document, self.kind, self.text, self.remedy)
    }
}

/// `"document_kind":"invoice","document":"INV-1"`.
fn document<S: Serializer>(key: &DocumentKey, serializer: S) -> Result<S::Ok, S::Error> {
    use serde::ser::SerializeMap as _;
    let mut map = serializer.serialize_map(Some(2))?;
    map.serialize_entry("document_kind", key.kind.as_str())?;
    map.serialize_entry("document", &key.id)?;
    map.end()
}
