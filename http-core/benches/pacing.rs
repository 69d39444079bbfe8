//! How much of a strict limit the pacer uses, and how many refusals that draws.
//!
//! `cargo bench -p ordway-anrok-http --bench pacing`, 30 seconds. The limit is 10 in any second, counted when a
//! request arrives; a refused one does not count and pauses everybody for a second. Prints a table; asserts nothing.
#![allow(clippy::print_stdout)] // a program whose result is its output

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ordway_anrok_http::{Chance, Clock, Pace, Pacer, Priority, SystemClock};

const LIMIT: u32 = 10;
const LENGTH: Duration = Duration::from_secs(30);
/// While the pacer learns; the second share is of what follows.
const WARM_UP: Duration = Duration::from_secs(10);
const WORKERS: usize = 8;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    // `cargo test --benches` and test runners that list tests start this program too.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    println!(
        "Pace::for_limit({LIMIT}), {WORKERS} workers, answers after 15 to 75 ms, {} s\n",
        LENGTH.as_secs()
    );
    println!(
        "{:<26}{:>8}{:>10}{:>10}{:>20}",
        "way to the server", "sent", "refused", "used", "used after 10 s"
    );
    // Together: each has its own pacer and window, and hardly any work.
    let rows = tokio::join!(
        run("direct", Duration::ZERO),
        run("0 to 5 ms of jitter", Duration::from_millis(5)),
        run("0 to 20 ms of jitter", Duration::from_millis(20)),
    );
    for row in [rows.0, rows.1, rows.2] {
        println!("{row}");
    }
}

/// One seller for [`LENGTH`]; a row of the table.
async fn run(name: &str, jitter: Duration) -> String {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let pacer = Pacer::new(Pace::for_limit(LIMIT), Arc::clone(&clock));
    let window = Arc::new(Mutex::new(Window::default()));
    let mut workers = tokio::task::JoinSet::new();
    for worker in 0..WORKERS as u64 {
        let (clock, pacer, window) = (Arc::clone(&clock), pacer.clone(), Arc::clone(&window));
        workers.spawn(async move {
            let chance = Chance::seeded(worker);
            loop {
                let _ = pacer.acquire(Priority::Background, Duration::MAX).await;
                if clock.monotonic() >= LENGTH {
                    return;
                }
                if !jitter.is_zero() {
                    clock.sleep(chance.between(Duration::ZERO, jitter)).await;
                }
                let admitted = window.lock().unwrap_or_else(PoisonError::into_inner).admit(clock.monotonic());
                clock.sleep(chance.between(Duration::from_millis(15), Duration::from_millis(75))).await;
                if admitted {
                    pacer.accepted();
                } else {
                    pacer.refused(Duration::from_secs(1));
                }
            }
        });
    }
    workers.join_all().await;
    let window = window.lock().unwrap_or_else(PoisonError::into_inner);
    let warm = window.admitted.iter().filter(|at| **at >= WARM_UP).count();
    format!(
        "{name:<26}{:>8}{:>10}{:>10}{:>20}",
        window.admitted.len() + window.refused,
        window.refused,
        share(window.admitted.len(), LENGTH),
        share(warm, LENGTH.saturating_sub(WARM_UP)),
    )
}

/// Admits [`LIMIT`] requests in any second.
#[derive(Default)]
struct Window {
    recent: VecDeque<Duration>,
    admitted: Vec<Duration>,
    refused: usize,
}

impl Window {
    fn admit(&mut self, now: Duration) -> bool {
        self.recent.retain(|at| now.saturating_sub(*at) < Duration::from_secs(1));
        if self.recent.len() >= LIMIT as usize {
            self.refused += 1;
            return false;
        }
        self.recent.push_back(now);
        self.admitted.push(now);
        true
    }
}

/// What part of the limit `admitted` requests in `length` are, in percent.
fn share(admitted: usize, length: Duration) -> String {
    let permille = admitted as u64 * 1000 / (u64::from(LIMIT) * length.as_secs()).max(1);
    format!("{}.{} %", permille / 10, permille % 10)
}
