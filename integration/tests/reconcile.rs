//! Reconciliation on the fakes: every kind of finding, with Anrok's list and without, and what a sync mends.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)] // a test that fails may panic

mod support;

use jiff::civil::date;
use ordway_anrok::document::DocumentKey;
use ordway_anrok::hold::Disposition;
use ordway_anrok::ledger::{Ledger, LedgerError};
use ordway_anrok::reconcile::{Finding, FindingKind, Method, ReconcileError, Reconciliation, Scope, Side};
use ordway_anrok_http::Clock as _;
use ordway_anrok_sandbox::ordway::Line;
use serde_json::{Value, json};
use support::{Calls, World, berlin};

impl World {
    async fn reconcile(&self, scope: &Scope) -> Reconciliation {
        self.bridge_with(None, self.ledger.clone()).reconcile(scope).await.unwrap()
    }

    /// Two taxed invoices and a credit, all on record and in step, and a draft.
    async fn in_step() -> Self {
        let world = Self::small();
        world.customer("C-2", "EUR", &berlin());
        for (id, customer) in [("INV-1", "C-1"), ("INV-2", "C-2"), ("INV-3", "C-1")] {
            world.ordway.invoice(customer).id(id).line(Line::new("P-1", "100.00")).create().unwrap();
        }
        world.sync().await;
        for id in ["INV-1", "INV-2"] {
            world.ordway.post_invoice(id).unwrap();
        }
        world.ordway.credit_invoice("INV-1", "20").unwrap();
        world.sync().await;
        // Ordway has no write for the tax of a credit: somebody entered it there.
        let tax = world.anrok.transaction("ordway:credit:CR-00001").unwrap().tax_amount_to_collect;
        let text = format!("{}.{:02}", -tax / 100, -tax % 100);
        world.ordway.edit("credits", "CR-00001", |credit| credit["credit_tax"] = json!(text)).unwrap();
        world
    }

    /// Records something behind the SDK's back.
    fn by_hand(&self, id: &str, amount: i64) {
        let body = json!({"id": id, "currencyCode": "USD", "accountingDate": self.today(),
            "lineItems": [{"productExternalId": "P-1", "amount": amount}],
            "customerAddress": {"country": "US", "region": "NY", "postalCode": "10036", "city": "New York"}});
        self.ask("createOrUpdate", &body);
    }

    fn void_by_hand(&self, id: &str) {
        self.ask(&format!("id:{id}/void"), &json!({}));
    }

    fn ask(&self, call: &str, body: &Value) {
        let request = http::Request::post(format!("https://api.anrok.com/v1/seller/transactions/{call}"))
            .header("authorization", format!("Bearer {}", self.anrok.api_key()))
            .body(bytes::Bytes::from(body.to_string()))
            .unwrap();
        let answer = self.anrok.handle(&request);
        assert_eq!(answer.status(), 200, "{:?}", answer.body());
    }

    fn without_list(&self) {
        self.anrok.configure(|config| config.list_transactions_enabled = false);
    }
}

fn kinds(result: &Reconciliation) -> Vec<(FindingKind, String, Vec<Side>)> {
    let kind = |finding: &Finding| (finding.kind, finding.document.id.clone(), finding.against.clone());
    result.findings.iter().map(kind).collect()
}

fn found(kind: FindingKind, id: &str, against: &[Side]) -> Vec<(FindingKind, String, Vec<Side>)> {
    vec![(kind, id.to_owned(), against.to_vec())]
}

const BOTH: &[Side] = &[Side::Ledger, Side::Anrok];

