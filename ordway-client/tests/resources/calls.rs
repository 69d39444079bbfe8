//! What goes over the wire: method, path, query and body of every call; what is repeated and what is not.

use std::sync::Arc;

use jiff::civil::{Date, date};
use ordway_anrok_http::testing::ScriptedTransport;
use ordway_anrok_http::{FailureKind, Transport};
use ordway_client::billing_runs::{BillingRunFilter, NewBillingRun};
use ordway_client::billing_schedules::{ManagePrepaymentLines, ScheduleLineChange, UpdateBillingSchedule};
use ordway_client::charges::{ChargeKind, NewCharge};
use ordway_client::chart_of_accounts::NewAccount;
use ordway_client::coupons::{NewCoupon, UpdateCoupon};
use ordway_client::invoices::{RefundRequest, Reversal};
use ordway_client::journal_entries::{NewJournalEntry, NewJournalLine};
use ordway_client::notifications::{NotificationSetting, NotificationSettings};
use ordway_client::orders::{CancelOrder, NewOrder, OrderLineInput, OrderStatus, UpdateOrder};
use ordway_client::payment_methods::NewPaymentMethod;
use ordway_client::payment_runs::{NewPaymentRun, ReversePaymentRun};
use ordway_client::payments::{NewPayment, PaymentAllocation};
use ordway_client::plans::{ListPlans, NewPlan, UpdatePlan};
use ordway_client::refunds::NewRefund;
use ordway_client::revenue_rules::{NewRevenueRule, UpdateRevenueRule};
use ordway_client::subscriptions::{
    ActivateSubscription, CancelSubscription, ChangeSubscription, ListSubscriptions, NewSubscription,
    PauseSubscription, RenewSubscription, ResumeSubscription, SubscriptionPlanInput, SubscriptionStatus,
    UpdateSubscription,
};
use ordway_client::usages::NewUsage;
use ordway_client::webhooks::{WebhookHeader, WebhookInput};
use ordway_client::{
    CallOptions, Client, Credentials, ErrorKind, ListQuery, Method, OnBadRecord, Patch, SeekFrom, Sort,
    WriteState,
};
use serde_json::json;

const DAY: Date = date(2025, 3, 11);

fn client(script: &ScriptedTransport) -> Client {
    let credentials =
        Credentials::new("Example Company", "ops@example.com", "token-token".into(), "key-key".into());
    let transport: Arc<dyn Transport> = Arc::new(script.clone());
    Client::builder(credentials).transport(transport).build().unwrap()
}

/// Requests as `METHOD path?query body`, below the version.
fn lines(script: &ScriptedTransport) -> Vec<String> {
    let line = |sent: ordway_anrok_http::testing::Sent| {
        let path = sent.uri.path_and_query().unwrap().as_str().strip_prefix("/api/v1").unwrap().to_owned();
        let body = String::from_utf8(sent.body.to_vec()).unwrap();
        format!("{} {path} {body}", sent.method).trim_end().to_owned()
    };
    script.sent().into_iter().map(line).collect()
}

/// The one request that `call` sends when it is answered with `answer`.
async fn sent(answer: &str, call: impl AsyncFnOnce(Client)) -> String {
    let script = ScriptedTransport::new().answer(200, answer.to_owned());
    call(client(&script)).await;
    let mut lines = lines(&script);
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines.remove(0)
}

macro_rules! sends {
    ($($client:ident => $call:expr, $answer:expr => $expected:literal;)+) => {
        $( assert_eq!(sent($answer, async |$client: Client| { $call.await.unwrap(); }).await, $expected); )+
    };
}

const ID: &str = r#"{"id":"X 1"}"#;
/// Writes must live with an answer that says nothing.
const NOTHING: &str = "";

