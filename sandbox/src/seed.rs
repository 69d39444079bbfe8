//! Data for a fake: recorded list pages, and seed documents.

mod document;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;
use thiserror::Error;

use crate::ordway::{Refusal, SeedCollection, seed_collection};

pub(crate) use document::At;
pub use document::Seed;

/// Why recorded pages or a seed document could not be taken. Names the file and the place.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SeedError {
    /// The folder or file cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The folder or file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The file is not JSON.
    #[error("{} is not JSON", path.display())]
    NotJson {
        /// The file.
        path: PathBuf,
        /// Line and column.
        source: serde_json::Error,
    },
    /// The text is not JSON.
    #[error("the seed is not JSON: {source}")]
    Syntax {
        /// Line and column.
        source: serde_json::Error,
    },
    /// A seed document says something that cannot be.
    #[error("{at}: {problem}; {remedy}")]
    Wrong {
        /// Where, for instance `ordway.invoices[3].customer_id`.
        at: String,
        /// What is wrong.
        problem: String,
        /// What to do.
        remedy: String,
    },
    /// The demo company is there already, or something with its ids.
    #[error("the demo company cannot be seeded: {0}; seed it into an empty company")]
    Demo(Refusal),
    /// The file is JSON but no list page.
    #[error("{}: {problem}", path.display())]
    NotAPage {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// No file of the folder is named `NAME-pageN.json`.
    #[error("{} holds no NAME-pageN.json file", path.display())]
    NoPages {
        /// The folder.
        path: PathBuf,
    },
}

/// Every record of every page in the folder, pages in order of their number.
pub(crate) fn read_folder(folder: &Path) -> Result<Vec<(SeedCollection, Value)>, SeedError> {
    let unreadable = |path: &Path| {
        let path = path.to_path_buf();
        move |source| SeedError::Unreadable { path, source }
    };
    let mut pages = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable(folder))? {
        let path = entry.map_err(unreadable(folder))?.path();
        if let Some((name, number)) = page_name(&path) {
            pages.push((name, number, path));
        }
    }
    if pages.is_empty() {
        return Err(SeedError::NoPages { path: folder.to_path_buf() });
    }
    pages.sort();
    let mut records = Vec::new();
    for (name, _, path) in pages {
        let wrong = |problem: String| SeedError::NotAPage { path: path.clone(), problem };
        let collection = seed_collection(&name).ok_or_else(|| wrong(format!("{name} is no collection")))?;
        let text = fs::read(&path).map_err(unreadable(&path))?;
        let page: Value = serde_json::from_slice(&text)
            .map_err(|source| SeedError::NotJson { path: path.clone(), source })?;
        let Value::Array(rows) = page else { return Err(wrong("is not an array".to_owned())) };
        for (index, row) in rows.into_iter().enumerate() {
            let id = row.get(collection.key).and_then(Value::as_str).unwrap_or_default();
            if id.is_empty() {
                return Err(wrong(format!("record {index} has no {}", collection.key)));
            }
            records.push((collection, row));
        }
    }
    Ok(records)
}

/// `invoices-page2.json` is page 2 of `invoices`.
fn page_name(path: &Path) -> Option<(String, u32)> {
    let stem = path.file_name()?.to_str()?.strip_suffix(".json")?;
    let (name, number) = stem.rsplit_once("-page")?;
    Some((name.to_owned(), number.parse().ok()?))
}
