//! The life of a transaction: calculate, record, replace, void, negate.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde_json::{Value, json};

use super::address::{self, Address};
use super::calculate::{Calculation, calculate};
use super::config::AnrokConfig;
use super::quirk::Quirk;
use super::record::{Cause, StoredTransaction, TransactionState};
use super::state::State;
use super::validate::{Fields, Outcome, Refusal};

/// A transaction with what the list call and the engine's own work need.
#[derive(Clone)]
pub(super) struct Record {
    pub(super) stored: StoredTransaction,
    pub(super) draft: Draft,
    pub(super) calculation: Calculation,
    /// Rises with every change anywhere, so it orders equal modification times.
    pub(super) serial: u64,
}

/// A request that passed validation and whose dates are settled.
#[derive(Clone)]
pub(super) struct Draft {
    pub(super) currency: String,
    pub(super) lines: Vec<DraftLine>,
    pub(super) address: Address,
    ship_from: Option<Address>,
    pub(super) customer_id: Option<String>,
    pub(super) customer_name: Option<String>,
    pub(super) tax_ids: Vec<String>,
    pub(super) accounting_date: Date,
    pub(super) tax_date: Date,
}

#[derive(Clone)]
pub(super) struct DraftLine {
    pub(super) id: Option<String>,
    pub(super) product: String,
    pub(super) amount: i64,
    pub(super) inclusive: bool,
    pub(super) quantity: Option<String>,
}

impl Draft {
    /// The country the sale comes from.
    // rule: origin-of-sale
    pub(super) fn origin<'a>(&self, config: &'a AnrokConfig) -> &'a str {
        let ship_from = self.ship_from.as_ref().filter(|_| !config.has(Quirk::OriginIsSeller));
        match ship_from.and_then(|from| address::resolve(from, config)) {
            Some(place) => place.country(),
            None => &config.seller_country,
        }
    }
}

/// Amounts of a line, in minor units. Documented.
// rule: amount-range
const AMOUNT_LIMIT: i64 = 100_000_000_000;

/// Time zones that the document allows.
const TIME_ZONES: &[&str] = &[
    "UTC",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
    "Australia/Perth",
    "Australia/Adelaide",
    "Australia/Darwin",
    "Australia/Brisbane",
    "Australia/Sydney",
    "America/Halifax",
    "America/Toronto",
    "America/Winnipeg",
    "America/Regina",
    "America/Edmonton",
    "America/Vancouver",
    "Europe/Berlin",
    "Europe/Brussels",
    "Europe/Dublin",
    "Europe/Helsinki",
    "Europe/London",
    "Europe/Paris",
    "Europe/Rome",
    "Europe/Stockholm",
    "Asia/Tokyo",
    "Asia/Singapore",
];

const DRAFT_KEYS: &[&str] = &[
    "lineItems",
    "currencyCode",
    "customerAddress",
    "customerName",
    "customerTaxIds",
    "shipFromAddress",
    "accountingDate",
    "accountingTime",
    "accountingTimeZone",
    "taxDate",
    "customerId",
];

/// A request whose accounting date may still depend on a time zone.
struct Unsettled {
    draft: Draft,
    accounting_date: Option<Date>,
    accounting_time: Option<Timestamp>,
    time_zone: Option<String>,
    tax_date: Option<Date>,
}

fn read_line(fields: &Fields<'_>) -> Result<DraftLine, Refusal> {
    let line = DraftLine {
        id: fields.any_string("id")?.map(str::to_owned),
        product: fields.string("productExternalId")?.to_owned(),
        amount: fields.integer("amount", -AMOUNT_LIMIT, AMOUNT_LIMIT)?,
        inclusive: fields.optional_bool("isTaxIncludedInAmount")?.unwrap_or_default(),
        quantity: fields.optional_decimal_text("quantity")?.map(str::to_owned),
    };
    fields.only(&["id", "productExternalId", "amount", "isTaxIncludedInAmount", "quantity"])?;
    Ok(line)
}