#[tokio::test(start_paused = true)]
async fn in_step_with_the_list_and_without() {
    let world = World::in_step().await;
    let writes = (world.ordway.writes().len(), world.anrok.history().len());
    let before = Calls::of(&world);
    let result = world.reconcile(&Scope::all()).await;
    assert!(result.is_in_step() && result.exit_code() == 0, "{result}");
    assert_eq!((result.method, result.documents, result.in_step), (Method::AnrokList, 3, 3));
    let calls = Calls::of(&world).since(&before);
    assert_eq!((calls.write, calls.record, calls.void, calls.negate, calls.preview), (0, 0, 0, 0, 0));
    assert_eq!(result.requests.anrok, u64::try_from(calls.anrok()).unwrap());

    world.without_list();
    let result = world.reconcile(&Scope::all()).await;
    assert!(result.is_in_step(), "{result}");
    assert_eq!((result.method, result.documents), (Method::Ledger, 3));
    assert_eq!((world.ordway.writes().len(), world.anrok.history().len()), writes, "it only reads");
}

#[tokio::test(start_paused = true)]
async fn totals_per_month_currency_and_jurisdiction() {
    let world = World::in_step().await;
    let result = world.reconcile(&Scope::all()).await;
    let rows: Vec<_> = result
        .totals
        .iter()
        .map(|row| {
            let place = row.jurisdiction.clone().unwrap();
            (
                row.month.clone().unwrap(),
                row.currency.clone().unwrap(),
                place,
                row.documents,
                row.amount,
                row.tax,
            )
        })
        .collect();
    let [(month, eur, de, 1, _, vat), (_, usd, ny, 2, amount, tax)] = rows.as_slice() else {
        panic!("{rows:#?}")
    };
    assert_eq!(
        (month.as_str(), eur.as_str(), de.as_str(), usd.as_str(), ny.as_str()),
        ("2026-03", "EUR", "DE", "USD", "US-NY")
    );
    assert_eq!((vat.ordway, vat.ledger, vat.anrok), (Some(1900), Some(1900), Some(1900)));
    assert_eq!((amount.ordway, amount.ledger, amount.anrok), (Some(8000), Some(8000), Some(8000)));
    assert!(tax.ordway == tax.anrok && tax.ordway == tax.ledger && tax.ordway > Some(0), "{tax:?}");
    assert_eq!(
        result.totals_to_csv().lines().nth(1).unwrap(),
        "2026-03,EUR,DE,1,100.00,100.00,100.00,19.00,19.00,19.00"
    );
}

#[tokio::test(start_paused = true)]
async fn missing_and_mended_by_a_sync() {
    let world = World::in_step().await;
    world.invoice("INV-9", "Posted", "50.00");
    let result = world.reconcile(&Scope::all()).await;
    assert_eq!(kinds(&result), found(FindingKind::Missing, "INV-9", BOTH));
    assert_eq!(result.exit_code(), 1);
    world.without_list();
    assert_eq!(
        kinds(&world.reconcile(&Scope::all()).await),
        found(FindingKind::Missing, "INV-9", &[Side::Ledger])
    );
    world.sync().await;
    // On record now. Nobody had taxed it while it was a draft, and that is another finding.
    let result = world.reconcile(&Scope::all()).await;
    assert_eq!(kinds(&result), found(FindingKind::TaxDiffers, "INV-9", &[Side::Ledger]));
}

#[tokio::test(start_paused = true)]
async fn missing_because_it_is_held_says_what_to_do() {
    let world = World::in_step().await;
    world
        .ordway
        .invoice("C-1")
        .id("INV-9")
        .status("Posted")
        .line(Line::new("P-UNMAPPED", "5.00"))
        .create()
        .unwrap();
    world.sync().await;
    let result = world.reconcile(&Scope::all()).await;
    let [finding] = result.findings.as_slice() else { panic!("{result}") };
    assert_eq!((finding.kind, finding.disposition), (FindingKind::Missing, Disposition::FixData));
    assert!(
        finding.text.contains("productExternalIdUnknown") && finding.remedy.contains("P-UNMAPPED"),
        "{finding}"
    );
}

#[tokio::test(start_paused = true)]
async fn lost_by_the_ledger_and_found_at_anrok() {
    let world = World::in_step().await;
    let fence = world.ledger.claim("s1fake/ordway", "test", world.clock.now()).await.unwrap();
    world.ledger.forget(&fence, &DocumentKey::invoice("INV-1")).await.unwrap();
    world.ledger.release(&fence).await.unwrap();
    let result = world.reconcile(&Scope::all()).await;
    assert_eq!(kinds(&result), found(FindingKind::Missing, "INV-1", &[Side::Ledger]));
    assert_eq!(result.findings[0].transactions, ["ordway:INV-1"]);
}

