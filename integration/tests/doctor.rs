//! The pre-flight check: every finding provoked and absent, and nothing written while looking.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::sync::Arc;

use async_trait::async_trait;
use jiff::SignedDuration;
use ordway_anrok::connect::{ConnectError, DataSource, Environment};
use ordway_anrok::doctor::{Checkup, Finding, Limits, Severity};
use ordway_anrok::document::DocumentKey;
use ordway_anrok::hold::Disposition;
use ordway_anrok::ledger::{Entry, Intent, Ledger, MemoryLedger, Operation, Problem, ProblemKind};
use ordway_anrok::{Bridge, BridgeBuilder, Settings};
use ordway_anrok_http::bytes::Bytes;
use ordway_anrok_http::http::{HeaderValue, Response, header::DATE};
use ordway_anrok_http::{Clock, Exchange, Pacer, Transport, TransportError, VirtualClock};
use ordway_anrok_sandbox::anrok::FakeAnrok;
use ordway_anrok_sandbox::demo::Demo;
use ordway_anrok_sandbox::fault::{Fault, FaultPlan, FaultRule, Faults, Service, When};
use ordway_anrok_sandbox::ordway::{Address, FakeOrdway, Line, Quirk};
use serde_json::json;

const USA: &str = "United States of America";
/// All that a checkup may ask Anrok for.
const READS: [&str; 7] = [
    "productTaxCategories.list",
    "products.get",
    "transactions.createEphemeral",
    "transactions.list",
    "filings.list",
    "taxId.validate",
    "productIdMapping.list",
];

/// A service that tells the time, `ahead` of this machine's clock.
#[derive(Debug)]
struct Timed<T> {
    inner: T,
    clock: VirtualClock,
    ahead: Option<SignedDuration>,
}

#[async_trait]
impl<T: Transport> Transport for Timed<T> {
    async fn send(&self, exchange: Exchange) -> Result<Response<Bytes>, TransportError> {
        let mut response = self.inner.send(exchange).await?;
        if let Some(ahead) = self.ahead {
            let date = self.clock.now().checked_add(ahead).unwrap().to_zoned(jiff::tz::TimeZone::UTC);
            let text = date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
            response.headers_mut().insert(DATE, HeaderValue::try_from(text).unwrap());
        }
        Ok(response)
    }
}

/// Both accounts.
struct World {
    clock: VirtualClock,
    ordway: FakeOrdway,
    anrok: FakeAnrok,
    ledger: MemoryLedger,
    plan: FaultPlan,
    ahead: Option<SignedDuration>,
    ordway_url: &'static str,
    settings: Settings,
    source: Option<DataSource>,
}

impl World {
    fn empty() -> Self {
        let clock = VirtualClock::starting_at("2026-03-10T12:00:00Z".parse().unwrap());
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let (ordway, anrok) = (FakeOrdway::new(Arc::clone(&shared)), FakeAnrok::new(shared));
        anrok.configure(|config| config.rate_limit = None);
        Self {
            clock,
            ordway,
            anrok,
            ledger: MemoryLedger::new(),
            plan: FaultPlan::default(),
            ahead: Some(SignedDuration::ZERO),
            ordway_url: "https://api.ordwaylabs.com/api/v1",
            settings: Settings::default(),
            source: None,
        }
    }

    /// Nothing to complain about.
    fn healthy() -> Self {
        let world = Self::empty();
        world.ordway.product("P-1", "Seat");
        world.anrok.add_product("P-1", "saasBusiness");
        let address = Address::new("11 W 42nd St", "New York", "NY", "10036", USA);
        world.ordway.customer("Acme").id("C-1").bill_to(address).tax_id("DE123456789").create().unwrap();
        world.ordway.insert(
            "webhooks",
            json!({"name": "tax", "url": "https://tax.example/hook?token=CANARY", "status": "active",
                "events": {"Invoice": {"create": true, "edit": true, "remove": ""}}, "headers": []}),
        );
        world.invoice("INV-1", "P-1", "USD");
        world
    }

    fn invoice(&self, id: &str, product: &str, currency: &str) {
        let invoice = self.ordway.invoice("C-1").id(id).currency(currency).status("Posted");
        invoice.line(Line::new(product, "12.00")).create().unwrap();
    }

