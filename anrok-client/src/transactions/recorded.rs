//! Transactions as Anrok lists them.

use ordway_anrok_http::{open_enum, record};
use rust_decimal::Decimal;

use super::calculation::Exemption;
use crate::list::Listable;
use crate::products::TaxCategoryKind;
use crate::wire::{Day, Moment};

open_enum! {
    /// The state of a recorded transaction.
    pub enum RecordedKind {
        /// Counted in returns and totals.
        Normal = "normal",
        /// Voided: it has no body.
        Void = "void",
    }
}

record! {
    /// A transaction as `transactions/list` shows it. Amounts are in the currency's smallest unit.
    ///
    /// Anrok's own reprocessing makes transactions and versions that nobody sent: expect them.
    pub struct RecordedTransaction {
        /// Whether it counts.
        kind: Option<RecordedKind> = "type",
        /// The id that its maker chose.
        id: String,
        /// When Anrok first had it.
        anrok_created_time: Option<Moment> = "anrokCreatedTime",
        /// When it last changed in Anrok. Lists are watched by this: keep the highest, restart a little before it.
        anrok_modified_time: Option<Moment> = "anrokModifiedTime",
        /// The billing system that an Anrok-built integration read it from.
        source_billing_system: Option<SourceBillingSystem> = "sourceBillingSystem",
        /// Its content; `None` where it is void.
        body: Option<TransactionBody>,
        /// Its version, in answers of `transactions/get` (grade C; the list has none).
        version: Option<i64>,
    }
}

impl RecordedTransaction {
    /// The version in the form that a void or negation expects.
    pub fn expected_version(&self) -> Option<i32> {
        self.version.and_then(|version| version.try_into().ok())
    }
}

impl Listable for RecordedTransaction {
    const MEMBER: &'static str = "transactions";
}

record! {
    /// Where an Anrok-built integration read a transaction.
    pub struct SourceBillingSystem {
        /// For instance `stripe`.
        name: Option<String>,
        /// The integration, `si…`.
        integration_id: Option<String> = "integrationId",
        /// The invoice in that system.
        invoice_id: Option<String> = "invoiceId",
    }
}

record! {
    /// The content of a transaction that counts.
    pub struct TransactionBody {
        /// Which return it belongs to.
        accounting_date: Option<Day> = "accountingDate",
        /// Which rates applied.
        tax_date: Option<Day> = "taxDate",
        /// Currency of all amounts, in any case.
        currency_code: Option<String> = "currencyCode",
        /// The customer, where one is linked.
        customer: Option<RecordedCustomer>,
        /// Addresses. API transactions have one; other sources may have more.
        addresses: Vec<RecordedAddressEntry>,
        /// Sum of the amounts as sent.
        input_amount: Option<i64> = "inputAmount",
        /// Total before tax.
        pre_tax_amount: Option<Decimal> = "preTaxAmount",
        /// Tax due.
        tax_amount_due: Option<TaxAmountDue> = "taxAmountDue",
        /// Tax that was to be added against tax that Anrok saw added. For API transactions Anrok cannot see it
        /// (grade D).
        tax_amount_added: Option<TaxAmountAdded> = "taxAmountAdded",
        /// What the invoice should come to.
        invoice_total_amount_expected: Option<i64> = "invoiceTotalAmountExpected",
        /// Per jurisdiction.
        juris_summaries: Vec<RecordedJurisSummary> = "jurisSummaries",
        /// Per line.
        line_items: Vec<RecordedLine> = "lineItems",
    }
}

record! {
    /// The customer of a recorded transaction.
    pub struct RecordedCustomer {
        /// The id.
        id: Option<String>,
        /// The name.
        name: Option<String> => personal,
    }
}

record! {
    /// One address of a recorded transaction.
    pub struct RecordedAddressEntry {
        /// The address.
        address: Option<RecordedAddress> => personal,
    }
}

record! {
    /// An address as recorded.
    pub struct RecordedAddress {
        /// Country.
        country: Option<String> => personal,
        /// Street and number.
        line1: Option<String> => personal,
        /// City.
        city: Option<String> => personal,
        /// State, province or county.
        region: Option<String> => personal,
        /// Postal code.
        postal_code: Option<String> = "postalCode" => personal,
    }
}

record! {
    /// Tax due, split by whether the prices included it.
    pub struct TaxAmountDue {
        /// Included in the prices.
        inclusive: Option<Decimal>,
        /// On top of the prices.
        exclusive: Option<Decimal>,
        /// Together.
        total: Option<Decimal>,
    }
}

record! {
    /// Tax on the invoice, expected and seen.
    pub struct TaxAmountAdded {
        /// What should have been added.
        expected: Option<i64>,
        /// What Anrok saw.
        seen: Option<i64>,
    }
}

record! {
    /// A jurisdiction's part of a transaction.
    pub struct RecordedJurisSummary {
        /// The jurisdiction's id, for instance `us-TX`.
        id: Option<String>,
        /// Its name.
        name: Option<String>,
        /// Before tax.
        pre_tax_amount: Option<Decimal> = "preTaxAmount",
        /// Tax due.
        tax_amount_due: Option<TaxAmountDue> = "taxAmountDue",
        /// What became of the customer's tax ids.
        tax_id_validation: Option<TaxIdValidation> = "taxIdValidation",
    }
}

