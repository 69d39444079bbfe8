//! The bridge between the two accounts.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt as _;
use ordway_anrok_http::{Chance, Clock};
use tokio::sync::Notify;

use crate::connect::{self, ConnectError, DataSource};
use crate::document::DocumentKey;
use crate::engine::{Ended, Kept, Pass, Run, Setup, Stop};
use crate::fingerprint::FingerprintKey;
use crate::hold::Disposition;
use crate::intake::Intake;
use crate::ledger::{Fence, Ledger, LedgerError, MemoryLedger};
use crate::plan::{Binding, Plan, PlanError, PlannedDocument};
use crate::progress::Observer;
use crate::report::{Report, Requests};
use crate::settings::Settings;

/// Two connected accounts and the ledger between them.
///
/// ```no_run
/// use ordway_anrok::{Bridge, ledger::SqliteLedger};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let ordway = ordway_client::Client::builder(ordway_client::Credentials::from_env()?).build()?;
/// let anrok = anrok_client::Client::builder(anrok_client::ApiKey::from_env()?).build()?;
/// let bridge = Bridge::builder(ordway, anrok).ledger(SqliteLedger::open("tax-ledger.db")?).connect().await?;
/// let report = bridge.sync().await?;
/// for held in report.held() {
///     println!("{}: {}", held.id, held.remedy.as_deref().unwrap_or_default());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Bridge {
    pub(crate) ordway: ordway_client::Client,
    pub(crate) anrok: anrok_client::Client,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) observer: Option<Arc<dyn Observer>>,
    pub(crate) holder: String,
    pub(crate) cancel: Arc<Cancel>,
    pub(crate) chance: Chance,
    pub(crate) data_source: Option<DataSource>,
    before: Arc<Mutex<Requests>>,
    anrok_on_demand: bool,
    anrok_proven: Arc<AtomicBool>,
}

/// Collects what a [`Bridge`] is made of.
#[derive(Debug)]
#[must_use]
pub struct BridgeBuilder(Bridge);

/// Why a sync ended without settling everything it could have.
#[derive(Debug)]
#[non_exhaustive]
pub enum SyncError {
    /// A service refused the credentials midway. What was done stands in the report; the rest is pending.
    Refused {
        /// What the service said.
        reason: String,
        /// What was done before.
        report: Box<Report>,
    },
    /// The ledger cannot be used. Nothing was sent that it does not know of.
    Ledger {
        /// Why.
        source: LedgerError,
        /// What was done before, where the run had begun.
        report: Option<Box<Report>>,
    },
}

impl fmt::Display for SyncError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { reason, .. } => write!(f, "the run was stopped: {reason}"),
            Self::Ledger { source, .. } => source.fmt(f),
        }
    }
}

impl std::error::Error for SyncError {}

impl SyncError {
    pub(crate) fn stopped(stop: Stop, report: Report) -> Self {
        let report = Box::new(report);
        match stop {
            Stop::Refused { reason, .. } => Self::Refused { reason, report },
            Stop::Ledger(source) => Self::Ledger { source, report: Some(report) },
        }
    }

    /// Who has to act.
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::Refused { .. } => Disposition::FixConfiguration,
            Self::Ledger { source, .. } => source.disposition(),
        }
    }

    /// What to do. `Display` says what happened, and as a rule this with the particulars.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Refused { .. } => {
                "Correct the credential that is named; the documents not reached stay pending and are taken up by the next run."
            }
            Self::Ledger { source, .. } => source.remedy(),
        }
    }

    /// What was done before the run ended.
    pub fn report(&self) -> Option<&Report> {
        match self {
            Self::Refused { report, .. } => Some(report),
            Self::Ledger { report, .. } => report.as_deref(),
        }
    }
}

/// What a run works on.
enum Work {
    /// What changed and what is open.
    Everything,
    /// One document.
    One(DocumentKey),
    /// A plan.
    Planned(Vec<PlannedDocument>),
}

/// Why a plan was not executed, or not to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// It is not a plan for these accounts and this ledger. Nothing was done.
    #[error(transparent)]
    Plan(PlanError),
    /// The run ended early.
    #[error(transparent)]
    Sync(SyncError),
}

