//! A company, an engine, and what can go wrong between them, on one virtual clock.
#![allow(dead_code, unreachable_pub)] // every test program uses another part of it
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test that fails may panic

pub mod chain;
pub mod meddle;
pub mod oracle;
pub mod watch;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use ordway_anrok::ledger::{Ledger, MemoryLedger, SqliteLedger};
use ordway_anrok::{Bridge, Report, Settings, SyncError};
use ordway_anrok_http::{Chance, Clock, Pace, Pacer, RetryPolicy, Transport, VirtualClock};
use ordway_anrok_sandbox::anrok::FakeAnrok;
use ordway_anrok_sandbox::demo::Demo;
use ordway_anrok_sandbox::fault::{Fault, FaultPlan, FaultRule, Faults, Service};
use ordway_anrok_sandbox::ordway::{Address, FakeOrdway, Line};

#[allow(unused_imports)]
pub use meddle::{Meddle, Meddled, Meddling};
pub use oracle::Oracle;
#[allow(unused_imports)]
pub use watch::{Death, Watch};

pub const USA: &str = "United States of America";

/// Both accounts and the time they share.
#[derive(Clone, Debug)]
pub struct World {
    pub clock: VirtualClock,
    pub ordway: FakeOrdway,
    pub anrok: FakeAnrok,
    pub ledger: MemoryLedger,
    pub settings: Settings,
    /// Sees every call that reaches a fake.
    pub watch: Watch,
    /// Clients keep to a pace and Anrok to its limit.
    pub paced: bool,
    pub seed: u64,
    /// Where the ledger is a file and not `ledger`.
    pub folder: Option<Arc<tempfile::TempDir>>,
    /// How far the clock of the machine that syncs is ahead of everybody else's.
    pub skew: Arc<Mutex<jiff::SignedDuration>>,
    /// Documents that were committed after others with a later `updated_date`.
    pub late: Arc<Mutex<BTreeSet<String>>>,
}

/// The clock of a machine whose wall clock is wrong.
#[derive(Debug)]
struct SkewedClock {
    right: VirtualClock,
    skew: Arc<Mutex<jiff::SignedDuration>>,
}

#[async_trait]
impl Clock for SkewedClock {
    fn now(&self) -> jiff::Timestamp {
        self.right.now() + *self.skew.lock().unwrap()
    }

    fn monotonic(&self) -> Duration {
        self.right.monotonic()
    }

    async fn sleep(&self, duration: Duration) {
        self.right.sleep(duration).await;
    }
}

impl World {
    /// Two empty accounts. Anrok does not limit, clients do not pace.
    pub fn empty() -> Self {
        let clock = VirtualClock::starting_at("2026-03-10T12:00:00Z".parse().unwrap());
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let (ordway, anrok) = (FakeOrdway::new(Arc::clone(&shared)), FakeAnrok::new(shared));
        anrok.configure(|config| config.rate_limit = None);
        let watch = Watch::default();
        Self {
            clock,
            ordway,
            anrok,
            ledger: MemoryLedger::new(),
            settings: Settings::default(),
            watch,
            paced: false,
            seed: 1,
            folder: None,
            skew: Arc::default(),
            late: Arc::default(),
        }
    }

    /// The same with a ledger in an `SQLite` file.
    #[must_use]
    pub fn on_file(mut self) -> Self {
        self.folder = Some(Arc::new(tempfile::tempdir().unwrap()));
        self
    }

    /// The ledger as a process finds it when it starts.
    pub fn store(&self) -> Arc<dyn Ledger> {
        match &self.folder {
            Some(folder) => Arc::new(SqliteLedger::open(folder.path().join("ledger.db")).unwrap()),
            None => Arc::new(self.ledger.clone()),
        }
    }

    /// The machine's clock is so far ahead of the rest of the world (or behind).
    pub fn skew_by(&self, skew: jiff::SignedDuration) {
        *self.skew.lock().unwrap() = skew;
    }

    /// The demo company.
    pub fn demo() -> Self {
        let world = Self::empty();
        Demo::seed(&world.ordway).unwrap();
        Demo::seed_anrok(&world.anrok);
        world
    }

