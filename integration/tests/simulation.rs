//! Random worlds (`suites/simulation.rs`), 1,000 of them, and the first 20 twice.
//!
//! `SIM_SEEDS=20000` runs more worlds, `SIM_SEED=17` runs one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr
)] // tests

mod suites;
mod support;

use suites::simulation::run;

/// Worlds of a run in CI.
const SEEDS: u64 = 1000;
/// Test functions that share them, so that a test runner uses all processors.
const SHARES: u64 = 4;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn share(part: u64) {
    if let Some(seed) = number("SIM_SEED") {
        if part == 0 {
            let log = run(seed, None).unwrap_or_else(|violation| panic!("{violation}"));
            eprintln!("the world of seed {seed} ends as it should after {} requests", log.len());
        }
        return;
    }
    let seeds = number("SIM_SEEDS").unwrap_or(SEEDS);
    let mut bad = Vec::new();
    for seed in (0..seeds).filter(|seed| seed % SHARES == part) {
        if let Err(violation) = run(seed, None) {
            eprintln!(
                "{violation}\nagain: SIM_SEED={seed} cargo test -p ordway-anrok --test simulation -- --nocapture"
            );
            bad.push(seed);
        }
    }
    assert!(bad.is_empty(), "worlds that went wrong, of {seeds} in {SHARES} shares: {bad:?}");
}

#[test]
fn every_world_ends_as_if_nothing_had_happened_first_share() {
    share(0);
}

#[test]
fn every_world_ends_as_if_nothing_had_happened_second_share() {
    share(1);
}

#[test]
fn every_world_ends_as_if_nothing_had_happened_third_share() {
    share(2);
}

#[test]
fn every_world_ends_as_if_nothing_had_happened_fourth_share() {
    share(3);
}

#[test]
fn the_same_seed_gives_the_same_world() {
    for seed in 0..20 {
        let [one, other] =
            [(); 2].map(|()| run(seed, None).unwrap_or_else(|violation| panic!("{violation}")));
        let differs = one.iter().zip(&other).position(|(one, other)| one != other);
        if let Some(at) = differs {
            panic!("seed {seed}, call {at}: {} then {}", one[at], other[at]);
        }
        assert_eq!(one.len(), other.len(), "seed {seed}");
    }
}
