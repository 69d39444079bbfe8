//! The real `sync` program as a process of its own, between two fakes on loopback with a fault plan in front of them.
#![allow(dead_code, unreachable_pub)] // every test program uses another part of it
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test that fails may panic

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use ordway_anrok_http::{Chance, Clock, SystemClock};
use ordway_anrok_sandbox::Sandbox;
use ordway_anrok_sandbox::anrok::{FakeAnrok, StoredTransaction, TransactionState};
use ordway_anrok_sandbox::fault::FaultPlan;
use ordway_anrok_sandbox::ordway::{Address, FakeOrdway, Line};
use serde_json::{Value, json};

/// The program that a suite is run with.
#[derive(Clone, Debug)]
pub struct Program {
    path: PathBuf,
    bug: Option<String>,
}

impl Program {
    /// The `sync` example, built beside this test.
    pub fn real() -> Self {
        let test = std::env::current_exe().unwrap();
        let path = test.parent().and_then(Path::parent).unwrap().join("examples").join("sync");
        assert!(
            path.is_file(),
            "{} is missing: build it with `cargo build -p ordway-anrok-examples --example sync` (plain `cargo test` does)",
            path.display()
        );
        Self { path, bug: None }
    }

    /// A program that takes a deliberate bug from its environment.
    pub fn with_bug(path: &str, bug: Option<String>) -> Self {
        Self { path: path.into(), bug }
    }

    /// The same program without a bug: the yardstick of a comparison.
    pub fn faultless(&self) -> Self {
        Self { bug: None, ..self.clone() }
    }

    pub fn command(&self) -> Command {
        self.told(Command::new(&self.path))
    }

    /// How long to wait for what must come. Something that a bug keeps from coming is not waited for as long.
    pub fn patience(&self) -> Duration {
        Duration::from_secs(if self.bug.is_some() { 20 } else { 60 })
    }

    /// The same with nothing else in its environment.
    pub fn command_clean(&self) -> Command {
        let mut command = Command::new(&self.path);
        command.env_clear();
        self.told(command)
    }

    fn told(&self, mut command: Command) -> Command {
        match &self.bug {
            Some(bug) => command.env("DELIBERATE_BUG", bug),
            None => command.env_remove("DELIBERATE_BUG"),
        };
        command
    }
}

/// Both fakes on loopback and a folder for the ledger.
pub struct Stage {
    program: Program,
    pub ordway: FakeOrdway,
    pub anrok: FakeAnrok,
    pub folder: tempfile::TempDir,
    days: Option<Arc<Days>>,
    sandbox: Sandbox,
    runtime: tokio::runtime::Runtime,
}