    fn timed<T: Transport>(&self, inner: T) -> Arc<Timed<T>> {
        Arc::new(Timed { inner, clock: self.clock.clone(), ahead: self.ahead })
    }

    fn builder(&self) -> BridgeBuilder {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let faults = Faults::new(self.plan.clone(), Arc::clone(&clock));
        let (ordway, anrok) = (self.ordway.clone(), self.anrok.clone());
        let ordway = self.timed(faults.wrap(Service::Ordway, ordway));
        let anrok = self.timed(faults.wrap(Service::Anrok, anrok));
        let config = self.ordway.config();
        let credentials = ordway_client::Credentials::new(
            config.company.clone(),
            config.user_email.clone(),
            config.user_token.clone().into(),
            config.api_key.clone().into(),
        );
        let ordway = ordway_client::Client::builder(credentials)
            .base_url(self.ordway_url)
            .transport(ordway)
            .pacer(Pacer::unlimited())
            .clock(Arc::clone(&clock))
            .build()
            .unwrap();
        let anrok = anrok_client::Client::builder(self.anrok.api_key().parse().unwrap())
            .transport(anrok)
            .pacer(Pacer::unlimited())
            .clock(clock)
            .build()
            .unwrap();
        let builder =
            Bridge::builder(ordway, anrok).ledger(self.ledger.clone()).settings(self.settings.clone());
        match &self.source {
            Some(source) => builder.data_source(source.clone()),
            None => builder,
        }
    }

    /// A checkup, and the proof that it changed nothing.
    async fn try_checkup(&self, limits: &Limits) -> Result<Checkup, ConnectError> {
        let asked_before = self.anrok.request_log().len();
        let checkup = self.builder().unchecked().doctor_within(limits).await;
        assert_eq!(self.ordway.writes(), []);
        for request in &self.anrok.request_log()[asked_before..] {
            assert!(READS.contains(&request.operation), "{}", request.operation);
        }
        assert!(self.anrok.transactions().is_empty() && self.anrok.customers().is_empty());
        checkup
    }

    async fn checkup(&self) -> Checkup {
        self.try_checkup(&Limits::default()).await.unwrap()
    }

    /// The one finding that differs from a healthy pair of accounts.
    async fn finding(&self) -> Finding {
        let checkup = self.checkup().await;
        let mut found = checkup.findings.into_iter().filter(|finding| finding.code != "accounts");
        let one = found.next().unwrap();
        assert_eq!(found.collect::<Vec<_>>(), [], "beside {one}");
        one
    }

    /// The nth call of an operation finds nothing.
    fn loses(&mut self, service: Service, operation: &str, nth: u64) {
        let (service, operation, when) = (Some(service), Some(operation.to_owned()), When::Nth(nth));
        let fault = Fault::Status { status: 404, acted: false };
        self.plan.rules.push(FaultRule { service, operation, when, fault });
    }
}

fn codes(checkup: &Checkup) -> Vec<&str> {
    checkup.findings.iter().map(|finding| finding.code).collect()
}

