//! Anrok answers 409 when it understood and will not: for which reasons, and what does my program do about each?
//!
//! Look at: `next_step`, which needs the eight classes of `Disposition` and no list of reasons; the remedy, one sentence
//! for a person; and at the end two conflicts provoked on the fake. No real account is touched.

use std::process::ExitCode;

use anrok_client::transactions::{Line, Transaction};
use anrok_client::{Address, AnrokError, Conflict, Currency, Disposition};
use jiff::Zoned;
use ordway_anrok_examples::{Accounts, Rates, Seed, exit_code, table};
use serde_json::json;

/// Every reason of the API 1.1 document, and one that only third parties have met.
const REASONS: &[&str] = &[
    "accountingTimeZoneNotSetForSeller",
    "accountingTimeZoneNotSupported",
    "certificateIdNotFound",
    "currencyCodeNotSupported",
    "customerAddressCountryNotSupported",
    "customerAddressCouldNotResolve",
    "customerIdNotFound",
    "duplicateJurisIds",
    "duplicateTransactionId",
    "externalIdAlreadyExists",
    "externalIdInvalid",
    "externalServiceError",
    "featureNotEnabled",
    "fileTypeNotSupported",
    "integrationIdNotFound",
    "invalidCursor",
    "invalidEmailAddress",
    "jurisNotFound",
    "listFilingsApiNotEnabled",
    "listTransactionsApiNotEnabled",
    "productExternalIdNotFound",
    "productExternalIdUnknown",
    "productTaxCategoryNotSupportedForJuris",
    "sourceIdAlreadyMapped",
    "targetIdNotFound",
    "taxCategoryIdNotFound",
    "taxDateTooFarInFuture",
    "taxDateTooFarInPast",
    "transactionExpectedVersionMismatch",
    "transactionFrozenForFiling",
    "transactionIdNotFound",
    "transactionIsAlreadyANegation",
    "validationNotEnabled",
    "validationNotSupportedForCountry",
];

/// What a program does. A reason that comes with a later version of the API falls into one of these, too.
fn next_step(conflict: &Conflict) -> String {
    match conflict.disposition() {
        Disposition::Retry => "again later".to_owned(),
        Disposition::FixData(field) => format!("hold; correct {field}"),
        Disposition::FixConfig => "hold; change the Anrok account".to_owned(),
        Disposition::Alternate(operation) => format!("call {operation} instead"),
        Disposition::Refresh => "read again, then decide".to_owned(),
        Disposition::AlreadyDone => "compare, then go on".to_owned(),
        Disposition::Bug => "stop: a bug".to_owned(),
        _ => "hold, and show it to a person".to_owned(),
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> anyhow::Result<()> {
    let mut rows = table(&["conflict", "a program", "a person"]);
    for reason in REASONS.iter().chain(&["somethingNewIn2027"]) {
        let body = json!({ "type": reason });
        let conflict = Conflict::from_body(body.as_object().unwrap_or(&serde_json::Map::new()));
        rows.add_row([conflict.to_string(), next_step(&conflict), conflict.remedy().into_owned()]);
    }
    println!("{rows}\n");

    let accounts = Accounts::fakes(Seed::Demo, Rates::default())?;
    let today = Zoned::now().date();
    let nowhere = Address::builder().country("US").build();
    let austin = Address::builder().country("US").region("TX").postal_code("78701").build();
    for (cause, sale) in [
        ("an address without state and ZIP code", sale(nowhere, "P-00001", today)),
        ("a product that Anrok does not know", sale(austin, "P-99999", today)),
    ] {
        let Err(error) = accounts.anrok.transactions().create_ephemeral(&sale).await else {
            anyhow::bail!("{cause} should have been refused");
        };
        let Some(conflict) = error.api().and_then(AnrokError::conflict) else { return Err(error.into()) };
        println!("Provoked by {cause}:");
        println!("  {error}\n  program: {}\n  person: {}", next_step(conflict), conflict.remedy());
    }
    Ok(())
}

fn sale(address: Address, product: &str, date: jiff::civil::Date) -> Transaction {
    Transaction::new(Currency::USD, address, date).line(Line::new(product, 100_00))
}
