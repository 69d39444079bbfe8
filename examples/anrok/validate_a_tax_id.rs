//! Which tax ids do I ask a customer for, and are those given valid?
//!
//! Look at: the two steps, first without ids to learn what to ask for, then with them; and that a country which Anrok
//! cannot check means "not checked", not "wrong".
//!
//! A premium call: where the account does not have it, the program says whom to ask.

use std::process::ExitCode;

use anrok_client::tax_ids::ValidateTaxIds;
use anrok_client::{Address, AnrokError, Conflict};
use ordway_anrok_examples::{Rates, anrok_or_demo, exit_code, table};

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> anyhow::Result<()> {
    let (anrok, _) = anrok_or_demo(Rates::default())?;
    let mut rows = table(&["customer in", "ask for", "given", "verdict"]);
    for (country, given) in [
        ("DE", &["DE123456789", "DE12"][..]),
        ("CA", &["123456789RT0001"]),
        ("GB", &["GB123456789"]),
        ("KW", &["12345"]),
    ] {
        let address =
            Address::builder().country(country).region(if country == "CA" { "QC" } else { "" }).build();
        let collect = ValidateTaxIds { customer_address: address.clone(), customer_tax_ids: Vec::new() };
        let ask_for = match anrok.tax_ids().validate(&collect).await {
            Ok(answer) => {
                let names =
                    answer.jurises.iter().filter_map(|juris| juris.tax_id_names.as_ref()?.name.clone());
                names.collect::<Vec<_>>().join("\n")
            }
            Err(error) => match error.api().and_then(AnrokError::conflict) {
                Some(Conflict::ValidationNotSupportedForCountry) => {
                    rows.add_row([country, "", &given.join(", "), "not checked"]);
                    continue;
                }
                Some(conflict @ Conflict::ValidationNotEnabled) => {
                    println!("{conflict}: {}", conflict.remedy());
                    return Ok(());
                }
                _ => return Err(error.into()),
            },
        };
        let customer_tax_ids = given.iter().map(|id| (*id).to_owned()).collect();
        let query = ValidateTaxIds { customer_address: address, customer_tax_ids };
        let answer = anrok.tax_ids().validate(&query).await?;
        let verdicts = given.iter().map(|id| if answer.is_valid(id) { "valid" } else { "not valid" });
        rows.add_row([country, &ask_for, &given.join("\n"), &verdicts.collect::<Vec<_>>().join("\n")]);
    }
    println!("{rows}");
    Ok(())
}