#[tokio::test(start_paused = true)]
async fn extra_under_our_prefix_and_others_apart() {
    let world = World::in_step().await;
    world.by_hand("ordway:INV-404", 7_000);
    world.by_hand("stripe:in_1", 7_000);
    world.by_hand("stripe:in_2", 7_000);
    world.by_hand("handmade", 7_000);
    let result = world.reconcile(&Scope::all()).await;
    assert_eq!(kinds(&result), found(FindingKind::Extra, "INV-404", &[Side::Anrok]));
    assert_eq!(result.findings[0].jurisdiction.as_deref(), Some("US-NY"), "by Anrok's own jurisdictions");
    let others: Vec<_> =
        result.others.iter().map(|o| (o.prefix.as_str(), o.transactions, o.example.as_str())).collect();
    assert_eq!(others, [("(no prefix)", 1, "handmade"), ("stripe", 2, "stripe:in_1")]);
    assert_eq!(result.documents, 4, "others' transactions are none of ours");

    // Deleted in Ordway: ledger and Anrok remember.
    world.void_by_hand("ordway:INV-404");
    world.ordway.remove("invoices", "INV-2");
    let result = world.reconcile(&Scope::all()).await;
    assert_eq!(kinds(&result), found(FindingKind::Extra, "INV-2", BOTH));
    world.without_list();
    assert_eq!(
        kinds(&world.reconcile(&Scope::all()).await),
        found(FindingKind::Extra, "INV-2", &[Side::Ledger])
    );
}

#[tokio::test(start_paused = true)]
async fn amount_and_tax_differ() {
    let world = World::in_step().await;
    world.ordway.edit_lines("INV-2", |lines| lines[0]["effective_price"] = json!("130.00")).unwrap();
    let result = world.reconcile(&Scope::all()).await;
    assert_eq!(kinds(&result), found(FindingKind::AmountDiffers, "INV-2", BOTH));
    let amount = result.findings[0].amount;
    assert_eq!((amount.ordway, amount.ledger, amount.anrok), (Some(13_000), Some(10_000), Some(10_000)));
    assert_eq!(
        result.findings[0].text,
        "its amount before tax is 130.00 EUR in Ordway, 100.00 EUR by the ledger and 100.00 EUR by Anrok"
    );
    world.ordway.edit_lines("INV-2", |lines| lines[0]["effective_price"] = json!("100.00")).unwrap();

    // Somebody edits the tax of a posted invoice.
    world.ordway.edit_invoice("INV-2", |invoice| invoice["invoice_tax"] = json!("18.99")).unwrap();
    assert_eq!(kinds(&world.reconcile(&Scope::all()).await), found(FindingKind::TaxDiffers, "INV-2", BOTH));
    world.ordway.edit_invoice("INV-2", |invoice| invoice["invoice_tax"] = json!("19.00")).unwrap();

    // Anrok computes anew: the seller is not registered in Germany any more.
    world.anrok.set_not_collecting("de");
    world.anrok.reprocess("ordway:INV-2").unwrap();
    let result = world.reconcile(&Scope::all()).await;
    assert_eq!(kinds(&result), found(FindingKind::TaxDiffers, "INV-2", &[Side::Anrok]));
    assert!(result.findings[0].remedy.starts_with("Anrok computed it anew"), "{result}");
    world.without_list();
    assert!(world.reconcile(&Scope::all()).await.is_in_step(), "the ledger cannot know");
}

