//! The conformance suite against our own fakes: everything passes, and every flipped rule fails exactly where it should.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)] // a test that fails may panic

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ordway_anrok_http::VirtualClock;
use ordway_anrok_sandbox::conformance::{ConformanceReport, OrdwayAccess, Subject, Suite, Verdict};
use ordway_anrok_sandbox::rule::{self, Assumption, Evidence};
use ordway_anrok_sandbox::{Fakes, Sandbox};

fn fakes() -> Fakes {
    Fakes::new(Arc::new(VirtualClock::starting_at("2026-08-15T12:00:00.250Z".parse().unwrap())))
}

async fn run(fakes: &Fakes) -> ConformanceReport {
    Suite::new().run(&Subject::of(fakes)).await
}

fn rules(report: &ConformanceReport, verdict: Verdict) -> BTreeSet<&'static str> {
    report.rules(verdict).collect()
}

#[tokio::test(start_paused = true)]
async fn our_own_fakes_pass_every_check() {
    let report = run(&fakes()).await;
    assert!(report.is_passed(), "{report}");
    assert_eq!(rules(&report, Verdict::NotApplicable), BTreeSet::new(), "{report}");
    // What one run leaves behind does not disturb the next.
    let used = Fakes::demo().unwrap();
    used.anrok().configure(|config| config.log_limit = 100);
    let report = Suite::new().only("void-twice").only("drafts-are-listed").run(&Subject::of(&used)).await;
    assert_eq!(report.count(Verdict::Passed), 2, "{report}");
}

#[test]
fn every_assumed_rule_has_one_check() {
    let mut checks: BTreeMap<&str, usize> = BTreeMap::new();
    for rule in Suite::rules() {
        *checks.entry(rule).or_default() += 1;
    }
    let known: BTreeSet<&str> = rule::all().map(|(_, rule)| rule.id).collect();
    for (rule, count) in &checks {
        assert!(known.contains(rule), "{rule} is no rule");
        assert_eq!(*count, 1, "{rule}");
    }
    let missing: Vec<&str> = rule::all()
        .filter(|(_, rule)| rule.evidence == Evidence::Assumed && !checks.contains_key(rule.id))
        .map(|(_, rule)| rule.id)
        .collect();
    assert!(missing.is_empty(), "assumed and not checked: {missing:?}");
}

/// Where one alternative makes another rule's check fail, too.
const ALSO: &[(&str, &[&str])] = &[
    ("tax-write-by-line-no=header-only", &["tax-write-takes-effect"]),
    ("tax-write-by-line-no=replaces-lines", &["tax-moves-header-totals"]),
    ("tax-decimals-of-currency=cut-to-two", &["tax-decimals-checked"]),
    ("tax-id-by-format-only=never-valid", &["reverse-charge"]),
];

/// The fake that an assumption is about, alone: it cannot change the other one.
fn one_side(fakes: &Fakes, assumption: Assumption) -> Subject {
    let alone = Subject::default().clock(Arc::clone(fakes.clock())).control(Arc::new(fakes.clone()));
    if matches!(assumption, Assumption::Anrok(_)) {
        return alone.anrok(
            Arc::new(fakes.anrok().clone()),
            "https://api.anrok.com",
            fakes.anrok().api_key(),
        );
    }
    let config = fakes.ordway().config();
    let access = OrdwayAccess::new(config.company, config.user_email, config.user_token, config.api_key);
    alone.ordway(Arc::new(fakes.ordway().clone()), "https://app.ordwaylabs.com/api/v1", access)
}

