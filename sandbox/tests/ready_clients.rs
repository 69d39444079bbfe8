//! The clients that the sandbox hands out, in process and over HTTP; seeds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // a test that fails may panic

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ordway_anrok_http::VirtualClock;
use ordway_anrok_sandbox::{Fakes, Sandbox, Seed, SeedError};
use ordway_client::invoices::ListInvoices;

#[tokio::test]
async fn a_sandbox_gives_ready_clients() {
    let sandbox = Sandbox::start().await.unwrap();
    let (ordway, anrok) = (sandbox.ordway_client().unwrap(), sandbox.anrok_client().unwrap());
    ordway.check().await.unwrap();
    let mut invoices = ordway.invoices().list(ListInvoices::default());
    let mut count = 0;
    while invoices.try_next().await.unwrap().is_some() {
        count += 1;
    }
    assert_eq!(count, 21);
    assert!(!anrok.product_tax_categories().list().await.unwrap().is_empty());
    assert!(sandbox.ordway().requests_served() > 0 && sandbox.anrok().requests_served() > 0);
}

#[tokio::test(start_paused = true)]
async fn fakes_give_ready_clients_without_sockets() {
    let clock = VirtualClock::starting_at("2026-03-10T12:00:00Z".parse().unwrap());
    let fakes = Fakes::new(Arc::new(clock));
    fakes.seed_demo().unwrap();
    let (ordway, anrok) = (fakes.ordway_client().unwrap(), fakes.anrok_client().unwrap());
    assert_eq!(ordway.invoices().get(&"INV-00001".into()).await.unwrap().id.as_str(), "INV-00001");
    for _ in 0..30 {
        anrok.product_tax_categories().list().await.unwrap();
    }
    assert_eq!(fakes.anrok().refused_429(), 0);
}

fn demo_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds/demo.json")
}

/// `UPDATE_SEEDS=1` writes the file anew.
#[tokio::test(start_paused = true)]
async fn the_demo_company_is_there_as_a_file() {
    let clock = VirtualClock::starting_at("2026-03-10T12:00:00Z".parse().unwrap());
    let fakes = Fakes::new(Arc::new(clock));
    fakes.seed_demo().unwrap();
    let text = fakes.export().to_json();
    if std::env::var_os("UPDATE_SEEDS").is_some() {
        std::fs::write(demo_file(), &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(demo_file()).unwrap(), text, "run the test with UPDATE_SEEDS=1");

    let copy = Fakes::empty();
    copy.seed_file(demo_file()).unwrap();
    assert_eq!(copy.export(), fakes.export());
    for id in ["INV-00001", "INV-00020"] {
        assert_eq!(copy.ordway().get("invoices", id), fakes.ordway().get("invoices", id));
    }
    let again = copy.seed_file(demo_file()).unwrap_err().to_string();
    assert!(again.contains("already") && again.contains("seed an empty company"), "{again}");
}

#[tokio::test]
async fn a_sandbox_starts_empty_with_a_document_or_with_a_file() {
    let empty = Sandbox::builder().empty().start().await.unwrap();
    assert_eq!(empty.ordway().collections(), [""; 0]);
    let document = r#"{"format": "ordway-anrok-sandbox/1", "ordway": {"customers": [{"name": "Acme"}]}}"#;
    let small = Sandbox::builder().seed_json(document).unwrap().start().await.unwrap();
    assert_eq!(small.ordway().count("customers"), 1);
    let demo = Sandbox::builder().seed_file(demo_file()).unwrap().start().await.unwrap();
    assert_eq!((demo.ordway().count("invoices"), demo.anrok().products().len()), (21, 5));
}

#[test]
fn a_document_that_is_none_says_what_it_should_be() {
    for (text, says) in [
        ("[", "not JSON"),
        ("[]", "an object"),
        ("{}", "format"),
        (r#"{"format": "2"}"#, "ordway-anrok-sandbox/1"),
        (r#"{"format": "ordway-anrok-sandbox/1", "ordwy": {}}"#, "ordwy: there is no such member"),
    ] {
        let error = Seed::parse(text).unwrap_err().to_string();
        assert!(error.contains(says), "{text}: {error}");
    }
    assert!(matches!(Seed::read("/there/is/no/such.json"), Err(SeedError::Unreadable { .. })));
}

#[test]
fn a_seed_and_fakes_say_nothing_of_persons() {
    let fakes = Fakes::demo().unwrap();
    let shown = format!("{fakes:?} {:?}", fakes.export());
    assert!(!shown.contains("Empire") && !shown.contains("42nd") && !shown.contains("token"), "{shown}");
}

#[test]
fn the_readme_shows_a_seed_that_can_be_sown() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let blocks = readme.split("```json\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let seeds: Vec<&str> = blocks.filter(|block| block.contains("\"format\"")).collect();
    assert_eq!(seeds.len(), 1);
    let fakes = Fakes::empty();
    fakes.seed_json(seeds[0]).unwrap();
    let invoice = fakes.ordway().get("invoices", "INV-1").unwrap();
    assert_eq!((&invoice["subtotal"], &invoice["balance"]), (&"147.00".into(), &"137.00".into()));
    assert!(fakes.anrok().set_rate("us-NY", "0.05") && !fakes.anrok().set_rate("us-NY", "5"));
    let copy = Fakes::empty();
    copy.seed(&fakes.export()).unwrap();
    assert_eq!(copy.export(), fakes.export());
}
