//! Which ledger file.

use ordway_anrok::BridgeBuilder;
use ordway_anrok::ledger::SqliteLedger;
use ordway_anrok_examples::{Accounts, default_ledger};

use crate::arguments::Arguments;

/// The builder with the ledger of these accounts.
#[cfg_attr(not(feature = "deliberate-bugs"), allow(clippy::unused_async))] // its stand-in with bugs waits
pub async fn ledger(
    arguments: &Arguments,
    accounts: &Accounts,
    builder: BridgeBuilder,
) -> anyhow::Result<BridgeBuilder> {
    let path = match (&arguments.state, &accounts.fakes) {
        (Some(path), _) => path.clone(),
        (None, Some(_)) => return Ok(builder),
        (None, None) => {
            let path = default_ledger(accounts);
            eprintln!("ledger: {} (choose another with --state)", path.display());
            path
        }
    };
    #[cfg(not(feature = "deliberate-bugs"))]
    let opened = SqliteLedger::open(&path)?;
    #[cfg(feature = "deliberate-bugs")]
    let opened = SqliteLedger::open_with_bug(&path, crate::bug::chosen()).await?;
    Ok(builder.ledger(opened))
}
