//! What earlier runs left open is told by every run, looked at or not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // a test that fails may panic

mod support;

use support::{World, code, outcome};

#[tokio::test(start_paused = true)]
async fn a_document_that_is_not_due_yet_stays_in_every_report() {
    let world = World::small();
    world.invoice("INV-1", "Posted", "100.00");
    world.invoice("INV-2", "Posted", "50.00");
    world.ordway.edit_invoice("INV-1", |invoice| invoice["invoice_date"] = "2099-01-01".into()).unwrap();
    for next in 3..5 {
        let report = world.sync().await;
        assert_eq!(
            (outcome(&report, "INV-1").as_str(), code(&report, "INV-1").as_str()),
            ("held", "not-due-yet")
        );
        assert!(!report.is_settled());
        // Out of the look-back: the next run sees it in the ledger only, and it is not due.
        world.pass_the_look_back().await;
        world.invoice(&format!("INV-{next}"), "Posted", "10.00");
    }
    let report = world.sync().await;
    assert_eq!(
        (outcome(&report, "INV-1").as_str(), code(&report, "INV-1").as_str()),
        ("held", "not-due-yet")
    );
    assert_eq!(report.counts.held, 1);
}
