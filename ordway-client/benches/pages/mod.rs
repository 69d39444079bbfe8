//! Invoices in the shape that Ordway writes, and a loopback server that lists them.

use std::fmt::Write as _;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// Records per page, the most that Ordway gives.
pub(crate) const PAGE: usize = 50;

/// The body of page `page` (from 1) of `count` invoices, from invoice number `first` on.
pub(crate) fn page(first: usize, page: usize, count: usize) -> String {
    let begin = first.saturating_add(page.saturating_sub(1).saturating_mul(PAGE)).min(count);
    let end = begin.saturating_add(PAGE).min(count);
    (begin..end).map(invoice).collect::<Value>().to_string()
}

/// Invoice number `n`: one to four lines, every fourth with a credit, every third without an address; changed
/// `n` seconds after the first one.
fn invoice(n: usize) -> Value {
    let lines: Vec<_> = (1..=1 + n % 4).map(|no| line(n, no)).collect();
    let credits: Vec<_> = (0..usize::from(n.is_multiple_of(4))).map(|_| credit(n)).collect();
    json!({
        "id": format!("INV-{n:06}"), "customer_id": format!("C-{:05}", n % 997),
        "billing_contact": contact(n), "shipping_contact": contact(n + 1),
        "customer_name": text(n, 24), "invoice_date": "2024-03-01", "due_date": "2024-03-31",
        "start_date": "2024-03-01", "end_date": "2024-03-31", "billing_run_id": format!("BR-{:05}", n % 300),
        "subtotal": amount(n), "invoice_tax": "0.0", "invoice_amount": amount(n), "paid_amount": "0.0",
        "balance": amount(n), "status": if n.is_multiple_of(2) { "Posted" } else { "Paid" }, "notes": "",
        "invoice_pdf_url": text(n, 30), "currency": "USD", "payment_terms": "30",
        "created_date": changed(0).to_string(), "updated_date": format!("{:.3}", changed(n)),
        "created_by": "a@example.com", "updated_by": "b@example.com",
        "line_items": lines, "subtotals": [], "payments": [], "credits": credits, "refunds": [],
        "custom_fields": {}, "quickbooks_id": "", "stripe_invoice_id": "",
    })
}

fn line(n: usize, no: usize) -> Value {
    json!({
        "line_no": no.to_string(), "subscription_id": format!("S-{:05}", n % 5000),
        "customer_id": format!("C-{:05}", n % 997), "customer_name": text(n, 24),
        "product_id": format!("P-{:05}", no), "product_name": text(no, 20), "plan_id": "PLN-00013",
        "plan_name": text(no + 1, 22), "charge_id": "CHG-00013", "subscription_line_id": "SCHG-01",
        "charge_name": text(no + 2, 28), "charge_type": "recurring", "description": text(n + no, 34),
        "start_date": "2024-03-01", "end_date": "2024-03-31", "unit_price": amount(no), "list_price": amount(no),
        "list_price_base": "Billing Period", "taxable": false, "quantity": 2.0, "discount": "0.0",
        "effective_price": amount(n + no), "line_tax": "0.0", "tax_lines": [], "applied_tiers": "",
        "custom_fields": {},
    })
}

fn credit(n: usize) -> Value {
    json!({
        "id": format!("CR-{n:05}"), "customer_id": format!("C-{:05}", n % 997), "credit_date": "2024-03-02",
        "notes": text(n, 40), "status": "Processed", "credit_amount": "50.00", "applied_amount": "50.00",
        "unapplied_amount": "0.0", "currency": "USD", "reference_number": "", "auto_apply": true,
        "gl_account": "", "created_by": "a@example.com", "updated_by": "a@example.com",
        "created_date": changed(0).to_string(), "updated_date": changed(1).to_string(), "refunds": [],
        "custom_fields": {}, "credit_type": "COURTESY",
    })
}

fn contact(n: usize) -> Value {
    let known = |size: usize| if n.is_multiple_of(3) { String::new() } else { text(n, size) };
    json!({
        "zip": known(5), "city": known(12), "email": "c@example.com", "phone": "", "state": known(10),
        "county": "", "mobile": "", "country": known(13), "address1": known(24), "address2": "",
        "job_title": "", "last_name": text(n, 14), "department": "", "first_name": text(n, 9),
        "display_name": text(n, 24),
    })
}

fn text(seed: usize, size: usize) -> String {
    let letters = b"abcdefghijklmnopqrstuvwxyz ".iter().cycle().skip(seed % 27);
    letters.step_by(5).take(size).map(|letter| char::from(*letter)).collect::<String>().replace(' ', "x")
}

fn amount(seed: usize) -> String {
    format!("{}.{}", 100 + seed % 90_000, seed % 10)
}

fn changed(n: usize) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_700_000_000) + SignedDuration::from_secs(seconds(n))
}

fn seconds(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// The number of the first invoice that the inclusive filter `since` lets through.
pub(crate) fn first_since(since: Timestamp) -> usize {
    usize::try_from(since.duration_since(changed(0)).as_secs()).unwrap_or(0)
}

/// Answers every `GET` on a loopback port with what `body` makes of its target, each connection on a thread of its
/// own, for as long as the program runs. Returns the base URL.
pub(crate) fn serve(body: impl Fn(&str) -> Arc<str> + Send + Sync + 'static) -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let base = format!("http://{}/api/v1", listener.local_addr()?);
    let body = Arc::new(body);
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let body = Arc::clone(&body);
            std::thread::spawn(move || answer(&stream, &*body));
        }
    });
    Ok(base)
}

fn answer(mut stream: &TcpStream, body: &dyn Fn(&str) -> Arc<str>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    let mut target = String::new();
    let mut row = String::new();
    let mut head = String::new();
    while reader.read_line(&mut row)? > 0 {
        if let Some(rest) = row.strip_prefix("GET ") {
            rest.split(' ').next().unwrap_or_default().clone_into(&mut target);
        }
        if row == "\r\n" {
            let text = body(&target);
            head.clear();
            let length = text.len();
            write!(
                head,
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
            )
            .map_err(io::Error::other)?;
            stream.write_all(head.as_bytes())?;
            stream.write_all(text.as_bytes())?;
        }
        row.clear();
    }
    Ok(())
}

/// The query parameter `name` of a request target, colons and `>` decoded.
pub(crate) fn parameter(target: &str, name: &str) -> Option<String> {
    let (_, query) = target.split_once('?')?;
    query.split('&').find_map(|pair| {
        let pair = pair.replace("%3A", ":").replace("%3E", ">");
        let (key, value) = pair.split_once('=')?;
        (key == name).then(|| value.to_owned())
    })
}

/// The page number that a request target asks for.
pub(crate) fn page_number(target: &str) -> usize {
    parameter(target, "page").and_then(|page| page.parse().ok()).unwrap_or(1)
}
