//! The parts of an explanation.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

use crate::hold::Disposition;
use crate::ledger::Link;
use crate::map::money;

/// A text that names a person: hidden unless it was asked for.
#[derive(Clone, PartialEq, Eq)]
pub struct Personal {
    text: String,
    shown: bool,
}

/// What stands for a hidden text.
const HIDDEN: &str = "(hidden)";

impl Personal {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), shown: false }
    }

    pub(super) fn show(&mut self) {
        self.shown = true;
    }

    /// The text, where it was revealed; else `(hidden)`; empty where there is none.
    pub fn as_str(&self) -> &str {
        if self.shown || self.text.is_empty() { &self.text } else { HIDDEN }
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
}

impl fmt::Display for Personal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Personal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Personal(..)")
    }
}

impl Serialize for Personal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A whole amount, twice: in minor units and with the currency's decimals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Money {
    /// Minor units.
    pub minor: i64,
    /// With the currency's decimals: `8.70`.
    pub text: String,
}

impl Money {
    pub(super) fn new(minor: i64, exponent: u32) -> Self {
        Self { minor, text: money::text(minor, exponent) }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// Whose tax ids and certificates count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CustomerExplained {
    /// Ordway's id.
    pub id: Option<String>,
    /// The id at Anrok, by which certificates are found.
    pub anrok_id: Option<String>,
    /// The name; empty where there is none.
    pub name: Personal,
    /// VAT numbers that are sent.
    pub tax_ids: Vec<Personal>,
    /// Whether Ordway calls the customer exempt. Compared, never obeyed.
    pub exempt_in_ordway: bool,
}

/// Where the document is taxed. `Debug` shows no part of the address.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AddressExplained {
    /// `shipping address`, `billing address`, `address of the credited invoice`; `None` where none can be used.
    pub used: Option<String>,
    /// Why this one, and why not the other.
    pub why: String,
    /// Street lines.
    pub street: Personal,
    /// City.
    pub city: Option<String>,
    /// State or province.
    pub state: Option<String>,
    /// ZIP or postal code.
    pub zip: Option<String>,
    /// Country as it stands in Ordway.
    pub country: Option<String>,
    /// Country as it is sent: the ISO code where the name is recognised.
    pub country_sent: Option<String>,
}

impl fmt::Debug for AddressExplained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AddressExplained").field("used", &self.used).finish_non_exhaustive()
    }
}

/// Tax as three amounts, for they are not one: what the breakdown shows, what the customer pays, what the seller bears.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Amounts {
    /// Sum of the breakdown, in currency units, unrounded.
    pub shown: Decimal,
    /// What is added for the customer to pay.
    pub to_collect: Money,
    /// What the price includes already, in currency units, unrounded.
    pub included: Decimal,
    /// What is due and not collected: borne by the seller, in currency units, unrounded.
    pub borne_by_seller: Decimal,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LineExplained {
    /// Ordway's line number.
    pub line: String,
    /// Ordway's product.
    pub product: Option<String>,
    /// The product's name.
    pub product_name: Option<String>,
    /// Anrok's product.
    pub anrok_product: Option<String>,
    /// Anrok's tax category of the product, where Anrok tells.
    pub category: Option<String>,
    /// The line's net amount in Ordway, currency units; positive on credits.
    pub amount: Option<Decimal>,
    /// What is sent.
    pub sent: Option<Money>,
    /// Whether the amount includes tax.
    pub tax_included: bool,
    /// What Anrok computes.
    pub tax: Option<Amounts>,
    /// Per jurisdiction.
    pub jurisdictions: Vec<JurisdictionExplained>,
    /// The tax that stands on the line in Ordway, currency units.
    pub tax_in_ordway: Option<Decimal>,
    /// The tax that belongs on the line of a draft.
    pub tax_to_write: Option<Money>,
    /// Where something was rounded, and how.
    pub rounding: Vec<String>,
}