/// What would bring one document in step. From [`Bridge::correct`]; `Display` shows the steps.
#[derive(Clone, Debug)]
#[must_use = "nothing is corrected until it is applied"]
pub struct Correction {
    bridge: Bridge,
    document: DocumentKey,
    plan: Plan,
}

impl Correction {
    /// The document.
    pub fn document(&self) -> &DocumentKey {
        &self.document
    }

    /// The plan, which may be stored and applied later by [`Bridge::apply`].
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What is to be done; `None` where nothing is, or where it is held: the plan's report says which.
    pub fn steps(&self) -> Option<&PlannedDocument> {
        self.plan.documents.iter().find(|planned| planned.key == self.document)
    }

    /// Executes exactly these steps; refuses where the document or what is on record changed since.
    ///
    /// # Errors
    /// [`ApplyError`].
    pub async fn apply(&self) -> Result<Report, ApplyError> {
        self.bridge.apply(&self.plan).await
    }
}

impl fmt::Display for Correction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.plan.fmt(f)
    }
}

/// Asks a running sync to end: requests in flight are finished, what they did is stored, the report is made.
#[derive(Clone, Debug)]
pub struct Canceller(Arc<Cancel>);

impl Canceller {
    /// Asks.
    pub fn cancel(&self) {
        self.0.asked.store(true, Ordering::Relaxed);
        self.0.told.notify_one();
    }
}

/// Whether somebody asked, and a bell for a watch that waits.
#[derive(Debug, Default)]
pub(crate) struct Cancel {
    pub(crate) asked: AtomicBool,
    told: Notify,
}

impl Cancel {
    pub(crate) fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// Returns once somebody asks, or has asked.
    pub(crate) async fn asked(&self) {
        while !self.is_asked() {
            self.told.notified().await;
        }
    }
}

impl Bridge {
    /// A bridge between these accounts, with a ledger in memory until another one is given.
    pub fn builder(ordway: ordway_client::Client, anrok: anrok_client::Client) -> BridgeBuilder {
        let clock = Arc::clone(ordway.clock());
        let before = Requests::new(ordway.requests_sent(), anrok.requests_sent());
        BridgeBuilder(Self {
            ordway,
            anrok,
            ledger: Arc::new(MemoryLedger::new()),
            settings: Settings::default(),
            clock,
            observer: None,
            holder: format!("process {}", std::process::id()),
            cancel: Arc::default(),
            chance: Chance::system(),
            data_source: None,
            before: Arc::new(Mutex::new(before)),
            anrok_on_demand: false,
            anrok_proven: Arc::new(AtomicBool::new(false)),
        })
    }

    /// Reads what changed, settles it, and reports. Safe to kill at any moment and to run again. With
    /// [`Settings::dry_run`] it is [`Bridge::plan`]'s report.
    ///
    /// # Errors
    /// [`SyncError`]; documents that are held or failed are no error but part of the report.
    pub async fn sync(&self) -> Result<Report, SyncError> {
        Ok(self.claimed(&self.settings, Work::Everything).await?.report)
    }

    /// What a sync would do, call by call, with tax before and after. Reads only: Anrok is asked for tax by the call that
    /// stores nothing, and for the locked returns where the seller may list them.
    ///
    /// # Errors
    /// [`SyncError`].
    pub async fn plan(&self) -> Result<Plan, SyncError> {
        self.planned(Work::Everything).await
    }

    /// What would bring one document in step: update; or, where its return is locked, what [`FrozenPolicy`] says; or what
    /// undoes it. Reads only; [`Correction::apply`] executes exactly that.
    ///
    /// [`FrozenPolicy`]: crate::FrozenPolicy
    ///
    /// # Errors
    /// [`SyncError`].
    pub async fn correct(&self, document: &DocumentKey) -> Result<Correction, SyncError> {
        let plan = self.planned(Work::One(document.clone())).await?;
        Ok(Correction { bridge: self.clone(), document: document.clone(), plan })
    }

