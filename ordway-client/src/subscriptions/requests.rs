//! What is sent about subscriptions.

use jiff::civil::Date;
use ordway_anrok_http::json::Object;
use rust_decimal::Decimal;

use crate::charges::ChargeTier;
use crate::ids::{ChargeId, ContactId, CustomerId, PlanId, ProductId, SubscriptionId, SubscriptionLineId};
use crate::input::input;
use crate::patch::Patch;

input! {
    /// One charge of a new or changed subscription (names grade A, requirement unknown).
    pub struct SubscriptionPlanInput {
        /// Id of the line: of an existing one, or of the caller's own.
        subscription_line_id: Option<SubscriptionLineId>,
        /// Product.
        product_id: Option<ProductId>,
        /// Plan.
        plan_id: Option<PlanId>,
        /// Charge.
        charge_id: Option<ChargeId>,
        /// How many.
        quantity: Option<Decimal>,
        /// Price per unit, in the subscription's currency.
        list_price: Option<Decimal>,
        /// Net of discount, in the subscription's currency.
        effective_price: Option<Decimal>,
        /// Discount in percent.
        discount: Option<Decimal>,
        /// Units included in the price.
        included_units: Option<Decimal>,
        /// `Per unit`, …
        pricing_model: Option<String>,
        /// `Monthly`, …
        billing_period: Option<String>,
        /// `In advance`, …
        charge_timing: Option<String>,
        /// Day of billing.
        billing_day: Option<String>,
        /// First day.
        charge_start_date: Option<Date>,
        /// Last day.
        charge_end_date: Option<Date>,
        /// Rise at renewal, in percent.
        renewal_increment_percent: Option<Decimal>,
        /// The line has its own rise at renewal.
        override_renewal_increment_percent: Option<bool>,
        /// Price tiers.
        tiers: Vec<ChargeTier>,
        /// Custom fields by API name.
        custom_fields: Object => personal,
    }
}

input! {
    /// A new subscription, a draft until it is activated (names grade A, requirement unknown).
    pub struct NewSubscription {
        /// An id of the caller's own, where the account's numbering allows it.
        id: Option<SubscriptionId>,
        /// Customer.
        customer_id: CustomerId,
        /// The contact that is billed.
        bill_contact_id: Option<ContactId>,
        /// The contact that is shipped to.
        shipping_contact_id: Option<ContactId>,
        /// From when the contract holds.
        contract_effective_date: Option<Date>,
        /// From when the service runs.
        service_start_date: Option<Date>,
        /// From when it is billed.
        billing_start_date: Option<Date>,
        /// Months as text: `12`.
        contract_term: Option<String>,
        /// Months as text.
        renewal_term: Option<String>,
        /// Renewed by itself.
        auto_renew: Option<bool>,
        /// It gets an invoice of its own.
        separate_invoice: Option<bool>,
        /// The start is left open.
        defer_start_date: Option<bool>,
        /// Rise at renewal, in percent.
        renewal_increment_percent: Option<Decimal>,
        /// ISO 4217 code.
        currency: Option<String>,
        /// Payment terms as shown.
        payment_terms: Option<String>,
        /// Notes.
        notes: Option<String> => personal,
        /// Code of a coupon.
        coupon_code: Option<String>,
        /// One row per charge.
        plans: Vec<SubscriptionPlanInput>,
        /// Custom fields by API name.
        custom_fields: Object => personal,
    }
}

impl NewSubscription {
    /// A subscription of this customer.
    pub fn new(customer_id: impl Into<CustomerId>) -> Self {
        Self { customer_id: customer_id.into(), ..Self::default() }
    }
}

input! {
    /// A change of a draft; what is left out stays.
    pub struct UpdateSubscription {
        /// The contact that is billed.
        bill_contact_id: Patch<ContactId>,
        /// The contact that is shipped to.
        shipping_contact_id: Patch<ContactId>,
        /// From when the contract holds.
        contract_effective_date: Patch<Date>,
        /// From when the service runs.
        service_start_date: Patch<Date>,
        /// From when it is billed.
        billing_start_date: Patch<Date>,
        /// Months as text: `12`.
        contract_term: Patch<String>,
        /// Months as text.
        renewal_term: Patch<String>,
        /// Renewed by itself.
        auto_renew: Option<bool>,
        /// It gets an invoice of its own.
        separate_invoice: Option<bool>,
        /// Rise at renewal, in percent.
        renewal_increment_percent: Patch<Decimal>,
        /// Payment terms as shown.
        payment_terms: Patch<String>,
        /// Notes.
        notes: Patch<String> => personal,
        /// Code of a coupon.
        coupon_code: Patch<String>,
        /// Rows. Whether the list replaces or adds is unknown (grade D): read the subscription again.
        plans: Vec<SubscriptionPlanInput>,
        /// Custom fields to change.
        custom_fields: Object => personal,
    }
}

input! {
    /// The start of a draft. The body is not public; `Default` sends `{}`.
    pub struct ActivateSubscription {
        /// From when the contract holds (grade D).
        contract_effective_date: Option<Date>,
        /// From when the service runs (grade D).
        service_start_date: Option<Date>,
        /// From when it is billed (grade D).
        billing_start_date: Option<Date>,
    }
}

input! {
    /// The end of a subscription. The body is not public; names are those of the subscription (grade D).
    pub struct CancelSubscription {
        /// When it ends.
        cancellation_date: Option<Date>,
        /// How it is cancelled.
        cancellation_type: Option<String>,
    }
}

impl CancelSubscription {
    /// On this day.
    pub fn on(day: Date) -> Self {
        Self { cancellation_date: Some(day), ..Self::default() }
    }
}

input! {
    /// A new version of a subscription. The body is not public; names are those of the subscription (grade D).
    pub struct ChangeSubscription {
        /// From when the change holds.
        contract_effective_date: Option<Date>,
        /// Rows.
        plans: Vec<SubscriptionPlanInput>,
        /// Notes.
        notes: Option<String> => personal,
        /// Custom fields to change.
        custom_fields: Object => personal,
    }
}

input! {
    /// A renewal. The body is not public; names are those of the subscription (grade D).
    pub struct RenewSubscription {
        /// Months as text.
        renewal_term: Option<String>,
        /// Rise at renewal, in percent.
        renewal_increment_percent: Option<Decimal>,
        /// Rows.
        plans: Vec<SubscriptionPlanInput>,
        /// Custom fields to change.
        custom_fields: Object => personal,
    }
}

input! {
    /// A pause (grade D).
    pub struct PauseSubscription {
        /// From when.
        pause_effective_date: Option<Date>,
        /// What the pause goes by.
        pause_by_type: Option<String>,
    }
}

input! {
    /// The end of a pause (grade D).
    pub struct ResumeSubscription {
        /// From when.
        resume_effective_date: Option<Date>,
        /// What the resumption goes by.
        resume_by_type: Option<String>,
    }
}
