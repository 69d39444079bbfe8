//! What documents carry inside them: payments, credits, refunds, applications, tax rows.

use ordway_anrok_http::json::Object;
use ordway_anrok_http::{open_enum, record};
use rust_decimal::Decimal;

use crate::credits::CreditStatus;
use crate::custom_fields::custom_fields;
use crate::ids::{CreditId, CustomerId, InvoiceId, PaymentId, RefundId};
use crate::time::{OrdwayDate, OrdwayTime};

open_enum! {
    /// The state of a payment (grade B, spelling of `Partially refunded` grade A).
    pub enum PaymentStatus {
        /// Done.
        Processed = "Processed",
        /// On its way; can be applied already.
        Pending = "Pending",
        /// Part of it was given back.
        PartiallyRefunded = "Partially refunded",
        /// All of it was given back.
        Refunded = "Refunded",
        /// Undone; external payments only.
        Reversed = "Reversed",
        /// The payer must confirm it.
        AuthenticationRequired = "Authentication Required",
        /// Did not work.
        Failed = "Failed",
    }
}

open_enum! {
    /// How a payment or refund travelled.
    pub enum PaymentType {
        /// Through a gateway (grade A).
        Electronic = "Electronic",
        /// Outside Ordway (grade A for payments, D for refunds).
        External = "External",
    }
}

record! {
    /// One tax of a line (names grade B, meaning of the value grade D: an amount).
    pub struct TaxLine {
        /// The tax's name: `CA State Tax`.
        name: Option<String>,
        /// Its amount, in the document's currency.
        value: Option<Decimal>,
    }
}

record! {
    /// One row of a document's tax summary (grade B).
    pub struct TaxSubtotal {
        /// The tax's name.
        subtotal_name: Option<String>,
        /// Its amount over all lines, in the document's currency.
        value: Option<Decimal>,
    }
}

record! {
    /// A payment inside an invoice (grade A).
    pub struct EmbeddedPayment {
        /// Its id.
        id: Option<PaymentId>,
        /// Who paid.
        customer_id: Option<CustomerId>,
        /// When.
        payment_date: Option<OrdwayDate>,
        /// Notes.
        notes: Option<String> => personal,
        /// State.
        status: Option<PaymentStatus>,
        /// Amount, in `currency`.
        payment_amount: Option<Decimal>,
        /// Fee, in `currency`.
        fee_amount: Option<Decimal>,
        /// Applied to documents, in `currency`.
        applied_amount: Option<Decimal>,
        /// Not yet applied, in `currency`.
        unapplied_amount: Option<Decimal>,
        /// Given back, in `currency`.
        refunded_amount: Option<Decimal>,
        /// Electronic or external.
        payment_type: Option<PaymentType>,
        /// Shown text of the method; may hold the last digits of an account.
        payment_method: Option<String> => personal,
        /// ISO 4217 code.
        currency: Option<String>,
        /// Reference number.
        reference_number: Option<String> => personal,
        /// Applied by itself.
        auto_apply: Option<bool>,
        /// Failed attempts.
        failed_attempt: Option<i64>,
        /// Retried attempts.
        retried_attempts: Option<i64>,
        /// Refunds of it.
        refunds: Vec<EmbeddedRefund>,
        /// Account code.
        gl_account: Option<String>,
        /// `Stripe`, …; missing on external payments.
        gateway_name: Option<String>,
        /// E-mail of the user who created it.
        created_by: Option<String> => personal,
        /// E-mail of the user who last changed it.
        updated_by: Option<String> => personal,
        /// When it was created.
        created_date: Option<OrdwayTime>,
        /// When it was last changed.
        updated_date: Option<OrdwayTime>,
        /// Custom fields.
        custom_fields: Object => personal,
    }
}

record! {
    /// A credit inside an invoice (grade A), without its lines and tax: read the credit itself for those.
    pub struct EmbeddedCredit {
        /// Its id.
        id: Option<CreditId>,
        /// Whose it is.
        customer_id: Option<CustomerId>,
        /// Its date.
        credit_date: Option<OrdwayDate>,
        /// Notes.
        notes: Option<String> => personal,
        /// State.
        status: Option<CreditStatus>,
        /// Total, in `currency`.
        credit_amount: Option<Decimal>,
        /// Applied to documents, in `currency`.
        applied_amount: Option<Decimal>,
        /// Not yet applied, in `currency`.
        unapplied_amount: Option<Decimal>,
        /// ISO 4217 code.
        currency: Option<String>,
        /// Reference number.
        reference_number: Option<String> => personal,
        /// Applied by itself; `None` on reversed ones.
        auto_apply: Option<bool>,
        /// Account code.
        gl_account: Option<String>,
        /// Refunds of it.
        refunds: Vec<EmbeddedRefund>,
        /// E-mail of the user who created it.
        created_by: Option<String> => personal,
        /// E-mail of the user who last changed it.
        updated_by: Option<String> => personal,
        /// When it was created.
        created_date: Option<OrdwayTime>,
        /// When it was last changed.
        updated_date: Option<OrdwayTime>,
        /// Custom fields.
        custom_fields: Object => personal,
    }
}

record! {
    /// A refund inside another document (grade A); its times are plain dates.
    pub struct EmbeddedRefund {
        /// Its id.
        id: Option<RefundId>,
        /// Amount, in the document's currency.
        refund_amount: Option<Decimal>,
        /// Amount under its other name (grade B), in the document's currency.
        amount_applied: Option<Decimal>,
        /// When.
        refund_date: Option<OrdwayDate>,
        /// E-mail of the user who created it.
        created_by: Option<String> => personal,
        /// E-mail of the user who last changed it.
        updated_by: Option<String> => personal,
        /// When it was created.
        created_date: Option<OrdwayTime>,
        /// When it was last changed.
        updated_date: Option<OrdwayTime>,
    }
}

record! {
    /// How much of a credit or payment went to an invoice (grade A); its times are plain dates.
    pub struct CreditApplication {
        /// The invoice.
        id: Option<InvoiceId>,
        /// Amount, in the document's currency.
        amount_applied: Option<Decimal>,
        /// E-mail of the user who created it.
        created_by: Option<String> => personal,
        /// E-mail of the user who last changed it.
        updated_by: Option<String> => personal,
        /// When it was created.
        created_date: Option<OrdwayTime>,
        /// When it was last changed.
        updated_date: Option<OrdwayTime>,
    }
}

custom_fields!(EmbeddedPayment, EmbeddedCredit);