#[tokio::test(start_paused = true)]
async fn a_healthy_pair_of_accounts_is_only_named() {
    let checkup = World::healthy().checkup().await;
    assert_eq!(codes(&checkup), ["accounts"], "{checkup}");
    assert_eq!((checkup.worst(), checkup.exit_code()), (Some(Severity::Info), 0));
    let text = &checkup.findings[0].text;
    for part in ["https://api.ordwaylabs.com/api/v1", "https://api.anrok.com", "s1fake", "sa1fake"] {
        assert!(text.contains(part), "{text}");
    }
    assert!(!text.contains("secret"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn the_demo_company_shows_its_flaws_and_nobodys_data() {
    let world = World::empty();
    Demo::seed(&world.ordway).unwrap();
    Demo::seed_anrok(&world.anrok);
    let checkup = world.checkup().await;
    assert_eq!(
        codes(&checkup),
        ["product-unmapped", "customer-address", "accounts", "webhook-missing"],
        "{checkup}"
    );
    assert_eq!(checkup.exit_code(), 1);
    let [product, customer] = &checkup.findings[..2] else { panic!("{checkup}") };
    assert_eq!((product.severity, product.subject.as_str()), (Severity::Error, "product P-00006"));
    assert!(
        product.text.contains("INV-00018") && product.remedy.contains("Create the product P-00006"),
        "{product}"
    );
    assert!(
        customer.text.contains("1 of 14") && customer.text.contains("C-00014 (no address)"),
        "{customer}"
    );
    let everything = format!("{checkup} {}", serde_json::to_string(&checkup).unwrap());
    for secret in [
        "Moved Away",
        "Rheinwerk",
        "Köln",
        "DE123456789",
        "Broadway",
        "demo.example",
        "secret.fake",
        "sandbox-user-token",
        "sandbox-api-key",
        "Data add-on",
    ] {
        assert!(!everything.contains(secret), "{secret}");
    }
}

#[tokio::test(start_paused = true)]
async fn products_that_anrok_does_not_know() {
    let world = World::healthy();
    world.ordway.product("P-2", "Not sold yet");
    let inactive = world.ordway.product("P-3", "No longer sold");
    world.ordway.edit("products", &inactive, |product| product["status"] = json!("Inactive")).unwrap();
    let finding = world.finding().await;
    assert_eq!((finding.severity, finding.code), (Severity::Warning, "product-unmapped"));
    assert_eq!(finding.subject, "product P-2");

    // A product on a document matters, whatever the list says about it.
    for (id, product) in [("INV-2", "P-3"), ("INV-3", "P-GONE")] {
        world.invoice(id, product, "USD");
    }
    let checkup = world.checkup().await;
    let errors: Vec<_> = checkup.of(Severity::Error).map(|finding| finding.subject.as_str()).collect();
    assert_eq!(errors, ["product P-3", "product P-GONE"]);
    // What is undone needs no product.
    world.ordway.reverse_invoice("INV-2", "2026-03-10").unwrap();
    world.ordway.reverse_invoice("INV-3", "2026-03-10").unwrap();
    assert_eq!(world.finding().await.subject, "product P-2");
}

#[tokio::test(start_paused = true)]
async fn the_product_map_decides_what_is_looked_up() {
    let mut world = World::healthy();
    world.ordway.product("P-2", "Another seat");
    world.settings.rules.products.ids.insert("P-2".into(), "P-1".into());
    let checkup = world.checkup().await;
    assert_eq!(codes(&checkup), ["accounts"]);
    let looked_up = world.anrok.request_log().iter().filter(|r| r.operation == "products.get").count();
    assert_eq!(looked_up, 1, "two products of Ordway are one in Anrok");

    world.settings.rules.products.ids.insert("P-2".into(), "seat#2".into());
    let finding = world.finding().await;
    assert_eq!((finding.severity, finding.code), (Severity::Warning, "product-id-unusable"));
    world.settings.rules.products.ids.insert("P-2".into(), "seat 2".into());
    let finding = world.finding().await;
    assert_eq!(finding.code, "product-unmapped");
    assert!(finding.text.contains("mapped to seat 2"), "{finding}");
    world.invoice("INV-2", "P-2", "USD");
    assert_eq!(world.finding().await.severity, Severity::Error);
}

#[tokio::test(start_paused = true)]
async fn limits_are_told_and_used_products_come_first() {
    let world = World::healthy();
    for id in ["A-1", "A-2", "A-3"] {
        world.ordway.product(id, id);
    }
    world.invoice("INV-2", "Z-1", "USD");
    let mut limits = Limits::default();
    limits.products = 2;
    limits.customers = 1;
    let checkup = world.try_checkup(&limits).await.unwrap();
    assert_eq!(
        codes(&checkup),
        ["product-unmapped", "accounts", "customers-limit", "products-limit"],
        "{checkup}"
    );
    assert_eq!(checkup.findings[0].subject, "product Z-1");
    let looked_up = world.anrok.request_log().iter().filter(|r| r.operation == "products.get").count();
    assert_eq!(looked_up, 2);
}

#[tokio::test(start_paused = true)]
async fn drafts_count_even_where_the_plain_list_hides_them() {
    let world = World::healthy();
    world.ordway.reconfigure(|config| *config = config.clone().with(Quirk::DraftsHidden));
    world.ordway.invoice("C-1").id("INV-9").line(Line::new("P-9", "1.00")).create().unwrap();
    let finding = world.finding().await;
    assert_eq!((finding.severity, finding.subject.as_str()), (Severity::Error, "product P-9"));
    assert!(finding.text.contains("INV-9"));
}

#[tokio::test(start_paused = true)]
async fn customers_whose_addresses_settle_nothing() {
    let mut world = World::healthy();
    let customer = |id: &str, address: Address| {
        world.ordway.customer("Somebody").id(id).bill_to(address).create().unwrap();
    };
    customer("C-GOOD", Address::new("", "", "", "10115", "Germany"));
    customer("C-NONE", Address::new("-", " ", "", "", ""));
    customer("C-STATE", Address::new("1 A St", "Springfield", "", "", USA));
    customer("C-COUNTRY", Address::new("1 A St", "Springfield", "IL", "62701", ""));
    customer("C-LEFT", Address::blank());
    world.ordway.edit("customers", "C-LEFT", |record| record["status"] = json!("Inactive")).unwrap();
    let half = Address::new("1 A St", "Springfield", "", "", USA);
    let full = Address::new("1 A St", "Springfield", "IL", "62701", USA);
    world.ordway.customer("Somebody").id("C-HALF").bill_to(full).ship_to(half).create().unwrap();

    let finding = world.finding().await;
    assert_eq!((finding.severity, finding.code), (Severity::Warning, "customer-address"));
    for part in [
        "4 of 6 active customers",
        "C-NONE (no address)",
        "C-STATE (shipping address without state or zip)",
        "C-COUNTRY (shipping address without country)",
        "C-HALF (shipping address without state or zip)",
    ] {
        assert!(finding.text.contains(part), "{part}: {finding}");
    }
    assert!(!finding.to_string().contains("Springfield") && !finding.text.contains("Somebody"));

    // The policy that takes the billing address helps one of them, and long lists are cut.
    world.settings.rules.address_fallback = ordway_anrok::map::address::AddressFallback::Billing;
    let mut limits = Limits::default();
    limits.examples = 1;
    let checkup = world.try_checkup(&limits).await.unwrap();
    let finding = checkup.with_code("customer-address").next().unwrap();
    assert!(finding.text.contains("3 of 6") && finding.text.contains(" and 2 more"), "{finding}");
}

#[tokio::test(start_paused = true)]
async fn contacts_that_the_list_does_not_show() {
    let world = World::healthy();
    world.ordway.edit("customers", "C-1", |record| record["contacts"] = json!([])).unwrap();
    let finding = world.finding().await;
    assert_eq!((finding.severity, finding.code), (Severity::Info, "customer-contacts-unseen"));
    assert!(finding.text.contains("C-1"));
}

#[tokio::test(start_paused = true)]
async fn the_field_for_tax_ids() {
    let world = World::healthy();
    world.ordway.edit("customers", "C-1", |record| record["custom_fields"] = json!({})).unwrap();
    let finding = world.finding().await;
    assert_eq!((finding.severity, finding.code), (Severity::Info, "tax-id-field"));
    assert!(
        finding.remedy.contains("API name tax_id") && finding.remedy.contains("inherited invoice"),
        "{finding}"
    );
    // An empty field is there.
    world.ordway.edit("customers", "C-1", |record| record["custom_fields"] = json!({"tax_id": ""})).unwrap();
    assert_eq!(codes(&world.checkup().await), ["accounts"]);
    world.ordway.edit("customers", "C-1", |record| record["custom_fields"] = json!({})).unwrap();
    let abroad = Address::new("", "", "", "10115", "Germany");
    world.ordway.customer("Somebody").bill_to(abroad).create().unwrap();
    assert_eq!(world.finding().await.severity, Severity::Warning);
}

#[tokio::test(start_paused = true)]
async fn currencies() {
    let world = World::healthy();
    world.invoice("INV-2", "P-1", "JPY");
    world.invoice("INV-3", "P-1", "usd");
    assert_eq!(codes(&world.checkup().await), ["accounts"]);
    // A currency by ISO that Anrok does not take.
    world.invoice("INV-4", "P-1", "CLF");
    let finding = world.finding().await;
    assert_eq!((finding.severity, finding.code), (Severity::Error, "currency-unsupported"));
    assert!(finding.subject.contains("CLF") && finding.text.contains("INV-4"), "{finding}");
    world.ordway.edit_invoice("INV-4", |invoice| invoice["currency"] = json!("Dollars")).unwrap();
    let finding = world.finding().await;
    assert_eq!((finding.severity, finding.code), (Severity::Error, "currency-not-iso"));
    world.ordway.edit_invoice("INV-4", |invoice| invoice["currency"] = json!("")).unwrap();
    assert_eq!(world.finding().await.subject, "no currency");
}

#[tokio::test(start_paused = true)]
async fn webhooks() {
    let world = World::healthy();
    world.ordway.edit("webhooks", "tax", |webhook| webhook["status"] = json!("inactive")).unwrap();
    let finding = world.finding().await;
    assert_eq!((finding.severity, finding.code), (Severity::Info, "webhook-missing"));
    world.ordway.edit("webhooks", "tax", |webhook| webhook["status"] = json!("active")).unwrap();
    world
        .ordway
        .edit("webhooks", "tax", |webhook| webhook["events"] = json!({"Product": {"edit": true}}))
        .unwrap();
    assert_eq!(world.finding().await.code, "webhook-missing");
}

#[tokio::test(start_paused = true)]
async fn a_webhook_to_anrok_is_the_official_integration() {
    let world = World::healthy();
    let move_to = |url| world.ordway.edit("webhooks", "tax", |webhook| webhook["url"] = json!(url)).unwrap();
    move_to("https://api.anrok.com/ordway?key=CANARY");
    let finding = world.finding().await;
    assert_eq!((finding.severity, finding.code), (Severity::Warning, "official-integration"));
    assert!(finding.text.contains("twice") && !finding.to_string().contains("CANARY"), "{finding}");
    move_to("https://api.anrok.com.example/ordway");
    assert_eq!(codes(&world.checkup().await), ["accounts"]);
}

#[tokio::test(start_paused = true)]
async fn clocks_that_differ() {
    let mut world = World::healthy();
    for (seconds, severity, word) in [
        (29, None, ""),
        (40, Some(Severity::Warning), "40 seconds behind"),
        (-45, Some(Severity::Warning), "seconds ahead of"),
        (301, Some(Severity::Error), "behind Ordway"),
        (-400, Some(Severity::Error), "ahead of"),
    ] {
        world.ahead = Some(SignedDuration::from_secs(seconds));
        let checkup = world.checkup().await;
        let found: Vec<_> = checkup.with_code("clock-skew").collect();
        assert_eq!(found.len(), if severity.is_some() { 2 } else { 0 }, "{seconds}: {checkup}");
        assert_eq!(found.first().map(|finding| finding.severity), severity, "{seconds}");
        assert!(found.first().is_none_or(|finding| finding.text.contains(word)), "{checkup}");
    }
    world.ahead = None;
    assert_eq!(world.finding().await.code, "clock-unknown");
}

#[tokio::test(start_paused = true)]
async fn premium_features_that_are_off() {
    let world = World::healthy();
    world.anrok.configure(|config| config.list_transactions_enabled = false);
    let finding = world.finding().await;
    assert_eq!((finding.severity, finding.code), (Severity::Info, "feature-off"));
    assert!(finding.subject.contains("transactions") && finding.remedy.contains("Ask Anrok"), "{finding}");
    world.anrok.configure(|config| {
        config.list_filings_enabled = false;
        config.tax_id_validation_enabled = false;
    });
    assert_eq!(world.checkup().await.with_code("feature-off").count(), 3);
}

#[tokio::test(start_paused = true)]
async fn debit_memos_that_may_not_be_read() {
    let mut world = World::healthy();
    let forbidden = Fault::Status { status: 403, acted: false };
    world.plan =
        FaultPlan::seeded(1).rule(FaultRule::new(forbidden).operation("debit_memos").when(When::Always));
    let finding = world.finding().await;
    assert_eq!((finding.severity, finding.code), (Severity::Warning, "debit-memos-unreadable"));
    assert!(finding.remedy.contains("role"), "{finding}");
    world.settings.debit_memos = ordway_anrok::DebitMemos::Ignore;
    assert_eq!(world.checkup().await.with_code("debit-memos-unreadable").count(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_mappings_of_the_official_integration() {
    let mut world = World::healthy();
    for product in ["P-2", "P-3"] {
        world.ordway.product(product, product);
    }
    world.anrok.add_product("other", "saasBusiness");
    world.anrok.add_integration("si1");
    let source = DataSource::new(Environment::Production, "UTC").unwrap().with_integration("si1").unwrap();
    world.source = Some(source);
    for (ours, target) in [("P-2", "P-1"), ("P-3", "P-1")] {
        world.settings.rules.products.ids.insert(ours.into(), target.into());
    }
    // No mappings: only the warning that two must not record.
    let finding = world.finding().await;
    assert_eq!((finding.severity, finding.code), (Severity::Warning, "official-integration"));
    assert!(finding.remedy.contains("off"), "{finding}");

    let bridge = world.builder().unchecked();
    let mappings = bridge.anrok().data_source("si1").product_mappings();
    for (product, target) in [("P-1", "other"), ("P-2", "P-1"), ("P-3", "other"), ("X-1", "other")] {
        mappings.add(&anrok_client::product_mappings::AddMapping::new(product, target)).await.unwrap();
    }
    let checkup = world.checkup().await;
    assert_eq!(
        codes(&checkup),
        ["official-integration", "mapping-differs", "accounts", "mapping-missing"],
        "{checkup}"
    );
    let of = |code| checkup.with_code(code).next().unwrap();
    assert!(of("official-integration").text.contains("4 product mappings"));
    assert!(
        of("mapping-missing").text.contains("P-1 to other") && !of("mapping-missing").text.contains("X-1")
    );
    assert!(of("mapping-differs").text.contains("P-3 to other"));

    let unknown = DataSource::new(Environment::Production, "UTC").unwrap().with_integration("si404").unwrap();
    world.source = Some(unknown);
    let finding = world.finding().await;
    assert_eq!((finding.severity, finding.code), (Severity::Warning, "integration-unreadable"));
    assert!(finding.remedy.contains("integration id"), "{finding}");
}

#[tokio::test(start_paused = true)]
async fn labels_and_hosts_that_contradict_each_other() {
    let mut world = World::healthy();
    for (label, url, wrong) in [
        (Environment::Production, "https://api.ordwaylabs.com/api/v1", false),
        (Environment::Sandbox, "https://sandbox.ordwaylabs.com/api/v1", false),
        (Environment::Production, "https://proxy.example/api/v1", false),
        (Environment::Production, "https://sandbox.ordwaylabs.com/api/v1", true),
        (Environment::Production, "https://staging.ordwaylabs.com/api/v1", true),
        (Environment::Sandbox, "https://api.ordwaylabs.com/api/v1", true),
    ] {
        world.source = Some(DataSource::new(label, "UTC").unwrap());
        world.ordway_url = url;
        let checkup = world.checkup().await;
        let found: Vec<_> =
            checkup.with_code("environment-mismatch").map(|finding| finding.severity).collect();
        assert_eq!(found, if wrong { vec![Severity::Warning] } else { vec![] }, "{label:?} {url}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_ledger_knows() {
    let world = World::healthy();
    let stream = "s1fake/ordway";
    let now = world.clock.now();
    let fence = world.ledger.claim(stream, "another process", now).await.unwrap();
    let finding = world.finding().await;
    assert_eq!((finding.severity, finding.code), (Severity::Info, "ledger-in-use"));
    assert!(finding.text.contains("another process"));

    let mut held = Entry::new(DocumentKey::invoice("INV-7"));
    let (reason, remedy) = ("why".to_owned(), "how".to_owned());
    let mut problem =
        Problem::new(ProblemKind::Held, "no-address", reason, remedy, Disposition::FixData, now);
    problem.next_attempt_at = Some(now.checked_add(SignedDuration::from_hours(100)).unwrap());
    held.problem = Some(problem);
    world.ledger.settle(&fence, &held).await.unwrap();
    let begun = Intent::new(Operation::Record, "ordway:INV-8", None, now);
    world.ledger.begin(&fence, &DocumentKey::invoice("INV-8"), &begun).await.unwrap();
    world.ledger.release(&fence).await.unwrap();
    let checkup = world.checkup().await;
    assert_eq!(codes(&checkup), ["ledger-open-problems", "accounts", "ledger-unfinished"], "{checkup}");
    assert!(checkup.findings[0].text.contains("INV-7 (no-address)"), "{checkup}");
    assert!(checkup.findings[2].text.contains("INV-8"), "{checkup}");
    // It was given back.
    assert!(world.ledger.claim(stream, "a sync", now).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_account_that_refuses_is_a_finding_and_the_other_is_looked_at() {
    let world = World::healthy();
    world.invoice("INV-2", "P-9", "USD");
    world.anrok.revoke_api_key();
    let finding = world.finding().await;
    assert_eq!(
        (finding.severity, finding.code, finding.subject.as_str()),
        (Severity::Error, "connection", "Anrok")
    );
    assert!(finding.text.contains("ANROK_API_KEY"), "{finding}");
    world.anrok.restore_api_key();

    let bridge = world.builder().unchecked();
    world.ordway.reconfigure(|config| config.user_token = "another".to_owned());
    let checkup = bridge.doctor().await.unwrap();
    assert_eq!(codes(&checkup), ["connection", "accounts"], "{checkup}");
    assert_eq!(checkup.findings[0].subject, "Ordway");

    world.anrok.revoke_api_key();
    let error = bridge.doctor().await.unwrap_err();
    assert_eq!(error.service(), "ordway");
}

#[tokio::test(start_paused = true)]
async fn one_check_that_fails_does_not_end_the_checkup() {
    // The first call of some is the check of the credentials.
    for (service, operation, nth, subject) in [
        (Service::Ordway, "/webhooks", 1, "webhooks"),
        (Service::Ordway, "/customers", 2, "customers"),
        (Service::Ordway, "/products", 2, "products"),
        (Service::Ordway, "/invoices", 2, "drafts"),
        (Service::Ordway, "/invoices", 4, "invoices"),
        (Service::Anrok, "/get", 1, "products in Anrok"),
        (Service::Anrok, "/createEphemeral", 1, "currencies"),
        (Service::Anrok, "/transactions/list", 1, "list of transactions"),
        (Service::Anrok, "/filings/list", 1, "list of filings"),
        (Service::Anrok, "/taxId/validate", 1, "validation of tax ids"),
    ] {
        let mut world = World::healthy();
        world.loses(service, operation, nth);
        let checkup = world.checkup().await;
        let failed: Vec<_> = checkup.with_code("check-failed").map(|f| f.subject.as_str()).collect();
        assert_eq!(failed, [subject], "{operation}: {checkup}");
        assert_eq!(checkup.with_code("accounts").count(), 1);
        assert_ne!(checkup.worst(), Some(Severity::Error));
    }
}

#[tokio::test(start_paused = true)]
async fn records_that_cannot_be_read_are_named() {
    let world = World::healthy();
    world
        .ordway
        .edit_invoice("INV-1", |invoice| invoice["line_items"][0]["quantity"] = json!("CANARY"))
        .unwrap();
    let finding = world.finding().await;
    assert_eq!((finding.severity, finding.code), (Severity::Warning, "record-unreadable"));
    assert!(finding.text.contains("INV-1") && !finding.to_string().contains("CANARY"), "{finding}");
}

/// A ledger that nothing can be done with.
#[cfg(feature = "sqlite")]
#[tokio::test(start_paused = true)]
async fn a_ledger_that_cannot_be_used() {
    use ordway_anrok::ledger::SqliteLedger;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let open = SqliteLedger::open(&path).unwrap();
    let world = World::healthy();
    let healthy = world.builder().ledger(open).unchecked().doctor().await.unwrap();
    assert_eq!(codes(&healthy), ["accounts"], "{healthy}");

    let open = SqliteLedger::open(&path).unwrap();
    std::fs::remove_dir_all(folder.path()).unwrap();
    let checkup = world.builder().ledger(open).unchecked().doctor().await.unwrap();
    assert_eq!(codes(&checkup), ["ledger-unusable", "accounts"], "{checkup}");
    assert_eq!(checkup.worst(), Some(Severity::Error));
}
