//! Takes events to their receivers: one at a time for each webhook, in order unless the fault plan says otherwise.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use ordway_anrok_http::Clock;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};

use super::post::{self, post};
use super::{Delivery, DeliveryLog, WebhookConfig};
use crate::clock::SandboxClock;
use crate::fault::{Faults, WebhookFault};
use crate::ordway::{Event, FakeOrdway, Target};
use crate::pulse::Pulse;

/// How long an event to be overtaken waits for one to overtake it, on the sandbox's clock.
const OVERTAKEN_WITHIN: SignedDuration = SignedDuration::from_secs(5);

/// The outbox of a fake Ordway. Ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Courier {
    inbox: mpsc::UnboundedSender<Message>,
    pub(crate) log: DeliveryLog,
    task: JoinHandle<()>,
}

/// What the courier needs to know.
#[derive(Debug)]
pub(crate) struct Means {
    pub(crate) config: WebhookConfig,
    pub(crate) clock: SandboxClock,
    pub(crate) faults: Faults,
    pub(crate) pulse: Pulse,
}

#[derive(Debug)]
enum Message {
    Job(Job, Option<WebhookFault>),
    /// Everything under way is dropped.
    Forget,
}

/// An event on its way to one receiver.
#[derive(Clone, Debug)]
struct Job {
    target: Target,
    class: &'static str,
    id: String,
    verb: &'static str,
    body: Bytes,
    attempt: u32,
    fault: Option<&'static str>,
}

/// What is to be sent to one webhook.
#[derive(Debug, Default)]
struct Lane {
    queue: VecDeque<Job>,
    /// Waits to be overtaken, at most until then.
    held: Option<(Timestamp, Job)>,
    busy: bool,
}

/// An attempt that ended.
#[derive(Debug)]
struct Done {
    job: Job,
    /// The receiver as the log shows it; blank where the URL cannot be used.
    shown: String,
    result: Result<u16, &'static str>,
    ms: u64,
}

#[derive(Debug)]
struct Round {
    means: Means,
    log: DeliveryLog,
    lanes: BTreeMap<String, Lane>,
    later: Vec<(Timestamp, Job)>,
    running: JoinSet<Done>,
}

impl Courier {
    /// Begins to deliver the events of `ordway` from now on. Needs a tokio runtime.
    pub(crate) fn start(ordway: &FakeOrdway, means: Means) -> Self {
        let (inbox, messages) = mpsc::unbounded_channel();
        let (sender, faults) = (inbox.clone(), means.faults.clone());
        ordway.on_webhook(move |target, event| {
            // Fails only after the sandbox has ended.
            sender.send(Message::Job(Job::new(target, event), faults.of_delivery(event))).ok();
        });
        let log = DeliveryLog::default();
        let round = Round {
            means,
            log: log.clone(),
            lanes: BTreeMap::new(),
            later: Vec::new(),
            running: JoinSet::new(),
        };
        Self { inbox, log, task: tokio::spawn(round.run(messages)) }
    }

    /// Drops what is under way and empties the log.
    pub(crate) fn forget(&self) {
        self.inbox.send(Message::Forget).ok();
        self.log.clear();
    }
}

impl Drop for Courier {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Job {
    fn new(target: Target, event: &Event) -> Self {
        let body = Bytes::from(event.payload().to_string());
        let (class, id, verb) = (event.class, event.id.clone(), event.verb.as_str());
        Self { target, class, id, verb, body, attempt: 1, fault: None }
    }
}

impl Round {
    async fn run(mut self, mut messages: mpsc::UnboundedReceiver<Message>) {
        let mut moved = self.means.clock.pulse().listen();
        loop {
            let next = self.bring_what_is_due();
            self.start_idle_lanes();
            tokio::select! {
                message = messages.recv() => match message {
                    Some(Message::Job(job, fault)) => self.arrive(job, fault),
                    Some(Message::Forget) => self.forget(),
                    None => return,
                },
                Some(done) = self.running.join_next() => if let Ok(done) = done {
                    self.settle(done);
                },
                _ = moved.changed() => {}
                () = wait(next, self.means.clock.is_frozen()) => {}
            }
        }
    }

