//! The tests of the guide's page on mocking: one piece of billing code, tested through each seam.
//!
//! Copy a section, keep its imports.

// ANCHOR: code_under_test
use anrok_client::transactions::{Line, Transaction};
use anrok_client::{Address, Currency};
use ordway_client::InvoiceId;

/// The code under test: what a customer will have to pay for an invoice, tax included, in minor units.
async fn total(
    ordway: &ordway_client::Client,
    anrok: &anrok_client::Client,
    invoice: &str,
) -> anyhow::Result<i64> {
    let invoice = ordway.invoices().get(&InvoiceId::from(invoice)).await?;
    let net = invoice.subtotal.unwrap_or_default() * rust_decimal::Decimal::ONE_HUNDRED;
    let net = i64::try_from(net.normalize().mantissa())?;
    let address = Address::builder().country("US").region("NY").postal_code("10001").build();
    let mut quote = Transaction::new(Currency::USD, address, jiff::civil::date(2026, 8, 31));
    quote.lines = vec![Line::new("P-1", net)];
    let answer = anrok.transactions().create_ephemeral(&quote).await?;
    Ok(net + answer.tax_amount_to_collect)
}
// ANCHOR_END: code_under_test

// ANCHOR: stub
mod stub {
    use anrok_client::transactions::{self, Calculation};
    use ordway_client::invoices::{self, Invoice};
    use ordway_client::testing::{Stub, StubError};

    #[tokio::test]
    async fn the_tax_is_added() -> anyhow::Result<()> {
        let ordway = ordway_client::Client::stubbed(Stub::new().on(&invoices::GET, |call| {
            assert_eq!(call.ids, ["INV-1"]);
            let mut invoice = Invoice::default();
            invoice.subtotal = Some(rust_decimal::Decimal::from(100));
            Ok(invoice)
        }));
        let anrok = anrok_client::Client::stubbed(Stub::new().on(&transactions::CREATE_EPHEMERAL, |call| {
            assert_eq!(call.input.lines.first().map(|line| line.amount), Some(100_00));
            let mut answer = Calculation::default();
            answer.tax_amount_to_collect = 8_87;
            Ok(answer)
        }));
        assert_eq!(super::total(&ordway, &anrok, "INV-1").await?, 108_87);
        Ok(())
    }

    #[tokio::test]
    async fn a_refusal_reaches_the_caller_with_its_remedy() {
        let missing = Stub::new().on(&invoices::GET, |_| Err(StubError::Answer(404, String::new())));
        let (ordway, anrok) =
            (ordway_client::Client::stubbed(missing), anrok_client::Client::stubbed(Stub::new()));
        let error = super::total(&ordway, &anrok, "INV-404").await.expect_err("the invoice is not there");
        assert!(error.downcast_ref::<ordway_client::Error>().is_some_and(ordway_client::Error::is_not_found));
    }
}
// ANCHOR_END: stub

// ANCHOR: fake
mod fake {
    use std::sync::Arc;

    use ordway_anrok_http::{Clock, SystemClock};
    use ordway_anrok_sandbox::anrok::FakeAnrok;
    use ordway_anrok_sandbox::demo::Demo;
    use ordway_anrok_sandbox::ordway::FakeOrdway;

    /// Both systems with state and rules, in this process, without sockets.
    #[tokio::test]
    async fn the_invoice_and_its_tax_come_from_systems_that_remember() -> anyhow::Result<()> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let (fake_ordway, fake_anrok) =
            (FakeOrdway::new(Arc::clone(&clock)), FakeAnrok::new(Arc::clone(&clock)));
        Demo::seed(&fake_ordway).map_err(|refusal| anyhow::anyhow!("{refusal:?}"))?;
        Demo::seed_anrok(&fake_anrok);
        assert!(fake_anrok.add_product("P-1", "saasBusiness"));

        let config = fake_ordway.config();
        let credentials = ordway_client::Credentials::new(
            config.company,
            config.user_email,
            config.user_token.into(),
            config.api_key.into(),
        );
        let ordway =
            ordway_client::Client::builder(credentials).transport(Arc::new(fake_ordway.clone())).build()?;
        let anrok = anrok_client::Client::builder(fake_anrok.api_key().parse()?)
            .transport(Arc::new(fake_anrok.clone()))
            .build()?;

        let invoice = ordway
            .invoices()
            .list(ordway_client::invoices::ListInvoices::default())
            .try_next()
            .await?
            .expect("a demo invoice");
        let net = invoice.subtotal.unwrap_or_default() * rust_decimal::Decimal::ONE_HUNDRED;
        let total = super::total(&ordway, &anrok, invoice.id.as_ref()).await?;
        assert!(rust_decimal::Decimal::from(total) > net, "the table taxes software in New York");
        Ok(())
    }
}
// ANCHOR_END: fake

