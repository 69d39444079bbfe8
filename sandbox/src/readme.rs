//! The generated parts of the README: `UPDATE_README=1 cargo test -p ordway-anrok-sandbox` writes them anew.

use std::fs;
use std::path::Path;

/// The README holds `text` between the two comments that bear this title.
pub(crate) fn holds(title: &str, text: &str) {
    static ONE_AT_A_TIME: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let (begin, end) = (format!("<!-- begin: {title} -->\n"), format!("<!-- end: {title} -->\n"));
    let (before, rest) = readme.split_once(&begin).unwrap_or_else(|| panic!("the README has no {begin}"));
    let (found, after) = rest.split_once(&end).unwrap_or_else(|| panic!("the README has no {end}"));
    if found != text && std::env::var_os("UPDATE_README").is_some() {
        fs::write(&path, format!("{before}{begin}{text}{end}{after}")).unwrap();
        return;
    }
    assert_eq!(found, text, "run the test with UPDATE_README=1");
}
