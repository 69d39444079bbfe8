//! The program on a machine whose clock is wrong. What depends on virtual time is in the simulation of `ordway-anrok`; this
//! is the real program, where `faketime` is installed.
#![allow(unreachable_pub)] // shared by test programs
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test that fails may panic

use std::process::Command;

use ordway_anrok_sandbox::fault::FaultPlan;
use serde_json::json;

use crate::support::{Ended, Program, Stage};

/// Whether `faketime` is installed and works.
pub fn has_faketime() -> bool {
    let tried = Command::new("faketime").args(["-f", "+0", "true"]).output();
    tried.is_ok_and(|output| output.status.success())
}

pub fn loses_nothing(program: &Program) {
    if !has_faketime() {
        eprintln!("!! SKIPPED: wrong clock of the real program: faketime is not installed");
        return;
    }
    let stage = Stage::new(program, FaultPlan::default()).company(12);
    for (round, offset) in ["-3d", "+2h", "-5m", "+3d", "-2h"].into_iter().enumerate() {
        drop(stage.invoice(round));
        let id = stage.ordway.all("invoices")[round]["id"].as_str().unwrap().to_owned();
        let price = format!("{}.35", round + 4);
        stage.ordway.edit_lines(&id, |lines| lines[0]["effective_price"] = json!(price)).unwrap();
        let sync = stage.sync();
        let mut wrong = Command::new("faketime");
        wrong
            .args(["-f", offset])
            .arg(sync.get_program())
            .args(sync.get_args())
            .current_dir(stage.folder.path());
        wrong.envs(sync.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let ended = Ended::of(&wrong.output().unwrap());
        assert_eq!(ended.code, Some(0), "{offset}: {ended:?}");
        stage.assert_as_without_faults(offset);
    }
}