// ANCHOR: httpmock
mod over_http {
    use anrok_client::testing::MockServerExt as _;
    use anrok_client::transactions;
    use httpmock::MockServer;
    use ordway_client::invoices;
    use serde_json::json;

    /// A real socket: headers, bodies and status codes as they go over the wire.
    #[tokio::test]
    async fn the_credentials_and_the_body_are_what_anrok_expects() -> anyhow::Result<()> {
        let server = MockServer::start_async().await;
        let read = server.on("/api/v1", &invoices::GET, |when, then| {
            when.path("/api/v1/invoices/INV-1").header("X-API-KEY", "key");
            then.status(200).json_body(json!({"id": "INV-1", "subtotal": "100.00", "status": "Draft"}));
        });
        let quote = server.on("", &transactions::CREATE_EPHEMERAL, |when, then| {
            when.header("authorization", "Bearer s1/sa2/secret.3")
                .json_body_includes(r#"{"lineItems": [{"productExternalId": "P-1", "amount": 10000}]}"#);
            then.status(200).json_body(json!({"taxAmountToCollect": 887, "lineItems": []}));
        });
        let credentials =
            ordway_client::Credentials::new("Acme", "a@acme.example", "token".into(), "key".into());
        let base_url = server.base_url();
        let ordway =
            ordway_client::Client::builder(credentials).base_url(format!("{base_url}/api/v1")).build()?;
        let anrok = anrok_client::Client::builder("s1/sa2/secret.3".parse()?).base_url(base_url).build()?;
        assert_eq!(super::total(&ordway, &anrok, "INV-1").await?, 108_87);
        read.assert();
        quote.assert();
        Ok(())
    }
}
// ANCHOR_END: httpmock

// ANCHOR: scripted
mod scripted {
    use std::sync::Arc;

    use ordway_anrok_http::FailureKind;
    use ordway_client::testing::ScriptedTransport;

    /// Faults to the byte, under a paused clock: the waits between the tries take no time.
    #[tokio::test(start_paused = true)]
    async fn a_cut_connection_and_a_busy_server_are_ridden_out() -> anyhow::Result<()> {
        let script = ScriptedTransport::new()
            .fail(FailureKind::Interrupted)
            .answer_with(429, &[("retry-after", "2")], "slow down")
            .answer(200, r#"{"id": "INV-1", "subtotal": "100.00"}"#);
        let credentials =
            ordway_client::Credentials::new("Acme", "a@acme.example", "token".into(), "key".into());
        let ordway =
            ordway_client::Client::builder(credentials).transport(Arc::new(script.clone())).build()?;
        let quotes = ScriptedTransport::new().answer(200, r#"{"taxAmountToCollect": 887, "lineItems": []}"#);
        let anrok = anrok_client::Client::builder("s1/sa2/secret.3".parse()?)
            .transport(Arc::new(quotes.clone()))
            .build()?;
        assert_eq!(super::total(&ordway, &anrok, "INV-1").await?, 108_87);
        assert_eq!((script.sent().len(), quotes.sent().len()), (3, 1), "three tries, one quote");
        Ok(())
    }
}
// ANCHOR_END: scripted

// ANCHOR: trait_object
mod trait_object {
    use std::sync::Arc;

    use ordway_client::invoices::Invoice;
    use ordway_client::traits::InvoicesApi;
    use ordway_client::{InvoiceId, Result};

    /// The code under test names the trait, not the client.
    struct Dunning {
        invoices: Arc<dyn InvoicesApi>,
    }

    impl Dunning {
        async fn is_paid(&self, id: &str) -> Result<bool> {
            let invoice = self.invoices.get(&InvoiceId::from(id)).await?;
            Ok(invoice.balance.is_some_and(|balance| balance.is_zero()))
        }
    }

    /// A test's own account. It writes the one method that the code needs; the others fail and name themselves.
    #[derive(Debug)]
    struct Paid;

    #[async_trait::async_trait]
    impl InvoicesApi for Paid {
        async fn get(&self, id: &InvoiceId) -> Result<Invoice> {
            let mut invoice = Invoice::default();
            invoice.id = id.clone();
            invoice.balance = Some(rust_decimal::Decimal::ZERO);
            Ok(invoice)
        }
    }

    #[tokio::test]
    async fn a_balance_of_zero_is_paid() -> Result<()> {
        let dunning = Dunning { invoices: Arc::new(Paid) };
        assert!(dunning.is_paid("INV-1").await?);
        Ok(())
    }
}
// ANCHOR_END: trait_object