#[tokio::test(start_paused = true)]
async fn void_against_live_in_both_directions() {
    let world = World::in_step().await;
    world.ordway.reverse_invoice("INV-2", &world.today()).unwrap();
    assert_eq!(
        kinds(&world.reconcile(&Scope::all()).await),
        found(FindingKind::VoidAgainstLive, "INV-2", BOTH)
    );
    world.sync().await;
    assert!(world.reconcile(&Scope::all()).await.is_in_step(), "a sync voids it");

    world.void_by_hand("ordway:INV-1");
    let result = world.reconcile(&Scope::all()).await;
    assert_eq!(kinds(&result), found(FindingKind::VoidAgainstLive, "INV-1", &[Side::Anrok]));
    assert!(result.findings[0].text.contains("no longer counts"), "{result}");
    world.without_list();
    assert!(world.reconcile(&Scope::all()).await.is_in_step());
}

#[tokio::test(start_paused = true)]
async fn several_live_transactions_for_one_invoice() {
    let world = World::in_step().await;
    world.by_hand("ordway:INV-1:r1", 10_000);
    let result = world.reconcile(&Scope::all()).await;
    assert_eq!(kinds(&result), found(FindingKind::SeveralLive, "INV-1", &[Side::Anrok]));
    let finding = &result.findings[0];
    assert_eq!(finding.transactions, ["ordway:INV-1", "ordway:INV-1:r1"]);
    assert!(finding.remedy.contains("Void ordway:INV-1:r1"), "{finding}");
}

#[tokio::test(start_paused = true)]
async fn frozen_chains_and_anroks_own_work_are_in_step() {
    let world = World::in_step().await;
    world.anrok.freeze_through("2026-03-31");
    world.ordway.edit_lines("INV-2", |lines| lines[0]["effective_price"] = json!("130.00")).unwrap();
    world.ordway.edit_invoice("INV-2", |invoice| invoice["invoice_tax"] = json!("24.70")).unwrap();
    world.sync().await;
    assert!(world.anrok.transactions().len() > 3, "negated and made anew");
    let result = world.reconcile(&Scope::all()).await;
    assert!(result.is_in_step(), "{result}");
    world.anrok.reprocess("ordway:INV-1").unwrap();
    let result = world.reconcile(&Scope::all()).await;
    assert!(result.is_in_step(), "{result}");
    let [own] = result.reprocessed.as_slice() else { panic!("{:?}", result.reprocessed) };
    assert_eq!((own.document.id.as_str(), own.transactions.len()), ("INV-1", 2));
}

