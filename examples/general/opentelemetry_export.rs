//! How do traces and figures of a sync get into my monitoring?
//!
//! The libraries emit `tracing` spans; a subscriber sends them wherever you like. Here they go through OpenTelemetry to
//! an exporter in memory, so that the program can show them; in a service the exporter is OTLP's.
//!
//! Look at: the attributes of a call's span (service, operation, outcome, and where it failed status, attempts and write state), none of which names a
//! person or a secret; the figures of the report as gauges.

use std::collections::BTreeMap;
use std::process::ExitCode;

use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, SdkMeterProvider};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use ordway_anrok::{Bridge, Report};
use ordway_anrok_examples::{Accounts, exit_code, table};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> anyhow::Result<()> {
    // In a service: an OTLP span exporter with batching.
    let spans = InMemorySpanExporter::default();
    let traces = SdkTracerProvider::builder().with_simple_exporter(spans.clone()).build();
    let layer = tracing_opentelemetry::layer().with_tracer(traces.tracer("billing"));
    tracing_subscriber::registry().with(layer.with_filter(LevelFilter::DEBUG)).init();
    let figures = InMemoryMetricExporter::default();
    let metrics = SdkMeterProvider::builder().with_periodic_exporter(figures.clone()).build();

    let accounts = Accounts::from_env_or_demo()?;
    let report = Bridge::builder(accounts.ordway, accounts.anrok).connect().await?.sync().await?;
    gauges(&metrics, &report);

    traces.force_flush()?;
    metrics.force_flush()?;
    let finished = spans.get_finished_spans()?;
    let mut operations: BTreeMap<String, (u64, u128, String)> = BTreeMap::new();
    for span in &finished {
        let attribute = |name: &str| {
            let found = span.attributes.iter().find(|pair| pair.key.as_str() == name);
            found.map(|pair| pair.value.to_string()).unwrap_or_default()
        };
        let Ok(took) = span.end_time.duration_since(span.start_time) else { continue };
        let name = format!("{} {}", attribute("service"), span.name);
        let one = operations.entry(name).or_default();
        one.0 += 1;
        one.1 += took.as_micros();
        one.2 = attribute("outcome");
    }
    let mut rows = table(&["Span", "Calls", "Mean, microseconds", "Outcome of the last"]);
    for (name, (calls, took, state)) in &operations {
        rows.add_row([
            name.clone(),
            calls.to_string(),
            (took / u128::from(*calls).max(1)).to_string(),
            state.clone(),
        ]);
    }
    println!("{rows}\n{} metrics exported", figures.get_finished_metrics()?.len());
    anyhow::ensure!(
        operations.keys().any(|name| name.contains("transactions.createOrUpdate")),
        "calls are traced"
    );
    Ok(())
}

/// The figures that an alert needs.
fn gauges(metrics: &SdkMeterProvider, report: &Report) {
    let documents = metrics.meter("ordway-anrok").u64_gauge("sync.documents").build();
    let counts = &report.counts;
    for (outcome, count) in [("recorded", counts.recorded), ("held", counts.held), ("failed", counts.failed)]
    {
        documents.record(count, &[KeyValue::new("outcome", outcome)]);
    }
    let requests = metrics.meter("ordway-anrok").u64_gauge("sync.requests").build();
    for (service, count) in [("ordway", report.requests.ordway), ("anrok", report.requests.anrok)] {
        requests.record(count, &[KeyValue::new("service", service)]);
    }
}
