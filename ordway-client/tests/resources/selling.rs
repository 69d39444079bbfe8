//! Plans, charges, subscriptions, orders, usages, coupons.

use ordway_client::OrdwayDate;
use ordway_client::charges::{Charge, ChargeKind, ChargeTier};
use ordway_client::coupons::Coupon;
use ordway_client::orders::{Order, OrderLine, OrderStatus};
use ordway_client::plans::Plan;
use ordway_client::subscriptions::{Subscription, SubscriptionPlan, SubscriptionStatus};
use ordway_client::usages::Usage;
use serde_json::{Value, json};

use crate::records::check;

fn charge() -> Value {
    json!({"id": "CHG-00121", "line_no": 1, "plan_id": "PLN-1", "product_id": "P-00011", "name": "Seat", "description": "",
        "type": "Recurring", "timing": "In_advance", "charge_timing": "In advance",
        "effective_date": "Contract effective date", "charge_billing_date": "Contract effective date",
        "billing_date": "", "completion_date": "", "pricing_model": "Per unit", "list_price": "12.00",
        "list_price_base": "500.0", "billing_period": "Monthly",
        "billing_period_start_alignment": "Customer's Billing Cycle Day", "start_alignment_type": "",
        "billing_period_start_alignment_month": 1, "billing_day": "Align with Billing Period",
        "prorate_partial_periods": true, "backcharge_current_period": false, "prepayment_periods": 0,
        "prepayment_amount": 0, "unit_of_measure": "", "included_units": "0.0", "unused_prepayment_units": 2.5,
        "tiers": [{"tier": 1, "starting_unit": "0", "ending_unit": "", "price": "1.2345", "type": "Per unit"}],
        "prepaid_units_enable": false, "refund_units_on_cancel": false, "remove_units_on_cancel": "",
        "per_usage_rating": false, "fmv_allocation_enabled": "No", "prepaid_units_expiry": "",
        "auto_refill_prepaid_units": 5.0, "auto_refill_prepayment_units": true, "refill_qty": "10",
        "refill_prepaid_units_for": "", "fmv": "1,000.50", "usage_period": "", "status": "Active",
        "revenue_rule_id": "PR-00001", "recognition_start_date": "Invoice Date",
        "transaction_posting_entries": [{"transaction_type": "Credit", "debit_account": "1", "credit_account": "2"}],
        "default_from_product": true, "defaults_from_product": "", "created_by": "a@b.example",
        "updated_by": "a@b.example", "created_date": "2020-11-03T00:00:00.000Z",
        "updated_date": "2020-11-03T00:00:00.000Z",
        "custom_fields": {"salesforce_id": "sf", "Type": ""}, "salesforce_id": "sf", "Type": ""})
}

#[test]
fn charges() {
    let hidden = ["created_by", "updated_by", "custom_fields"];
    let charge = check::<Charge>(Charge::MEMBERS, None, &charge(), &hidden);
    assert_eq!(charge.kind, Some(ChargeKind::Recurring));
    assert_eq!(charge.list_price_base.as_deref(), Some("500.0"));
    assert_eq!(charge.fmv.unwrap().to_string(), "1000.50");
    assert_eq!(charge.fmv_allocation_enabled, Some(false));
    assert_eq!(charge.auto_refill_prepaid_units.as_deref(), Some("5.0"));
    assert_eq!(charge.custom_text("salesforce_id"), Some("sf"));
    assert_eq!(charge.tiers[0].price.unwrap().to_string(), "1.2345");
    let tier =
        json!({"tier": "1", "starting_unit": 0, "ending_unit": "Unlimited", "price": 1.5, "type": "Flat"});
    check::<ChargeTier>(ChargeTier::MEMBERS, None, &tier, &[]);
}