#[tokio::test(start_paused = true)]
async fn lists_and_single_reads() {
    let code = r#"{"code":"1200"}"#;
    sends! {
        c => c.customer_notes("C-1").list(ListQuery::default()).next_page(), "[]"
            => "GET /customers/C-1/customer_notes?size=50&page=1";
        c => c.payment_methods("C/1").list(ListQuery::default()).next_page(), "[]"
            => "GET /customers/C%2F1/payment_methods?size=50&page=1";
        c => c.payment_methods("C-1").get(&"PM 1".into()), ID => "GET /customers/C-1/payment_methods/PM%201";
        c => c.plans().list(ListPlans { name: Some("A & B".into()), ..ListPlans::default() }).next_page(), "[]"
            => "GET /plans?size=50&page=1&name=A%20%26%20B";
        c => c.plans().get(&"PLN-1".into()), ID => "GET /plans/PLN-1";
        c => c.charges("PLN-1").list(ListQuery::default()).next_page(), "[]"
            => "GET /plans/PLN-1/charges?size=50&page=1";
        c => c.charges("PLN-1").get(&"CHG-1".into()), ID => "GET /plans/PLN-1/charges/CHG-1";
        c => c.subscriptions().list(ListSubscriptions {
                customer_id: Some("C-1".into()),
                status: Some(SubscriptionStatus::Active),
                sort: Some(Sort::by("updated_date,id")),
                updated_since: Some("2025-03-11T00:00:00Z".parse().unwrap()),
                ..ListSubscriptions::default()
            }).next_page(), "[]"
            => "GET /subscriptions?sort=updated_date,id&size=50&page=1&updated_date%3E=2025-03-11T00%3A00%3A00.000000Z&customer_id=C-1&status=Active";
        c => c.subscriptions().get(&"S-1".into()), ID => "GET /subscriptions/S-1";
        c => c.orders().list(ListQuery::default()).next_page(), "[]" => "GET /orders?size=50&page=1";
        c => c.orders().get(&"ORD-1".into()), ID => "GET /orders/ORD-1";
        c => c.usages().list(ListQuery::default()).next_page(), r#"{"usages":[],"total":0}"#
            => "GET /usages?size=50&page=1";
        c => c.usages().get(&"U-1".into()), ID => "GET /usages/U-1";
        c => c.payments().list(ListQuery::default()).next_page(), "[]" => "GET /payments?size=50&page=1";
        c => c.payments().get(&"PMT-1".into()), ID => "GET /payments/PMT-1";
        c => c.refunds().list(ListQuery::default()).next_page(), "[]" => "GET /refunds?size=50&page=1";
        c => c.refunds().get(&"REF-1".into()), ID => "GET /refunds/REF-1";
        c => c.payment_runs().list(ListQuery::default()).next_page(), "[]" => "GET /payment_runs?size=50&page=1";
        c => c.payment_runs().get(&"PR-1".into()), ID => "GET /payment_runs/PR-1";
        c => c.billing_runs().list(ListQuery::default()).next_page(), "[]" => "GET /billing_runs?size=50&page=1";
        c => c.billing_runs().get(&"BR-1".into()), ID => "GET /billing_runs/BR-1";
        c => c.billing_schedules().list(ListQuery::default()).next_page(), "[]"
            => "GET /billing_schedules?size=50&page=1";
        c => c.billing_schedules().get(&"BS-1".into()), ID => "GET /billing_schedules/BS-1";
        c => c.revenue_schedules().list(ListQuery { size: Some(900), ..ListQuery::default() }).next_page(), "[]"
            => "GET /revenue_schedules?size=500&page=1";
        c => c.revenue_schedules().get(&"RS-1".into()), ID => "GET /revenue_schedules/RS-1";
        c => c.revenue_rules().list(ListQuery::default()).next_page(), "[]" => "GET /revenue_rules?size=50&page=1";
        c => c.revenue_rules().get(&"PR-1".into()), ID => "GET /revenue_rules/PR-1";
        c => c.journal_entries().list(ListQuery::default()).next_page(), "[]"
            => "GET /journal_entries?size=50&page=1";
        c => c.journal_entries().get(&"JE-1".into()), ID => "GET /journal_entries/JE-1";
        c => c.chart_of_accounts().list(ListQuery::default()).next_page(), "[]"
            => "GET /chart_of_accounts?size=50&page=1";
        c => c.chart_of_accounts().get(&"1200".into()), code => "GET /chart_of_accounts/1200";
        c => c.coupons().list(ListQuery::default()).next_page(), "[]" => "GET /coupons?size=50&page=1";
        c => c.coupons().get(&"CPN-1".into()), ID => "GET /coupons/CPN-1";
        c => c.statements().list(ListQuery::default()).next_page(), "[]" => "GET /statements?size=50&page=1";
        c => c.statements().get(&"STM-1".into()), r#"{"statement_id":"STM-1"}"# => "GET /statements/STM-1";
        c => c.webhooks().list(ListQuery::default()).next_page(), "[]" => "GET /webhooks?size=50&page=1";
        c => c.webhooks().get(&"To us".into()), r#"{"name":"To us"}"# => "GET /webhooks/To%20us";
        c => c.notifications().get(), r#"{"notification_settings":[]}"# => "GET /notifications";
    }
}

