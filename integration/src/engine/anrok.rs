//! Between the pure core's requests and answers and `anrok-client`'s types.

use anrok_client::transactions::{Calculation, CustomerId, Line, TaxId, Transaction};
use anrok_client::{Address, Currency};

use crate::hold::{Disposition, Hold};
use crate::map::request::TaxRequest;
use crate::map::write_back::{TaxAnswer, TaxAnswerLine};

/// The transaction that asks what `request` asks.
///
/// # Errors
/// A currency that Anrok's client refuses, or too many lines; the request builder lets neither through.
pub(crate) fn transaction(request: &TaxRequest) -> Result<Transaction, Hold> {
    let unknown = || Hold::Currency(Some(request.currency.clone()));
    let currency: Currency = request.currency.parse().map_err(|_| unknown())?;
    let parts = [&request.country, &request.line1, &request.city, &request.region, &request.postal_code];
    let mut transaction = Transaction::new(currency, address(parts), request.accounting_date);
    let sending = request.sending().map_err(Hold::TooManyLines)?;
    transaction.lines = sending
        .sent
        .iter()
        .map(|sent| &sent.line)
        .map(|line| {
            let mut sent = Line::new(&line.product, line.amount).with_id(&line.id);
            sent.is_tax_included = line.tax_included.then_some(true);
            sent.quantity = line.quantity.as_deref().and_then(|quantity| quantity.parse().ok());
            sent
        })
        .collect();
    transaction.customer_id = Some(CustomerId::from(request.customer_id.as_str()));
    transaction.customer_name.clone_from(&request.customer_name);
    transaction.customer_tax_ids = request.tax_ids.iter().map(TaxId::vat).collect();
    transaction.ship_from = request.ship_from.as_ref().map(|from| address(from.each_ref()));
    transaction.tax_date = request.tax_date;
    Ok(transaction)
}

fn address([country, line1, city, region, postal_code]: [&Option<String>; 5]) -> Address {
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    Address::builder()
        .country(text(country))
        .line1(text(line1))
        .city(text(city))
        .region(text(region))
        .postal_code(text(postal_code))
        .build()
}

/// The answer in the core's terms.
pub(crate) fn answer(calculation: &Calculation) -> TaxAnswer {
    let lines = calculation.lines.iter().map(|line| {
        let jurisdictions = line.jurises.iter().flat_map(|juris| {
            let taxes = juris.taxes.iter().flatten();
            let name = juris.name.clone();
            taxes.filter_map(move |tax| Some((name.clone(), tax.tax_amount?)))
        });
        let mut answered =
            TaxAnswerLine::new(line.id.clone(), line.tax_amount_to_collect, jurisdictions.collect());
        answered.pre_tax = line.pre_tax_amount;
        answered
    });
    TaxAnswer::new(calculation.tax_amount_to_collect, lines.collect(), calculation.version.map(i64::from))
}

/// Anrok's refusal as a hold: its word, the client's remedy, and which of the document's things it is about.
pub(crate) fn refused(error: &anrok_client::AnrokError, request: Option<&TaxRequest>) -> Hold {
    use anrok_client::Disposition as Theirs;
    let conflict = error.conflict();
    let disposition = match error.disposition() {
        Theirs::Retry => Disposition::RetryLater,
        Theirs::FixConfig => Disposition::FixConfiguration,
        Theirs::FixData(_) => Disposition::FixData,
        _ => Disposition::Review,
    };
    let code = conflict.map_or_else(|| "rejected".to_owned(), |conflict| conflict.code().to_owned());
    let mut remedy = error.remedy().into_owned();
    match conflict {
        Some(anrok_client::Conflict::ProductExternalIdUnknown { product_external_id }) => {
            let product = product_external_id.as_deref();
            let lines = request.map(|request| lines_of(request, product)).unwrap_or_default();
            let product = product.unwrap_or("of the document");
            remedy = format!(
                "Create the product {product} in Anrok (Product IDs) with a tax category, or map it to an existing one in \
                 the product map{lines}; the document goes on by itself with the next run."
            );
        }
        Some(anrok_client::Conflict::CustomerAddressCouldNotResolve) => {
            let which =
                request.map_or_else(|| "address".to_owned(), |request| request.address_source.to_string());
            remedy = format!(
                "Correct the {which} in Ordway: country, and for the US state or ZIP, must be real and agree with each \
                 other. The document goes on by itself with the next run."
            );
        }
        _ => {}
    }
    let said = conflict.is_none().then(|| error.to_string());
    if let Some((request, said)) = request.zip(said.as_deref())
        && is_about_too_many_lines(said, request)
    {
        remedy = format!(
            "The document has {} lines. Set the line limit to what Anrok takes (MappingRules::line_limit, sync \
             --line-limit N): lines without amount are then left out, lines of one product are sent as one, and the tax \
             is spread back over the lines.",
            request.lines.len()
        );
    }
    Hold::Refused { code, said, remedy, disposition }
}

/// Anrok documents no limit, so its words for one are not known (grade D): a refusal of the list of lines as a whole,
/// of a document that has many.
fn is_about_too_many_lines(said: &str, request: &TaxRequest) -> bool {
    let said = said.to_ascii_lowercase();
    let of_the_list = said.contains("lineitems") || said.contains("line items");
    let of_its_length = ["at most", "too many", "maximum", "limit"].iter().any(|word| said.contains(word));
    request.lines.len() > 100 && of_the_list && of_its_length
}

fn lines_of(request: &TaxRequest, product: Option<&str>) -> String {
    let lines: Vec<&str> = request
        .lines
        .iter()
        .filter(|line| Some(line.product.as_str()) == product)
        .map(|line| line.id.as_str())
        .collect();
    if lines.is_empty() { String::new() } else { format!(" (line {})", lines.join(", ")) }
}
