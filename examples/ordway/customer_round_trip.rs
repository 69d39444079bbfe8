//! How do I create a customer, change it, and be sure of what Ordway now has?
//!
//! Look at: `Patch`, which tells "leave it" from "clear it"; that a create is never repeated after an unknown outcome,
//! so look for the customer by its id first; that the answer is read again and compared.
//!
//! On a real account it needs `--yes`, and leaves one inactive customer behind.

use std::process::ExitCode;

use ordway_anrok_examples::{Rates, consent, exit_code, ordway_or_demo, table};
use ordway_client::contacts::ContactInput;
use ordway_client::customers::{ActiveStatus, Customer, NewCustomer, UpdateCustomer};
use ordway_client::{CustomerId, Patch, WriteState};

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> anyhow::Result<()> {
    let (ordway, fake) = ordway_or_demo(Rates::default())?;
    consent(fake.is_none(), "create one customer, change it and set it inactive")?;
    let customers = ordway.customers();

    let mut wanted = NewCustomer::new("Round Trip Ltd");
    wanted.currency = Some("USD".to_owned());
    wanted.description = Some("made by the example customer_round_trip".to_owned());
    wanted.custom_fields.insert("tax_id".to_owned(), "GB123456789".into());
    wanted.contacts.push(ContactInput {
        display_name: Some("Accounts payable".to_owned()),
        address1: Some("11 W 42nd St".to_owned()),
        city: Some("New York".to_owned()),
        state: Some("NY".to_owned()),
        zip: Some("10036".to_owned()),
        country: Some("United States of America".to_owned()),
        ..ContactInput::default()
    });
    let created = match customers.create(&wanted).await {
        Ok(created) => created,
        Err(error) if error.write_state() == WriteState::Unknown => {
            anyhow::bail!("{error}\nThe customer may exist: look for it by name before creating it again.")
        }
        Err(error) => return Err(error.into()),
    };
    let id: CustomerId = created.id.clone();
    let as_created = customers.get(&id).await?;

    let change = UpdateCustomer {
        name: Some("Round Trip Holdings Ltd".to_owned()),
        description: Patch::Set("no longer in use".to_owned()),
        status: Some(ActiveStatus::Inactive),
        ..UpdateCustomer::default()
    };
    customers.update(&id, &change).await?;
    let as_changed = customers.get(&id).await?;

    let mut rows = table(&["", "after the create", "after the update"]);
    let both = |what: &str, show: fn(&Customer) -> Option<String>| {
        [what.to_owned(), show(&as_created).unwrap_or_default(), show(&as_changed).unwrap_or_default()]
    };
    rows.add_row(both("id", |customer| Some(customer.id.to_string())));
    rows.add_row(both("name", |customer| customer.name.clone()));
    rows.add_row(both("description", |customer| customer.description.clone()));
    rows.add_row(both("status", |customer| Some(customer.status.as_ref()?.to_string())));
    rows.add_row(both("tax_id", |customer| Some(customer.custom_fields.get("tax_id")?.as_str()?.to_owned())));
    rows.add_row(both("contacts", |customer| Some(customer.contacts.len().to_string())));
    rows.add_row(both("updated", |customer| Some(customer.updated_date.as_ref()?.to_string())));
    println!("{rows}");

    anyhow::ensure!(
        as_changed.name == change.name,
        "Ordway answered the update but did not keep the new name"
    );
    println!("Read back: Ordway has what was asked for, and what was left out of the update stayed.");
    Ok(())
}
