//! A line that moves while the sync works.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use ordway_anrok::{Observer, Outcome, Progress};

/// Shows documents settled and what is held, on stderr, when that is a terminal.
#[derive(Debug)]
pub struct Bar {
    line: ProgressBar,
    done: AtomicU64,
    held: AtomicU64,
}

impl Bar {
    /// A bar that shows itself with the first event.
    pub fn new() -> Self {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Self { line: bar, done: AtomicU64::new(0), held: AtomicU64::new(0) }
    }
}

impl Observer for Bar {
    fn on(&self, progress: &Progress) {
        match progress {
            Progress::Page { list, records } => self.line.set_message(format!("read {records} {list}")),
            Progress::Document { key, outcome } => {
                let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
                let open = u64::from(matches!(outcome, Outcome::Held | Outcome::Failed));
                let held = self.held.fetch_add(open, Ordering::Relaxed) + open;
                self.line
                    .set_message(format!("{done} documents, {held} held or failed; last {key}: {outcome}"));
            }
            _ => {}
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.line.finish_and_clear();
    }
}