#[test]
fn plans() {
    let sample = json!({"id": "PLN-00121", "name": "Basic", "status": "Active", "description": "", "charges": [charge()],
        "public_url": "", "show_ssp": false, "created_by": "a@b.example", "updated_by": "a@b.example",
        "created_date": "2020-11-03T00:00:00.000Z", "updated_date": "2020-11-03T00:00:00.000Z",
        "custom_fields": {"plan_type": "x"}, "plan_type": "x"});
    let plan =
        check::<Plan>(Plan::MEMBERS, Some("id"), &sample, &["created_by", "updated_by", "custom_fields"]);
    assert_eq!(plan.charges.len(), 1);
    assert_eq!(plan.custom_text("plan_type"), Some("x"));
    let lone = json!({"id": "PLN-1", "charges": {"id": "CHG-1", "type": "usage_based"}});
    let plan =
        check::<Plan>(Plan::MEMBERS, Some("id"), &lone, &["created_by", "updated_by", "custom_fields"]);
    assert_eq!(plan.charges[0].kind, Some(ChargeKind::UsageBased));
}

fn row() -> Value {
    json!({"subscription_line_id": "a0f5w00000GBqSZAA1", "product_id": "P-1", "product_name": "Seat", "plan_id": "PLN-1",
        "plan_name": "Basic", "charge_id": "CHG-1", "charge_name": "Seat", "charge_type": "one_time",
        "type": "One time", "pricing_model": "Per unit", "billing_period": "Monthly", "charge_timing": "In advance",
        "billing_day": "", "billing_period_start_alignment": "", "unit_of_measure": "", "price_base": "",
        "list_price_base": "Billing Period", "list_price": "12.00", "effective_price": "10.80", "quantity": 1.0,
        "included_units": 0.0, "discount": "31.42857142857143", "renewal_increment_percent": 3.5,
        "prepayment_periods": 0.0, "prepayment_amount": "", "prorate_partial_periods": true,
        "backcharge_current_period": false, "override_renewal_increment_percent": "", "prepayment_enabled": false,
        "refund_units_on_cancel": false, "remove_units_on_cancel": false, "charge_start_date": "2025-01-01",
        "charge_end_date": "-", "last_charge_date": "", "charge_billing_date": "-", "completion_date": "",
        "effective_date": "2025-01-01", "current_period_start_date": "2025-01-01",
        "current_period_end_date": "2025-01-31", "billing_schedule_id": "BS-00002",
        "revenue_schedule_id": "RS-00003", "revenue_rule_id": "PR-1", "recognition_start_date": "Invoice Date",
        "custom_recognition_start_date": "", "custom_recognition_end_date": "",
        "transaction_posting_entries": [], "tiers": "", "cmrr": "12.00", "default_from_plan": true,
        "defaults_from_plan": true, "custom_fields": {"netsuite_id": "9"}, "netsuite_id": "9"})
}

#[test]
fn subscriptions() {
    let row_read = check::<SubscriptionPlan>(SubscriptionPlan::MEMBERS, None, &row(), &["custom_fields"]);
    assert_eq!(row_read.charge_type, row_read.kind);
    assert_eq!(row_read.charge_end_date, None);
    assert_eq!(row_read.custom_text("netsuite_id"), Some("9"));
    let sample = json!({"id": "S-01245", "customer_id": "C-1", "bill_contact_id": "CT-1", "shipping_contact_id": "CT-2",
        "bill_contact_sf_id": "", "shipping_contact_sf_id": "", "status": "Active", "version": 2,
        "version_type": "New", "contract_effective_date": "2025-01-01", "service_start_date": "2025-01-01",
        "billing_start_date": "2025-01-01", "order_placed_at": "2025-01-01", "cancellation_date": "-",
        "cancellation_type": "", "current_term_start_date": "2025-01-01",
        "current_term_end_date": "Evergreen", "contract_term": "12", "renewal_term": "12", "auto_renew": true,
        "separate_invoice": false, "defer_start_date": "", "renewal_increment_percent": 0.0,
        "pause_effective_date": "", "resume_effective_date": "", "pause_by_type": "", "resume_by_type": "",
        "currency": "USD", "payment_terms": "Net 30", "notes": "n", "coupon_code": "", "exchange_rate": 1.0,
        "cmrr": "12.00", "discounted_cmrr": "10.80", "mrr": "12.00", "tcv": "1,440.00", "plans": [row()],
        "integration_status": "", "integration_failed_at": "", "integration_messages": {},
        "created_by": "a@b.example", "updated_by": "a@b.example", "created_date": "2025-01-01T00:00:00.000Z",
        "updated_date": "2025-01-01T00:00:00.000Z", "custom_fields": {}});
    let hidden = ["notes", "integration_messages", "created_by", "updated_by", "custom_fields"];
    let read = check::<Subscription>(Subscription::MEMBERS, Some("id"), &sample, &hidden);
    assert_eq!(read.status, Some(SubscriptionStatus::Active));
    assert_eq!(read.current_term_end_date, Some(OrdwayDate::from("Evergreen")));
    assert_eq!(read.tcv.unwrap().to_string(), "1440.00");
    assert_eq!(SubscriptionStatus::from("validating"), SubscriptionStatus::Validating);
    assert!(!SubscriptionStatus::from("Suspended").is_known());
}