/// One jurisdiction of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct JurisdictionExplained {
    /// Its name, as Anrok writes it.
    pub name: String,
    /// The taxes; empty where it takes none.
    pub taxes: Vec<TaxExplained>,
    /// Why it takes none, Anrok's word: `productNotTaxed`.
    pub not_taxed: Option<String>,
    /// The ground of an exemption, Anrok's word: `reverseCharge`.
    pub exemption: Option<String>,
    /// The same in a sentence.
    pub why: String,
}

/// One tax.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TaxExplained {
    /// Its name: `VAT`.
    pub name: String,
    /// What it is computed on, currency units: may be a part of the line only.
    pub base: Option<Decimal>,
    /// The rate between 0 and 1.
    pub rate: Option<Decimal>,
    /// The tax, currency units, unrounded.
    pub tax: Option<Decimal>,
}

/// What is sent to Anrok beside the lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SentExplained {
    /// The id under which it is, or would be, recorded.
    pub transaction: String,
    /// Sum of the lines; negative on credits.
    pub amount: Money,
    /// Lines sent.
    pub lines: usize,
    /// Which return it belongs to.
    pub accounting_date: Date,
    /// Whose rates apply, where that is another day: the date of the credited invoice.
    pub tax_date: Option<Date>,
    /// Whether these are the inputs that the ledger remembers.
    pub unchanged: bool,
}

/// Something that stands in the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct HoldExplained {
    /// A stable word.
    pub code: String,
    /// Why.
    pub reason: String,
    /// What to do.
    pub remedy: String,
    /// Who has to act.
    pub disposition: Disposition,
}

/// A problem, as a run would leave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ProblemExplained {
    /// A stable word.
    pub code: String,
    /// Why.
    pub reason: String,
    /// What to do.
    pub remedy: String,
    /// How often in a row.
    pub attempts: u32,
    /// First time in a row.
    pub first_at: Timestamp,
    /// Last time.
    pub last_at: Timestamp,
    /// Not tried before this by itself.
    pub next_attempt_at: Option<Timestamp>,
    /// Set aside by a person.
    pub archived_at: Option<Timestamp>,
}

/// What Anrok computes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AnswerExplained {
    /// Tax of the whole document.
    pub tax: Amounts,
    /// Total before tax, currency units.
    pub pre_tax: Option<Decimal>,
    /// By how many minor units the lines were made to fit the total.
    pub corrected: i64,
    /// Where the answer does not fit the question.
    pub mismatch: Option<String>,
}

/// What stands in Ordway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct InOrdway {
    /// Total before tax, currency units.
    pub subtotal: Option<Decimal>,
    /// Tax, currency units.
    pub tax: Option<Decimal>,
    /// Whether that is the tax that Anrok computes now; `None` where it computes none.
    pub agrees: Option<bool>,
    /// What happens to it.
    pub note: String,
}

/// What the ledger remembers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Remembered {
    /// `nothing on record`, `calculated as a draft, nothing on record`, `on record`, `taken off record`.
    pub state: String,
    /// The transaction.
    pub transaction: Option<String>,
    /// Its version at our last write.
    pub version: Option<i64>,
    /// The negation that took it back.
    pub negation: Option<String>,
    /// How often it was made anew.
    pub generation: u32,
    /// Amount last sent.
    pub amount: Option<Money>,
    /// Tax to collect as last answered.
    pub tax: Option<Money>,
    /// Every transaction ever written for it, oldest first.
    pub chain: Vec<Link>,
    /// The invoice that a credit counts against.
    pub credited_invoice: Option<String>,
    /// Line → tax as it was calculated for the draft.
    pub draft: Vec<(String, Money)>,
    /// Whether that tax is only a stand-in, because Anrok could not be asked.
    pub placeholder: bool,
    /// A write that was begun and whose outcome is not stored.
    pub unfinished: Option<String>,
    /// Why it was not settled by the last run.
    pub problem: Option<ProblemExplained>,
}

/// What a sync does next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Next {
    /// `nothing`, `calculate`, `record`, `update`, `void`, `negate`, `hold`.
    pub step: String,
    /// The transaction it is about.
    pub transaction: Option<String>,
    /// What it does, a sentence.
    pub what: String,
    /// Why.
    pub why: String,
}