/// No switch is dead, and none does more than it says.
async fn flip(part: usize) {
    let mut wrong = Vec::new();
    for (_, assumption) in Assumption::all().enumerate().filter(|(number, _)| number % 2 == part) {
        let fakes = fakes();
        fakes.assume(assumption);
        let report = Suite::new().run(&one_side(&fakes, assumption)).await;
        let name = assumption.to_string();
        let also = ALSO.iter().find(|(of, _)| *of == name).map_or(&[][..], |(_, rules)| rules);
        let expected: BTreeSet<&str> = also.iter().copied().chain([assumption.rule()]).collect();
        let failed = rules(&report, Verdict::Failed);
        if failed != expected {
            let notes: Vec<String> = report
                .checks
                .iter()
                .filter(|check| check.verdict == Verdict::Failed || check.rule == assumption.rule())
                .map(|check| format!("    {}: {}", check.rule, check.note))
                .collect();
            wrong.push(format!("{name}: {failed:?}, expected {expected:?}\n{}", notes.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn every_alternative_fails_exactly_at_its_rule() {
    flip(0).await;
}

#[tokio::test(start_paused = true)]
async fn every_other_alternative_fails_exactly_at_its_rule() {
    flip(1).await;
}

#[tokio::test]
async fn the_suite_runs_over_http() {
    let fakes = Fakes::empty();
    let builder = Sandbox::builder().fakes(fakes.ordway().clone(), fakes.anrok().clone());
    let sandbox = builder.start().await.unwrap();
    let config = fakes.ordway().config();
    let access = OrdwayAccess::new(config.company, config.user_email, config.user_token, config.api_key);
    let subject = Subject::default()
        .ordway_at(&sandbox.ordway_base_url(), access)
        .and_then(|subject| subject.anrok_at(&sandbox.anrok_base_url(), fakes.anrok().api_key()))
        .unwrap();
    let report = Suite::new().run(&subject).await;
    assert!(report.is_passed(), "{report}");
    // Without a hand behind the scenes, what needs one is left out and nothing else.
    for check in report.checks.iter().filter(|check| check.verdict == Verdict::NotApplicable) {
        assert!(check.note.contains("behind the scenes") || check.note.contains("webhook"), "{check:?}");
    }
    assert!(report.count(Verdict::NotApplicable) < 20, "{report}");
}

#[tokio::test(start_paused = true)]
async fn a_read_only_run_stores_nothing() {
    let fakes = fakes();
    fakes.seed_demo().unwrap();
    let before = (fakes.export(), fakes.anrok().history().len());
    let report = Suite::new().read_only().run(&Subject::of(&fakes)).await;
    assert!(report.is_passed() && report.count(Verdict::Passed) > 20, "{report}");
    assert_eq!((fakes.export(), fakes.anrok().history().len()), before);
}

#[tokio::test(start_paused = true)]
async fn a_failure_says_what_was_expected_sent_and_seen() {
    let fakes = fakes();
    fakes.assume("void-twice=not-found".parse().unwrap());
    let report = Suite::new().only("void-twice").run(&Subject::of(&fakes)).await;
    let text = report.to_string();
    for part in [
        "FAILED",
        "void-twice",
        "assumed",
        "expected status 200, got 409",
        "/void {} -> 409",
        "a second void",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let json = report.to_json();
    assert_eq!((&json["failed"], &json["checks"][0]["verdict"]), (&1.into(), &"failed".into()));
}

#[tokio::test(start_paused = true)]
async fn no_credential_gets_into_a_report() {
    let fakes = fakes();
    fakes.assume("wrong-key-status=forbidden".parse().unwrap());
    let subject = Subject::of(&fakes);
    let report = Suite::new().run(&subject).await;
    let config = fakes.ordway().config();
    let shown = format!("{report} {report:?} {} {subject:?}", report.to_json());
    for secret in
        [config.user_token, config.api_key, config.user_email, fakes.anrok().api_key(), "DE123456789".into()]
    {
        assert!(!shown.contains(&secret), "{secret}");
    }
    assert!(!format!("{:?}", OrdwayAccess::new("a", "b", "tok-1", "key-1")).contains("-1"));
}

#[tokio::test]
async fn a_service_that_is_not_there_is_not_applicable() {
    let report = Suite::new().run(&Subject::default()).await;
    assert!(!report.is_passed());
    assert_eq!(report.count(Verdict::NotApplicable), report.checks.len());
    assert!(Subject::default().anrok_at("not a url", "x").is_err());
}
