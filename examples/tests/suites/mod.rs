//! The suites that drive a program: with the real one they find nothing, with a deliberate bug they panic.

pub mod canary;
pub mod damaged_ledger;
#[cfg(target_os = "linux")]
pub mod disk_full;
pub mod kill;
pub mod two_processes;
pub mod watch;
pub mod wrong_clock;

#[cfg(target_os = "linux")]
pub use disk_full::can_mount;

/// The suite needs Linux.
#[cfg(not(target_os = "linux"))]
pub fn can_mount() -> bool {
    false
}
