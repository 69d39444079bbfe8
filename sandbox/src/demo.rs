//! A made-up company with one of everything a tax sync meets, and what happens to it later.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::anrok::FakeAnrok;
use crate::ordway::{Address, FakeOrdway, InvoiceBuilder, Line, Refusal};

/// The demo company: 14 customers in nine countries, six products, 21 invoices and two credits, dated relative to
/// the clock. All ids are fixed, so that a test can name them.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Demo;

/// Id, name, currency, street, city, state, postal code, country.
type CustomerRow = [&'static str; 8];

const CUSTOMERS: &[CustomerRow] = &[
    ["C-00001", "Empire Publishing", "USD", "11 W 42nd St", "New York", "NY", "10036", USA],
    ["C-00002", "Golden Gate Robotics", "USD", "1 Market St", "San Francisco", "CA", "94105", USA],
    ["C-00003", "Lone Star Freight", "USD", "200 Congress Ave", "Austin", "TX", "78701", USA],
    ["C-00004", "Mile High Outfitters", "USD", "1600 Broadway", "Denver", "CO", "80202", USA],
    ["C-00005", "Rose City Studio", "USD", "700 SW 5th Ave", "Portland", "OR", "97204", USA],
    ["C-00006", "Puget Analytics", "USD", "600 Pine St", "Seattle", "WA", "98101", "United States"],
    ["C-00007", "Thames Ledger Ltd", "GBP", "30 Cannon St", "London", "", "EC4M 6XH", "United Kingdom"],
    ["C-00008", "Rheinwerk Daten GmbH", "EUR", "Hohe Str. 52", "Köln", "", "50667", "Germany"],
    ["C-00009", "Atelier Lumière", "EUR", "12 rue de Rivoli", "Paris", "", "75004", "France"],
    ["C-00010", "Southern Cross Media", "AUD", "1 Bligh St", "Sydney", "NSW", "2000", "Australia"],
    ["C-00011", "Maple Software", "CAD", "100 King St W", "Toronto", "ON", "M5X 1A9", "Canada"],
    ["C-00012", "Sakura Systems", "JPY", "2-7-2 Marunouchi", "Tokyo", "", "100-0005", "Japan"],
    ["C-00013", "Gulf Trading", "KWD", "Al Shuhada St", "Kuwait City", "", "13001", "Kuwait"],
    ["C-00014", "Moved Away Inc", "USD", "", "", "", "", ""],
];
const USA: &str = "United States of America";

/// Id, name, tax category in Anrok.
const PRODUCTS: &[[&str; 3]] = &[
    ["P-00001", "Platform seat", "saasBusiness"],
    ["P-00002", "Personal plan", "saasPersonal"],
    ["P-00003", "E-book library", "digitalGoods"],
    ["P-00004", "Onboarding", "professionalServices"],
    ["P-00005", "Security key", "physicalGoods"],
];
const UNMAPPED_NAME: &str = "Data add-on";

impl Demo {
    /// The drafts of the first act; the second posts them.
    pub const DRAFTS: &[&str] = &["INV-00001", "INV-00002", "INV-00003", "INV-00004", "INV-00005"];
    /// Posted; the second act raises its quantity.
    pub const EDITED_LATER: &str = "INV-00009";
    /// Partially paid; the second act credits a part of it.
    pub const CREDITED_LATER: &str = "INV-00010";
    /// Reversed before anything could be recorded.
    pub const REVERSED: &str = "INV-00014";
    /// Lines with fractions of a cent and a discount; only largest remainder makes them add up.
    pub const FRACTIONAL: &str = "INV-00015";
    /// A negative invoice.
    pub const NEGATIVE: &str = "INV-00016";
    /// Posted without any address; the second act repairs it.
    pub const BAD_ADDRESS: &str = "INV-00017";
    /// Posted with a product Anrok does not know; the second act maps it.
    pub const UNMAPPED: &str = "INV-00018";
    /// The product that Anrok does not know.
    pub const UNMAPPED_PRODUCT: &str = "P-00006";
    /// One invoice for two subscriptions.
    pub const CONSOLIDATED: &str = "INV-00019";
    /// Posted with the processed credit `CR-00001` applied.
    pub const CREDITED: &str = "INV-00020";
    /// Posted; the second act reverses it.
    pub const REVERSED_LATER: &str = "INV-00021";
    /// The processed credit.
    pub const CREDIT: &str = "CR-00001";
    /// The reversed credit.
    pub const REVERSED_CREDIT: &str = "CR-00002";
    /// The credit of the second act.
    pub const SECOND_CREDIT: &str = "CR-00003";

    /// Fills an empty Ordway company.
    ///
    /// # Errors
    /// The company already holds records with these ids.
    pub fn seed(ordway: &FakeOrdway) -> Result<(), Refusal> {
        seed_customers(ordway)?;
        for [id, name, _] in PRODUCTS {
            ordway.product(id, name);
        }
        ordway.product(Self::UNMAPPED_PRODUCT, UNMAPPED_NAME);
        seed_drafts(ordway)?;
        seed_posted(ordway)?;
        seed_settled(ordway)?;
        seed_odd(ordway)?;
        ordway.credit_invoice(Self::CREDITED, "25")?;
        ordway.credit_invoice("INV-00006", "15")?;
        ordway.reverse_credit(Self::REVERSED_CREDIT, &day(ordway, 0))?;
        Ok(())
    }

    /// Adds all products but [`Demo::UNMAPPED_PRODUCT`] to the Anrok account.
    pub fn seed_anrok(anrok: &FakeAnrok) {
        for [id, _, category] in PRODUCTS {
            anrok.add_product(id, category);
        }
    }

    /// What people do next: post the drafts, edit a posted invoice, reverse one, credit one, repair the address, map the
    /// product. Nothing is left to hold a document up.
    ///
    /// # Errors
    /// The company is not the demo company, or the second act was played before.
    pub fn second_act(ordway: &FakeOrdway, anrok: &FakeAnrok) -> Result<(), Refusal> {
        for id in Self::DRAFTS {
            ordway.post_invoice(id)?;
        }
        ordway.edit_lines(Self::EDITED_LATER, |lines| {
            if let Some(line) = lines.first_mut().and_then(Value::as_object_mut) {
                line.insert("quantity".to_owned(), serde_json::json!(3.0));
                line.insert("effective_price".to_owned(), "147.00".into());
            }
        })?;
        ordway.reverse_invoice(Self::REVERSED_LATER, &day(ordway, 0))?;
        ordway.credit_invoice(Self::CREDITED_LATER, "10")?;
        let address = Address::new("233 S Wacker Dr", "Chicago", "IL", "60606", USA);
        ordway.repair_address(Self::BAD_ADDRESS, &address)?;
        anrok.add_product(Self::UNMAPPED_PRODUCT, "digitalGoods");
        Ok(())
    }

    /// Adds every product that occurs on a line of any invoice or credit to the Anrok account, as business software. For
    /// recorded data, whose products no account knows.
    pub fn map_products_in_use(ordway: &FakeOrdway, anrok: &FakeAnrok) {
        let mut products = BTreeSet::new();
        for (collection, lines) in [("invoices", "line_items"), ("credits", "credit_line_items")] {
            for document in ordway.all(collection) {
                let rows = document.get(lines).and_then(Value::as_array).into_iter().flatten();
                products.extend(rows.filter_map(|row| row.get("product_id")?.as_str().map(str::to_owned)));
            }
        }
        for product in products {
            anrok.add_product(&product, "saasBusiness");
        }
    }
}

/// A calendar date so many days before today.
fn day(ordway: &FakeOrdway, ago: i32) -> String {
    let today = ordway.today();
    today.checked_sub(jiff::Span::new().days(ago)).unwrap_or(today).to_string()
}

fn seed_customers(ordway: &FakeOrdway) -> Result<(), Refusal> {
    for [id, name, currency, street, city, state, zip, country] in CUSTOMERS {
        let address = Address::new(street, city, state, zip, country);
        let customer = ordway.customer(name).id(id).currency(currency).bill_to(address);
        match *id {
            // Billed in New York, delivered in San Francisco: the shipping address decides.
            "C-00002" => customer
                .bill_to(Address::new("350 5th Ave", "New York", "NY", "10118", USA))
                .ship_to(Address::new(street, city, state, zip, country))
                .create()?,
            "C-00008" => customer.tax_id("DE123456789").create()?,
            _ => customer.create()?,
        };
    }
    Ok(())
}

fn invoice(ordway: &FakeOrdway, id: &str, customer: &str, ago: i32) -> InvoiceBuilder {
    let date = day(ordway, ago);
    let due = day(ordway, ago - 30);
    ordway.invoice(customer).id(id).date(&date).with("due_date", due.into())
}

fn seed_drafts(ordway: &FakeOrdway) -> Result<(), Refusal> {
    invoice(ordway, "INV-00001", "C-00001", 2).line(Line::new("P-00001", "49.00").quantity("10")).create()?;
    invoice(ordway, "INV-00002", "C-00002", 2)
        .line(Line::new("P-00001", "49.00").quantity("4"))
        .line(Line::new("P-00004", "1500.00").one_time())
        .line(Line::new("P-00005", "25.00").quantity("4").one_time())
        .create()?;
    invoice(ordway, "INV-00003", "C-00003", 1).line(Line::new("P-00001", "1234.56")).create()?;
    invoice(ordway, "INV-00004", "C-00008", 1)
        .line(Line::new("P-00001", "45.50").quantity("6"))
        .line(Line::new("P-00003", "19.99"))
        .create()?;
    invoice(ordway, "INV-00005", "C-00012", 0).line(Line::new("P-00001", "7300").quantity("3")).create()?;
    Ok(())
}

fn seed_posted(ordway: &FakeOrdway) -> Result<(), Refusal> {
    let posted = |id, customer, ago| invoice(ordway, id, customer, ago).status("Posted");
    posted("INV-00006", "C-00004", 20)
        .line(Line::new("P-00001", "49.00").quantity("5"))
        .line(Line::new("P-00005", "25.00").quantity("5").one_time())
        .create()?;
    posted("INV-00007", "C-00005", 18).line(Line::new("P-00002", "9.00")).create()?;
    posted("INV-00008", "C-00006", 17).line(Line::new("P-00003", "120.00")).create()?;
    posted(Demo::EDITED_LATER, "C-00007", 16).line(Line::new("P-00001", "49.00").quantity("2")).create()?;
    posted("INV-00013", "C-00013", 12).line(Line::new("P-00001", "12.345").quantity("3")).create()?;
    posted(Demo::CREDITED, "C-00003", 10).line(Line::new("P-00001", "250.00")).create()?;
    posted(Demo::REVERSED_LATER, "C-00006", 9).line(Line::new("P-00001", "49.00")).create()?;
    Ok(())
}

fn seed_settled(ordway: &FakeOrdway) -> Result<(), Refusal> {
    let posted = |id, customer, ago| invoice(ordway, id, customer, ago).status("Posted");
    posted(Demo::CREDITED_LATER, "C-00009", 15).line(Line::new("P-00003", "80.00")).create()?;
    ordway.pay_invoice(Demo::CREDITED_LATER, "30.00")?;
    posted("INV-00011", "C-00010", 25).line(Line::new("P-00001", "75.00").quantity("2")).create()?;
    ordway.pay_invoice("INV-00011", "")?;
    posted("INV-00012", "C-00011", 24).line(Line::new("P-00001", "64.00").quantity("3")).create()?;
    ordway.pay_invoice("INV-00012", "")?;
    posted(Demo::REVERSED, "C-00001", 22).line(Line::new("P-00001", "49.00")).create()?;
    ordway.reverse_invoice(Demo::REVERSED, &day(ordway, 21))?;
    Ok(())
}

fn seed_odd(ordway: &FakeOrdway) -> Result<(), Refusal> {
    let posted = |id, customer, ago| invoice(ordway, id, customer, ago).status("Posted");
    posted(Demo::FRACTIONAL, "C-00002", 8)
        .line(Line::new("P-00001", "33.333"))
        .line(Line::new("P-00001", "33.333"))
        .line(Line::new("P-00003", "33.334"))
        .line(Line::new("P-00002", "35.00").discount("31.42857142857143"))
        .create()?;
    posted(Demo::NEGATIVE, "C-00001", 7).line(Line::new("P-00001", "49.00").quantity("-2")).create()?;
    posted(Demo::BAD_ADDRESS, "C-00014", 6).line(Line::new("P-00001", "99.00")).create()?;
    posted(Demo::UNMAPPED, "C-00006", 5)
        .line(Line::new("P-00001", "49.00"))
        .line(Line::new(Demo::UNMAPPED_PRODUCT, "15.00"))
        .create()?;
    posted(Demo::CONSOLIDATED, "C-00004", 4)
        .line(Line::new("P-00001", "49.00").quantity("2").with("subscription_id", "S-00101".into()))
        .line(Line::new("P-00002", "9.00").quantity("7").with("subscription_id", "S-00102".into()))
        .create()?;
    Ok(())
}
