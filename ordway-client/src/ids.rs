//! Ids: opaque strings, one type per kind of object, so that they do not mix.
//!
//! ```compile_fail
//! use ordway_client::ids::{CustomerId, InvoiceId};
//! let invoice: InvoiceId = CustomerId::from("C-00001");
//! ```

use ordway_anrok_http::id;

// The ids of the other resources stand next to their records.
pub use crate::billing_schedules::BillingScheduleId;
pub use crate::chart_of_accounts::AccountCode;
pub use crate::coupons::CouponId;
pub use crate::customer_notes::CustomerNoteId;
pub use crate::payment_methods::PaymentMethodId;
pub use crate::payment_runs::PaymentRunId;
pub use crate::revenue_schedules::RevenueScheduleId;
pub use crate::statements::StatementId;
pub use crate::usages::UsageId;
pub use crate::webhooks::WebhookKey;

id! {
    /// A customer: `C-00001`, or an id of the caller's own.
    pub struct CustomerId
}
id! {
    /// A contact: `CT-00084`.
    pub struct ContactId
}
id! {
    /// A product: `P-00011`. What tax engines key on.
    pub struct ProductId
}
id! {
    /// A plan: `PLN-00121`.
    pub struct PlanId
}
id! {
    /// A charge: `CHG-00121`. On invoice lines it may hold a subscription line's id or a Salesforce id.
    pub struct ChargeId
}
id! {
    /// A subscription: `S-01245`.
    pub struct SubscriptionId
}
id! {
    /// A line of a subscription: `SCHG-01` (unique within its subscription only) or a Salesforce id.
    pub struct SubscriptionLineId
}
id! {
    /// An order: `ORD-00002`.
    pub struct OrderId
}
id! {
    /// An invoice: `INV-06011`.
    pub struct InvoiceId
}
id! {
    /// A credit: `CR-00175`.
    pub struct CreditId
}
id! {
    /// A debit memo: `DM-01239`.
    pub struct DebitMemoId
}
id! {
    /// A payment: `PMT-05318`.
    pub struct PaymentId
}
id! {
    /// A refund: `REF-00120`.
    pub struct RefundId
}
id! {
    /// A billing run: `BR-02340`.
    pub struct BillingRunId
}
id! {
    /// A journal entry: `JE-07348`.
    pub struct JournalEntryId
}
id! {
    /// A revenue rule: `PR-00001` (payment runs use the same prefix).
    pub struct RevenueRuleId
}
