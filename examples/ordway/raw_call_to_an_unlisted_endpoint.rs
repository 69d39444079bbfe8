//! How do I call something that the client does not list?
//!
//! Look at: `RawCall`, which goes through the same credentials, pacing, retries and error reading as every listed call.
//! You say whether it may be repeated; ids in braces are encoded for you.

use std::process::ExitCode;

use ordway_anrok_examples::{Rates, exit_code, ordway_or_demo};
use ordway_client::customers::ListCustomers;
use ordway_client::{Method, RawCall, Safety};

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> anyhow::Result<()> {
    let (ordway, _) = ordway_or_demo(Rates::default())?;
    let first = ordway.customers().list(ListCustomers::default()).try_next().await?;
    let Some(customer) = first else {
        anyhow::bail!("this company has no customers to ask about");
    };

    // A path with an id and a query, read as plain JSON.
    let call = RawCall::new(Method::Get, "/customers/{id}/contacts", Safety::Read)
        .id(customer.id.as_str())
        .query("size", "1");
    let contacts = ordway.raw(call).await?;
    let members = contacts.get(0).and_then(|contact| contact.as_object()).map_or(0, serde_json::Map::len);
    println!("GET /customers/{}/contacts answered one contact with {members} members.\n", customer.id);

    // A call that Ordway does not have: an error like any other.
    let call =
        RawCall::new(Method::Get, "/customers/{id}/crystal_ball", Safety::Read).id(customer.id.as_str());
    match ordway.raw(call).await {
        Ok(answer) => println!("Ordway has it by now: {} bytes of JSON.", answer.to_string().len()),
        Err(error) if error.is_not_found() => println!("An address that Ordway does not have:\n  {error}"),
        Err(error) => return Err(error.into()),
    }
    println!(
        "\nListed operations whose path is a guess (grades C and D) can be sent elsewhere instead, with"
    );
    println!("ClientBuilder::route(name, method, path). These are the candidates:");
    for endpoint in ordway_client::endpoints() {
        if matches!(endpoint.grade, ordway_client::Grade::C | ordway_client::Grade::D) {
            println!("  {endpoint}");
        }
    }
    Ok(())
}
