//! The disk with the ledger is full: the program stops before it sends what it could not remember, and goes on later.
//!
//! Needs a small file system of its own: Linux, and the right to mount one (root). Says so where it cannot run.
#![allow(unreachable_pub)] // shared by test programs
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test that fails may panic

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use ordway_anrok_sandbox::fault::FaultPlan;

use crate::support::{Ended, Program, Stage};

struct Mounted(tempfile::TempDir);

impl Mounted {
    fn small() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let options = ["-t", "tmpfs", "-o", "size=16m", "tmpfs"];
        let mounted = Command::new("mount").args(options).arg(folder.path()).output();
        mounted.is_ok_and(|output| output.status.success()).then_some(Self(folder))
    }

    /// Writes until nothing fits any more but so many bytes.
    fn fill_but(&self, left: usize) {
        let mut file = fs::File::create(self.0.path().join("filler")).unwrap();
        let mut written = 0u64;
        while file.write_all(&[7; 4096]).is_ok() {
            written += 4096;
        }
        file.set_len(written.saturating_sub(left as u64)).unwrap();
    }

    fn free(&self) {
        fs::remove_file(self.0.path().join("filler")).unwrap();
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

/// Whether this machine lets a small disk be made.
pub fn can_mount() -> bool {
    Mounted::small().is_some()
}

fn run(stage: &Stage, ledger: &Path) -> Ended {
    Ended::of(&stage.sync_at(ledger).output().unwrap())
}

pub fn stops_before_sending_and_completes_when_there_is_space(program: &Program) {
    if !can_mount() {
        eprintln!("!! SKIPPED: disk full: a tmpfs cannot be mounted here (needs Linux and root)");
        return;
    }
    let disk = Mounted::small().unwrap();
    let ledger = disk.0.path().join("ledger.db");
    let stage = Stage::new(program, FaultPlan::default()).company(6);
    assert_eq!(run(&stage, &ledger).code, Some(0));
    for (round, left) in [0, 20_000, 60_000, 150_000].into_iter().enumerate() {
        (0..40).for_each(|number| drop(stage.invoice(number)));
        let (drafts, recorded) = (stage.ordway.writes().len(), stage.anrok.history().len());
        disk.fill_but(left);
        let ended = run(&stage, &ledger);
        assert_eq!(ended.code, Some(2), "{left} bytes left: {ended:?}");
        assert!(ended.stderr.contains("disk") && ended.stderr.contains("Free disk space"), "{ended:?}");
        let sent = stage.anrok.history().len() - recorded + stage.ordway.writes().len() - drafts;
        assert!(sent < 40, "{left} bytes left: it went on although it could not remember: {sent} writes");
        assert!(left > 0 || sent == 0, "{sent} writes were sent without an intent");
        let again = run(&stage, &ledger);
        assert_eq!(again.code, Some(2), "{again:?}");
        disk.free();
        let ended = run(&stage, &ledger);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        stage.assert_as_without_faults(&format!(
            "disk full, round {round}, {left} bytes left, {sent} writes sent"
        ));
    }
}