impl Stage {
    pub fn new(program: &Program, plan: FaultPlan) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        Self::of(program, FakeOrdway::new(Arc::clone(&clock)), FakeAnrok::new(clock), plan)
    }

    pub fn of(program: &Program, ordway: FakeOrdway, anrok: FakeAnrok, plan: FaultPlan) -> Self {
        anrok.configure(|config| config.rate_limit = None);
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let sandbox = Sandbox::builder().fakes(ordway.clone(), anrok.clone()).faults(plan);
        let sandbox = runtime.block_on(sandbox.start()).unwrap();
        Self {
            program: program.clone(),
            ordway,
            anrok,
            folder: tempfile::tempdir().unwrap(),
            days: None,
            sandbox,
            runtime,
        }
    }

    /// The same with weeks behind it: from one thing to the next that people do, more time passes in Ordway than a sync looks
    /// back, so that what a checkpoint has passed is not read again by chance.
    pub fn over_weeks(program: &Program, plan: FaultPlan) -> Self {
        let days = Arc::new(Days { real: SystemClock::new(), acts: AtomicU32::new(0) });
        let clock: Arc<dyn Clock> = days.clone();
        let ordway = FakeOrdway::new(clock);
        let mut stage = Self::of(program, ordway, FakeAnrok::new(Arc::new(SystemClock::new())), plan);
        stage.days = Some(days);
        stage
    }

    fn time_passes(&self) {
        if let Some(days) = &self.days {
            days.acts.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A company of two customers and so many invoices, drafts and posted ones, with cents of every kind.
    pub fn company(self, invoices: usize) -> Self {
        for (id, category) in [("P-1", "saasBusiness"), ("P-2", "digitalGoods")] {
            self.ordway.product(id, id);
            self.anrok.add_product(id, category);
        }
        let new_york = Address::new("11 W 42nd St", "New York", "NY", "10036", "United States");
        let berlin = Address::new("Unter den Linden 1", "Berlin", "", "10117", "Germany");
        for (id, currency, address) in [("C-1", "USD", new_york), ("C-2", "EUR", berlin)] {
            self.ordway.customer(id).id(id).currency(currency).bill_to(address).create().unwrap();
        }
        for number in 0..invoices {
            self.invoice(number);
        }
        self
    }

    pub fn invoice(&self, number: usize) -> String {
        let status = if number.is_multiple_of(3) { "Draft" } else { "Posted" };
        let customer = if number.is_multiple_of(4) { "C-2" } else { "C-1" };
        let price = format!("{}.{:02}", 1 + number * 7 % 400, number * 37 % 100);
        self.time_passes();
        let invoice = self.ordway.invoice(customer).status(status);
        invoice.line(Line::new("P-1", &price)).line(Line::new("P-2", "1.15")).create().unwrap()
    }

    /// The faults are over.
    pub fn calm(&self) {
        self.sandbox.faults().stop();
    }

    pub fn faults_fired(&self) -> usize {
        self.sandbox.faults().fired().len()
    }

    pub fn ledger(&self) -> PathBuf {
        self.folder.path().join("ledger.db")
    }

    /// `sync --json` on this stage, unpaced, its ledger in the stage's folder.
    pub fn sync(&self) -> Command {
        self.sync_at(&self.ledger())
    }

    pub fn sync_at(&self, ledger: &Path) -> Command {
        let mut command = self.program.command();
        command.args(["--json", "--anrok-rps", "0", "--ordway-rps", "0", "--state"]).arg(ledger);
        command.envs(self.sandbox.env()).env_remove("RUST_LOG");
        command.current_dir(self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs to the end.
    pub fn run(&self) -> Ended {
        Ended::of(&self.sync().output().unwrap())
    }

    /// Everything that a run without any fault would have made of Ordway's present data is what stands there.
    pub fn assert_as_without_faults(&self, case: &str) {
        let twin = self.twin();
        let before = twin.ordway.all("invoices");
        let ended = twin.run();
        assert_eq!(ended.code, Some(0), "{case}: {ended:?}");
        assert_eq!(live(&self.anrok), live(&twin.anrok), "{case}");
        // The tax on every draft is what the run without faults would have written.
        let untouched = |records: Vec<Value>| -> Vec<Value> { records.iter().map(taxes).collect() };
        assert_eq!(untouched(before), untouched(twin.ordway.all("invoices")), "{case}");
    }

    /// Ordway as it is now, and an Anrok that has seen nothing of it.
    fn twin(&self) -> Self {
        let twin = Self::new(&self.program.faultless(), FaultPlan::default());
        for collection in self.ordway.collections() {
            for record in self.ordway.all(&collection) {
                twin.ordway.insert(&collection, record);
            }
        }
        for product in self.anrok.products() {
            twin.anrok.add_product(&product.external_id, &product.category_id);
        }
        twin
    }

    /// Something that people do in Ordway.
    pub fn act(&self, chance: &Chance) {
        let below = |n: usize| usize::try_from(chance.u64() % n as u64).unwrap();
        let invoices = self.ordway.all("invoices");
        let invoice = &invoices[below(invoices.len())];
        let id = invoice["id"].as_str().unwrap();
        let today = today();
        self.time_passes();
        match below(8) {
            0 | 1 if invoice["status"] != "Reversed" => {
                let price = format!("{}.{:02}", 1 + below(300), below(100));
                self.ordway
                    .edit_lines(id, |lines| lines[0]["effective_price"] = json!(price))
                    .map(drop)
                    .unwrap();
            }
            2 | 3 => drop(self.ordway.post_invoice(id)),
            // Credits of an invoice that was never recorded wait for it: a matter of order, not of faults.
            4 if invoice["credits"].as_array().is_none_or(Vec::is_empty) => {
                drop(self.ordway.reverse_invoice(id, &today));
            }
            5 => drop(self.ordway.touch("invoices", id)),
            6 => drop(self.ordway.credit_invoice(id, "1")),
            _ => drop(self.invoice(below(500))),
        }
    }
}

#[allow(clippy::disallowed_methods)] // the program that is tested uses the machine's clock too
fn today() -> String {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date().to_string()
}

/// The clock of an Ordway in which 11 minutes pass whenever something is done, beginning a month ago.
#[derive(Debug)]
struct Days {
    real: SystemClock,
    acts: AtomicU32,
}

#[async_trait::async_trait]
impl Clock for Days {
    fn now(&self) -> jiff::Timestamp {
        let passed = jiff::SignedDuration::from_mins(11 * i64::from(self.acts.load(Ordering::Relaxed)));
        let a_month = jiff::SignedDuration::from_hours(30 * 24);
        (self.real.now() - a_month + passed).min(self.real.now())
    }

    fn monotonic(&self) -> Duration {
        self.real.monotonic()
    }

    async fn sleep(&self, duration: Duration) {
        self.real.sleep(duration).await;
    }
}

/// What counts at Anrok: id → body and tax.
pub fn live(anrok: &FakeAnrok) -> BTreeMap<String, (Value, i64)> {
    let lives = |transaction: &StoredTransaction| transaction.state == TransactionState::Live;
    let all = anrok.transactions();
    all.into_iter().filter(lives).map(|t| (t.id, (t.body, t.tax_amount_to_collect))).collect()
}

fn taxes(invoice: &Value) -> Value {
    let lines = invoice["line_items"].as_array().into_iter().flatten();
    json!([invoice["id"], invoice["invoice_tax"], lines.map(|line| &line["line_tax"]).collect::<Vec<_>>()])
}

/// A program that has ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    pub fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    /// The last line of stdout.
    pub fn report(&self) -> Value {
        let line = self.stdout.lines().last().unwrap_or_default();
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub fn count(&self, name: &str) -> u64 {
        self.report()["counts"][name].as_u64().unwrap()
    }
}

/// A program that runs. It is killed when the test fails.
pub struct Running(Option<Child>);

impl Running {
    pub fn start(mut command: Command) -> Self {
        Self(Some(command.spawn().unwrap()))
    }

    pub fn signal(&self, signal: &str) {
        let id = self.0.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success(), "kill {signal} {id}");
    }

    /// `kill -9`, wherever it stands.
    pub fn kill(&mut self) {
        let child = self.0.as_mut().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    pub fn has_ended(&mut self) -> bool {
        self.0.as_mut().unwrap().try_wait().unwrap().is_some()
    }

    pub fn wait(mut self) -> Ended {
        Ended::of(&self.0.take().unwrap().wait_with_output().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Waits until it is so; a minute is too long.
pub fn until(what: &str, mut so: impl FnMut() -> bool) {
    for _ in 0..6000 {
        if so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("waited a minute in vain: {what}");
}
