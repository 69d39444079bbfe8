//! Payments, payment methods, refunds, payment runs, statements.

use ordway_client::OrdwayTime;
use ordway_client::embedded::{PaymentStatus, PaymentType};
use ordway_client::payment_methods::{PaymentMethod, PaymentMethodType};
use ordway_client::payment_runs::{PaymentRun, PaymentRunStatus};
use ordway_client::payments::Payment;
use ordway_client::refunds::{Refund, RefundStatus};
use ordway_client::statements::Statement;
use serde_json::json;

use crate::records::check;

#[test]
fn payments() {
    let sample = json!({"id": "PMT-05318", "customer_id": "C-1", "payment_date": "2020-11-02",
        "status": "Partially refunded", "payment_amount": "212.00", "applied_amount": "212.00",
        "unapplied_amount": "0.00", "refunded_amount": "12.00", "fee_amount": "0.00", "surcharge_fee": 0.0,
        "payment_type": "Electronic", "payment_method": "Visa 4242", "payment_token": "tok_1",
        "save_for_later": "", "currency": "USD", "reference_number": "ch_1", "notes": "", "gl_account": "",
        "conversion_rate": 1.0, "auto_apply": "-",
        "invoices": [{"id": "INV-1", "amount_applied": "212.00", "created_date": "2020-11-02",
            "updated_date": "2020-11-02", "created_by": "a@b.example", "updated_by": "a@b.example"}],
        "refunds": [{"id": "REF-1", "amount_applied": "12.00"}], "retried_attempts": 0, "failed_attempt": 0,
        "failure_reason": "", "gateway_name": "Stripe", "email_status": true, "payment_run_id": "PR-00002",
        "refunded_on": "2020-11-03", "reversed_on": "", "opt": {"three_d_secure": "x"}, "integration_status": "",
        "integration_failed_at": "", "integration_messages": "", "created_by": "a@b.example",
        "updated_by": "a@b.example", "created_date": "2020-11-02T18:02:37.250Z",
        "updated_date": "2020-11-02T18:02:38.317Z", "custom_fields": {}});
    let hidden = [
        "payment_method",
        "payment_token",
        "reference_number",
        "notes",
        "failure_reason",
        "opt",
        "integration_messages",
        "created_by",
        "updated_by",
        "custom_fields",
    ];
    let payment = check::<Payment>(Payment::MEMBERS, Some("id"), &sample, &hidden);
    assert_eq!(payment.status, Some(PaymentStatus::PartiallyRefunded));
    assert_eq!(payment.payment_type, Some(PaymentType::Electronic));
    assert_eq!(payment.auto_apply, None);
    assert!(matches!(payment.refunded_on, Some(OrdwayTime::Date(_))));
    assert_eq!(payment.refunds[0].amount_applied.unwrap().to_string(), "12.00");
    assert_eq!(PaymentStatus::from("authentication_required"), PaymentStatus::AuthenticationRequired);
}

#[test]
fn payment_methods() {
    let sample = json!({"id": "PM-1", "payment_method_id": "PM-1", "customer_id": "C-1",
        "customer_payment_gateway_id": "cus_1", "payment_type": "Bank Account", "type": "checking",
        "account_number": "****6789", "routing_number": "110000000", "account_holder_name": "Ada",
        "account_holder_type": "company", "account_type": "checking", "sec": "CCD", "token": "btok_1",
        "country": "US", "expiry": "", "status": "Unverified", "default": true, "cvc": "",
        "url": "https://example.com/x", "created_by": "a@b.example", "updated_by": "a@b.example",
        "created_date": "2020-11-02T18:02:37.250Z", "updated_date": "2020-11-02T18:02:38.317Z",
        "custom_fields": {}});
    let hidden = [
        "customer_payment_gateway_id",
        "account_number",
        "routing_number",
        "account_holder_name",
        "token",
        "expiry",
        "cvc",
        "url",
        "created_by",
        "updated_by",
        "custom_fields",
    ];
    let method = check::<PaymentMethod>(PaymentMethod::MEMBERS, None, &sample, &hidden);
    assert_eq!(method.payment_type, Some(PaymentMethodType::BankAccount));
    assert_eq!((method.kind.as_deref(), method.is_default), (Some("checking"), Some(true)));
}

#[test]
fn refunds() {
    let sample = json!({"id": "REF-00120", "customer_id": "C-1", "refund_date": "2020-11-02", "refund_amount": "50.00",
        "refund_type": "Electronic", "refund_status": "Succeeded", "payment_id": "PMT-05318", "credit_id": "",
        "invoice_id": "", "notes": "", "currency": "USD", "reference_number": "re_1", "conversion_rate": 1.0,
        "failure_reason": "", "payment_run_id": "", "integration_status": "", "integration_failed_at": "",
        "integration_messages": {}, "created_by": "a@b.example", "updated_by": "a@b.example",
        "created_date": "2020-11-02T18:02:37.250Z", "updated_date": "2020-11-02T18:02:38.317Z",
        "custom_fields": {}});
    let hidden = [
        "notes",
        "reference_number",
        "failure_reason",
        "integration_messages",
        "created_by",
        "updated_by",
        "custom_fields",
    ];
    let refund = check::<Refund>(Refund::MEMBERS, Some("id"), &sample, &hidden);
    assert_eq!(refund.refund_status, Some(RefundStatus::Succeeded));
    assert_eq!(refund.refund_amount.unwrap().to_string(), "50.00");
}

#[test]
fn payment_runs() {
    let sample = json!({"id": "PR-00002", "status": "Completed", "target_date": "2025-01-31",
        "target_invoice_due_date": "2025-01-31", "filter_options": {"customer": [{"id": "C-1"}]},
        "filter_options_named": "", "success_count": 2, "failure_count": 0, "currency": "USD",
        "payments_total_value": "212.00", "payments_success_value": "212.00", "payments_failed_value": "0.00",
        "refunds_total_value": "0.00", "refunds_success_value": "0.00", "refunds_failed_value": "0.00",
        "payment_per_customer": false, "refunds_for_negative_invoices": false,
        "send_email_on_payments_success": true, "send_email_on_payment_fail": true,
        "retry_failed_payments": false, "retry_failed_payment": "", "payment_processing_surcharge": 2.9,
        "created_by": "a@b.example", "updated_by": "a@b.example", "custom_fields": {}});
    let hidden = ["filter_options", "filter_options_named", "created_by", "updated_by", "custom_fields"];
    let run = check::<PaymentRun>(PaymentRun::MEMBERS, Some("id"), &sample, &hidden);
    assert_eq!(run.status, Some(PaymentRunStatus::Completed));
    assert_eq!(PaymentRunStatus::from("In Progress"), PaymentRunStatus::InProgress);
}

#[test]
fn statements() {
    let sample = json!({"statement_id": "STM-00001", "statement_date": "2025-01-31", "start_date": "2025-01-01",
        "end_date": "2025-01-31", "customer_id": "C-1", "template_name": "Balance Forward Statement Template",
        "template_id": "", "url": "https://storage.example/x?X-Amz-Signature=CANARY", "created_by": "a@b.example",
        "updated_by": "a@b.example", "created_date": "2025-01-31T18:02:37.250Z",
        "updated_date": "2025-01-31T18:02:37.250Z", "custom_fields": {}});
    let hidden = ["url", "created_by", "updated_by", "custom_fields"];
    let statement = check::<Statement>(Statement::MEMBERS, Some("statement_id"), &sample, &hidden);
    assert!(!format!("{statement:?}").contains("CANARY"));
}
