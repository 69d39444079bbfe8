//! Billing runs, schedules, revenue rules, journal entries.

use ordway_client::OrdwayDate;
use ordway_client::billing_runs::{BillingRun, BillingRunFilter, BillingRunStatus, RunFilterItem};
use ordway_client::billing_schedules::{BillingKeyMetrics, BillingSchedule, BillingScheduleLine};
use ordway_client::charges::ChargeKind;
use ordway_client::journal_entries::{JournalEntry, JournalLine};
use ordway_client::revenue_rules::{RevenueRule, RevenueRuleEntry};
use ordway_client::revenue_schedules::{RevenueSchedule, RevenueScheduleLine};
use serde_json::json;

use crate::records::check;

#[test]
fn billing_runs() {
    let sample = json!({"id": "BR-00001", "status": "Posted", "target_date": "2025-03-11", "invoice_date": "2025-03-11",
        "invoices_total": "300.00", "invoices_count": 1, "currency": "USD",
        "charge_type": "one_time,recurring,usage_based", "payment_term": "Default",
        "filter_options": {"customer": [{"id": "C-00001"}], "order": [{"id": "ORD-1"}], "subscription": []},
        "customer_filter_options": "", "subscription_filter_options": {}, "created_by": "a@b.example",
        "updated_by": "a@b.example", "created_date": "2025-03-11T06:42:28.441Z",
        "updated_date": "2025-03-11T06:42:28.441Z", "custom_fields": {}});
    let hidden = [
        "customer_filter_options",
        "subscription_filter_options",
        "created_by",
        "updated_by",
        "custom_fields",
    ];
    let run = check::<BillingRun>(BillingRun::MEMBERS, Some("id"), &sample, &hidden);
    assert_eq!(run.status, Some(BillingRunStatus::Posted));
    assert_eq!(run.filter_options.unwrap().order[0].id.as_deref(), Some("ORD-1"));
    check::<RunFilterItem>(RunFilterItem::MEMBERS, None, &json!({"id": "C-1"}), &[]);
    check::<BillingRunFilter>(BillingRunFilter::MEMBERS, None, &json!({"customer": [{"id": "C-1"}]}), &[]);
}

#[test]
fn billing_schedules() {
    let line = json!({"id": 4711, "uid": "8d3f-1", "line_type": "Regular", "charge_ready_date": "2025-03-11",
        "start_date": "2025-03-11", "end_date": "2025-04-10", "unit_price": "12.00", "list_price": "12.00",
        "list_price_base": "Billing Period", "quantity": 1.0, "discount": 0.0, "amount": "12.00",
        "remaining_included_units": "", "total_included_units": 0.0, "unused_prepayment_units": 0.0,
        "expired_units": 0, "invoiced": "Yes", "usages": {}, "description": "", "created_by": "a@b.example",
        "updated_by": "a@b.example", "created_date": "2025-03-11T06:42:28.441Z",
        "updated_date": "2025-03-11T06:42:28.441Z", "custom_fields": {}});
    let hidden = ["description", "created_by", "updated_by", "custom_fields"];
    let read = check::<BillingScheduleLine>(BillingScheduleLine::MEMBERS, None, &line, &hidden);
    assert_eq!((read.id, read.invoiced), (Some(4711), Some(true)));
    let metrics = json!({"monthly_recurring_revenue": "12.00", "annual_contract_revenue": "144.00",
        "total_contract_revenue": "144.00", "amount_invoiced": "12.00"});
    check::<BillingKeyMetrics>(BillingKeyMetrics::MEMBERS, None, &metrics, &[]);
    let sample = json!({"id": "BS-00002", "customer_id": "C-1", "customer_name": "Acme", "subscription_id": "S-1",
        "product_id": "P-1", "product_name": "Seat", "charge_id": "CHG-1", "charge_name": "Seat",
        "charge_type": "Usage Based", "charge_timing": "In Arrears", "start_date": "2025-03-11",
        "end_date": "Evergreen", "key_metrics": metrics, "currency": "USD", "schedule_lines": [line],
        "created_by": "a@b.example", "updated_by": "a@b.example", "created_date": "2025-03-11T06:42:28.441Z",
        "updated_date": "2025-03-11T06:42:28.441Z", "custom_fields": {}});
    let hidden = ["customer_name", "created_by", "updated_by", "custom_fields"];
    let schedule = check::<BillingSchedule>(BillingSchedule::MEMBERS, Some("id"), &sample, &hidden);
    assert_eq!(schedule.charge_type, Some(ChargeKind::UsageBased));
    assert_eq!(schedule.end_date, Some(OrdwayDate::from("Evergreen")));
}

