//! The embedded ledger: one `SQLite` file that a person can open with `sqlite3 -readonly`.

mod fault;
mod lock;
mod row;
mod schema;
mod store;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::oneshot;

use self::store::Store;
use super::{Entry, EntryFilter, Fence, Intent, Ledger, LedgerError, Stream};
use crate::document::DocumentKey;
use crate::fingerprint::{Fingerprint, FingerprintKey};

/// How long another program may keep the database locked before a call fails.
const BUSY: Duration = Duration::from_secs(10);

type Job = Box<dyn FnOnce(&mut Store) + Send>;

/// A ledger in one file.
///
/// * **Durable.** What a method has returned from survives a kill and a power loss (write-ahead log, synced on
///   every commit). A call whose future is dropped may still be carried out.
/// * **One owner.** At most one handle holds a file, be it of this process or another: [`claim`](Ledger::claim) takes
///   the operating system's lock on `FILE.lock` and answers [`LedgerError::InUse`] at once while another has it.
///   The lock ends with [`release`](Ledger::release), with the last clone of the handle, or with the process, however
///   it ends. One handle may hold several sellers. Do not remove `FILE.lock` while a sync runs.
/// * **Refusing.** A file that is damaged, cut, of another program or of a newer version is refused and left as it
///   is. Every row carries a keyed hash and is checked when it is read, so a row that was edited by hand is
///   refused as well.
/// * **Private.** Readable by its owner only. Ids, amounts, dates, keyed fingerprints and the reasons of problems;
///   no credentials, names, addresses or tax ids. The key of the fingerprints is in the file too: whoever has the
///   file can test guesses against it.
///
/// The file belongs on a local disk. To move it, end the sync first and take `FILE-wal` along where it is there, or
/// use [`backup`](SqliteLedger::backup). When a backup is put back, remove `FILE-wal` and `FILE-shm` of the old file.
///
/// Clones share the file and one thread, which does all the work, so that no executor is blocked.
///
/// ```
/// use ordway_anrok::ledger::{Ledger, SqliteLedger};
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("ledger.db");
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let ledger = SqliteLedger::open(&path)?;
/// let fence = ledger.claim("s1", "nightly sync", jiff::Timestamp::UNIX_EPOCH).await?;
/// assert_eq!(ledger.checkpoint(&fence, ordway_anrok::ledger::Stream::Invoices).await?, None);
/// ledger.release(&fence).await?;
/// # Ok::<(), ordway_anrok::ledger::LedgerError>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SqliteLedger(Arc<Worker>);

struct Worker {
    path: PathBuf,
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl SqliteLedger {
    /// Opens the ledger at `path`, or makes it where there is no file or an empty one. Nothing is claimed yet.
    ///
    /// Blocks while it reads the whole file to check it (a second or two for half a million documents).
    ///
    /// # Errors
    /// [`LedgerError::Damaged`] for anything but a whole ledger, [`LedgerError::NewerSchema`] for a newer one; both
    /// leave the file alone. [`LedgerError::Storage`] where the folder is missing, the path is a folder or a
    /// symbolic link, or the system refuses.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, LedgerError> {
        Self::open_waiting(path.as_ref(), BUSY)
    }

    fn open_waiting(path: &Path, busy: Duration) -> Result<Self, LedgerError> {
        let opened = schema::open(path, busy)?;
        let path = opened.path.clone();
        let (jobs, queue) = mpsc::channel::<Job>();
        let work = move || {
            let mut store = Store::new(opened);
            for job in queue {
                job(&mut store);
            }
        };
        let thread = std::thread::Builder::new()
            .name("ordway-anrok-ledger".to_owned())
            .spawn(work)
            .map_err(|error| fault::storage(&path, format!("no thread for the ledger: {error}")))?;
        Ok(Self(Arc::new(Worker { path, jobs: Some(jobs), thread: Some(thread) })))
    }

    /// As [`open`](Self::open), with a bug put in on purpose (this project's own tests).
    #[cfg(feature = "deliberate-bugs")]
    #[doc(hidden)]
    pub async fn open_with_bug(
        path: &Path,
        bug: Option<crate::deliberate::Bug>,
    ) -> Result<Self, LedgerError> {
        use crate::deliberate::Bug;
        let opened = match Self::open(path) {
            Err(LedgerError::Damaged { .. } | LedgerError::NewerSchema { .. })
                if bug == Some(Bug::DamagedIsReplaced) =>
            {
                for suffix in ["", "-wal", "-shm", ".lock"] {
                    let _ = std::fs::remove_file(lock::with_suffix(path, suffix));
                }
                Self::open(path)?
            }
            other => other?,
        };
        let spoilt = move |store: &mut Store| {
            store.spoil(bug);
            Ok(())
        };
        opened.call(spoilt).await?;
        Ok(opened)
    }

    /// The file, as an absolute path.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Writes a copy of the present state to the new file `to`, while the ledger is in use. The copy can be
    /// opened as a ledger.
    ///
    /// # Errors
    /// [`LedgerError::Storage`] where `to` exists already or cannot be written; nothing is left of it then.
    pub async fn backup(&self, to: impl AsRef<Path>) -> Result<(), LedgerError> {
        let to = to.as_ref().to_owned();
        self.call(move |store| store.backup(&to)).await
    }

    /// The version of the file's tables (`user_version`).
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn schema_version(&self) -> Result<i64, LedgerError> {
        self.call(|store| store.schema_version()).await
    }