#[tokio::test(start_paused = true)]
async fn seeks_use_the_order_of_their_collection() {
    sends! {
        c => c.subscriptions().seek(SeekFrom::start()).next_page(), "[]" => "GET /subscriptions?sort=updated_date,id&size=50&page=1";
        c => c.orders().seek(SeekFrom::start()).next_page(), "[]" => "GET /orders?sort=updated_date,id&size=50&page=1";
        c => c.usages().seek(SeekFrom::start()).next_page(), "[]" => "GET /usages?sort=updated_date,id&size=50&page=1";
        c => c.payments().seek(SeekFrom::start()).next_page(), "[]" => "GET /payments?sort=updated_date,id&size=50&page=1";
        c => c.refunds().seek(SeekFrom::start()).next_page(), "[]" => "GET /refunds?sort=updated_date,id&size=50&page=1";
        c => c.revenue_schedules().seek(SeekFrom::start()).next_page(), "[]" => "GET /revenue_schedules?sort=updated_date,id&size=500&page=1";
        c => c.journal_entries().seek(SeekFrom::start()).next_page(), "[]" => "GET /journal_entries?sort=updated_at,id&size=50&page=1";
        c => c.statements().seek(SeekFrom::start()).next_page(), "[]" => "GET /statements?sort=updated_date,statement_id&size=50&page=1";
    }
}

#[tokio::test(start_paused = true)]
async fn selling() {
    let charge = NewCharge {
        product_id: Some("P-1".into()),
        kind: Some(ChargeKind::OneTime),
        list_price: Some("12.00".parse().unwrap()),
        ..NewCharge::default()
    };
    let plan = NewPlan { charges: vec![charge.clone()], ..NewPlan::new("Basic") };
    let rename = UpdatePlan { name: Some("Pro".into()), description: Patch::Clear, ..UpdatePlan::default() };
    let line = OrderLineInput {
        product_id: Some("P-1".into()),
        quantity: Some(2.into()),
        ..OrderLineInput::default()
    };
    let order = NewOrder { line_items: vec![line], ..NewOrder::new("C-1") };
    let fulfil = UpdateOrder { status: Some(OrderStatus::Fulfilled), ..UpdateOrder::default() };
    let coupon = UpdateCoupon { expiration_date: Patch::Set(DAY), ..UpdateCoupon::default() };
    sends! {
        c => c.plans().create(&plan), NOTHING
            => r#"POST /plans {"name":"Basic","charges":[{"product_id":"P-1","type":"One time","list_price":"12.00"}]}"#;
        c => c.plans().update(&"PLN-1".into(), &rename), NOTHING => r#"PUT /plans/PLN-1 {"name":"Pro","description":null}"#;
        c => c.plans().delete(&"PLN-1".into()), NOTHING => "DELETE /plans/PLN-1";
        c => c.charges("PLN-1").create(&charge), NOTHING
            => r#"POST /charges {"plan_id":"PLN-1","product_id":"P-1","type":"One time","list_price":"12.00"}"#;
        c => c.orders().create(&order), NOTHING
            => r#"POST /orders {"customer_id":"C-1","line_items":[{"product_id":"P-1","quantity":"2"}]}"#;
        c => c.orders().update(&"ORD-1".into(), &fulfil), NOTHING => r#"PUT /orders/ORD-1 {"status":"Fulfilled"}"#;
        c => c.orders().cancel(&"ORD-1".into(), &CancelOrder::default()), NOTHING => "PUT /orders/ORD-1/cancel {}";
        c => c.usages().create(&NewUsage::on_line("S-1", "SCHG-01", "2.5".parse().unwrap())), NOTHING
            => r#"POST /usages {"subscription_id":"S-1","subscription_line_id":"SCHG-01","quantity":"2.5"}"#;
        c => c.usages().delete(&"U-1".into()), NOTHING => "DELETE /usages/U-1";
        c => c.coupons().create(&NewCoupon::new("SPRING")), NOTHING => r#"POST /coupons {"code":"SPRING"}"#;
        c => c.coupons().update(&"CPN-1".into(), &coupon), NOTHING => r#"PUT /coupons/CPN-1 {"expiration_date":"2025-03-11"}"#;
    }
}