    /// Executes a plan: each document is read again, and a step is refused (held with code `plan-outdated`, nothing
    /// remembered) where the document or what is on record changed since. What an earlier try of the same plan did is
    /// recognised. No list is read and no checkpoint moved.
    ///
    /// # Errors
    /// [`ApplyError::Plan`] where the plan is for other accounts or another ledger, or was edited: nothing was done.
    /// [`ApplyError::Sync`] as from [`Bridge::sync`].
    pub async fn apply(&self, plan: &Plan) -> Result<Report, ApplyError> {
        let key = self.ledger.fingerprint_key().await;
        let key = key.map_err(|source| ApplyError::Sync(SyncError::Ledger { source, report: None }))?;
        self.binding(&key).check(plan).map_err(ApplyError::Plan)?;
        let ended = self.claimed(&self.settings, Work::Planned(plan.documents.clone())).await;
        Ok(ended.map_err(ApplyError::Sync)?.report)
    }

    async fn planned(&self, work: Work) -> Result<Plan, SyncError> {
        let settings = Settings { dry_run: true, ..self.settings.clone() };
        let made_at = self.clock.now();
        let Ended { report, planned, .. } = self.claimed(&settings, work).await?;
        let key = self.ledger.fingerprint_key().await;
        let key = key.map_err(|source| SyncError::Ledger { source, report: None })?;
        Ok(self.binding(&key).plan(planned, report, made_at))
    }

    fn binding<'a>(&'a self, key: &'a FingerprintKey) -> Binding<'a> {
        Binding { seller: self.stream(), company: self.ordway.company(), key }
    }

    async fn claimed(&self, settings: &Settings, work: Work) -> Result<Ended, SyncError> {
        let plain = |source| SyncError::Ledger { source, report: None };
        let fence = self.ledger.claim(&self.stream(), &self.holder, self.clock.now()).await.map_err(plain)?;
        let outcome = self.work_on(settings, fence.clone(), work).await;
        let released = self.ledger.release(&fence).await;
        let ended = outcome?;
        match released {
            Ok(()) => Ok(ended),
            Err(source) => Err(SyncError::Ledger { source, report: Some(Box::new(ended.report)) }),
        }
    }

    /// A pass of its own, with nothing going on beside it.
    pub(crate) async fn one_pass(&self, fence: Fence, pass: &Pass) -> Result<Report, SyncError> {
        let ended = self.run(fence, pass, None, Arc::default()).await;
        let Ended { report, stop, .. } =
            ended.map_err(|source| SyncError::Ledger { source, report: None })?;
        match stop {
            None => Ok(report),
            Some(stop) => Err(SyncError::stopped(stop, report)),
        }
    }

    /// The outcome, once the claim is given back.
    pub(crate) async fn give_back(
        &self,
        fence: &Fence,
        outcome: Result<Report, SyncError>,
    ) -> Result<Report, SyncError> {
        let released = self.ledger.release(fence).await;
        let report = outcome?;
        match released {
            Ok(()) => Ok(report),
            Err(source) => Err(SyncError::Ledger { source, report: Some(Box::new(report)) }),
        }
    }

    pub(crate) async fn run(
        &self,
        fence: Fence,
        pass: &Pass,
        intake: Option<&Intake>,
        kept: Arc<Kept>,
    ) -> Result<Ended, LedgerError> {
        let mut setup = self.setup(&self.settings, self.observer.as_deref(), fence);
        setup.kept = kept;
        let run = Run::new(setup).await?;
        let ended = run.execute(pass, intake).boxed().await;
        // What was sent between two runs (connecting, a check-up) counts with the later one.
        *self.before.lock().unwrap_or_else(PoisonError::into_inner) =
            Requests::new(self.ordway.requests_sent(), self.anrok.requests_sent());
        Ok(ended)
    }

    async fn work_on(&self, settings: &Settings, fence: Fence, work: Work) -> Result<Ended, SyncError> {
        let (applying, one) = match work {
            Work::Everything => (None, None),
            Work::One(document) => (None, Some(document)),
            Work::Planned(documents) => (Some(documents), None),
        };
        let applies = applying.is_some();
        let mut setup = self.setup(settings, self.observer.as_deref(), fence);
        setup.applying = applying;
        setup.plans = true;
        let run = Run::new(setup).await.map_err(|source| SyncError::Ledger { source, report: None })?;
        let ended = match one {
            Some(document) => Box::pin(run.plan_one(&document)).await,
            None if applies => Box::pin(run.apply()).await,
            None => Box::pin(run.execute(&Pass::Full { compare: true }, None)).await,
        };
        // What was sent between two runs (connecting, a check-up) counts with the later one.
        *self.before.lock().unwrap_or_else(PoisonError::into_inner) =
            Requests::new(self.ordway.requests_sent(), self.anrok.requests_sent());
        match ended.stop {
            None => Ok(ended),
            Some(stop) => Err(SyncError::stopped(stop, ended.report)),
        }
    }