    /// Has `act` done by the ledger's thread.
    async fn call<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Store) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let (reply, answer) = oneshot::channel();
        // A caller that no longer waits has nothing to be told.
        let job = Box::new(move |store: &mut Store| drop(reply.send(act(store))));
        let jobs = self.0.jobs.as_ref().ok_or_else(|| self.ended())?;
        jobs.send(job).map_err(|_| self.ended())?;
        answer.await.unwrap_or_else(|_| Err(self.ended()))
    }

    fn ended(&self) -> LedgerError {
        fault::storage(&self.0.path, "the thread of the ledger has ended; open it again")
    }
}

/// A claim on its way to the caller. Where the caller no longer waits, it is given back, so that it keeps nobody out.
struct Granted {
    fence: Option<Fence>,
    jobs: mpsc::Sender<Job>,
}

impl Drop for Granted {
    fn drop(&mut self) {
        if let Some(fence) = self.fence.take() {
            // Fails only where the thread has ended, and the claim with it.
            let _ = self.jobs.send(Box::new(move |store| drop(store.release(&fence))));
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.jobs = None;
        // Waits for the work that is queued, so that the file is free when the last handle is gone.
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for SqliteLedger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteLedger").field("path", &self.0.path).finish_non_exhaustive()
    }
}

#[async_trait]
impl Ledger for SqliteLedger {
    async fn claim(&self, seller: &str, holder: &str, now: Timestamp) -> Result<Fence, LedgerError> {
        let (seller, holder) = (seller.to_owned(), holder.to_owned());
        let jobs = self.0.jobs.clone().ok_or_else(|| self.ended())?;
        let claim = move |store: &mut Store| {
            let fence = store.claim(&seller, &holder, now)?;
            Ok(Granted { fence: Some(fence), jobs })
        };
        let mut granted = self.call(claim).await?;
        granted.fence.take().ok_or_else(|| self.ended())
    }

    async fn release(&self, fence: &Fence) -> Result<(), LedgerError> {
        let fence = fence.clone();
        self.call(move |store| store.release(&fence)).await
    }

    async fn still_mine(&self, fence: &Fence) -> Result<(), LedgerError> {
        let fence = fence.clone();
        self.call(move |store| store.still_mine(&fence)).await
    }

    async fn fingerprint_key(&self) -> Result<FingerprintKey, LedgerError> {
        self.call(|store| Ok(store.fingerprint_key())).await
    }

    async fn checkpoint(&self, fence: &Fence, stream: Stream) -> Result<Option<Timestamp>, LedgerError> {
        let fence = fence.clone();
        self.call(move |store| store.checkpoint(&fence, stream)).await
    }

    async fn advance(&self, fence: &Fence, stream: Stream, to: Timestamp) -> Result<(), LedgerError> {
        let fence = fence.clone();
        self.call(move |store| store.advance(&fence, stream, to)).await
    }

    async fn entry(&self, fence: &Fence, key: &DocumentKey) -> Result<Option<Entry>, LedgerError> {
        let (fence, key) = (fence.clone(), key.clone());
        self.call(move |store| store.entry(&fence, &key)).await
    }

    async fn begin(&self, fence: &Fence, key: &DocumentKey, intent: &Intent) -> Result<(), LedgerError> {
        let (fence, key, intent) = (fence.clone(), key.clone(), intent.clone());
        self.call(move |store| store.begin(&fence, &key, &intent)).await
    }

    async fn settle(&self, fence: &Fence, entry: &Entry) -> Result<(), LedgerError> {
        let (fence, entry) = (fence.clone(), entry.clone());
        self.call(move |store| store.settle(&fence, &entry)).await
    }

    async fn forget(&self, fence: &Fence, key: &DocumentKey) -> Result<(), LedgerError> {
        let (fence, key) = (fence.clone(), key.clone());
        self.call(move |store| store.forget(&fence, &key)).await
    }

    async fn entries(
        &self,
        fence: &Fence,
        filter: EntryFilter,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Result<Vec<Entry>, LedgerError> {
        let (fence, after) = (fence.clone(), after.cloned());
        self.call(move |store| store.entries(&fence, &filter, after.as_ref(), limit)).await
    }

    async fn peek(
        &self,
        seller: &str,
        filter: EntryFilter,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Result<Vec<Entry>, LedgerError> {
        let (seller, after) = (seller.to_owned(), after.cloned());
        self.call(move |store| store.peek(&seller, &filter, after.as_ref(), limit)).await
    }

    async fn peek_fact(&self, seller: &str, name: &str) -> Result<Option<String>, LedgerError> {
        let (seller, name) = (seller.to_owned(), name.to_owned());
        self.call(move |store| store.peek_fact(&seller, &name)).await
    }

    async fn customer_mark(&self, fence: &Fence, customer: &str) -> Result<Option<Fingerprint>, LedgerError> {
        let (fence, customer) = (fence.clone(), customer.to_owned());
        self.call(move |store| store.customer_mark(&fence, &customer)).await
    }

    async fn mark_customer(
        &self,
        fence: &Fence,
        customer: &str,
        mark: &Fingerprint,
    ) -> Result<(), LedgerError> {
        let (fence, customer, mark) = (fence.clone(), customer.to_owned(), mark.clone());
        self.call(move |store| store.mark_customer(&fence, &customer, &mark)).await
    }

    async fn fact(&self, fence: &Fence, name: &str) -> Result<Option<String>, LedgerError> {
        let (fence, name) = (fence.clone(), name.to_owned());
        self.call(move |store| store.fact(&fence, &name)).await
    }

    async fn remember(&self, fence: &Fence, name: &str, value: &str) -> Result<(), LedgerError> {
        let (fence, name, value) = (fence.clone(), name.to_owned(), value.to_owned());
        self.call(move |store| store.remember(&fence, &name, &value)).await
    }
}