#[tokio::test(start_paused = true)]
async fn the_life_of_a_subscription() {
    let row = SubscriptionPlanInput {
        plan_id: Some("PLN-1".into()),
        charge_id: Some("CHG-1".into()),
        quantity: Some(3.into()),
        ..SubscriptionPlanInput::default()
    };
    let new = NewSubscription { plans: vec![row.clone()], ..NewSubscription::new("C-1") };
    let update = UpdateSubscription { billing_start_date: Patch::Set(DAY), ..UpdateSubscription::default() };
    let activation =
        ActivateSubscription { service_start_date: Some(DAY), ..ActivateSubscription::default() };
    let change = ChangeSubscription { plans: vec![row], ..ChangeSubscription::default() };
    let pause = PauseSubscription { pause_effective_date: Some(DAY), ..PauseSubscription::default() };
    let id = "S-1".into();
    sends! {
        c => c.subscriptions().create(&new), NOTHING
            => r#"POST /subscriptions {"customer_id":"C-1","plans":[{"plan_id":"PLN-1","charge_id":"CHG-1","quantity":"3"}]}"#;
        c => c.subscriptions().update(&id, &update), NOTHING => r#"PUT /subscriptions/S-1 {"billing_start_date":"2025-03-11"}"#;
        c => c.subscriptions().delete(&id), NOTHING => "DELETE /subscriptions/S-1";
        c => c.subscriptions().activate(&id, &activation), NOTHING
            => r#"PUT /subscriptions/S-1/activate {"service_start_date":"2025-03-11"}"#;
        c => c.subscriptions().cancel(&id, &CancelSubscription::on(DAY)), NOTHING
            => r#"PUT /subscriptions/S-1/cancel {"cancellation_date":"2025-03-11"}"#;
        c => c.subscriptions().change(&id, &change, Some("https://us.example/done?x=1")), NOTHING
            => r#"PUT /subscriptions/S-1/change?callback_url=https%3A%2F%2Fus.example%2Fdone%3Fx%3D1 {"plans":[{"plan_id":"PLN-1","charge_id":"CHG-1","quantity":"3"}]}"#;
        c => c.subscriptions().renew(&id, &RenewSubscription::default(), None), NOTHING => "PUT /subscriptions/S-1/renew {}";
        c => c.subscriptions().pause(&id, &pause), NOTHING
            => r#"PUT /subscriptions/S-1/pause {"pause_effective_date":"2025-03-11"}"#;
        c => c.subscriptions().resume(&id, &ResumeSubscription::default()), NOTHING => "PUT /subscriptions/S-1/resume {}";
        c => c.subscriptions().revert(&id), NOTHING => "PUT /subscriptions/S-1/revert";
        c => c.subscriptions().reactivate(&id), NOTHING => "PUT /subscriptions/S-1/reactivate";
    }
}

