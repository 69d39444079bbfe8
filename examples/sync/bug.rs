//! Bugs put in on purpose, for this project's own tests: not compiled into the example that users run.

use ordway_anrok::deliberate::Bug;

/// The bug that `DELIBERATE_BUG` names. A name that does not exist ends the program: a test must not run without its bug.
pub fn chosen() -> Option<Bug> {
    let name = std::env::var("DELIBERATE_BUG").ok()?;
    let found = Bug::ALL.into_iter().find(|bug| format!("{bug:?}") == name);
    if found.is_none() {
        eprintln!("DELIBERATE_BUG={name} is not a bug of this program");
        std::process::exit(70);
    }
    found
}

/// Whether it is this one.
pub fn is(bug: Bug) -> bool {
    chosen() == Some(bug)
}

/// [`Bug::AccountsPrinted`].
pub fn print_accounts() {
    if is(Bug::AccountsPrinted) {
        for name in ["ORDWAY_USER_TOKEN", "ORDWAY_API_KEY", "ANROK_API_KEY"] {
            eprintln!("{name}={:?}", std::env::var(name));
        }
    }
}
