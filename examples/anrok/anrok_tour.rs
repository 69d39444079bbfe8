//! Do all 17 operations of Anrok's API 1.1 work with my account, and how long do they take?
//!
//! Each is called once, in an order that makes what the later ones need: a product, a customer (by a transaction), a
//! certificate. An operation is fine when it succeeds or answers a conflict of the document, such as a premium feature
//! that is off; anything else fails the tour.
//!
//! On a real account it leaves behind: the product `example:tour`, the customer of the same id, an archived certificate,
//! a voided transaction, and a second one together with its negation (they add up to zero). No e-mail is sent.
//!
//! ANROK_API_KEY and ANROK_BASE_URL name the account; without them it is the fake. ANROK_INTEGRATION_ID names the
//! integration whose product mappings are tried; without it they are asked of one that does not exist.
//!
//! Exit code: 0 every operation ended as documented, 1 one did not.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anrok_client::certificate_requests::CreateCertificateRequest;
use anrok_client::certificates::{
    CertificateFile, CertificateFilter, CertificateId, CertificateJuris, CreateCertificate, ListCertificates,
};
use anrok_client::filings::ListFilings;
use anrok_client::product_mappings::AddMapping;
use anrok_client::products::{CreateProduct, TaxCategoryId};
use anrok_client::tax_ids::ValidateTaxIds;
use anrok_client::transactions::{
    CreateNegation, CustomerId, Line, ListTransactions, Transaction, TransactionFilter, TransactionId,
};
use anrok_client::{Address, AnrokError, Client, Clock, Currency, Error, Pages, UsJuris};
use comfy_table::Table;
use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use ordway_anrok_examples::{PIXEL_PNG, Rates, anrok_or_demo, table, variable};

/// Id of the product and of the customer.
const TOUR: &str = "example:tour";

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(0) => ExitCode::SUCCESS,
        Ok(failed) => {
            eprintln!("{failed} operations did not end as documented");
            ExitCode::from(1)
        }
        Err(error) => {
            eprintln!("the tour could not run: {error:#}");
            ExitCode::from(1)
        }
    }
}

async fn run() -> anyhow::Result<usize> {
    let (anrok, fake) = anrok_or_demo(Rates::default())?;
    let integration = variable("ANROK_INTEGRATION_ID");
    if let Some(fake) = &fake {
        println!("Anrok is faked in this process; nothing leaves this machine.\n");
        fake.add_integration(integration.as_deref().unwrap_or("si1example"));
    } else {
        println!("Seller {} at {}", anrok.seller_id(), anrok.base_url());
        println!(
            "This records one test transaction of 1.00 USD and voids it, records another and negates it, and"
        );
        println!(
            "leaves the product and customer {TOUR} and an archived certificate behind. No e-mail is sent.\n"
        );
    }
    let integration = integration.unwrap_or_else(|| "si1example".to_owned());
    let mut tour = Tour::new(&anrok);
    tour.all(&integration).await;
    println!("{}", tour.rows);
    println!(
        "{} operations, {} requests, {} ended otherwise than documented",
        tour.done,
        anrok.requests_sent(),
        tour.failed
    );
    anyhow::ensure!(tour.done == anrok_client::endpoints().len(), "the tour does not visit every operation");
    Ok(tour.failed)
}

struct Tour {
    anrok: Client,
    clock: Arc<dyn Clock>,
    today: Date,
    rows: Table,
    done: usize,
    failed: usize,
    begun: Duration,
}

