//! placeholder
/// x
#[derive(Debug)]
#[allow(missing_docs)]
pub struct SqliteLedger;
