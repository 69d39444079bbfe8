//! Which ledger file.

use std::path::{Path, PathBuf};

use ordway_anrok::BridgeBuilder;
use ordway_anrok::ledger::SqliteLedger;
use ordway_anrok_examples::{Accounts, variable};
use sha2::{Digest as _, Sha256};

use crate::arguments::Arguments;

/// The builder with the ledger of these accounts.
pub fn ledger(
    arguments: &Arguments,
    accounts: &Accounts,
    builder: BridgeBuilder,
) -> anyhow::Result<BridgeBuilder> {
    let path = match (&arguments.state, &accounts.fakes) {
        (Some(path), _) => path.clone(),
        (None, Some(_)) => return Ok(builder),
        (None, None) => {
            let path = default_state(accounts);
            eprintln!("ledger: {} (choose another with --state)", path.display());
            path
        }
    };
    Ok(builder.ledger(SqliteLedger::open(&path)?))
}

/// Two accounts, one file: another company or seller never meets this one's ledger.
fn default_state(accounts: &Accounts) -> PathBuf {
    let company = variable("ORDWAY_COMPANY").unwrap_or_default();
    let pair = format!("{}\n{company}\n{}", accounts.ordway.base_url(), accounts.anrok.base_url());
    let hash = Sha256::digest(pair);
    let mark = hash.iter().take(4).fold(0u32, |mark, byte| mark << 8 | u32::from(*byte));
    Path::new(".").join(format!("ordway-anrok-{}-{mark:08x}.db", accounts.anrok.seller_id()))
}
