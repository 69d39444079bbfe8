//! `transactions/list`.

use jiff::Timestamp;
use jiff::civil::DateTime;
use serde_json::{Value, json};

use super::address;
use super::config::AnrokConfig;
use super::cursor::{Cursor, limit};
use super::filings::{filing_id, filing_juris_of, with_next_cursor};
use super::quirk::Quirk;
use super::record::TransactionState;
use super::state::State;
use super::tax_table::is_juris_id;
use super::transactions::Record;
use super::validate::{Fields, Outcome, Refusal, instant_text};

/// An instant exactly as `YYYY-MM-DDTHH:mm:ss.dddZ`.
fn exact_instant(text: &str) -> Option<Timestamp> {
    let shape = "dddd-dd-ddTdd:dd:dd.dddZ";
    let fits = text.len() == shape.len()
        && text.bytes().zip(shape.bytes()).all(|(byte, wanted)| match wanted {
            b'd' => byte.is_ascii_digit(),
            literal => byte == literal,
        });
    let civil: DateTime = if fits { text.strip_suffix('Z')?.parse().ok()? } else { return None };
    civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|at| at.timestamp())
}

/// Checks a filter and returns it as `[kind, value…]`.
fn read_filter(filter: &Fields<'_>) -> Result<Value, Refusal> {
    let invalid = || Refusal::BadRequest("\"filter\": Invalid input.".to_owned());
    match filter.any_string("type").map_err(|_| invalid())? {
        Some("lastModifiedAfter") => {
            let text = filter.any_string("value").map_err(|_| invalid())?.ok_or_else(invalid)?;
            filter.only(&["type", "value"])?;
            // rule: last-modified-needs-milliseconds
            exact_instant(text).ok_or_else(|| {
                filter.invalid("value", "Invalid format; expecting \"YYYY-MM-DDTHH:mm:ss.dddZ\"")
            })?;
            Ok(json!(["lastModifiedAfter", text]))
        }
        Some("filingInfo") => {
            let value = filter.object("value")?;
            value.choice("filingAssociationStatus", &["associated"])?;
            let juris = value.string("jurisId")?;
            if !is_juris_id(juris) {
                return Err(value.invalid("jurisId", &format!("Invalid juris ID: \"{juris}\"")));
            }
            let filing = value.string("jurisFilingId")?;
            value.only(&["filingAssociationStatus", "jurisId", "jurisFilingId"])?;
            filter.only(&["type", "value"])?;
            Ok(json!(["filingInfo", juris, filing]))
        }
        _ => Err(invalid()),
    }
}

/// `transactions/list`.
pub(super) fn list(state: &mut State, body: &Value) -> Outcome {
    let fields = Fields::root(body, !state.config.has(Quirk::UnknownKeysIgnored))?;
    let filter = match fields.filter_object()? {
        Some(filter) => Some(read_filter(&filter)?),
        None => None,
    };
    let limit = limit(&fields, 20, 10)?;
    let cursor = Cursor::read(&fields, "transactions", filter.is_some())?;
    fields.only(&["filter", "limit", "cursor"])?;
    if !state.config.list_transactions_enabled {
        return Err(Refusal::conflict("listTransactionsApiNotEnabled"));
    }
    let cursor = cursor?.unwrap_or_else(|| Cursor::new("transactions", filter.unwrap_or_default()));
    let newest_first = state.config.has(Quirk::ListNewestFirst);
    // rule: list-order
    let mut records: Vec<&Record> = state
        .transactions
        .values()
        .filter(|r| {
            cursor.after == 0 || (r.serial > cursor.after) != newest_first && r.serial != cursor.after
        })
        .filter(|r| passes(&state.config, r, &cursor))
        .collect();
    records.sort_by_key(|r| if newest_first { u64::MAX - r.serial } else { r.serial });
    let (page, next) = cursor.page(records.into_iter().map(|r| (r.serial, r)), limit);
    let items: Vec<Value> = page.into_iter().map(|r| item(state, r)).collect();
    Ok(with_next_cursor(&state.config, json!({ "transactions": items, "hasMore": next.is_some() }), next))
}

/// `transactions/id:{id}/get`: what the list shows, and the version.
pub(super) fn get(state: &mut State, id: &str, body: &Value) -> Outcome {
    Fields::root(body, !state.config.has(Quirk::UnknownKeysIgnored))?.only(&[])?;
    let not_found = || Refusal::conflict("transactionIdNotFound");
    let record = state.transactions.get(id).ok_or_else(not_found)?;
    let mut item = item(state, record);
    if let Some(map) = item.as_object_mut() {
        map.insert("version".to_owned(), json!(record.stored.version));
    }
    Ok(item)
}

fn passes(config: &AnrokConfig, record: &Record, cursor: &Cursor) -> bool {
    match (cursor.filter_text(0), cursor.filter_text(1), cursor.filter_text(2)) {
        (Some("lastModifiedAfter"), Some(text), _) => {
            // Compared as the list prints it: with milliseconds.
            instant_text(record.stored.modified_at).as_str() > text
        }
        // rule: filing-info-filter
        (Some("filingInfo"), Some(juris), Some(filing)) => {
            let counts = record.stored.state != TransactionState::Void;
            (counts || config.has(Quirk::FilingInfoListsVoids))
                && filing_id(config, record.stored.accounting_date) == filing
                && record
                    .calculation
                    .juris_ids()
                    .into_iter()
                    .any(|id| id == juris || filing_juris_of(config, id) == juris)
        }
        _ => true,
    }
}

// rule: list-source-is-null
fn item(state: &State, record: &Record) -> Value {
    let stored = &record.stored;
    let named = state.config.has(Quirk::ListSourceNamed);
    let source = if named { json!({ "name": "API" }) } else { Value::Null };
    let mut item = json!({
        "type": "normal",
        "id": stored.id,
        "anrokCreatedTime": instant_text(stored.created_at),
        "anrokModifiedTime": instant_text(stored.modified_at),
        "sourceBillingSystem": source,
    });
    let Some(map) = item.as_object_mut() else { return item };
    if stored.state == TransactionState::Void {
        map.insert("type".to_owned(), json!("void"));
    } else {
        map.insert("body".to_owned(), body(state, record));
    }
    item
}

fn body(state: &State, record: &Record) -> Value {
    let (stored, draft) = (&record.stored, &record.draft);
    let country = address::resolve(&draft.address, &state.config).map_or("", address::Place::country);
    let mut body = record.calculation.list_body(state, &draft.tax_ids, country);
    let customer = stored.customer_id.as_ref().map(|id| json!({ "id": id, "name": state.customers.get(id) }));
    if let Some(map) = body.as_object_mut() {
        map.insert("accountingDate".to_owned(), json!(stored.accounting_date.to_string()));
        map.insert("taxDate".to_owned(), json!(stored.tax_date.to_string()));
        map.insert("currencyCode".to_owned(), json!(stored.currency_code));
        map.insert("customer".to_owned(), customer.unwrap_or_default());
        let address = &draft.address;
        let address = json!({
            "country": address.country,
            "line1": address.line1,
            "city": address.city,
            "region": address.region,
            "postalCode": address.postal_code,
        });
        map.insert("addresses".to_owned(), json!([{ "address": address }]));
    }
    body
}