#[test]
fn revenue_schedules() {
    let line = json!({"uid": "1f-9", "financial_period": "May 2025", "posted": "Yes", "posting_date": "2025-05-31",
        "period_revenue": "12.00", "amount": "12.00", "revenue_schedule_id": "RS-00003",
        "subscription_charge_uid": "", "currency": "USD", "exchange_rate": 1.0, "invoice_id": "INV-00001",
        "custom_fields": {}});
    let read = check::<RevenueScheduleLine>(RevenueScheduleLine::MEMBERS, None, &line, &["custom_fields"]);
    assert_eq!(read.posted, Some(true));
    let sample = json!({"id": "RS-00003", "customer_id": "C-1", "source_transaction": "Order: ORD-00001",
        "product_id": "P-1", "product_name": "Seat", "plan_id": "", "plan_name": "", "charge_id": "",
        "charge_name": "", "charge_type": "", "charge_timing": "", "total_revenue": "12.00",
        "recognized_revenue": "12.00", "unrecognized_revenue": "0.00", "start_date": "2025-05-01",
        "end_date": "2025-05-31", "exchange_rate_source": "Subscription/Order", "schedule_lines": [line],
        "created_by": "a@b.example", "updated_by": "a@b.example", "created_date": "2025-03-11T06:42:28.441Z",
        "updated_date": "2025-03-11T06:42:28.441Z", "custom_fields": {}});
    let hidden = ["created_by", "updated_by", "custom_fields"];
    check::<RevenueSchedule>(RevenueSchedule::MEMBERS, Some("id"), &sample, &hidden);
}

#[test]
fn revenue_rules() {
    let entry = json!({"period_offset": 0, "percent_to_recognize": "100.0"});
    check::<RevenueRuleEntry>(RevenueRuleEntry::MEMBERS, None, &entry, &[]);
    let mut sample = json!({"id": "PR-00001", "name": "On invoicing", "recognition_method": "Recognize on invoicing",
        "recognition_schedule_period": "Monthly", "posting_day": "Invoice Date", "posting_method": "Automatic",
        "status": "Active", "recognition_term": "", "revenue_rule_entries": [entry, entry],
        "created_by": "a@b.example", "updated_by": "a@b.example", "created_date": "2025-03-11T06:42:28.441Z",
        "updated_date": "2025-03-11T06:42:28.441Z", "custom_fields": {}});
    let hidden = ["created_by", "updated_by", "custom_fields"];
    let rule = check::<RevenueRule>(RevenueRule::MEMBERS, Some("id"), &sample, &hidden);
    assert_eq!(rule.revenue_rule_entries.len(), 2);
    // An object in place of the array.
    sample["revenue_rule_entries"] = entry;
    let rule = check::<RevenueRule>(RevenueRule::MEMBERS, Some("id"), &sample, &hidden);
    assert_eq!(rule.revenue_rule_entries[0].period_offset, Some(0));
}

#[test]
fn journal_entries() {
    let line = json!({"line_no": "1", "account": "1200", "debit": "0.0", "credit": "1130.0", "description": "",
        "customer_id": "C-1", "customer_name": "Acme", "custom_fields": {"netsuite_id": ""}, "netsuite_id": ""});
    let hidden = ["description", "customer_name", "custom_fields"];
    let read = check::<JournalLine>(JournalLine::MEMBERS, None, &line, &hidden);
    assert_eq!(read.credit.unwrap().to_string(), "1130.0");
    let sample = json!({"id": "JE-07348", "date": "2025-03-11", "description": "", "source_type": "Payment",
        "source_id": "PMT-00126", "entries": [line], "transaction_currency": "USD", "conversion_rate": 1.0,
        "transaction_amount": "1130.0", "created_by": "a@b.example", "updated_by": "a@b.example",
        "created_date": "2025-03-11T06:42:28.441Z", "updated_date": "2025-03-11T06:42:28.441Z",
        "custom_fields": {"netsuite_id": ""}, "netsuite_id": ""});
    let hidden = ["description", "created_by", "updated_by", "custom_fields"];
    let entry = check::<JournalEntry>(JournalEntry::MEMBERS, Some("id"), &sample, &hidden);
    assert_eq!(entry.source_id.as_deref(), Some("PMT-00126"));
}