#[tokio::test(start_paused = true)]
async fn money() {
    let allocation = PaymentAllocation {
        id: Some("INV-1".into()),
        amount_applied: Some("12.00".parse().unwrap()),
        ..PaymentAllocation::default()
    };
    let payment =
        NewPayment { invoices: vec![allocation], ..NewPayment::new("C-1", "12.00".parse().unwrap()) };
    let refund = RefundRequest { refund_amount: Some("5.00".parse().unwrap()), ..RefundRequest::default() };
    let refund_new =
        NewRefund { payment_id: Some("PMT-1".into()), ..NewRefund::new("C-1", "5.00".parse().unwrap()) };
    let run = NewPaymentRun { target_invoice_due_date: Some(DAY), ..NewPaymentRun::default() };
    sends! {
        c => c.payments().create(&payment), NOTHING
            => r#"POST /payments {"customer_id":"C-1","payment_amount":"12.00","invoices":[{"id":"INV-1","amount_applied":"12.00"}]}"#;
        c => c.payments().reverse(&"PMT-1".into(), &Reversal::on(DAY)), NOTHING
            => r#"PUT /payments/PMT-1/reverse {"reversed_on":"2025-03-11"}"#;
        c => c.payments().refund(&"PMT-1".into(), &refund), NOTHING => r#"PUT /payments/PMT-1/refund {"refund_amount":"5.00"}"#;
        c => c.refunds().create(&refund_new), NOTHING
            => r#"POST /refunds {"customer_id":"C-1","refund_amount":"5.00","payment_id":"PMT-1"}"#;
        c => c.payment_runs().create(&run), NOTHING => r#"POST /payment_runs {"target_invoice_due_date":"2025-03-11"}"#;
        c => c.payment_runs().reverse(&"PR-1".into(), &ReversePaymentRun::default()), NOTHING
            => "PUT /payment_runs/PR-1/reverse {}";
        c => c.payment_methods("C-1").create(&NewPaymentMethod::card("tok_1")), NOTHING
            => r#"POST /customers/C-1/payment_methods {"payment_type":"Credit Card","token":"tok_1"}"#;
        c => c.payment_methods("C-1").create(&NewPaymentMethod::bank_account("110000000", "000123456789")), NOTHING
            => r#"POST /customers/C-1/payment_methods {"payment_type":"Bank Account","account_number":"000123456789","routing_number":"110000000"}"#;
        c => c.payment_methods("C-1").delete(&"PM-1".into()), NOTHING => "DELETE /customers/C-1/payment_methods/PM-1";
        c => c.payment_methods("C-1").set_default(&"PM-1".into()), NOTHING
            => "PUT /customers/C-1/payment_methods/PM-1/set_default";
    }
}

#[tokio::test(start_paused = true)]
async fn billing_and_books() {
    let run = NewBillingRun::new(DAY, BillingRunFilter::subscription("S-1"));
    let lines =
        vec![ScheduleLineChange { id: Some(7), quantity: Some(2.into()), ..ScheduleLineChange::default() }];
    let schedule =
        UpdateBillingSchedule { schedule_lines: lines.clone(), ..UpdateBillingSchedule::default() };
    let prepayment = ManagePrepaymentLines { schedule_lines: lines, ..ManagePrepaymentLines::default() };
    let rename = UpdateRevenueRule { name: Some("B".into()), ..UpdateRevenueRule::default() };
    let debit = NewJournalLine { account: "1200".into(), debit: Some(5.into()), ..NewJournalLine::default() };
    let entry = NewJournalEntry { date: Some(DAY), entries: vec![debit], ..NewJournalEntry::default() };
    sends! {
        c => c.billing_runs().create(&run), NOTHING
            => r#"POST /billing_runs {"target_date":"2025-03-11","filter_options":{"subscription":[{"id":"S-1"}]}}"#;
        c => c.billing_runs().delete(&"BR-1".into()), NOTHING => "DELETE /billing_runs/BR-1";
        c => c.billing_schedules().update(&"BS-1".into(), &schedule), NOTHING
            => r#"PUT /billing_schedules/BS-1 {"schedule_lines":[{"id":7,"quantity":"2"}]}"#;
        c => c.billing_schedules().manage_prepayment_lines(&"BS-1".into(), &prepayment), NOTHING
            => r#"PUT /billing_schedules/BS-1/manage_prepayment_lines {"schedule_lines":[{"id":7,"quantity":"2"}]}"#;
        c => c.revenue_rules().create(&NewRevenueRule::new("A")), NOTHING => r#"POST /revenue_rules {"name":"A"}"#;
        c => c.revenue_rules().update(&"PR-1".into(), &rename), NOTHING => r#"PUT /revenue_rules/PR-1 {"name":"B"}"#;
        c => c.revenue_rules().delete(&"PR-1".into()), NOTHING => "DELETE /revenue_rules/PR-1";
        c => c.journal_entries().create(&entry), NOTHING
            => r#"POST /journal_entries {"date":"2025-03-11","entries":[{"account":"1200","debit":"5"}]}"#;
        c => c.chart_of_accounts().create(&NewAccount::new("1200", "Receivables")), NOTHING
            => r#"POST /chart_of_accounts {"code":"1200","name":"Receivables"}"#;
    }
}

