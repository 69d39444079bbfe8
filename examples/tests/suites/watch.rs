//! `sync --watch` as a program of its own, against the sandbox: webhooks, lost webhooks, signals.
#![allow(unreachable_pub)] // shared by test programs
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test that fails may panic

use std::process::{Output, Stdio};
use std::time::Duration;

use ordway_anrok_sandbox::Sandbox;
use ordway_anrok_sandbox::fault::{Outage, Preset, Service};
use ordway_anrok_sandbox::ordway::{Address, Line};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};

use crate::support::Program;

const SECRET: &str = "not-a-secret-outside-of-this-test";

struct Watch {
    child: Child,
    stderr: Lines<BufReader<ChildStderr>>,
    patience: Duration,
    _folder: tempfile::TempDir,
}

impl Watch {
    fn start(program: &Program, sandbox: &Sandbox, flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::from(program.command_clean())
            .args(["--watch", "--json", "--state"])
            .arg(folder.path().join("ledger.db"))
            .args(flags)
            .envs(sandbox.env())
            .env("WATCH_TEST_SECRET", SECRET)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, stderr, patience: program.patience(), _folder: folder }
    }

    /// The rest of the first line that holds `text`.
    async fn says(&mut self, text: &str) -> String {
        let looking = async {
            while let Some(line) = self.stderr.next_line().await.unwrap() {
                if let Some((_, rest)) = line.split_once(text) {
                    return rest.to_owned();
                }
            }
            panic!("it ended without saying {text:?}")
        };
        tokio::time::timeout(self.patience, looking)
            .await
            .unwrap_or_else(|_| panic!("it does not say {text:?}"))
    }

    /// Asks it to end, and gives its exit code and its report.
    async fn end(self, signal: &str) -> (Option<i32>, Value) {
        let Self { child, mut stderr, patience, _folder } = self;
        let id = child.id().unwrap().to_string();
        // Somebody has to go on reading, or it could not go on writing.
        let reading = tokio::spawn(async move { while let Ok(Some(_)) = stderr.next_line().await {} });
        assert!(Command::new("kill").args([signal, &id]).status().await.unwrap().success());
        let ended = tokio::time::timeout(patience, child.wait_with_output()).await;
        let Output { status, stdout, .. } = ended.expect("it ends when it is asked to").unwrap();
        reading.await.unwrap();
        let stdout = String::from_utf8(stdout).unwrap();
        let last = stdout.lines().last().expect("a report is printed");
        (status.code(), serde_json::from_str(last).unwrap())
    }
}

async fn company() -> Sandbox {
    let sandbox = Sandbox::builder().empty().start().await.unwrap();
    sandbox.ordway().product("P-1", "A product");
    sandbox.anrok().add_product("P-1", "saasBusiness");
    let address = Address::new("11 W 42nd St", "New York", "NY", "10036", "United States of America");
    sandbox.ordway().customer("C-1").id("C-1").currency("USD").bill_to(address).create().unwrap();
    sandbox
}

fn posted(sandbox: &Sandbox, id: &str) {
    let line = Line::new("P-1", "100.00");
    sandbox.ordway().invoice("C-1").id(id).status("Posted").line(line).create().unwrap();
}

/// How long it takes until the invoice is on record.
async fn recorded(sandbox: &Sandbox, id: &str, patience: Duration) -> Duration {
    let begun = tokio::time::Instant::now();
    while sandbox.anrok().transaction(&format!("ordway:{id}")).is_none() {
        assert!(begun.elapsed() < patience, "{id} is not recorded after {patience:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    begun.elapsed()
}

pub async fn a_webhook_is_enough_and_sigterm_ends_it_with_a_report(program: &Program) {
    let sandbox = company().await;
    // No poll in sight: only a webhook can be the reason.
    let header = "X-Webhook-Secret=WATCH_TEST_SECRET";
    let flags = ["--poll", "86400", "--listen", "127.0.0.1:0", "--webhook-header", header];
    let mut watch = Watch::start(program, &sandbox, &flags);
    let url = watch.says("listening on ").await;
    watch.says("full pass").await;
    sandbox.deliver_webhooks_to(&url, &[("X-Webhook-Secret", SECRET)]).unwrap();
    posted(&sandbox, "INV-1");
    // A second or so on an idle machine; the tests share theirs.
    recorded(&sandbox, "INV-1", Duration::from_secs(20)).await;
    // A forged one is refused, and nothing of it is looked at.
    sandbox.deliver_webhooks_to(&url, &[("X-Webhook-Secret", "a guess of some length")]).unwrap();
    sandbox.ordway().touch("invoices", "INV-1").unwrap();
    watch.says("webhook refused").await;
    let (code, report) = watch.end("-TERM").await;
    assert_eq!(code, Some(0), "{report:#}");
    assert_eq!((&report["counts"]["recorded"], &report["counts"]["held"]), (&1.into(), &0.into()));
    assert!(report["watch"]["hints"]["received"].as_u64().unwrap() >= 1, "{report:#}");
    assert_eq!(report["watch"]["polls"], 0);
    assert!(!report.to_string().contains(SECRET));
}

pub async fn a_lost_webhook_is_found_by_polling_and_ctrl_c_ends_it(program: &Program) {
    let sandbox = company().await;
    let mut watch = Watch::start(program, &sandbox, &["--poll", "1"]);
    watch.says("full pass").await;
    posted(&sandbox, "INV-1");
    recorded(&sandbox, "INV-1", Duration::from_secs(30)).await;
    let (code, report) = watch.end("-INT").await;
    assert_eq!((code, &report["counts"]["recorded"]), (Some(0), &1.into()), "{report:#}");
    assert!(report["watch"]["polls"].as_u64().unwrap() >= 1);
}

/// Ordway is down when it starts: it says so, tries again, and does its work once Ordway answers. Or it is asked to end first.
pub async fn one_that_is_started_during_an_outage_outlives_it(program: &Program) {
    for ordway_comes_back in [true, false] {
        let sandbox = company().await;
        posted(&sandbox, "INV-1");
        sandbox.faults().break_network(Outage::new(Preset::Offline).service(Service::Ordway));
        let mut watch = Watch::start(program, &sandbox, &["--poll", "1"]);
        watch.says("connecting again in ").await;
        if !ordway_comes_back {
            let (code, report) = watch.end("-TERM").await;
            assert_eq!((code, sandbox.anrok().transactions().len()), (Some(1), 0), "{report:#}");
            assert_eq!(report["problems"][0]["service"], "ordway", "{report:#}");
            continue;
        }
        sandbox.faults().mend();
        recorded(&sandbox, "INV-1", Duration::from_secs(60)).await;
        let (code, report) = watch.end("-TERM").await;
        assert_eq!((code, &report["counts"]["recorded"]), (Some(0), &1.into()), "{report:#}");
    }
}

pub async fn without_a_secret_nobody_listens(program: &Program) {
    let sandbox = company().await;
    let listen = ["--listen", "127.0.0.1:0", "--webhook-header"];
    for (header, said) in
        [("X-Webhook-Secret=NOT_SET_AT_ALL", "NOT_SET_AT_ALL"), ("X-Webhook-Secret", "NAME=VARIABLE")]
    {
        let mut watch = Watch::start(program, &sandbox, &[&listen[..], &[header]].concat());
        watch.says(said).await;
        assert_eq!(watch.child.wait().await.unwrap().code(), Some(2));
    }
}
