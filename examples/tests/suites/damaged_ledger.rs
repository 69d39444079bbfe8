//! Ledger files that are damaged, cut, foreign or of a newer version: exit code 2, the remedy, and not a byte changed.
#![allow(unreachable_pub)] // shared by test programs
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test that fails may panic

use std::fs;

use ordway_anrok_sandbox::fault::FaultPlan;

use crate::support::{Ended, Program, Stage, live};

/// What `user_version` is in the header of an `SQLite` file: four bytes, big end first.
const USER_VERSION: std::ops::Range<usize> = 60..64;

pub fn is_refused_and_left_alone(program: &Program) {
    let stage = Stage::new(program, FaultPlan::default()).company(12);
    assert_eq!(stage.run().code, Some(0));
    let whole = fs::read(stage.ledger()).unwrap();
    assert!(whole.len() > 3 * 4096);
    let sent = stage.anrok.requests_served();

    let mut newer = whole.clone();
    newer[USER_VERSION].copy_from_slice(&99u32.to_be_bytes());
    let mut flipped = whole.clone();
    let middle = flipped.len() / 2;
    flipped[middle..middle + 512].fill(0xee);
    let cases = [
        ("newer", newer, vec!["schema 99", "use the newer version"]),
        ("a page overwritten", flipped, vec!["not readable as a ledger", "Restore it from a backup"]),
        ("cut in half", whole[..whole.len() / 2].to_vec(), vec!["not readable as a ledger", "backup"]),
        ("cut in the header", whole[..50].to_vec(), vec!["not readable as a ledger", "backup"]),
        (
            "a text",
            b"These are not the documents you are looking for.".to_vec(),
            vec!["not readable as a ledger"],
        ),
        ("zeros", vec![0; 8192], vec!["not readable as a ledger"]),
    ];
    for (name, bytes, words) in cases {
        let path = stage.folder.path().join("damaged.db");
        fs::write(&path, &bytes).unwrap();
        let ended = Ended::of(&stage.sync_at(&path).output().unwrap());
        assert_eq!(ended.code, Some(2), "{name}: {ended:?}");
        for word in words {
            assert!(ended.stderr.contains(word), "{name}: {word:?} is not said: {ended:?}");
        }
        assert!(!ended.stderr.contains("panicked"), "{name}: {ended:?}");
        assert_eq!(fs::read(&path).unwrap(), bytes, "{name}: the file was changed");
        fs::remove_file(&path).unwrap();
    }
    assert_eq!(stage.anrok.requests_served(), sent, "nothing was sent without a ledger");

    // Started anew, as the remedy says: what was recorded once has the same id again.
    let before = live(&stage.anrok);
    let anew = Ended::of(&stage.sync_at(&stage.folder.path().join("new.db")).output().unwrap());
    assert_eq!(anew.code, Some(0), "{anew:?}");
    assert_eq!(live(&stage.anrok), before);
}