    /// What a run of this bridge is made with.
    pub(crate) fn setup<'a>(
        &'a self,
        settings: &'a Settings,
        observer: Option<&'a dyn Observer>,
        fence: Fence,
    ) -> Setup<'a> {
        Setup {
            ordway: &self.ordway,
            anrok: &self.anrok,
            ledger: &*self.ledger,
            settings,
            clock: Arc::clone(&self.clock),
            observer,
            cancel: &self.cancel.asked,
            anrok_proven: &self.anrok_proven,
            fence,
            requests_before: *self.before.lock().unwrap_or_else(PoisonError::into_inner),
            chance: &self.chance,
            kept: Arc::default(),
            applying: None,
            plans: false,
            answering: None,
        }
    }

    /// The name of the stream in the ledger: one seller, one id prefix.
    pub(crate) fn stream(&self) -> String {
        format!("{}/{}", self.anrok.seller_id(), self.settings.rules.prefix)
    }

    /// A handle that ends running and later syncs of this bridge.
    pub fn canceller(&self) -> Canceller {
        Canceller(Arc::clone(&self.cancel))
    }

    /// The Ordway client.
    pub fn ordway(&self) -> &ordway_client::Client {
        &self.ordway
    }

    /// The Anrok client.
    pub fn anrok(&self) -> &anrok_client::Client {
        &self.anrok
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The data source, where one was given.
    pub fn data_source(&self) -> Option<&DataSource> {
        self.data_source.as_ref()
    }
}

impl BridgeBuilder {
    /// Where the sync remembers. Without one it forgets when the process ends.
    pub fn ledger(mut self, ledger: impl Ledger + 'static) -> Self {
        self.0.ledger = Arc::new(ledger);
        self
    }

    /// The settings.
    pub fn settings(mut self, settings: Settings) -> Self {
        self.0.settings = settings;
        self
    }

    /// What the connection is to Anrok.
    pub fn data_source(mut self, data_source: DataSource) -> Self {
        self.0.data_source = Some(data_source);
        self
    }

    /// Time; by default the Ordway client's clock.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.0.clock = clock;
        self
    }

    /// Chance for the waits between tries; a seeded one makes a watch repeatable.
    pub fn chance(mut self, chance: Chance) -> Self {
        self.0.chance = chance;
        self
    }

    /// Listens while a sync works.
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.0.observer = Some(Arc::new(observer));
        self
    }

    /// Who claims the ledger, for the message that another process sees.
    pub fn holder(mut self, holder: impl Into<String>) -> Self {
        self.0.holder = holder.into();
        self
    }

    /// Tries the Anrok key only when the first document needs it: a sync that finds nothing to do then costs Anrok no call
    /// at all. A refused key ends that sync with [`SyncError::Refused`] before anything is written.
    pub fn anrok_on_demand(mut self) -> Self {
        self.0.anrok_on_demand = true;
        self
    }

    /// Checks both accounts by reading, and gives the bridge.
    ///
    /// # Errors
    /// [`ConnectError`], which names the service, the credential at fault and the remedy.
    pub async fn connect(self) -> Result<Bridge, ConnectError> {
        connect::check_ordway(&self.0.ordway).await?;
        if !self.0.anrok_on_demand {
            connect::check_anrok(&self.0.anrok).await?;
            self.0.anrok_proven.store(true, Ordering::Relaxed);
        }
        if let Some(id) = self.0.data_source.as_ref().and_then(|source| source.integration_id.as_deref()) {
            connect::mappings(&self.0.anrok, id).await?;
        }
        Ok(self.0)
    }

    /// The bridge without asking either account anything, for tests and for callers that checked themselves.
    pub fn unchecked(self) -> Bridge {
        self.0.anrok_proven.store(true, Ordering::Relaxed);
        self.0
    }
}