#[tokio::test(start_paused = true)]
async fn scope_by_period_currency_and_jurisdiction() {
    let world = World::in_step().await;
    world
        .ordway
        .invoice("C-1")
        .id("INV-8")
        .date("2026-02-28")
        .status("Posted")
        .line(Line::new("P-1", "1.00"))
        .create()
        .unwrap();
    let march = Scope::month(date(2026, 3, 10));
    assert!(world.reconcile(&march).await.is_in_step());
    let february = world.reconcile(&Scope::between(date(2026, 2, 1), date(2026, 3, 1))).await;
    assert_eq!(kinds(&february), found(FindingKind::Missing, "INV-8", BOTH));
    assert_eq!(february.documents, 1);
    for (scope, documents) in [
        (Scope::all().currency("EUR"), 1),
        (march.clone().currency("usd"), 2),
        (march.clone().jurisdiction("DE"), 1),
        (march.clone().jurisdiction("US"), 2),
        (march.clone().jurisdiction("us-ny").jurisdiction("de"), 3),
        (march.clone().jurisdiction("US-CA"), 0),
    ] {
        assert_eq!(world.reconcile(&scope).await.documents, documents, "{scope:?}");
    }
    // Dated into April in Ordway, on record in March: told in both.
    world.ordway.edit_invoice("INV-2", |invoice| invoice["invoice_date"] = json!("2026-04-02")).unwrap();
    let april = Scope::month(date(2026, 4, 1));
    for scope in [&march, &april] {
        assert_eq!(
            kinds(&world.reconcile(scope).await),
            found(FindingKind::DateDiffers, "INV-2", BOTH),
            "{scope:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_compared_is_told() {
    let world = World::in_step().await;
    world.ordway.edit_invoice("INV-1", |invoice| invoice["status"] = json!("Parked")).unwrap();
    world.ordway.edit_invoice("INV-2", |invoice| invoice["subtotal"] = json!("17.00")).unwrap();
    let result = world.reconcile(&Scope::all()).await;
    let told: Vec<_> = result.findings.iter().map(|f| (f.kind, f.document.id.as_str())).collect();
    assert_eq!(told, [(FindingKind::NotComparable, "INV-1"), (FindingKind::NotComparable, "INV-2")]);
    assert!(result.findings[0].text.contains("Parked"), "{result}");
    assert!(result.findings[1].text.contains("add up"), "{result}");
}

#[tokio::test(start_paused = true)]
async fn json_and_csv_as_machines_read_them() {
    let world = World::in_step().await;
    world.by_hand("ordway:=cmd|x", 7_000);
    let result = world.reconcile(&Scope::month(date(2026, 3, 1)).currency("USD")).await;
    let json = serde_json::to_value(&result).unwrap();
    assert_eq!(
        json["scope"],
        json!({"from": "2026-03-01", "to": "2026-04-01", "currencies": ["USD"], "jurisdictions": []})
    );
    assert_eq!(json["method"], "anrok_list");
    let tax = world.anrok.transaction("ordway:=cmd|x").unwrap().tax_amount_to_collect;
    assert_eq!(
        json["findings"][0],
        json!({"kind": "extra", "document_kind": "invoice", "document": "=cmd|x", "against": ["anrok"],
            "transactions": ["ordway:=cmd|x"], "date": "2026-03-10", "currency": "USD", "jurisdiction": "US-NY",
            "amount": {"ordway": null, "ledger": null, "anrok": 7000}, "tax": {"ordway": null, "ledger": null, "anrok": tax},
            "text": "Ordway does not have it; Anrok has it on record as ordway:=cmd|x",
            "remedy": "Find out why Ordway does not have it. If it must not count, void ordway:=cmd|x in Anrok; if it was moved \
                to another id, see that it is recorded under that one.",
            "disposition": "review"})
    );
    let csv = result.to_csv();
    let mut lines = csv.split("\r\n");
    assert!(lines.next().unwrap().starts_with("finding,document_kind,document,against,transactions,date"));
    let row = lines.next().unwrap();
    assert!(
        row.starts_with("extra,invoice,'=cmd|x,anrok,ordway:=cmd|x,2026-03-10,USD,US-NY,,,70.00,,,"),
        "{row}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_ledger_in_use_says_so_and_is_given_back() {
    let world = World::in_step().await;
    let fence = world.ledger.claim("s1fake/ordway", "a sync", world.clock.now()).await.unwrap();
    let refused = world.bridge_with(None, world.ledger.clone()).reconcile(&Scope::all()).await;
    assert!(
        matches!(&refused, Err(ReconcileError::Ledger(LedgerError::InUse { holder })) if holder == "a sync"),
        "{refused:?}"
    );
    world.ledger.release(&fence).await.unwrap();
    // A reading that breaks off gives the ledger back too.
    world.anrok.revoke_api_key();
    let broken = world.bridge_with(None, world.ledger.clone()).reconcile(&Scope::all()).await;
    assert!(matches!(&broken, Err(ReconcileError::Anrok(_))), "{broken:?}");
    world.anrok.restore_api_key();
    assert!(world.reconcile(&Scope::all()).await.is_in_step());
}

#[tokio::test(start_paused = true)]
async fn no_personal_data_in_any_output() {
    let world = World::in_step().await;
    world.ordway.edit_lines("INV-1", |lines| lines[0]["effective_price"] = json!("1.00")).unwrap();
    let result = world.reconcile(&Scope::all()).await;
    let all = format!("{result} {result:?} {} {} {}", result.to_csv(), result.totals_to_csv(), json!(result));
    for personal in ["42nd", "10036", "Unter den Linden", "10117", "Berlin"] {
        assert!(!all.contains(personal), "{personal}");
    }
}