#[test]
fn orders() {
    let line = json!({"line_no": "1", "product_id": "P-1", "product_name": "Setup", "description": "d",
        "unit_price": "12.00", "quantity": 1.0, "discount": "0.0", "effective_price": "12.00", "custom_fields": {}});
    check::<OrderLine>(OrderLine::MEMBERS, None, &line, &["description", "custom_fields"]);
    let sample = json!({"id": "ORD-00002", "invoice_id": "", "order_date": "2025-03-11", "customer_id": "C-1",
        "status": "Fulfilled", "order_amount": "12.00", "estimated_tax": "0.00", "separate_invoice": false,
        "currency": "USD", "exchange_rate": 1.0, "bill_contact_id": "CT-1", "shipping_contact_id": "CT-1",
        "payment_terms": "Net 30", "payment_term_id": 7, "notes": "", "coupon_code": "", "line_items": [line],
        "integration_status": "failed", "integration_failed_at": "2025-03-11T06:42:28.441Z",
        "integration_messages": {"netsuite": "no"}, "created_by": "a@b.example", "updated_by": "a@b.example",
        "created_date": "2025-03-11T06:42:28.441Z", "updated_date": "2025-03-11T06:42:28.441Z",
        "custom_fields": {"quickbooks_id": ""}, "quickbooks_id": ""});
    let hidden = ["notes", "integration_messages", "created_by", "updated_by", "custom_fields"];
    let order = check::<Order>(Order::MEMBERS, Some("id"), &sample, &hidden);
    assert_eq!(order.status, Some(OrderStatus::Fulfilled));
    assert_eq!(order.invoice_id, None);
    assert_eq!(order.payment_term_id.as_deref(), Some("7"));
}

#[test]
fn usages() {
    let sample = json!({"id": "USG-1", "customer_id": "C-1", "subscription_id": "S-1", "subscription_line_id": "SCHG-01",
        "charge_id": "CHG-1", "quantity": 12.5, "date": "2025-03-11", "unit_of_measure": "GB", "description": "",
        "currency": "USD", "invoiced": "No", "status": "", "error_message": "", "created_by": "a@b.example",
        "updated_by": "a@b.example", "created_date": "2025-03-11T06:42:28.441Z",
        "updated_date": "2025-03-11T06:42:28.441Z", "custom_fields": {}});
    let hidden = ["description", "error_message", "created_by", "updated_by", "custom_fields"];
    let usage = check::<Usage>(Usage::MEMBERS, Some("id"), &sample, &hidden);
    assert_eq!(usage.invoiced, Some(false));
    assert_eq!(usage.quantity.unwrap().to_string(), "12.5");
}

#[test]
fn coupons() {
    let sample = json!({"id": "CPN-1", "code": "SPRING", "display_text": "", "status": "Active", "discount_type": "amount",
        "discount_value": 5, "duration_period": 3, "trial_type": "", "trial_value": 0,
        "discount_criteria": "product_and_plan", "criteria_value": {"plan": ["PLN-1"]}, "expiration_date": "",
        "usage_limit": "", "usage_count": 0, "created_by": "a@b.example", "updated_by": "a@b.example",
        "created_date": "2025-03-11T06:42:28.441Z", "updated_date": "2025-03-11T06:42:28.441Z",
        "custom_fields": {}});
    let hidden = ["created_by", "updated_by", "custom_fields"];
    let coupon = check::<Coupon>(Coupon::MEMBERS, Some("id"), &sample, &hidden);
    assert_eq!(coupon.discount_value.unwrap().to_string(), "5");
    assert_eq!(coupon.criteria_value.unwrap()["plan"][0], "PLN-1");
}
