//! Inputs must print nothing personal or secret, and traits must be usable for mocks.

use std::fmt::Debug;

use async_trait::async_trait;
use ordway_client::billing_schedules::ScheduleLineChange;
use ordway_client::journal_entries::{NewJournalEntry, NewJournalLine};
use ordway_client::orders::{CancelOrder, NewOrder, OrderLineInput, UpdateOrder};
use ordway_client::payment_methods::NewPaymentMethod;
use ordway_client::payment_runs::NewPaymentRun;
use ordway_client::payments::NewPayment;
use ordway_client::refunds::NewRefund;
use ordway_client::statements::{Statement, StatementId, Statements, StatementsApi};
use ordway_client::subscriptions::{ChangeSubscription, NewSubscription, UpdateSubscription};
use ordway_client::usages::NewUsage;
use ordway_client::webhooks::{WebhookHeader, WebhookInput};
use ordway_client::{Checkpoint, List, ListQuery, Page, Pager, Patch, Result};
use serde_json::json;

fn hides(input: &impl Debug) {
    let shown = format!("{input:?}");
    assert!(shown.contains("[present]") && !shown.contains("CANARY"), "{shown}");
}

#[test]
fn nothing_personal_in_debug() {
    let canary = || Some("CANARY".to_owned());
    let fields = || json!({"tax_id": "CANARY"}).as_object().cloned().unwrap();
    hides(&NewPaymentMethod {
        token: canary(),
        account_number: canary(),
        routing_number: canary(),
        account_holder_name: canary(),
        extra: fields(),
        ..NewPaymentMethod::default()
    });
    hides(&NewPayment {
        payment_method: canary(),
        payment_token: canary(),
        reference_number: canary(),
        notes: canary(),
        custom_fields: fields(),
        extra: fields(),
        ..NewPayment::default()
    });
    hides(&NewRefund {
        notes: canary(),
        reference_number: canary(),
        extra: fields(),
        ..NewRefund::default()
    });
    hides(&NewPaymentRun { filter_options: fields(), extra: fields(), ..NewPaymentRun::default() });
    hides(&NewOrder { notes: canary(), custom_fields: fields(), ..NewOrder::new("C-1") });
    hides(&UpdateOrder {
        notes: Patch::Set("CANARY".into()),
        custom_fields: fields(),
        ..UpdateOrder::default()
    });
    hides(&OrderLineInput { description: canary(), custom_fields: fields(), ..OrderLineInput::default() });
    hides(&CancelOrder { notes: canary(), extra: fields() });
    hides(&NewUsage { description: canary(), custom_fields: fields(), ..NewUsage::default() });
    hides(&NewSubscription { notes: canary(), custom_fields: fields(), ..NewSubscription::new("C-1") });
    hides(&UpdateSubscription { notes: Patch::Set("CANARY".into()), ..UpdateSubscription::default() });
    hides(&ChangeSubscription { notes: canary(), custom_fields: fields(), ..ChangeSubscription::default() });
    hides(&ScheduleLineChange {
        description: canary(),
        custom_fields: fields(),
        ..ScheduleLineChange::default()
    });
    hides(&NewJournalEntry { description: canary(), custom_fields: fields(), ..NewJournalEntry::default() });
    hides(&NewJournalLine { description: canary(), custom_fields: fields(), ..NewJournalLine::default() });
    let mut webhook = WebhookInput::new("To us", "https://us.example/CANARY", ["Invoice"]);
    webhook.headers.push(WebhookHeader::new("X-Webhook-Secret", "CANARY"));
    hides(&webhook);
}

#[derive(Debug)]
struct OneStatement;

#[async_trait]
impl StatementsApi for OneStatement {
    fn list(&self, _query: ListQuery) -> List<Statement> {
        Pager::new("statements.list", Checkpoint::new("1"), |_| {
            Box::pin(async { Ok(Page::new(vec![Statement::default()], Vec::new(), None)) })
        })
    }

    async fn get(&self, id: &StatementId) -> Result<Statement> {
        let mut statement = Statement::default();
        statement.statement_id = id.clone();
        Ok(statement)
    }
}

#[tokio::test]
async fn handles_can_be_mocked() {
    fn is_one<T: StatementsApi>() {}
    is_one::<Statements>();
    let mock: Box<dyn StatementsApi> = Box::new(OneStatement);
    assert_eq!(mock.get(&"STM-1".into()).await.unwrap().statement_id.as_str(), "STM-1");
    assert!(mock.list(ListQuery::default()).try_next().await.unwrap().is_some());
}
