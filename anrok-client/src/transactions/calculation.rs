//! What a calculation answers.

use ordway_anrok_http::json::Object;
use ordway_anrok_http::{DecodeError, open_enum, record};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize};

use crate::transactions::input::Transaction;
use crate::wire::debug_hiding;

/// The tax of a transaction. Amounts are in the currency's smallest unit.
///
/// Write [`tax_amount_to_collect`](Self::tax_amount_to_collect) to the invoice, never a sum of the breakdown: of
/// lines with tax included, and where the seller bears the tax, the breakdown shows tax that is not collected.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Calculation {
    /// Tax to collect from the customer, in all.
    pub tax_amount_to_collect: i64,
    /// Per line, in the order of the request.
    #[serde(rename = "lineItems")]
    pub lines: Vec<LineResult>,
    /// Total before tax.
    #[serde(default, with = "crate::wire::decimal", skip_serializing_if = "Option::is_none")]
    pub pre_tax_amount: Option<Decimal>,
    /// Per jurisdiction, why nothing was taxed.
    #[serde(default, deserialize_with = "or_default")]
    pub juris_summaries: Vec<JurisSummary>,
    /// Version of the recorded transaction, from 1; present in answers of `createOrUpdate` only. May grow without
    /// a call of ours: Anrok reprocesses transactions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i32>,
    /// A text to print on the invoice. Seen by third parties only (grade C).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_compliance_message: Option<String>,
    /// Members that this SDK does not know.
    #[serde(flatten)]
    pub extra: Object,
}

debug_hiding!(Calculation {
    tax_amount_to_collect, lines, pre_tax_amount, juris_summaries, version, tax_compliance_message
} hides { extra });

/// `null` for nothing.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(d: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(d)?.unwrap_or_default())
}

/// The answer of `createOrUpdate` must tell the version (behaviour reference, 10.11).
pub(super) fn recorded(body: &[u8]) -> Result<Calculation, DecodeError> {
    let calculation: Calculation = ordway_anrok_http::decode::json(body)?;
    if calculation.version.is_none() {
        return Err(DecodeError::new("version", "missing"));
    }
    Ok(calculation)
}

/// Where an answer does not fit the transaction it is for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Mismatch {
    /// Another number of lines.
    #[error("Anrok answered {answered} lines for the {sent} that were sent")]
    LineCount {
        /// Lines sent.
        sent: usize,
        /// Lines answered.
        answered: usize,
    },
    /// A line under another id.
    #[error("Anrok answered line {line} under another id than it was sent with")]
    LineId {
        /// Which line, from 1.
        line: usize,
    },
}

impl Calculation {
    /// Checks that the lines are those of `transaction`, in number and by the ids that were sent.
    ///
    /// # Errors
    /// [`Mismatch`]: do not use the amounts.
    pub fn check_against(&self, transaction: &Transaction) -> Result<(), Mismatch> {
        let (sent, answered) = (transaction.lines.len(), self.lines.len());
        if sent != answered {
            return Err(Mismatch::LineCount { sent, answered });
        }
        for ((sent, answered), line) in transaction.lines.iter().zip(&self.lines).zip(1..) {
            let sent = sent.id.as_deref().and_then(crate::wire::filled);
            if sent.is_some_and(|id| answered.id.as_deref() != Some(id)) {
                return Err(Mismatch::LineId { line });
            }
        }
        Ok(())
    }

    /// Tax to collect of the lines together. Equal to the total in all samples; no document promises it, the total
    /// counts (grade D). `None` where it does not fit.
    pub fn lines_tax_amount(&self) -> Option<i64> {
        self.lines.iter().try_fold(0_i64, |sum, line| sum.checked_add(line.tax_amount_to_collect))
    }
}

/// The tax of one line.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LineResult {
    /// The id sent with the line.
    #[serde(default)]
    pub id: Option<String>,
    /// Tax to collect for the line: zero where the amount includes the tax.
    pub tax_amount_to_collect: i64,
    /// The line before tax.
    #[serde(default, with = "crate::wire::decimal", skip_serializing_if = "Option::is_none")]
    pub pre_tax_amount: Option<Decimal>,
    /// Per jurisdiction, the taxes or why there are none.
    #[serde(default, deserialize_with = "or_default")]
    pub jurises: Vec<LineJuris>,
    /// Members that this SDK does not know.
    #[serde(flatten)]
    pub extra: Object,
}

debug_hiding!(LineResult { id, tax_amount_to_collect, pre_tax_amount, jurises } hides { extra });

/// One jurisdiction's view of a line. Calculations name jurisdictions without ids (grade A).
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LineJuris {
    /// The jurisdiction's name, for instance `Denver (local)`.
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The taxes; `None` where the line is not taxed.
    #[serde(default)]
    pub taxes: Option<Vec<Tax>>,
    /// Why it is not taxed; `None` where it is.
    #[serde(default)]
    pub not_taxed_reason: Option<NotTaxedReason>,
    /// Members that this SDK does not know.
    #[serde(flatten)]
    pub extra: Object,
}

debug_hiding!(LineJuris { name, taxes, not_taxed_reason } hides { extra });