    /// An event that was just made, and what the plan does to it.
    fn arrive(&mut self, mut job: Job, fault: Option<WebhookFault>) {
        let now = self.means.clock.now();
        job.fault = fault.map(|fault| fault.kind());
        let lane = self.lanes.entry(job.target.name.clone()).or_default();
        match fault {
            None => {
                lane.queue.push_back(job);
                lane.queue.extend(lane.held.take().map(|(_, overtaken)| overtaken));
            }
            Some(WebhookFault::Duplicate) => {
                lane.queue.push_back(job.clone());
                lane.queue.push_back(job);
            }
            Some(WebhookFault::Reorder) => {
                lane.queue.extend(lane.held.take().map(|(_, earlier)| earlier));
                lane.held = Some((now.saturating_add(OVERTAKEN_WITHIN).unwrap_or(now), job));
            }
            Some(WebhookFault::Delay { ms }) => self.later.push((after(now, Duration::from_millis(ms)), job)),
            Some(WebhookFault::Drop) => {
                let shown = self.shown(&job);
                self.note(&Done { job, shown, result: Err("lost before it was sent"), ms: 0 });
            }
        }
    }

    /// Moves into the lanes what has waited long enough; how long until the next is.
    fn bring_what_is_due(&mut self) -> Option<SignedDuration> {
        let now = self.means.clock.now();
        let mut next = None;
        let mut note = |due: Timestamp| {
            let left = due.duration_since(now);
            next = Some(next.map_or(left, |other: SignedDuration| other.min(left)));
        };
        let waiting = std::mem::take(&mut self.later);
        for (due, job) in waiting {
            if due <= now {
                self.lanes.entry(job.target.name.clone()).or_default().queue.push_back(job);
            } else {
                note(due);
                self.later.push((due, job));
            }
        }
        for lane in self.lanes.values_mut() {
            match lane.held.take() {
                Some((due, job)) if due <= now => lane.queue.push_back(job),
                Some((due, job)) => {
                    note(due);
                    lane.held = Some((due, job));
                }
                None => {}
            }
        }
        next
    }

    fn start_idle_lanes(&mut self) {
        let WebhookConfig { timeout, anywhere, .. } = self.means.config;
        for lane in self.lanes.values_mut().filter(|lane| !lane.busy) {
            if let Some(job) = lane.queue.pop_front() {
                lane.busy = true;
                self.running.spawn(attempt(job, timeout, anywhere, self.means.clock.clone()));
            }
        }
    }

    /// An attempt ended: into the log with it, and another one later where it failed.
    fn settle(&mut self, done: Done) {
        if let Some(lane) = self.lanes.get_mut(&done.job.target.name) {
            lane.busy = false;
        }
        self.note(&done);
        let WebhookConfig { retries, retry_after, .. } = self.means.config;
        let arrived = done.result.is_ok_and(|status| (200..300).contains(&status));
        // A URL that cannot be used does not get better by waiting.
        let hopeless = done.shown.is_empty();
        if !arrived && !hopeless && done.job.attempt <= retries {
            let job = Job { attempt: done.job.attempt + 1, fault: None, ..done.job };
            self.later.push((after(self.means.clock.now(), retry_after), job));
        }
    }

    fn forget(&mut self) {
        self.running.abort_all();
        self.lanes.clear();
        self.later.clear();
        self.log.clear();
    }

    fn note(&self, done: &Done) {
        self.log.push(Delivery {
            seq: 0,
            at: self.means.clock.now(),
            webhook: done.job.target.name.clone(),
            url: done.shown.clone(),
            class: done.job.class,
            id: done.job.id.clone(),
            verb: done.job.verb,
            attempt: done.job.attempt,
            status: done.result.ok(),
            failure: done.result.err(),
            fault: done.job.fault,
            ms: done.ms,
        });
        self.means.pulse.beat();
    }

    fn shown(&self, job: &Job) -> String {
        post::address(&job.target.url, self.means.config.anywhere)
            .map_or_else(|_| String::new(), |to| to.shown)
    }
}

async fn attempt(job: Job, timeout: Duration, anywhere: bool, clock: SandboxClock) -> Done {
    let begun = clock.monotonic();
    let (shown, result) = match post::address(&job.target.url, anywhere) {
        Ok(to) => {
            let result = post(&to, &job.target.headers, job.body.clone(), timeout).await;
            (to.shown, result)
        }
        Err(super::WebhookUrlError::NotHttp) => (String::new(), Err("the URL is not http://…")),
        Err(super::WebhookUrlError::NotLoopback) => (String::new(), Err("the URL leads to another machine")),
    };
    let passed = clock.monotonic().saturating_sub(begun);
    Done { job, shown, result, ms: u64::try_from(passed.as_millis()).unwrap_or(u64::MAX) }
}

fn after(now: Timestamp, wait: Duration) -> Timestamp {
    now.saturating_add(wait).unwrap_or(now)
}

/// Until something is due; for ever on a calendar that stands still, which only a change of the clock ends.
async fn wait(next: Option<SignedDuration>, frozen: bool) {
    match next {
        Some(left) if !frozen => tokio::time::sleep(left.unsigned_abs()).await,
        _ => std::future::pending().await,
    }
}