impl Tour {
    fn new(anrok: &Client) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(ordway_anrok_http::SystemClock::new());
        Self {
            anrok: anrok.clone(),
            today: clock.now().to_zoned(TimeZone::UTC).date(),
            rows: table(&["operation", "outcome", "ms", "what to do"]),
            done: 0,
            failed: 0,
            begun: clock.monotonic(),
            clock,
        }
    }

    /// Notes how an operation ended, and goes on with its answer where there is one.
    fn note<T>(
        &mut self,
        operation: &str,
        outcome: Result<T, Error>,
        show: impl FnOnce(&T) -> String,
    ) -> Option<T> {
        let now = self.clock.monotonic();
        let took = now.saturating_sub(self.begun).as_millis().to_string();
        self.begun = now;
        self.done += 1;
        let (said, remedy) = match &outcome {
            Ok(answer) => (format!("ok: {}", show(answer)), String::new()),
            Err(error) => match error.api().and_then(AnrokError::conflict) {
                Some(conflict) if conflict.is_known() => {
                    (conflict.to_string(), conflict.remedy().into_owned())
                }
                _ => {
                    self.failed += 1;
                    let remedy = error.api().map(|answer| answer.remedy().into_owned()).unwrap_or_default();
                    (format!("FAILED: {error}"), remedy)
                }
            },
        };
        self.rows.add_row([operation.to_owned(), said, took, remedy]);
        outcome.ok()
    }

    async fn all(&mut self, integration: &str) {
        self.products().await;
        self.transactions().await;
        self.certificates().await;
        self.mappings(integration).await;
        self.taxes_and_returns().await;
    }

    async fn products(&mut self) {
        let anrok = self.anrok.clone();
        let categories = anrok.product_tax_categories().list().await;
        let categories =
            self.note("productTaxCategories.list", categories, |list| format!("{} categories", list.len()));
        let category = categories
            .and_then(|list| {
                let saas = list.iter().find(|category| category.id.id == "saasBusiness").or(list.first())?;
                Some(saas.id.clone())
            })
            .unwrap_or_else(|| TaxCategoryId::standard("saasBusiness"));
        let product = CreateProduct::new(TOUR, category, "Example tour");
        let created = anrok.products().create(&product).await;
        self.note("products.create", created, |()| TOUR.to_owned());
        let found = anrok.products().get(TOUR).await;
        self.note("products.get", found, |product| {
            product.as_ref().map_or("no such product", |product| product.external_id.as_str()).to_owned()
        });
    }

    fn sale(&self) -> Transaction {
        let address = Address::builder().country("US").region("NY").postal_code("10036").build();
        let mut sale =
            Transaction::new(Currency::USD, address, self.today).line(Line::new(TOUR, 1_00).with_id("1"));
        sale.customer_id = Some(CustomerId::from(TOUR));
        sale.customer_name = Some("Example tour".to_owned());
        sale
    }

    async fn transactions(&mut self) {
        let calls = self.anrok.transactions();
        // A voided id is never used again, so each run has its own.
        let run = self.clock.now().as_second();
        let id = TransactionId::new(format!("{TOUR}:{run}"));
        let tax = |answer: &anrok_client::transactions::Calculation| {
            format!("tax {} cents", answer.tax_amount_to_collect)
        };

        // Without the customer: a calculation creates none.
        let quote = Transaction { customer_id: None, customer_name: None, ..self.sale() };
        let quoted = calls.create_ephemeral(&quote).await;
        self.note("transactions.createEphemeral", quoted, tax);
        let recorded = calls.create_or_update(&id, &self.sale()).await;
        self.note("transactions.createOrUpdate", recorded, tax);
        let hour_ago = self.clock.now().checked_sub(1.hour()).unwrap_or_default();
        let filter = Some(TransactionFilter::LastModifiedAfter(hour_ago));
        let listed = first_page(calls.list(ListTransactions { filter, limit: Some(20) })).await;
        self.note("transactions.list", listed, |count| format!("{count} changed within the hour"));
        let voided = calls.void(&id, None).await;
        self.note("transactions.void", voided, |()| id.to_string());

        let other = TransactionId::new(format!("{TOUR}:{run}b"));
        let negated = match calls.create_or_update(&other, &self.sale()).await {
            Ok(_) => {
                calls.create_negation(&CreateNegation::new(other.as_str(), format!("{other}:neg"))).await
            }
            Err(error) => Err(error),
        };
        self.note("transactions.createNegation", negated, |()| {
            format!("{other}:neg, after recording {other}")
        });
    }

    async fn certificates(&mut self) {
        let calls = self.anrok.certificates();
        let certificate = CreateCertificate {
            customer_id: TOUR.into(),
            customer_name: Some("Example tour".to_owned()),
            effective_date_begin: self.today,
            exemption_number: None,
            notes: Some("made by the example anrok_tour".to_owned()),
            certificate_file: CertificateFile {
                name: "pixel.png".to_owned(),
                contents_base64: PIXEL_PNG.to_owned(),
            },
            jurises: vec![CertificateJuris::new(UsJuris::NY)],
        };
        let created = calls.create(&certificate).await;
        let created = self.note("certificates.create", created, ToString::to_string);
        // An id that does not exist has a documented answer, too.
        let id = created.unwrap_or_else(|| CertificateId::from("ctec0example"));
        let found = calls.get(&id).await;
        self.note("certificates.get", found, |certificate| {
            certificate
                .as_ref()
                .and_then(|c| c.status.as_ref())
                .map_or_else(|| "no such certificate".to_owned(), ToString::to_string)
        });
        let filter = CertificateFilter { customer_id: Some(TOUR.into()), status: None };
        let listed = first_page(calls.list(ListCertificates { filter, limit: Some(100) })).await;
        self.note("certificates.list", listed, |count| format!("{count} of this customer"));
        let archived = calls.archive(&id).await;
        self.note("certificates.archive", archived, |()| id.to_string());

        let mut request = CreateCertificateRequest::new(TOUR, "nobody@example.com");
        request.send_email = Some(false);
        request.customer_name = Some("Example tour".to_owned());
        let requested = self.anrok.certificate_requests().create(&request).await;
        self.note("certificateRequests.create", requested, |request| {
            format!("{}, without an e-mail", request.request_id)
        });
    }

    async fn mappings(&mut self, integration: &str) {
        let calls = self.anrok.data_source(integration).product_mappings();
        let listed = calls.list().await;
        self.note("productMappings.list", listed, |list| format!("{} mappings", list.iter().count()));
        let added = calls.add(&AddMapping::new(TOUR, TOUR)).await;
        self.note("productMappings.add", added, |()| format!("{TOUR} to itself"));
    }

    async fn taxes_and_returns(&mut self) {
        let address = Address::builder().country("DE").build();
        let query =
            ValidateTaxIds { customer_address: address, customer_tax_ids: vec!["DE123456789".to_owned()] };
        let validated = self.anrok.tax_ids().validate(&query).await;
        self.note("taxIds.validate", validated, |answer| {
            format!("valid: {}", answer.is_valid("DE123456789"))
        });
        let listed =
            first_page(self.anrok.filings().list(ListFilings { limit: Some(10), ..ListFilings::default() }))
                .await;
        self.note("filings.list", listed, |count| format!("{count} on the first page"));
    }
}

/// How many records the first page of a list has.
async fn first_page<T: Send + 'static>(mut list: Pages<T>) -> Result<usize, Error> {
    Ok(list.next_page().await?.map_or(0, |page| page.items.len() + page.rejects.len()))
}