fn read(fields: &Fields<'_>, keys: &[&str], line_limit: Option<usize>) -> Result<Unsettled, Refusal> {
    let mut lines = Vec::new();
    for line in fields.some_objects("lineItems", line_limit)? {
        lines.push(read_line(&line)?);
    }
    let currency = fields.currency("currencyCode")?;
    let address = fields.address("customerAddress")?;
    let customer_name = fields.optional_string("customerName")?.map(str::to_owned);
    let mut tax_ids = Vec::new();
    if fields.has("customerTaxIds") {
        for id in fields.objects("customerTaxIds")? {
            id.choice("type", &["genericVatNumber", "euVrn"])?;
            tax_ids.push(id.string("value")?.to_owned());
            id.only(&["type", "value"])?;
        }
    }
    let ship_from =
        if fields.has("shipFromAddress") { Some(fields.address("shipFromAddress")?) } else { None };
    let accounting_date = fields.optional_date("accountingDate")?;
    let accounting_time = fields.optional_instant("accountingTime")?;
    let time_zone = fields.optional_string("accountingTimeZone")?.map(str::to_owned);
    let tax_date = fields.optional_date("taxDate")?;
    let customer_id = fields.optional_string("customerId")?.map(str::to_owned);
    fields.only(keys)?;
    // rule: accounting-date-or-time
    if accounting_date.is_some() && time_zone.is_some() {
        let text = "Cannot specify both accountingDate and accountingTimeZone.";
        return Err(Refusal::BadRequest(text.to_owned()));
    }
    if accounting_date.is_none() && accounting_time.is_none() {
        let text = "Must specify either accountingDate or accountingTimeZone.";
        return Err(Refusal::BadRequest(text.to_owned()));
    }
    let draft = Draft {
        currency,
        lines,
        address,
        ship_from,
        customer_id,
        customer_name,
        tax_ids,
        accounting_date: Date::ZERO,
        tax_date: Date::ZERO,
    };
    Ok(Unsettled { draft, accounting_date, accounting_time, time_zone, tax_date })
}

/// Fixes the dates and checks that the engine has rates for them.
fn settle(state: &State, request: Unsettled) -> Result<Draft, Refusal> {
    let accounting_date = match (request.accounting_date, request.accounting_time) {
        (Some(date), _) => date,
        (None, Some(time)) => {
            // rule: time-zone-of-seller
            let name = request.time_zone.or_else(|| state.config.seller_time_zone.clone());
            let name = name.ok_or_else(|| Refusal::conflict("accountingTimeZoneNotSetForSeller"))?;
            let zone = TIME_ZONES
                .contains(&name.as_str())
                .then(|| TimeZone::get(&name).ok())
                .flatten()
                .ok_or_else(|| Refusal::conflict("accountingTimeZoneNotSupported"))?;
            time.to_zoned(zone).date()
        }
        (None, None) => state.today(),
    };
    let tax_date = request.tax_date.unwrap_or(accounting_date);
    // rule: tax-date-range
    if tax_date < jiff::civil::date(1999, 1, 1) {
        return Err(Refusal::conflict("taxDateTooFarInPast"));
    }
    if tax_date > state.today().saturating_add(Span::new().days(31)) {
        return Err(Refusal::conflict("taxDateTooFarInFuture"));
    }
    Ok(Draft { accounting_date, tax_date, ..request.draft })
}

/// `transactions/createEphemeral`: stores nothing.
// rule: ephemeral-not-stored
pub(super) fn create_ephemeral(state: &mut State, body: &Value) -> Outcome {
    let fields = Fields::root(body, !state.config.has(Quirk::UnknownKeysIgnored))?;
    let request = read(&fields, DRAFT_KEYS, state.config.line_limit)?;
    let draft = settle(state, request)?;
    if let Some(id) = &draft.customer_id {
        // rule: ephemeral-new-customer
        let refused = state.config.has(Quirk::EphemeralRefusesNewCustomer);
        let named = draft.customer_name.is_some() && !refused;
        if !named && !state.customers.contains_key(id) {
            return Err(Refusal::conflict("customerIdNotFound"));
        }
    }
    Ok(calculate(state, &draft)?.response(None))
}

/// `transactions/createOrUpdate`: the same id replaces.
pub(super) fn create_or_update(state: &mut State, body: &Value) -> Outcome {
    let fields = Fields::root(body, !state.config.has(Quirk::UnknownKeysIgnored))?;
    let keys: Vec<&str> = DRAFT_KEYS.iter().copied().chain(["id"]).collect();
    let request = read(&fields, &keys, state.config.line_limit)?;
    let id = fields.string("id")?.to_owned();
    let draft = settle(state, request)?;
    let existing = state.transactions.get(&id).map(|r| (r.stored.state, r.stored.accounting_date));
    match existing {
        // rule: update-after-void
        Some((TransactionState::Void, _)) if state.config.has(Quirk::VoidEndsTheId) => {
            return Err(Refusal::conflict("transactionFrozenForFiling"));
        }
        // rule: frozen-refuses-update
        Some((state_then, date)) if state_then != TransactionState::Void && state.is_frozen(date) => {
            return Err(Refusal::conflict("transactionFrozenForFiling"));
        }
        // rule: update-of-negation
        Some((TransactionState::Negation, _)) if state.config.has(Quirk::NegationsAreFinal) => {
            return Err(Refusal::conflict("transactionFrozenForFiling"));
        }
        // rule: frozen-by-accounting-date
        None if state.config.has(Quirk::NewIdsFrozenToo) && state.is_frozen(draft.accounting_date) => {
            return Err(Refusal::conflict("transactionFrozenForFiling"));
        }
        _ => {}
    }
    if let Some(customer) = &draft.customer_id
        && draft.customer_name.is_none()
        && !state.customers.contains_key(customer)
    {
        return Err(Refusal::conflict("customerIdNotFound"));
    }
    let calculation = calculate(state, &draft)?;
    let is_void = existing.is_some_and(|(state_then, _)| state_then == TransactionState::Void);
    if is_void && state.config.has(Quirk::VoidFreesTheId) {
        state.transactions.remove(&id);
    }
    if let Some(customer) = &draft.customer_id {
        state.know_customer(customer, draft.customer_name.as_deref())?;
    }
    let cause = if existing.is_some() { Cause::Updated } else { Cause::Created };
    let entry = Entry { id, body: body.clone(), draft, calculation, cause, negates: None };
    Ok(store(state, entry))
}

