//! The control surface of the fake Ordway: stamps, events, recorded data.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stderr)] // a test that fails may panic

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use ordway_anrok_http::VirtualClock;
use ordway_anrok_sandbox::SeedError;
use ordway_anrok_sandbox::ordway::{Address, FakeOrdway, Line, OrdwayConfig, Quirk, Verb};
use serde_json::{Value, json};

fn fake_with(config: OrdwayConfig) -> FakeOrdway {
    let clock = VirtualClock::starting_at("2026-03-10T12:00:00Z".parse().unwrap());
    FakeOrdway::with_config(Arc::new(clock), config)
}

fn fake() -> FakeOrdway {
    fake_with(OrdwayConfig::default())
}

fn stamp(fake: &FakeOrdway, collection: &str, id: &str) -> String {
    fake.get(collection, id).unwrap()["updated_date"].as_str().unwrap().to_owned()
}

#[test]
fn stamps_differ_unless_tied() {
    let fake = fake();
    let ids: Vec<String> = (0..3).map(|_| fake.insert("products", json!({}))).collect();
    assert_eq!(stamp(&fake, "products", &ids[0]), "2026-03-10T12:00:00.000Z");
    assert_eq!(stamp(&fake, "products", &ids[2]), "2026-03-10T12:00:00.002Z");
    fake.tie_timestamps(true);
    for id in &ids {
        fake.touch("products", id).unwrap();
    }
    assert_eq!(stamp(&fake, "products", &ids[0]), stamp(&fake, "products", &ids[2]));
    fake.tie_timestamps(false);
    fake.touch("products", &ids[1]).unwrap();
    assert_eq!(stamp(&fake, "products", &ids[1]), "2026-03-10T12:00:00.003Z");

    let coarse = fake_with(OrdwayConfig::default().with(Quirk::CoarseTimestamps));
    let first = coarse.insert("products", json!({}));
    let second = coarse.insert("products", json!({}));
    assert_eq!(stamp(&coarse, "products", &first), stamp(&coarse, "products", &second));
}

#[test]
fn inserted_records_keep_whatever_they_hold() {
    let fake = fake();
    let record = json!({"id": "X", "updated_date": "2020-01-01T00:00:00.000Z", "novelty": {"deep": [1, 2]}, "void": null});
    assert_eq!(fake.insert("invoices", record), "X");
    let shown = fake.get("invoices", "X").unwrap();
    assert_eq!((&shown["novelty"]["deep"][1], &shown["void"]), (&json!(2), &json!("")));
    assert_eq!(shown["updated_date"], "2020-01-01T00:00:00.000Z");
    assert_eq!(fake.insert("statements", json!({})), "STM-00001");
    assert!(fake.remove("invoices", "X"));
    assert!(!fake.remove("invoices", "X"));
    assert_eq!(fake.collections(), ["statements"]);
}

#[test]
fn changes_become_events_and_a_hook_may_look_back() {
    let fake = fake();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (sink, handle) = (Arc::clone(&seen), fake.clone());
    fake.on_event(move |event| {
        let status = handle.get("invoices", &event.id).map(|invoice| invoice["status"].clone());
        sink.lock().unwrap().push((event.class, event.verb, status));
    });
    let customer = fake.customer("Acme").bill_to(Address::blank()).create().unwrap();
    let invoice = fake.invoice(&customer).line(Line::new("P-1", "5.00")).create().unwrap();
    fake.post_invoice(&invoice).unwrap();
    fake.remove("invoices", &invoice);
    assert_eq!(
        *seen.lock().unwrap(),
        [
            ("Customer", Verb::Create, None),
            ("Invoice", Verb::Create, Some(json!("Draft"))),
            ("Invoice", Verb::Edit, Some(json!("Posted"))),
            ("Invoice", Verb::Remove, None),
        ]
    );
    let payload = fake.events()[2].payload();
    assert_eq!((&payload["object"], &payload["record"]["status"]), (&json!("Invoice"), &json!("Posted")));
}

#[test]
fn an_invoice_takes_the_snapshots_of_its_customer() {
    let fake = fake();
    let customer = fake
        .customer("Acme")
        .bill_to(Address::new("1 Main St", "Albany", "NY", "12207", "United States of America"))
        .ship_to(Address::new("2 Side St", "Oakland", "CA", "94601", "United States of America"))
        .tax_id("DE123456789")
        .create()
        .unwrap();
    let id = fake.invoice(&customer).line(Line::new("P-1", "1.50").quantity("3")).create().unwrap();
    let invoice = fake.get("invoices", &id).unwrap();
    assert_eq!(
        (&invoice["billing_contact"]["state"], &invoice["shipping_contact"]["state"]),
        (&json!("NY"), &json!("CA"))
    );
    assert_eq!((&invoice["tax_id"], &invoice["subtotal"]), (&json!("DE123456789"), &json!("4.50")));
    assert_eq!(invoice["line_items"][0]["quantity"].to_string(), "3.0");
    assert!(fake.invoice("C-NOBODY").create().is_err());
}

