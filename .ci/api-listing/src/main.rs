//! Prints the public API that a rustdoc JSON file describes, one item a line, without blanket, auto and derived impls.

use std::io::Write as _;

/// Written as everybody writes them; all other paths stay whole.
const PRELUDE: [(&str, &str); 5] = [
    ("core::option::Option", "Option"),
    ("core::result::Result", "Result"),
    ("alloc::string::String", "String"),
    ("alloc::vec::Vec", "Vec"),
    ("alloc::boxed::Box", "Box"),
];

/// The one method of `Debug` and `Display`: the line of the impl says as much.
const FMT: &str = "::fmt(&self, &mut core::fmt::Formatter<'_>) -> core::fmt::Result";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: api-listing FILE.json")?;
    let api = public_api::Builder::from_rustdoc_json(path)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build()?;
    let mut out = std::io::stdout().lock();
    for item in api.items() {
        let line = PRELUDE.iter().fold(item.to_string(), |line, (path, name)| line.replace(path, name));
        if !line.ends_with(FMT) {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}
