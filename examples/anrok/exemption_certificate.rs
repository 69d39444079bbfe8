//! How does a customer's exemption certificate reach Anrok, and what does it change?
//!
//! Look at: the tax before, with, and after the certificate; that a certificate is linked by the customer id that the
//! transactions carry; that creating one is not repeatable, so after an unknown outcome list before trying again.
//!
//! On a real account it needs `--yes` and leaves one archived certificate of the customer `example:exempt`.

use std::process::ExitCode;

use anrok_client::certificates::{
    CertificateFile, CertificateFilter, CertificateJuris, CreateCertificate, ListCertificates,
};
use anrok_client::transactions::{CustomerId, Line, Transaction};
use anrok_client::{Address, Client, Currency, UsJuris};
use jiff::Zoned;
use jiff::civil::Date;
use ordway_anrok_examples::{PIXEL_PNG, Rates, anrok_or_demo, consent, exit_code, table};

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> anyhow::Result<()> {
    let (anrok, fake) = anrok_or_demo(Rates::default())?;
    consent(fake.is_none(), "create one certificate for a test customer and archive it")?;
    let today = Zoned::now().date();
    let customer = CustomerId::from("example:exempt");
    let mut rows = table(&["", "tax on 100.00 USD in New York"]);
    let row = |when: &str, tax: i64| [when.to_owned(), format!("{tax} cents")];

    rows.add_row(row("before", quote(&anrok, &customer, today).await?));
    let certificate = CreateCertificate {
        customer_id: customer.clone(),
        customer_name: Some("Empire School District".to_owned()),
        effective_date_begin: Date::constant(2020, 1, 1),
        exemption_number: Some("ST-119.1".to_owned()),
        notes: None,
        certificate_file: CertificateFile {
            name: "certificate.png".to_owned(),
            contents_base64: PIXEL_PNG.to_owned(),
        },
        jurises: vec![CertificateJuris::new(UsJuris::NY)],
    };
    let id = anrok.certificates().create(&certificate).await?;
    rows.add_row(row("with the certificate", quote(&anrok, &customer, today).await?));
    anrok.certificates().archive(&id).await?;
    rows.add_row(row("after archiving it", quote(&anrok, &customer, today).await?));
    println!("{rows}\n");

    let mut rows = table(&["certificate", "state", "from", "jurisdictions"]);
    let filter = CertificateFilter { customer_id: Some(customer), ..CertificateFilter::default() };
    let mut certificates = anrok.certificates().list(ListCertificates { filter, limit: Some(100) });
    while let Some(certificate) = certificates.try_next().await? {
        let jurises: Vec<_> = certificate.jurises.iter().filter_map(|juris| juris.juris_id.clone()).collect();
        rows.add_row([
            certificate.id.to_string(),
            certificate.status.as_ref().map(ToString::to_string).unwrap_or_default(),
            certificate.effective_date_begin.as_ref().map(ToString::to_string).unwrap_or_default(),
            jurises.join(", "),
        ]);
    }
    println!("{rows}");
    Ok(())
}

/// The tax that a sale to the customer would carry, in cents.
async fn quote(anrok: &Client, customer: &CustomerId, today: Date) -> anyhow::Result<i64> {
    let address = Address::builder().country("US").region("NY").postal_code("10036").build();
    let mut sale = Transaction::new(Currency::USD, address, today).line(Line::new("P-00001", 100_00));
    sale.customer_id = Some(customer.clone());
    sale.customer_name = Some("Empire School District".to_owned());
    Ok(anrok.transactions().create_ephemeral(&sale).await?.tax_amount_to_collect)
}