#[tokio::test(start_paused = true)]
async fn setup() {
    let mut webhook = WebhookInput::new("To us", "https://us.example/hook", ["Invoice"]);
    webhook.headers.push(WebhookHeader::new("X-Webhook-Secret", "a long random text"));
    let rename = WebhookInput { name: Some("To you".into()), ..WebhookInput::default() };
    let settings = NotificationSettings::new(vec![NotificationSetting::new("Billing Run", false, true)]);
    sends! {
        c => c.webhooks().create(&webhook), NOTHING
            => r#"POST /webhooks {"name":"To us","url":"https://us.example/hook","events":{"Invoice":{"create":true,"edit":true,"remove":true}},"headers":[{"key":"X-Webhook-Secret","value":"a long random text"}]}"#;
        c => c.webhooks().update(&"17".into(), &rename), NOTHING => r#"PUT /webhooks/17 {"name":"To you"}"#;
        c => c.webhooks().delete(&"17".into()), NOTHING => "DELETE /webhooks/17";
        c => c.notifications().update(&settings), r#"{"message":"Notification settings updated successfully"}"#
            => r#"PUT /notifications {"notification_settings":[{"email_enabled":false,"event_type":"Billing Run","notification_enabled":true}]}"#;
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrapped_list_is_read_and_one_bad_record_costs_only_itself() {
    let page = json!({"usages": [{"id": "U-1", "quantity": "1,000.5"}, {"id": "U-2", "quantity": "CANARY"}], "total": 2});
    let script =
        ScriptedTransport::new().answer(200, page.to_string()).answer(200, r#"{"usages":[],"total":2}"#);
    let mut usages = client(&script).usages().list(ListQuery::default()).on_bad_record(OnBadRecord::Collect);
    let first = usages.try_next().await.unwrap().unwrap();
    assert_eq!(first.quantity.unwrap().to_string(), "1000.5");
    assert!(usages.try_next().await.unwrap().is_none());
    let rejects = usages.take_rejects();
    assert_eq!((rejects.len(), rejects[0].id.as_deref()), (1, Some("U-2")));
    assert!(!format!("{rejects:?}").contains("CANARY"));
}

#[tokio::test(start_paused = true)]
async fn an_unknown_outcome_is_returned_not_repeated() {
    let lost = || ScriptedTransport::new().fail(FailureKind::Interrupted).answer(200, ID);
    let script = lost();
    let error = client(&script).usages().create(&NewUsage::default()).await.unwrap_err();
    assert_eq!((error.write_state(), script.sent().len()), (WriteState::Unknown, 1));
    let script = lost();
    let error = client(&script).plans().delete(&"PLN-1".into()).await.unwrap_err();
    assert_eq!((error.write_state(), script.sent().len()), (WriteState::Unknown, 1));
    let script = lost();
    let cancellation = CancelSubscription::default();
    let error = client(&script).subscriptions().cancel(&"S-1".into(), &cancellation).await.unwrap_err();
    assert_eq!((error.write_state(), script.sent().len()), (WriteState::Unknown, 1));
    let script = lost();
    client(&script).orders().update(&"ORD-1".into(), &UpdateOrder::default()).await.unwrap();
    assert_eq!(script.sent().len(), 2);
    let script = lost();
    client(&script).orders().get(&"ORD-1".into()).await.unwrap();
    assert_eq!(script.sent().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn guesses_can_be_sent_elsewhere() {
    let script = ScriptedTransport::new().answer(200, "").answer(200, "");
    let credentials =
        Credentials::new("Example Company", "ops@example.com", "token-token".into(), "key-key".into());
    let transport: Arc<dyn Transport> = Arc::new(script.clone());
    let ordway = Client::builder(credentials)
        .transport(transport)
        .route("subscriptions.renew", Method::Post, "/subscriptions/{id}/renewals")
        .route("webhooks.delete", Method::Delete, "/webhooks/by_name/{key}")
        .build()
        .unwrap();
    ordway.subscriptions().renew(&"S-1".into(), &RenewSubscription::default(), None).await.unwrap();
    ordway.webhooks().delete(&"To us".into()).await.unwrap();
    assert_eq!(lines(&script), ["POST /subscriptions/S-1/renewals {}", "DELETE /webhooks/by_name/To%20us"]);
}

#[tokio::test(start_paused = true)]
async fn card_data_is_refused_before_anything_is_sent() {
    let number = "4242 4242 4242 4242";
    let with = |member: &str| {
        let mut method = NewPaymentMethod::card("tok_1");
        method.extra.insert(member.to_owned(), json!("CANARY"));
        method
    };
    let mut card_number = NewPaymentMethod::card("tok_1");
    card_number.account_number = Some(number.to_owned());
    let undeclared = NewPaymentMethod { account_number: Some("12".into()), ..NewPaymentMethod::default() };
    let script = ScriptedTransport::new();
    for method in [NewPaymentMethod::card(number), card_number, undeclared, with("cvc"), with("card_number")]
    {
        let error = client(&script).payment_methods("C-1").create(&method).await.unwrap_err();
        assert_eq!((error.kind(), error.write_state()), (ErrorKind::Config, WriteState::NotSent));
        let text = format!("{error} {error:?}");
        assert!(!text.contains("4242") && !text.contains("CANARY") && text.contains("token"), "{text}");
    }
    assert!(script.sent().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_billing_run_may_answer_with_its_invoices() {
    let invoice = json!({"id": "INV-1", "customer_id": "C-1", "line_items": [], "invoice_amount": "12.00"});
    let bad = json!({"id": "INV-2", "customer_id": "C-1", "invoice_amount": "CANARY"});
    for (answer, run, invoices, rejects) in [
        (String::new(), false, 0, 0),
        ("OK".to_owned(), false, 0, 0),
        (json!({"id": "BR-1", "status": "Queued"}).to_string(), true, 0, 0),
        (invoice.to_string(), false, 1, 0),
        (json!([invoice, bad]).to_string(), false, 1, 1),
        (json!({"id": "BR-1", "invoices": [invoice]}).to_string(), true, 1, 0),
        (json!({"invoices": [invoice, invoice]}).to_string(), false, 2, 0),
    ] {
        let script = ScriptedTransport::new().answer(200, answer.clone());
        let started = client(&script).billing_runs().create(&NewBillingRun::default()).await.unwrap();
        let found = (started.run.is_some(), started.invoices.len(), started.rejects.len());
        assert_eq!(found, (run, invoices, rejects), "{answer}");
        assert!(!format!("{started:?}").contains("CANARY"));
    }
    let script = ScriptedTransport::new().answer(200, r#"{"id":"BR-1""#);
    let once = client(&script).with(CallOptions::single_attempt());
    assert_eq!(
        once.billing_runs().create(&NewBillingRun::default()).await.unwrap_err().write_state(),
        WriteState::Unknown
    );
}