/// One tax of a line, for information: the decimals are not rounded and not what is collected.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Tax {
    /// Name or abbreviation, for instance `VAT`.
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub tax_name: String,
    /// What the tax is calculated on, in smallest units; may be a part of the line only.
    #[serde(default, with = "crate::wire::decimal", skip_serializing_if = "Option::is_none")]
    pub taxable_amount: Option<Decimal>,
    /// The tax in smallest units, with fractions.
    #[serde(default, with = "crate::wire::decimal", skip_serializing_if = "Option::is_none")]
    pub tax_amount: Option<Decimal>,
    /// The rate between 0 and 1. Meaningful together with `taxable_amount` only.
    #[serde(default, with = "crate::wire::decimal", skip_serializing_if = "Option::is_none")]
    pub tax_rate: Option<Decimal>,
    /// Members that this SDK does not know.
    #[serde(flatten)]
    pub extra: Object,
}

debug_hiding!(Tax { tax_name, taxable_amount, tax_amount, tax_rate } hides { extra });

/// A jurisdiction of the transaction and, where nothing of it was taxed, why.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct JurisSummary {
    /// The jurisdiction's name.
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The distinct reasons; `None` where something was taxed.
    #[serde(default)]
    pub not_taxed_reasons: Option<Vec<NotTaxedReason>>,
    /// Members that this SDK does not know.
    #[serde(flatten)]
    pub extra: Object,
}

debug_hiding!(JurisSummary { name, not_taxed_reasons } hides { extra });

open_enum! {
    /// Why a line is not taxed in a jurisdiction.
    pub enum NotTaxed {
        /// An exemption: see [`NotTaxedReason::reason`].
        Exempt = "exempt",
        /// The jurisdiction has no such tax.
        JurisHasNoTax = "jurisHasNoTax",
        /// The seller does not collect there.
        NotCollecting = "notCollecting",
        /// The product is not taxable there.
        ProductNotTaxed = "productNotTaxed",
    }
}

open_enum! {
    /// The ground of an exemption.
    pub enum Exemption {
        /// The customer accounts for the tax.
        ReverseCharge = "reverseCharge",
        /// The customer is exempt, by certificate.
        CustomerExempt = "customerExempt",
        /// The transaction is exempt.
        TransactionExempt = "transactionExempt",
    }
}

record! {
    /// Why a line is not taxed.
    pub struct NotTaxedReason {
        /// The reason.
        kind: Option<NotTaxed> = "type",
        /// The ground, where the reason is an exemption.
        reason: Option<ExemptionReason>,
    }
}

record! {
    /// The ground of an exemption.
    pub struct ExemptionReason {
        /// Which one.
        kind: Option<Exemption> = "type",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Address, Currency, transactions::Line};
    use serde_json::{Value, json};

    fn answer() -> Value {
        json!({
            "version": 1, "taxAmountToCollect": 722, "preTaxAmount": "15000",
            "lineItems": [{"id": "a", "taxAmountToCollect": 722, "preTaxAmount": "15000", "jurises": [
                {"name": "Colorado", "taxes": null,
                 "notTaxedReason": {"type": "exempt", "reason": {"type": "reverseCharge"}}},
                {"name": "Denver (local)", "notTaxedReason": null, "taxes": [
                    {"taxName": "Tax", "taxableAmount": "15000", "taxAmount": "721.5", "taxRate": "0.0481"}]},
            ]}],
            "jurisSummaries": [{"name": "Colorado", "notTaxedReasons": [{"type": "newReason"}]}],
            "taxComplianceMessage": "Reverse charge", "somethingNew": {"a": 1},
        })
    }

    #[test]
    fn an_answer_is_read_and_written_back_as_it_came() {
        let read: Calculation = serde_json::from_value(answer()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), answer());
        let line = read.lines.first().unwrap();
        let exempt = line.jurises[0].not_taxed_reason.as_ref().unwrap();
        assert_eq!(exempt.kind, Some(NotTaxed::Exempt));
        assert_eq!(exempt.reason.as_ref().unwrap().kind, Some(Exemption::ReverseCharge));
        assert_eq!(line.jurises[1].taxes.as_ref().unwrap()[0].tax_amount, Some("721.5".parse().unwrap()));
        assert_eq!(read.lines_tax_amount(), Some(722));
        assert!(read.extra.contains_key("somethingNew"));
    }

    #[test]
    fn what_decides_must_be_there() {
        for missing in ["taxAmountToCollect", "lineItems"] {
            let mut body = answer();
            body.as_object_mut().unwrap().remove(missing);
            assert!(serde_json::from_value::<Calculation>(body).is_err(), "{missing}");
        }
        let mut body = answer();
        body.as_object_mut().unwrap().remove("version");
        assert_eq!(recorded(body.to_string().as_bytes()).unwrap_err().path(), "version");
    }

    #[test]
    fn an_answer_for_another_document_is_noticed() {
        let read: Calculation = serde_json::from_value(answer()).unwrap();
        let date: jiff::civil::Date = "2026-08-31".parse().unwrap();
        let sent = |ids: &[&str]| {
            ids.iter().fold(Transaction::new(Currency::USD, Address::default(), date), |sent, id| {
                sent.line(Line::new("P", 1).with_id(*id))
            })
        };
        assert_eq!(read.check_against(&sent(&["a"])), Ok(()));
        assert_eq!(read.check_against(&sent(&["b"])), Err(Mismatch::LineId { line: 1 }));
        assert_eq!(read.check_against(&sent(&["a", "b"])), Err(Mismatch::LineCount { sent: 2, answered: 1 }));
    }
}
