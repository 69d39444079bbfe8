//! What of both products is switched on: webhooks, Anrok's premium calls, the official integration.

use std::collections::BTreeSet;

use anrok_client::filings::ListFilings;
use anrok_client::tax_ids::ValidateTaxIds;
use anrok_client::transactions::ListTransactions;
use anrok_client::{Address, AnrokError, Conflict};
use ordway_client::ListQuery;
use ordway_client::customers::ActiveStatus;
use ordway_client::webhooks::Webhook;

use super::code::Code;
use super::{Doctor, Severity, counted};
use crate::settings::DebitMemos;

/// More than any company has; a list without end is not read for ever.
const WEBHOOKS: usize = 1_000;

impl Doctor<'_> {
    pub(super) async fn webhooks(&mut self) {
        let before = self.findings.len();
        let mut active = Vec::new();
        let list = self.bridge.ordway.webhooks().list(ListQuery::default());
        self.read("webhooks", list, WEBHOOKS, |webhook| {
            active.extend(reports_invoices(&webhook).then_some(webhook));
        })
        .await;
        if let Some(webhook) = active.iter().find(|webhook| goes_to_anrok(webhook)) {
            let text = format!(
                "The webhook {:?} reports invoices to Anrok: the official integration seems to be active. Both together \
                 record every invoice twice.",
                webhook.name.as_str()
            );
            self.found(Severity::Warning, Code::OfficialIntegration, "webhooks", text);
        }
        // Where the list could not be read, that has been said.
        if active.is_empty() && self.findings.len() == before {
            let text = "No active webhook reports invoices. Nothing is lost: the sync finds changes by asking, only later.";
            self.found(Severity::Info, Code::WebhookMissing, "webhooks", text);
        }
    }

    /// A sync goes on without debit memos where the account refuses them; nobody should learn that from a tax return.
    pub(super) async fn debit_memos(&mut self) {
        if self.bridge.settings.debit_memos == DebitMemos::Ignore {
            return;
        }
        let query = ListQuery { size: Some(1), ..ListQuery::default() };
        let refused = self.bridge.ordway.debit_memos().list(query).next_page().await.err();
        let Some(error) = refused.filter(|error| !error.is_worth_retrying_later()) else { return };
        let text = format!("Debit memos cannot be read, so none is recorded: {error}");
        self.found(Severity::Warning, Code::DebitMemosUnreadable, "debit memos", text);
    }

    pub(super) async fn premium_features(&mut self) {
        let anrok = &self.bridge.anrok;
        let one = Some(1);
        let transactions = anrok
            .transactions()
            .list(ListTransactions { limit: one, ..ListTransactions::default() })
            .next_page()
            .await;
        self.feature(
            "list of transactions",
            &Conflict::ListTransactionsApiNotEnabled,
            "a reconciliation can compare with this ledger only, and changes made in Anrok by hand are not noticed",
            transactions.err(),
        );
        let filings =
            anrok.filings().list(ListFilings { limit: one, ..ListFilings::default() }).next_page().await;
        self.feature(
            "list of filings",
            &Conflict::ListFilingsApiNotEnabled,
            "that a tax return is locked shows only when a correction is refused",
            filings.err(),
        );
        let nothing = ValidateTaxIds {
            customer_address: Address::builder().country("DE").build(),
            customer_tax_ids: Vec::new(),
        };
        let validation = anrok.tax_ids().validate(&nothing).await;
        self.feature(
            "validation of tax ids",
            &Conflict::ValidationNotEnabled,
            "VAT numbers cannot be checked before an invoice goes out",
            validation.err(),
        );
    }

    /// Off is what the typed refusal says; any other refusal comes from a feature that is on.
    fn feature(&mut self, name: &str, off: &Conflict, lost: &str, error: Option<anrok_client::Error>) {
        let Some(error) = error else { return };
        match error.api().and_then(AnrokError::conflict) {
            Some(conflict) if conflict == off => {
                let text =
                    format!("The {name} is not enabled for this account: {lost}. A sync works without it.");
                self.found(Severity::Info, Code::FeatureOff(off), format!("Anrok {name}"), text);
            }
            Some(_) => {}
            None => self.failed(Severity::Info, name, &error),
        }
    }

    /// The product mappings of an Anrok-built integration, where one was named.
    pub(super) async fn official_integration(&mut self, products: &BTreeSet<String>) {
        let Some(id) = self.bridge.data_source.as_ref().and_then(|source| source.integration_id.as_deref())
        else {
            return;
        };
        let subject = format!("integration {id}");
        let mappings = match self.bridge.anrok.data_source(id).product_mappings().list().await {
            Ok(mappings) => mappings,
            Err(error) => {
                let text = format!("Its product mappings cannot be read: {error}.");
                let code = Code::IntegrationUnreadable(error.api());
                return self.found(Severity::Warning, code, subject, text);
            }
        };
        let text = format!(
            "This integration has {}. If it is still active, it and this sync record every invoice twice.",
            counted(mappings.iter().count(), "product mapping")
        );
        self.found(Severity::Warning, Code::OfficialIntegration, subject.clone(), text);
        let ours = &self.bridge.settings.rules.products;
        let (mut missing, mut different) = (Vec::new(), Vec::new());
        for (source, target) in mappings.iter().filter(|(source, _)| products.contains(*source)) {
            if ours.external_id(source) == target {
                continue;
            }
            let group = if ours.ids.contains_key(source) { &mut different } else { &mut missing };
            group.push(format!("{source} to {target}"));
        }
        if !missing.is_empty() {
            let text = format!("Mapped there and not in the product map: {}.", self.some(&missing));
            self.found(Severity::Info, Code::MappingMissing, subject.clone(), text);
        }
        if !different.is_empty() {
            let text =
                format!("Mapped there to other products than in the product map: {}.", self.some(&different));
            self.found(Severity::Warning, Code::MappingDiffers, subject, text);
        }
    }
}

fn reports_invoices(webhook: &Webhook) -> bool {
    let active = webhook.status.as_ref().is_none_or(|status| *status == ActiveStatus::Active);
    active
        && webhook
            .events
            .get("Invoice")
            .is_some_and(|verbs| verbs.create.unwrap_or(false) || verbs.edit.unwrap_or(false))
}

/// By the host only: the rest of the address may be a secret.
fn goes_to_anrok(webhook: &Webhook) -> bool {
    let host = webhook.url.as_deref().map(super::connection::host).unwrap_or_default().to_ascii_lowercase();
    host == "anrok.com" || host.ends_with(".anrok.com")
}