#[test]
fn credits_are_applied_within_the_balance() {
    let fake = fake();
    let customer = fake.customer("Acme").create().unwrap();
    let id = fake.invoice(&customer).line(Line::new("P-1", "10.00")).status("Posted").create().unwrap();
    let credit =
        |amount: &str| fake.credit(&customer).line(Line::new("P-1", amount)).apply_to(&id, amount).create();
    assert_eq!(credit("10.01").unwrap_err().status(), 422);
    let made = fake.get("credits", &credit("4.00").unwrap()).unwrap();
    assert_eq!(
        (&made["status"], &made["applied_amount"], &made["unapplied_amount"]),
        (&json!("Processed"), &json!("4.00"), &json!("0.00"))
    );
    assert_eq!(made["invoices"][0]["amount_applied"], "4.00");
    assert_eq!(fake.get("invoices", &id).unwrap()["balance"], "6.00");
    let free = fake.credit(&customer).line(Line::new("P-1", "3.00")).create().unwrap();
    assert_eq!(fake.get("credits", &free).unwrap()["unapplied_amount"], "3.00");
}

fn recorded() -> Option<PathBuf> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/fixtures/ordway-recorded"));
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED: no recorded pages in {}", folder.display());
    None
}

#[test]
fn recorded_pages_are_served_as_they_were_recorded() {
    let Some(folder) = recorded() else { return };
    let fake = fake();
    assert_eq!(fake.seed_folder(&folder).unwrap(), 116);
    assert_eq!((fake.count("customers"), fake.count("invoices"), fake.count("refunds")), (52, 51, 13));
    assert_eq!(fake.collections(), ["customers", "invoices", "refunds"], "embedded credits stay embedded");
    for (collection, pages) in [("customers", 2), ("invoices", 2), ("refunds", 1)] {
        let mut recorded = Vec::new();
        for page in 1..=pages {
            let text = std::fs::read(folder.join(format!("{collection}-page{page}.json"))).unwrap();
            recorded.extend(serde_json::from_slice::<Vec<Value>>(&text).unwrap());
        }
        // The recorder masked most customers with one and the same id: none of them may be lost.
        assert_eq!(fake.all(collection), recorded, "{collection}");
        for record in &recorded {
            assert!(fake.get(collection, record["id"].as_str().unwrap()).is_some());
        }
    }
    assert_eq!(fake.seed_folder(&folder).unwrap(), 116);
    assert_eq!(fake.count("customers"), 52, "seeding twice changes nothing");
}

#[test]
fn a_bad_seed_names_the_file_and_stores_nothing() {
    let folder = std::env::temp_dir().join(format!("ordway-seed-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let fake = fake();
    let problem = |fake: &FakeOrdway| fake.seed_folder(&folder).unwrap_err();
    assert!(matches!(problem(&fake), SeedError::NoPages { .. }));
    std::fs::write(folder.join("invoices-page1.json"), r#"[{"id": "INV-1"}]"#).unwrap();
    std::fs::write(folder.join("index.json"), "not read").unwrap();
    assert_eq!(fake.seed_folder(&folder).unwrap(), 1);
    for (file, text, why) in [
        ("spoons-page1.json", "[]", "spoons is no collection"),
        ("refunds-page1.json", "{}", "not an array"),
        ("refunds-page1.json", "[{\"id\": \"R\"}, {}]", "record 1 has no id"),
        ("refunds-page1.json", "[", "is not JSON"),
    ] {
        std::fs::write(folder.join(file), text).unwrap();
        let shown = problem(&fake).to_string();
        assert!(shown.contains(file) && shown.contains(why), "{shown}");
        std::fs::remove_file(folder.join(file)).unwrap();
    }
    assert_eq!(fake.count("refunds"), 0);
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(matches!(problem(&fake), SeedError::Unreadable { .. }));
}

#[test]
fn nothing_secret_is_shown_by_debug() {
    let fake = fake();
    let address = Address::new("1 Secret Lane", "Hidden", "", "", "");
    let customer = fake.customer("Private Person").tax_id("DE999").bill_to(address.clone());
    let config = fake.config();
    let line = Line::new("P-1", "1.00").with("description", json!("Private Person"));
    let shown = format!("{customer:?} {address:?} {line:?} {fake:?} {config:?}");
    let id = customer.create().unwrap();
    fake.invoice(&id).line(line).create().unwrap();
    let shown = format!("{shown} {:?} {:?} {:?}", fake.events(), fake.writes(), fake.request_log());
    for secret in ["Secret Lane", "Private", "DE999", &config.user_token, &config.api_key] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}