/// A version about to be stored.
struct Entry {
    id: String,
    body: Value,
    draft: Draft,
    calculation: Calculation,
    cause: Cause,
    negates: Option<String>,
}

/// Stores the next version of a transaction and returns the answer to it.
// rule: version-rises
fn store(state: &mut State, entry: Entry) -> Value {
    let Entry { id, body, draft, calculation, cause, negates } = entry;
    let before = state.transactions.get(&id).map(|r| (r.stored.version, r.stored.created_at));
    let version = before.map_or(1, |(version, _)| version + 1);
    let response = calculation.response(Some(version));
    let stored = StoredTransaction {
        id: id.clone(),
        version,
        state: if negates.is_some() { TransactionState::Negation } else { TransactionState::Live },
        cause,
        body,
        response: response.clone(),
        currency_code: draft.currency.clone(),
        accounting_date: draft.accounting_date,
        tax_date: draft.tax_date,
        customer_id: draft.customer_id.clone(),
        negates,
        input_amount: draft.lines.iter().map(|l| l.amount).sum(),
        pre_tax_amount: calculation.pre_tax,
        tax_amount: calculation.tax(),
        tax_amount_to_collect: calculation.to_collect,
        created_at: before.map_or(state.now, |(_, created)| created),
        modified_at: state.now,
    };
    put(state, Record { stored, draft, calculation, serial: 0 });
    response
}

fn put(state: &mut State, mut record: Record) {
    record.serial = state.next_serial();
    state.history.push(record.stored.clone());
    state.transactions.insert(record.stored.id.clone(), record);
}

// rule: expected-version
fn check_version(stored: &StoredTransaction, expected: Option<i64>) -> Result<(), Refusal> {
    match expected {
        Some(expected) if expected != i64::from(stored.version) => {
            Err(Refusal::conflict("transactionExpectedVersionMismatch"))
        }
        _ => Ok(()),
    }
}

/// `transactions/id:{id}/void`.
pub(super) fn void(state: &mut State, id: &str, body: &Value) -> Outcome {
    let fields = Fields::root(body, !state.config.has(Quirk::UnknownKeysIgnored))?;
    let expected =
        fields.optional_integer("transactionExpectedVersion", i64::from(i32::MIN), i64::from(i32::MAX))?;
    fields.only(&["transactionExpectedVersion"])?;
    let not_found = || Refusal::conflict("transactionIdNotFound");
    let mut record = state.transactions.get(id).cloned().ok_or_else(not_found)?;
    let already = record.stored.state == TransactionState::Void;
    // rule: void-twice
    if already && state.config.has(Quirk::VoidTwiceNotFound) {
        return Err(not_found());
    }
    check_version(&record.stored, expected)?;
    if already {
        return Ok(json!({}));
    }
    // rule: frozen-refuses-void
    if state.is_frozen(record.stored.accounting_date) {
        return Err(Refusal::conflict("transactionFrozenForFiling"));
    }
    // rule: void-makes-a-version
    record.stored.state = TransactionState::Void;
    record.stored.cause = Cause::Voided;
    if !state.config.has(Quirk::VoidKeepsVersion) {
        record.stored.version += 1;
    }
    record.stored.modified_at = state.now;
    put(state, record);
    Ok(json!({}))
}