    /// One product of each kind, and one customer in New York, `C-1`.
    pub fn small() -> Self {
        let world = Self::empty();
        for (id, category) in [
            ("P-1", "saasBusiness"),
            ("P-2", "digitalGoods"),
            ("P-3", "physicalGoods"),
            ("P-9", "nonTaxable"),
        ] {
            world.ordway.product(id, id);
            world.anrok.add_product(id, category);
        }
        world.ordway.product("P-UNMAPPED", "Nobody mapped it");
        world.customer("C-1", "USD", &new_york());
        world
    }

    pub fn customer(&self, id: &str, currency: &str, address: &Address) {
        self.ordway.customer(id).id(id).currency(currency).bill_to(address.clone()).create().unwrap();
    }

    /// An invoice of `C-1`, dated today, with one line.
    pub fn invoice(&self, id: &str, status: &str, price: &str) -> String {
        let line = Line::new("P-1", price);
        self.ordway.invoice("C-1").id(id).status(status).line(line).create().unwrap()
    }

    pub fn today(&self) -> String {
        self.clock.now().to_zoned(jiff::tz::TimeZone::UTC).date().to_string()
    }

    /// Lets time pass.
    pub async fn pass(&self, time: Duration) {
        self.clock.sleep(time).await;
    }

    /// Past the look-back: what did not change is not read again.
    pub async fn pass_the_look_back(&self) {
        self.pass(Duration::from_secs(3600)).await;
    }

    pub fn faults(&self, plan: FaultPlan) -> Faults {
        Faults::new(plan, Arc::new(self.clock.clone()))
    }

    /// A fault for both services.
    pub fn always(&self, fault: Fault) -> Faults {
        self.faults(FaultPlan::seeded(self.seed).rule(FaultRule::new(fault)))
    }

    /// A bridge whose calls go through `faults`; a process of its own.
    pub fn bridge_with(&self, faults: Option<&Faults>, ledger: impl Ledger + 'static) -> Bridge {
        let (ordway, anrok) = self.clients(faults);
        let builder = Bridge::builder(ordway, anrok).ledger(ledger).settings(self.settings.clone());
        builder.clock(self.machine_clock()).unchecked()
    }

    fn machine_clock(&self) -> Arc<dyn Clock> {
        Arc::new(SkewedClock { right: self.clock.clone(), skew: Arc::clone(&self.skew) })
    }

    pub fn clients(&self, faults: Option<&Faults>) -> (ordway_client::Client, anrok_client::Client) {
        let ordway = self.watch.around(Service::Ordway, self.ordway.clone(), &self.ordway);
        let anrok = self.watch.around(Service::Anrok, self.anrok.clone(), &self.ordway);
        let (ordway, anrok): (Arc<dyn Transport>, Arc<dyn Transport>) = match faults {
            Some(faults) => {
                (Arc::new(faults.wrap(Service::Ordway, ordway)), Arc::new(faults.wrap(Service::Anrok, anrok)))
            }
            None => (Arc::new(ordway), Arc::new(anrok)),
        };
        let clock = self.machine_clock();
        let pacer = |limit| {
            if self.paced {
                Pacer::new(Pace::for_limit(limit), Arc::clone(&clock))
            } else {
                Pacer::unlimited()
            }
        };
        let config = self.ordway.config();
        let credentials = ordway_client::Credentials::new(
            config.company.clone(),
            config.user_email.clone(),
            config.user_token.clone().into(),
            config.api_key.clone().into(),
        );
        let ordway = ordway_client::Client::builder(credentials)
            .transport(ordway)
            .clock(Arc::clone(&clock))
            .chance(Chance::seeded(self.seed))
            .pacer(pacer(20))
            .build()
            .unwrap();
        let anrok = anrok_client::Client::builder(self.anrok.api_key().parse().unwrap())
            .transport(anrok)
            .clock(Arc::clone(&clock))
            .chance(Chance::seeded(self.seed + 1))
            .retry_policy(RetryPolicy::default())
            .pacer(pacer(10))
            .build()
            .unwrap();
        (ordway, anrok)
    }

    /// A sync by a new process on the same ledger, without faults.
    pub async fn sync(&self) -> Report {
        self.try_sync(None).await.unwrap()
    }

