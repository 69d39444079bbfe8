//! Amounts that binary numbers spoil, prices with the tax inside, tax that the seller bears: not a cent may be wrong.

use ordway_anrok::deliberate::Bug;
use ordway_anrok_sandbox::ordway::{Address, Line};

use super::{Verdict, case, with};
use crate::support::{World, berlin};

/// Cents that `(amount * 100.0)` cut to an integer gets wrong, and others.
const PRICES: [&str; 12] = [
    "0.01",
    "0.29",
    "0.57",
    "0.58",
    "1.10",
    "1.15",
    "4.35",
    "8.20",
    "16.08",
    "64.10",
    "1025.12",
    "9999999.99",
];

/// Every price as a draft and as a posted invoice, in currencies of two, none and three decimals.
pub fn to_the_cent(bug: Option<Bug>) -> Verdict {
    for (currency, shift) in [("USD", 0), ("EUR", 0), ("JPY", 2), ("KWD", 1)] {
        case(currency, priced(currency, shift, bug))?;
    }
    Ok(())
}

async fn priced(currency: &str, shift: u32, bug: Option<Bug>) -> Result<(), String> {
    let world = with(World::small(), bug);
    let home = match currency {
        "EUR" => berlin(),
        "JPY" => Address::new("2-7-2 Marunouchi", "Tokyo", "", "100-0005", "Japan"),
        "KWD" => Address::new("Al Shuhada St", "Kuwait City", "", "13001", "Kuwait"),
        _ => crate::support::new_york(),
    };
    world.customer("C-2", currency, &home);
    for (number, price) in PRICES.iter().enumerate() {
        let amount: rust_decimal::Decimal = price.parse().unwrap();
        // The same digits with the currency's decimals.
        let scale = if shift == 1 { 3 } else { 2 - shift };
        let amount = rust_decimal::Decimal::new(i64::try_from(amount.mantissa()).unwrap(), scale).to_string();
        for status in ["Draft", "Posted"] {
            let invoice = world.ordway.invoice("C-2").id(&format!("INV-{status}-{number}")).status(status);
            invoice.line(Line::new("P-1", &amount)).line(Line::new("P-2", &amount)).create().unwrap();
        }
    }
    let report = world.verdict().await?;
    if report.is_settled() { Ok(()) } else { Err(format!("{report:#?}")) }
}

/// The breakdown shows more than is collected.
pub fn what_is_collected(bug: Option<Bug>) -> Verdict {
    for (included, borne) in [(true, false), (false, true), (true, true)] {
        let name = format!("tax inside the price {included}, borne by the seller {borne}");
        case(&name, collected(included, borne, bug))?;
    }
    Ok(())
}

async fn collected(included: bool, borne: bool, bug: Option<Bug>) -> Result<(), String> {
    let mut world = with(World::small(), bug);
    if included {
        world.settings.rules.products.tax_included = vec!["P-2".to_owned()];
    }
    if borne {
        world.anrok.set_paid_by_seller("us-NY");
    }
    world.customer("C-2", "EUR", &berlin());
    for customer in ["C-1", "C-2"] {
        for status in ["Draft", "Posted"] {
            let invoice = world.ordway.invoice(customer).status(status);
            invoice.line(Line::new("P-2", "119.99")).line(Line::new("P-3", "10.00")).create().unwrap();
        }
    }
    world.verdict().await.map(drop)
}