/// `transactions/createNegation`: works on frozen transactions too.
// rule: negation-is-the-inverse
pub(super) fn create_negation(state: &mut State, body: &Value) -> Outcome {
    let fields = Fields::root(body, !state.config.has(Quirk::UnknownKeysIgnored))?;
    let original = fields.string("originalTransactionId")?;
    let new_id = fields.string("newTransactionId")?;
    let expected = fields.optional_integer(
        "originalTransactionExpectedVersion",
        i64::from(i32::MIN),
        i64::from(i32::MAX),
    )?;
    fields.only(&["originalTransactionId", "newTransactionId", "originalTransactionExpectedVersion"])?;
    // rule: negation-of-void
    let record = state
        .transactions
        .get(original)
        .filter(|r| r.stored.state != TransactionState::Void || state.config.has(Quirk::VoidsCanBeNegated))
        .cloned()
        .ok_or_else(|| Refusal::conflict("transactionIdNotFound"))?;
    // rule: negation-not-negated
    if record.stored.state == TransactionState::Negation {
        return Err(Refusal::conflict("transactionIsAlreadyANegation"));
    }
    // rule: negation-twice
    if state.transactions.contains_key(new_id) {
        return Err(Refusal::conflict("duplicateTransactionId"));
    }
    let negated_before = || {
        let mut all = state.transactions.values();
        all.any(|r| r.stored.negates.as_deref() == Some(original) && r.stored.state != TransactionState::Void)
    };
    if state.config.has(Quirk::SecondNegationRefused) && negated_before() {
        return Err(Refusal::conflict("transactionIsAlreadyANegation"));
    }
    check_version(&record.stored, expected)?;
    negate(state, &record, new_id, Cause::Negated);
    Ok(json!({}))
}

fn negate(state: &mut State, original: &Record, new_id: &str, cause: Cause) {
    let mut draft = original.draft.clone();
    // rule: negation-date
    if !state.config.has(Quirk::NegationKeepsDate) {
        draft.accounting_date = state.today();
    }
    for line in &mut draft.lines {
        line.amount = -line.amount;
    }
    let body = inverse_body(&original.stored.body, new_id, &draft);
    let calculation = original.calculation.negated();
    let negates = Some(original.stored.id.clone());
    store(state, Entry { id: new_id.to_owned(), body, draft, calculation, cause, negates });
}

/// The body that would have made this transaction, dated and named anew.
fn inverse_body(original: &Value, new_id: &str, draft: &Draft) -> Value {
    let mut body = original.clone();
    if let Some(map) = body.as_object_mut() {
        map.insert("id".to_owned(), json!(new_id));
        map.insert("accountingDate".to_owned(), json!(draft.accounting_date.to_string()));
        map.insert("taxDate".to_owned(), json!(draft.tax_date.to_string()));
        map.remove("accountingTime");
        map.remove("accountingTimeZone");
        let lines = map.get_mut("lineItems").and_then(Value::as_array_mut);
        for (line, draft) in lines.into_iter().flatten().zip(&draft.lines) {
            if let Some(line) = line.as_object_mut() {
                line.insert("amount".to_owned(), json!(draft.amount));
            }
        }
    }
    body
}

/// The engine calculates a live transaction anew by itself. Returns the newest version of what now counts.
// rule: engine-reprocesses
pub(super) fn reprocess(state: &mut State, id: &str) -> Option<u32> {
    let record = state.transactions.get(id).filter(|r| r.stored.state == TransactionState::Live)?.clone();
    // Failures that a test ordered are for calls, not for the engine's own work.
    let failures = std::mem::take(&mut state.external_failures);
    let calculation = calculate(state, &record.draft);
    state.external_failures = failures;
    let calculation = calculation.ok()?;
    if !state.is_frozen(record.stored.accounting_date) {
        let Record { stored, draft, .. } = record;
        let entry = Entry {
            id: stored.id,
            body: stored.body,
            draft,
            calculation,
            cause: Cause::Reprocessed,
            negates: None,
        };
        return version_of(&store(state, entry));
    }
    // rule: engine-reprocesses-frozen
    let serial = state.next_serial();
    negate(state, &record, &format!("{id}:anrok{serial}:neg"), Cause::Reprocessed);
    let mut draft = record.draft;
    draft.accounting_date = state.today();
    let new_id = format!("{id}:anrok{serial}");
    let mut body = record.stored.body;
    if let Some(map) = body.as_object_mut() {
        map.insert("id".to_owned(), json!(new_id));
        map.insert("accountingDate".to_owned(), json!(draft.accounting_date.to_string()));
        map.remove("accountingTimeZone");
    }
    let entry = Entry { id: new_id, body, draft, calculation, cause: Cause::Reprocessed, negates: None };
    version_of(&store(state, entry))
}

fn version_of(response: &Value) -> Option<u32> {
    response.get("version")?.as_u64()?.try_into().ok()
}

/// A new or archived certificate changes what the customer's open transactions owe.
// rule: certificate-reprocesses
pub(super) fn reprocess_customer(state: &mut State, customer: &str) {
    let open: Vec<String> = state
        .transactions
        .values()
        .filter(|r| r.stored.state == TransactionState::Live)
        .filter(|r| r.stored.customer_id.as_deref() == Some(customer))
        .filter(|r| !state.is_frozen(r.stored.accounting_date))
        .map(|r| r.stored.id.clone())
        .collect();
    for id in open {
        reprocess(state, &id);
    }
}