    /// A sync by a new process whose calls go through `faults`.
    pub async fn sync_through(&self, faults: &Faults) -> Report {
        self.try_sync(Some(faults)).await.unwrap()
    }

    pub async fn try_sync(&self, faults: Option<&Faults>) -> Result<Report, SyncError> {
        self.bridge_with(faults, Meddled::new(self.store(), Meddle::default())).sync().await
    }

    /// A sync of a process whose ledger is meddled with.
    pub fn meddled_bridge(&self, meddle: &Meddle) -> Bridge {
        self.bridge_with(None, Meddled::new(self.store(), meddle.clone()))
    }

    /// The change of a record reaches the table only now, with the time at which it was begun.
    pub fn commit_late(&self, collection: &str, id: &str, begun: jiff::Timestamp) {
        let mut record = self.ordway.get(collection, id).unwrap();
        record["updated_date"] = serde_json::json!(format!("{begun:.3}"));
        self.ordway.insert(collection, record);
        self.late.lock().unwrap().insert(id.to_owned());
    }

    /// A sync, and how many requests of each kind it made.
    pub async fn sync_counting(&self) -> (Report, Calls) {
        let before = Calls::of(self);
        let report = self.sync().await;
        (report, Calls::of(self).since(&before))
    }

    /// Everything must be as it should be, and stay so without a single write.
    pub async fn check(&self) -> Report {
        self.verdict().await.unwrap_or_else(|what| panic!("{what}"))
    }

    /// What [`World::check`] says, for a suite that goes on.
    pub async fn verdict(&self) -> Result<Report, String> {
        let report = Oracle::new(self).verdict().await?;
        let wrong = chain::wrong_chains(self).await;
        if wrong.is_empty() { Ok(report) } else { Err(wrong.join("\n")) }
    }

    /// What the ledger wrote down adds up to what Anrok holds, document by document.
    pub async fn check_chains(&self) {
        let wrong = chain::wrong_chains(self).await;
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

/// How many requests of each kind reached the fakes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    pub preview: usize,
    pub record: usize,
    pub void: usize,
    pub negate: usize,
    pub anrok_other: usize,
    /// Reads of Ordway by id.
    pub read: usize,
    /// Reads of Ordway's lists.
    pub list: usize,
    pub write: usize,
}

impl Calls {
    pub fn of(world: &World) -> Self {
        let mut calls = Self::default();
        for request in world.anrok.request_log() {
            match request.operation {
                "transactions.createEphemeral" => calls.preview += 1,
                "transactions.createOrUpdate" => calls.record += 1,
                "transactions.void" => calls.void += 1,
                "transactions.createNegation" => calls.negate += 1,
                _ => calls.anrok_other += 1,
            }
        }
        for request in world.ordway.request_log() {
            let by_id = request.path.trim_start_matches("/api/v1/").contains('/');
            match (request.method == http::Method::GET, by_id) {
                (false, _) => calls.write += 1,
                (true, true) => calls.read += 1,
                (true, false) => calls.list += 1,
            }
        }
        calls
    }

    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        Self {
            preview: self.preview - before.preview,
            record: self.record - before.record,
            void: self.void - before.void,
            negate: self.negate - before.negate,
            anrok_other: self.anrok_other - before.anrok_other,
            read: self.read - before.read,
            list: self.list - before.list,
            write: self.write - before.write,
        }
    }

    pub fn anrok(&self) -> usize {
        self.preview + self.record + self.void + self.negate + self.anrok_other
    }

    /// Calls that compute or change something.
    pub fn effects(&self) -> usize {
        self.anrok() + self.write
    }
}

pub fn new_york() -> Address {
    Address::new("11 W 42nd St", "New York", "NY", "10036", USA)
}

pub fn berlin() -> Address {
    Address::new("Unter den Linden 1", "Berlin", "", "10117", "Germany")
}

pub fn outcome(report: &Report, id: &str) -> String {
    let found = report.documents.iter().find(|document| document.id == id);
    found.map_or_else(|| "unchanged".to_owned(), |document| document.outcome.to_string())
}

pub fn code(report: &Report, id: &str) -> String {
    let found = report.documents.iter().find(|document| document.id == id);
    found.and_then(|document| document.code).unwrap_or_default()
}
