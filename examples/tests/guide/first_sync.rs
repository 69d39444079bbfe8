//! The guide's first program.

// ANCHOR: sync
use ordway_anrok::Bridge;
use ordway_anrok::ledger::SqliteLedger;

/// Taxes the drafts and records what is posted, once. Call it from a timer, or use `watch`.
pub async fn sync_once() -> Result<(), Box<dyn std::error::Error>> {
    let ordway = ordway_client::Client::builder(ordway_client::Credentials::from_env()?).build()?;
    let anrok = anrok_client::Client::builder(anrok_client::ApiKey::from_env()?).build()?;
    let bridge = Bridge::builder(ordway, anrok)
        .ledger(SqliteLedger::open("tax-ledger.db")?) // the memory of what was recorded: back it up
        .connect() // reads both accounts, writes nothing; the error names the credential at fault
        .await?;
    let report = bridge.sync().await?;
    println!(
        "{} taxed, {} recorded, {} held",
        report.counts.written, report.counts.recorded, report.counts.held
    );
    for held in report.held() {
        let (reason, remedy) = (held.reason.as_deref(), held.remedy.as_deref());
        println!("{}: {} - {}", held.id, reason.unwrap_or_default(), remedy.unwrap_or_default());
    }
    Ok(())
}
// ANCHOR_END: sync
