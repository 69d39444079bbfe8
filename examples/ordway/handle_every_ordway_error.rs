//! What can go wrong with a call to Ordway, and what does my program do then?
//!
//! Every kind of failure is provoked, on the fake or with a scripted answer; no real account is touched.
//!
//! Look at: `next_step`, the one match a program needs; the column "write", which says whether a write may have
//! happened; and that the text of an error is fit for a log: no address, body or personal data.

use std::process::ExitCode;
use std::sync::Arc;

use ordway_anrok_examples::{Accounts, Rates, Seed, exit_code, table};
use ordway_anrok_http::testing::ScriptedTransport;
use ordway_anrok_http::{FailureKind, Pacer};
use ordway_client::customers::{ListCustomers, NewCustomer};
use ordway_client::{
    CallOptions, Client, Credentials, Error, ErrorKind, OnBadRecord, OrdwayError, RetryPolicy, WriteState,
};
use serde_json::json;

/// What a program does with a failure of a call that reads, or writes. Everything else is detail for people.
fn next_step(error: &Error, writes: bool) -> String {
    if let Some(fault) = error.api().and_then(OrdwayError::fault) {
        return format!("stop, and {}", fault.remedy());
    }
    match (error.kind(), error.write_state()) {
        (_, WriteState::Unknown) if writes => "look whether it happened before doing it again".to_owned(),
        (ErrorKind::Config, _) => "fix the call: nothing was sent".to_owned(),
        (ErrorKind::Rejected, _) if error.is_not_found() => {
            "check the id, environment and company".to_owned()
        }
        (ErrorKind::Rejected, _) => "correct the data; the same request will be refused again".to_owned(),
        (ErrorKind::RateLimited, _) => match error.retry_after() {
            Some(wait) => format!("again after {} s, and slower", wait.as_secs()),
            None => "again later, and slower".to_owned(),
        },
        (ErrorKind::Decode, WriteState::NotSent) => {
            "put the record aside (OnBadRecord::Collect) and go on".to_owned()
        }
        _ if error.is_worth_retrying_later() => {
            "again in some minutes; the client has tried already".to_owned()
        }
        _ => "show it to a person".to_owned(),
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> anyhow::Result<()> {
    let mut rows = table(&["provoked by", "kind", "HTTP", "write", "the error says", "so"]);
    for (cause, error) in provoke().await? {
        let writes = error.operation().ends_with(".create");
        rows.add_row([
            cause.to_owned(),
            format!("{:?}", error.kind()),
            error.status().map(|status| status.to_string()).unwrap_or_default(),
            format!("{:?}", error.write_state()),
            error.to_string(),
            next_step(&error, writes),
        ]);
    }
    println!("{rows}");
    Ok(())
}

async fn provoke() -> anyhow::Result<Vec<(&'static str, Error)>> {
    let accounts = Accounts::fakes(Seed::Demo, Rates::default())?;
    let Some(fakes) = accounts.fakes else { anyhow::bail!("the fakes are missing") };
    let (ordway, fake) = (accounts.ordway.with(CallOptions::single_attempt()), fakes.ordway);
    let mut failures = Vec::new();
    let mut add = |cause, outcome: Result<(), Error>| match outcome {
        Err(error) => {
            failures.push((cause, error));
            Ok(())
        }
        Ok(()) => Err(anyhow::anyhow!("{cause} should have failed")),
    };

    add("an id that cannot be in a path", ordway.customers().get(&"..".into()).await.map(drop))?;
    add("an id that does not exist", ordway.customers().get(&"C-99999".into()).await.map(drop))?;
    add("a customer without a name", ordway.customers().create(&NewCustomer::new(" ")).await.map(drop))?;

    fake.insert("customers", json!({"id": "C-ODD", "name": "Odd Ltd", "contacts": "none of your business"}));
    let mut list = ordway.customers().list(ListCustomers::default());
    let first_bad = loop {
        match list.try_next().await {
            Ok(Some(_)) => {}
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    add("one unreadable record in a list", first_bad)?;
    let mut list = ordway.customers().list(ListCustomers::default()).on_bad_record(OnBadRecord::Collect);
    while list.try_next().await?.is_some() {}
    anyhow::ensure!(list.take_rejects().len() == 1, "the odd record is put aside, and the list goes on");

    let config = fake.config();
    fake.reconfigure(|config| "another one".clone_into(&mut config.user_token));
    add("a wrong user token", ordway.check().await)?;
    fake.reconfigure(|changed| changed.user_token.clone_from(&config.user_token));
    fake.reconfigure(|config| "another one".clone_into(&mut config.api_key));
    add("a wrong API key", ordway.check().await)?;

    let busy = scripted(ScriptedTransport::new().answer_with(429, &[("retry-after", "3600")], "slow down"))?;
    add("too many requests", busy.customers().get(&"C-00001".into()).await.map(drop))?;
    let down = scripted(ScriptedTransport::new().answer(503, "<html>maintenance</html>"))?;
    add("an outage while writing", down.customers().create(&NewCustomer::new("Ann Ltd")).await.map(drop))?;
    let page = scripted(ScriptedTransport::new().answer(200, "<html>please log in</html>"))?;
    add("a web page with status 200", page.customers().get(&"C-00001".into()).await.map(drop))?;
    let cut = scripted(ScriptedTransport::new().answer(200, r#"{"id": "C-00001", "na"#))?;
    add("an answer that is cut off", cut.customers().get(&"C-00001".into()).await.map(drop))?;
    for (cause, kind) in [
        ("no connection", FailureKind::Connect),
        ("no answer in time", FailureKind::Timeout),
        ("an answer beyond the size limit", FailureKind::TooLarge),
    ] {
        add(
            cause,
            scripted(ScriptedTransport::new().fail(kind))?.customers().get(&"C-00001".into()).await.map(drop),
        )?;
    }
    let reset = scripted(ScriptedTransport::new().fail(FailureKind::Interrupted))?;
    add(
        "a broken connection while writing",
        reset.customers().create(&NewCustomer::new("Ann Ltd")).await.map(drop),
    )?;
    Ok(failures)
}

/// A client that is answered by a script, and tries once.
fn scripted(script: ScriptedTransport) -> anyhow::Result<Client> {
    let credentials =
        Credentials::new("Example Company", "ops@example.com", "token-1".into(), "key-1".into());
    let mut once = RetryPolicy::default();
    once.attempts = 1;
    let client = Client::builder(credentials)
        .base_url("http://127.0.0.1:9/api/v1")
        .transport(Arc::new(script))
        .retry_policy(once)
        .pacer(Pacer::unlimited())
        .build()?;
    Ok(client.with(CallOptions::single_attempt()))
}
