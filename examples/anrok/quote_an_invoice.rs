//! What tax would this invoice carry? Nothing is recorded.
//!
//! Look at: `CallOptions::interactive()`, which lets a waiting person go before background calls; `check_against`, which
//! proves that the answer is for these lines; and that the amount to collect comes from `tax_amount_to_collect`, never
//! from a sum of the breakdown.

use std::process::ExitCode;

use anrok_client::transactions::{Calculation, Line, LineJuris, Transaction};
use anrok_client::{Address, CallOptions, Currency};
use jiff::Zoned;
use ordway_anrok_examples::{Rates, anrok_or_demo, exit_code, table};
use rust_decimal::Decimal;

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> anyhow::Result<()> {
    let (anrok, _) = anrok_or_demo(Rates::default())?;
    let quotes = anrok.with(CallOptions::interactive()).transactions();
    let today = Zoned::now().date();
    let denver = Address::builder()
        .country("US")
        .region("CO")
        .city("Denver")
        .line1("1600 Broadway")
        .postal_code("80202");
    let cologne = Address::builder().country("DE").city("Köln").postal_code("50667");

    for (title, currency, address) in [
        ("A customer in Denver", Currency::USD, denver.build()),
        ("The same, delivered to Cologne", Currency::EUR, cologne.build()),
    ] {
        let invoice = Transaction::new(currency, address, today)
            .line(Line::new("P-00001", 490_00).with_id("seats"))
            .line(Line::new("P-00003", 19_99).with_id("e-books"))
            .line(Line::new("P-00005", 125_00).with_id("keys"));
        let quote = match quotes.create_ephemeral(&invoice).await {
            Ok(quote) => quote,
            Err(error) => {
                let remedy = error.api().map(|answer| answer.remedy().into_owned()).unwrap_or_default();
                anyhow::bail!("{error}\n{remedy}");
            }
        };
        quote.check_against(&invoice)?;
        println!("{title}: {} {currency} of tax to collect", cents(quote.tax_amount_to_collect));
        println!("{}\n", lines(&invoice, &quote));
    }
    Ok(())
}

fn lines(invoice: &Transaction, quote: &Calculation) -> String {
    let mut rows = table(&["line", "product", "amount", "tax", "where"]);
    for (line, answer) in invoice.lines.iter().zip(&quote.lines) {
        rows.add_row([
            line.id.clone().unwrap_or_default(),
            line.product_external_id.clone(),
            cents(line.amount),
            cents(answer.tax_amount_to_collect),
            answer.jurises.iter().map(jurisdiction).collect::<Vec<_>>().join("\n"),
        ]);
    }
    rows.to_string()
}

/// Its taxes, or why there are none.
fn jurisdiction(juris: &LineJuris) -> String {
    if let Some(taxes) = &juris.taxes {
        let taxes: Vec<_> = taxes
            .iter()
            .map(|tax| {
                format!(
                    "{} {} %",
                    tax.tax_name,
                    (tax.tax_rate.unwrap_or_default() * Decimal::ONE_HUNDRED).normalize()
                )
            })
            .collect();
        return format!("{}: {}", juris.name, taxes.join(", "));
    }
    let reason = juris.not_taxed_reason.as_ref().and_then(|reason| reason.kind.as_ref());
    format!("{}: not taxed, {}", juris.name, reason.map(ToString::to_string).unwrap_or_default())
}

/// USD and EUR have two decimals; others have their own number of them.
fn cents(amount: i64) -> String {
    Decimal::new(amount, 2).to_string()
}
