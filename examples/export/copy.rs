//! One list into one file, page by page: memory holds the pages in flight and nothing else.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use indicatif::ProgressBar;
use ordway_client::{List, Listable, Page, Reject};
use serde::Serialize;

/// What to copy, and where to.
#[derive(Debug)]
pub(crate) struct Job {
    /// Name of the list and of its file.
    pub(crate) name: &'static str,
    /// The folder.
    pub(crate) folder: PathBuf,
    /// Pages asked for ahead.
    pub(crate) in_flight: NonZeroUsize,
    /// Moves with every page.
    pub(crate) bar: ProgressBar,
}

/// A list that was copied to its end.
#[derive(Debug, Default)]
pub(crate) struct Copied {
    pub(crate) records: u64,
    /// Records that do not fit their model; copied all the same.
    pub(crate) unreadable: u64,
    /// Where and why, of the first unreadable record.
    pub(crate) first_unreadable: Option<String>,
    pub(crate) bytes: u64,
}

/// A list that was not.
#[derive(Debug)]
pub(crate) enum Failure {
    Ordway(ordway_client::Error),
    File(io::Error),
}

impl Failure {
    pub(crate) fn unknown_list() -> Self {
        Self::File(io::Error::other("no list of this name"))
    }

    /// Whether Ordway refuses the user: the other lists would fail the same way.
    pub(crate) fn is_refused_user(&self) -> bool {
        matches!(self, Self::Ordway(error) if error.status() == Some(401))
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ordway(error) if error.is_not_found() => {
                write!(f, "this company has no such list: {error}")
            }
            Self::Ordway(error) => error.fmt(f),
            Self::File(error) => write!(f, "cannot write the file: {error}"),
        }
    }
}

impl From<ordway_client::Error> for Failure {
    fn from(error: ordway_client::Error) -> Self {
        Self::Ordway(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::File(error)
    }
}

/// Copies a list. The file appears under its name when it is complete, else not at all.
pub(crate) async fn copy<T: Listable + Serialize>(list: List<T>, job: Job) -> Result<Copied, Failure> {
    let mut part = Part::create(&job.folder, job.name)?;
    let mut list = list.pages_in_flight(job.in_flight);
    while let Some(page) = list.next_page().await? {
        part.write(page)?;
        let Copied { records, bytes, .. } = part.copied;
        job.bar.set_message(format!("{}: {records} records, {}", job.name, indicatif::HumanBytes(bytes)));
    }
    Ok(part.complete()?)
}

/// A file that is being written under another name; gone where it is not completed.
struct Part {
    out: BufWriter<File>,
    path: PathBuf,
    target: PathBuf,
    copied: Copied,
    line: Vec<u8>,
    is_complete: bool,
}

impl Part {
    fn create(folder: &Path, name: &str) -> io::Result<Self> {
        let path = folder.join(format!("{name}.jsonl.part"));
        let target = folder.join(format!("{name}.jsonl"));
        let out = BufWriter::with_capacity(1 << 18, File::create(&path)?);
        Ok(Self { out, path, target, copied: Copied::default(), line: Vec::new(), is_complete: false })
    }

    /// Writes a page in the server's order: an unreadable record keeps its place among the others.
    fn write<T: Serialize>(&mut self, page: Page<T>) -> io::Result<()> {
        let mut rejects = page.rejects.into_iter().peekable();
        let mut place = 0;
        for item in page.items {
            while let Some(reject) = rejects.next_if(|reject| place_of(reject) == Some(place)) {
                self.reject(&reject)?;
                place += 1;
            }
            self.line(&item)?;
            place += 1;
        }
        rejects.try_for_each(|reject| self.reject(&reject))
    }

    fn reject(&mut self, reject: &Reject) -> io::Result<()> {
        self.copied.unreadable += 1;
        self.copied.first_unreadable.get_or_insert_with(|| reject.to_string());
        self.line(&reject.record)
    }

    fn line(&mut self, record: &impl Serialize) -> io::Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, record)?;
        self.line.push(b'\n');
        self.out.write_all(&self.line)?;
        self.copied.records += 1;
        self.copied.bytes += self.line.len() as u64;
        Ok(())
    }

    fn complete(mut self) -> io::Result<Copied> {
        self.out.flush()?;
        std::fs::rename(&self.path, &self.target)?;
        self.is_complete = true;
        Ok(std::mem::take(&mut self.copied))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.is_complete {
            // It may be gone already; there is nobody to tell.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// The place in the page, with which a path begins: `[3].line_items`.
fn place_of(reject: &Reject) -> Option<usize> {
    reject.path.strip_prefix('[')?.split(']').next()?.parse().ok()
}