record! {
    /// What became of the customer's tax ids in a jurisdiction.
    pub struct TaxIdValidation {
        /// One entry per tax id.
        processed_tax_ids: Vec<ProcessedTaxId> = "processedTaxIds",
    }
}

record! {
    /// A tax id that was looked at.
    pub struct ProcessedTaxId {
        /// The number.
        tax_id: Option<String> = "taxId" => personal,
        /// Whether it counts.
        is_valid: Option<bool> = "isValid",
    }
}

record! {
    /// A line of a recorded transaction.
    pub struct RecordedLine {
        /// The line's id.
        id: Option<String>,
        /// The product.
        product: Option<RecordedProduct>,
        /// Quantity.
        quantity: Option<Decimal>,
        /// Price of one.
        unit_price: Option<Decimal> = "unitPrice",
        /// The amount as sent.
        input_amount: Option<i64> = "inputAmount",
        /// Before tax.
        pre_tax_amount: Option<Decimal> = "preTaxAmount",
        /// Tax due.
        tax_amount_due: Option<TaxAmountDue> = "taxAmountDue",
        /// Per jurisdiction.
        jurises: Vec<RecordedLineJuris>,
    }
}

record! {
    /// The product of a recorded line.
    pub struct RecordedProduct {
        /// Anrok's own id, `sp…`.
        internal_id: Option<String> = "internalId",
        /// The id that lines name.
        external_id: Option<String> = "externalId",
        /// Display name.
        name: Option<String>,
        /// Its tax category.
        product_tax_category: Option<RecordedTaxCategory> = "productTaxCategory",
    }
}

record! {
    /// The tax category of a recorded product.
    pub struct RecordedTaxCategory {
        /// Anrok's own, or one of this account.
        kind: Option<TaxCategoryKind> = "type",
        /// Its id.
        id: Option<String>,
        /// Its name.
        name: Option<String>,
    }
}

record! {
    /// A jurisdiction of a recorded line.
    pub struct RecordedLineJuris {
        /// The jurisdiction's name.
        name: Option<String>,
        /// Its id.
        id: Option<String>,
        /// The tax there.
        calc: Option<RecordedCalc>,
    }
}

record! {
    /// The tax of a line in a jurisdiction: due, or due if the seller were registered there.
    pub struct RecordedCalc {
        /// Whether the seller remits there.
        is_remitting: Option<bool> = "isRemitting",
        /// The taxes, where it does.
        taxes: Vec<RecordedTax>,
        /// The taxes that would be due, where it does not: the one nexus-like signal of the API.
        taxes_if_were_remitting: Vec<RecordedTax> = "taxesIfWereRemitting",
    }
}

record! {
    /// One tax of a recorded line.
    pub struct RecordedTax {
        /// Id of the jurisdiction or region; state-level rows have an empty one.
        id: Option<String>,
        /// Its name.
        name: Option<String>,
        /// The part that is not taxable.
        non_taxable_amount: Option<Decimal> = "nonTaxableAmount",
        /// Exempt parts.
        exemptions: Vec<RecordedExemption>,
        /// The part that is taxed.
        taxable_amount: Option<Decimal> = "taxableAmount",
        /// The rate between 0 and 1.
        rate: Option<Decimal>,
        /// The tax.
        tax_amount: Option<TaxSplit> = "taxAmount",
    }
}

record! {
    /// An exempt part of a line.
    pub struct RecordedExemption {
        /// The ground.
        reason: Option<Exemption>,
        /// How much.
        amount: Option<Decimal>,
    }
}

record! {
    /// A tax, split by whether the price included it.
    pub struct TaxSplit {
        /// Included in the price.
        inclusive: Option<Decimal>,
        /// On top of the price.
        exclusive: Option<Decimal>,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn persons_are_not_printed() {
        let read: RecordedTransaction = serde_json::from_value(json!({
            "type": "normal", "id": "t", "body": {
                "customer": {"id": "c", "name": "CANARY"},
                "addresses": [{"address": {"country": "CANARY", "line1": "CANARY", "city": "CANARY",
                    "region": "CANARY", "postalCode": "CANARY", "line2": "CANARY"}}],
                "jurisSummaries": [{"taxIdValidation": {"processedTaxIds": [{"taxId": "CANARY"}]}}],
            }
        }))
        .unwrap();
        assert!(!format!("{read:?}").contains("CANARY"), "{read:?}");
    }

    #[test]
    fn the_two_shapes_of_a_calculation_are_told_apart() {
        let read: RecordedCalc =
            serde_json::from_value(json!({"isRemitting": false, "taxesIfWereRemitting": [{"rate": "0.05"}]}))
                .unwrap();
        assert_eq!(
            (read.is_remitting, read.taxes.len(), read.taxes_if_were_remitting.len()),
            (Some(false), 0, 1)
        );
    }
}
