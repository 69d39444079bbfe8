//! The guide in `docs/`: its code compiles (it stands here and in the examples), its book builds, its links lead somewhere.

mod first_sync;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use mdbook_driver::MDBook;

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

fn pages() -> Vec<(PathBuf, String)> {
    let mut pages: Vec<_> = std::fs::read_dir(docs().join("src"))
        .expect("the folder of the guide")
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .map(|path| (path.clone(), std::fs::read_to_string(path).expect("a page")))
        .collect();
    pages.sort();
    assert!(pages.len() > 10, "the guide has lost its pages");
    pages
}

/// What stands between the parentheses of `[text](target)`.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("](").filter_map(|(at, _)| text.get(at + 2..)?.split(')').next())
}

#[test]
fn the_book_is_built() {
    let book = MDBook::load(docs()).expect("book.toml and SUMMARY.md");
    book.build().expect("the book");
    let built = docs().join("../target/guide");
    assert!(built.join("introduction.html").exists());
    for (path, _) in pages() {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        if name == "SUMMARY" {
            continue;
        }
        let html = std::fs::read_to_string(built.join(format!("{name}.html"))).unwrap_or_default();
        assert!(!html.is_empty(), "{name} is missing in SUMMARY.md");
        assert!(!html.contains("{{#"), "{name}: an include was not resolved");
        // A missing anchor gives an empty block without a word.
        assert!(!html.contains("<code class=\"language-rust\"></code>"), "{name}: an include found nothing");
    }
}

#[test]
fn every_include_names_a_file_and_an_anchor() {
    for (path, text) in pages() {
        for (at, _) in text.match_indices("{{#include ") {
            let target = text[at + "{{#include ".len()..].split("}}").next().expect("an end");
            let (file, anchor) = target.split_once(':').unwrap_or((target, ""));
            let file = docs().join("src").join(file);
            let content = std::fs::read_to_string(&file)
                .unwrap_or_else(|error| panic!("{}: {target}: {error}", path.display()));
            let marked = anchor.is_empty() || content.contains(&format!("ANCHOR: {anchor}\n"));
            assert!(marked, "{}: {target} has no such anchor", path.display());
        }
    }
}

#[test]
fn every_link_leads_to_a_page() {
    let pages = pages();
    let names: BTreeSet<String> =
        pages.iter().filter_map(|(path, _)| Some(path.file_name()?.to_string_lossy().into_owned())).collect();
    for (path, text) in &pages {
        for link in links(text).filter(|link| !link.starts_with('#')) {
            assert!(!link.starts_with("http"), "{}: the guide works offline: {link}", path.display());
            let page = link.split('#').next().unwrap_or_default();
            let there = names.contains(page) || docs().join("src").join(page).exists();
            assert!(there, "{}: {link} leads nowhere", path.display());
        }
    }
}

/// The programs that the guide names exist.
#[test]
fn every_command_names_a_program() {
    let manifest =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).expect("manifest");
    for (path, text) in pages() {
        for (at, _) in text.match_indices("--example ") {
            let name: String = text[at + "--example ".len()..]
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                .collect();
            assert!(
                manifest.contains(&format!("name = \"{name}\"")),
                "{}: no example {name}",
                path.display()
            );
        }
    }
}

/// Run for its refusal: without credentials the snippet says which variable is missing.
#[tokio::test]
async fn the_first_program_names_what_is_missing() {
    if ordway_anrok_examples::has_accounts() {
        eprintln!("skipped: this environment names real accounts");
        return;
    }
    let error = first_sync::sync_once().await.expect_err("no credentials").to_string();
    assert!(error.contains("ORDWAY_"), "{error}");
}
