//! One [`Entry`] as columns, and back. Every row is sealed: what is read is what was written, or an error.

use jiff::Timestamp;
use rusqlite::{Row, Transaction, named_params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::fault::Fault;
use crate::document::{DocumentKey, DocumentKind};
use crate::fingerprint::{Fingerprint, FingerprintKey};
use crate::ledger::{Entry, Fence, Intent, Problem, Recording};

/// Reads documents with their intents; a `WHERE` on `d` follows.
pub(super) const SELECT: &str = "\
    SELECT d.*, i.op AS intent_op, i.txn_id AS intent_txn, i.fingerprint AS intent_fingerprint, \
           i.started_at AS intent_at, i.seal AS intent_seal \
    FROM document d LEFT JOIN intent i ON i.seller = d.seller AND i.kind = d.kind AND i.id = d.id";

const PUT: &str = "\
    INSERT INTO document (seller, kind, id, state, txn_id, txn_version, fingerprint, negation_id, generation, \
        currency, amount_minor, tax_minor, borne_minor, chain, sent, place, placeholder, date, tax_date, \
        credited_invoice, customer, draft, problem_kind, code, reason, remedy, disposition, attempts, first_at, \
        last_at, next_attempt_at, archived_at, updated, fence, seal) \
    VALUES (:seller, :kind, :id, :state, :txn_id, :txn_version, :fingerprint, :negation_id, :generation, \
        :currency, :amount_minor, :tax_minor, :borne_minor, :chain, :sent, :place, :placeholder, :date, :tax_date, \
        :credited_invoice, :customer, :draft, :problem_kind, :code, :reason, :remedy, :disposition, :attempts, \
        :first_at, :last_at, :next_attempt_at, :archived_at, :updated, :fence, :seal)";

const REPLACE: &str = " ON CONFLICT (seller, kind, id) DO UPDATE SET state = excluded.state, \
    txn_id = excluded.txn_id, txn_version = excluded.txn_version, fingerprint = excluded.fingerprint, \
    negation_id = excluded.negation_id, generation = excluded.generation, currency = excluded.currency, \
    amount_minor = excluded.amount_minor, tax_minor = excluded.tax_minor, borne_minor = excluded.borne_minor, \
    chain = excluded.chain, sent = excluded.sent, place = excluded.place, placeholder = excluded.placeholder, \
    date = excluded.date, \
    tax_date = excluded.tax_date, credited_invoice = excluded.credited_invoice, customer = excluded.customer, \
    draft = excluded.draft, problem_kind = excluded.problem_kind, code = excluded.code, reason = excluded.reason, \
    remedy = excluded.remedy, disposition = excluded.disposition, attempts = excluded.attempts, \
    first_at = excluded.first_at, last_at = excluded.last_at, next_attempt_at = excluded.next_attempt_at, \
    archived_at = excluded.archived_at, updated = excluded.updated, fence = excluded.fence, seal = excluded.seal";

/// Who writes, and with which key it seals.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pen<'a> {
    pub(super) fence: &'a Fence,
    pub(super) number: i64,
    pub(super) key: &'a FingerprintKey,
}

impl Pen<'_> {
    /// The seal of a row of `table`.
    pub(super) fn seal(&self, table: &str, row: &impl Serialize) -> Result<String, Fault> {
        let mut row = serde_json::to_value(row).map_err(|error| Fault::Row(error.to_string()))?;
        // A member that a later version adds must not break the seals of rows without it.
        if let Value::Object(members) = &mut row {
            members.retain(|_, value| !value.is_null());
        }
        Ok(self.key.of(&format!("seal of {table}"), &(&self.fence.seller, row)).as_str().to_owned())
    }

    /// Fails where a row is not the one that was sealed.
    pub(super) fn check(&self, table: &str, row: &impl Serialize, seal: &str) -> Result<(), Fault> {
        if self.seal(table, row)? == seal {
            return Ok(());
        }
        Err(Fault::Row(format!("a row of the table {table} is not as it was written")))
    }
}

/// Stores the document's own columns. With `replace` off, a document that is there already stays as it is.
pub(super) fn put(tx: &Transaction<'_>, pen: Pen<'_>, entry: &Entry, replace: bool) -> Result<(), Fault> {
    // Named one by one, so that a new field cannot be forgotten here.
    let Entry {
        key,
        recording,
        generation,
        draft,
        problem,
        intent: _,
        currency,
        amount_minor,
        tax_minor,
        borne_minor,
        chain,
        sent,
        place,
        placeholder,
        date,
        tax_date,
        credited_invoice,
        customer,
        updated,
    } = entry;
    let (state, txn_id, txn_version, fingerprint, negation_id) = match recording {
        Recording::None => ("none", None, None, None, None),
        Recording::Live { transaction, version, fingerprint } => {
            ("live", Some(transaction), *version, Some(fingerprint.as_str()), None)
        }
        Recording::Ended { transaction, negation } => {
            ("ended", Some(transaction), None, None, negation.as_ref())
        }
    };
    let problem = problem.as_ref();
    let sql =
        format!("{PUT}{}", if replace { REPLACE } else { " ON CONFLICT (seller, kind, id) DO NOTHING" });
    tx.prepare_cached(&sql)?.execute(named_params! {
        ":seller": pen.fence.seller,
        ":kind": key.kind.as_str(),
        ":id": key.id,
        ":state": state,
        ":txn_id": txn_id,
        ":txn_version": txn_version,
        ":fingerprint": fingerprint,
        ":negation_id": negation_id,
        ":generation": generation,
        ":currency": currency,
        ":amount_minor": amount_minor,
        ":tax_minor": tax_minor,
        ":borne_minor": borne_minor,
        ":chain": (!chain.is_empty()).then(|| json(chain)).transpose()?,
        ":sent": (!sent.is_empty()).then(|| json(sent)).transpose()?,
        ":place": place.as_ref().map(Fingerprint::as_str),
        ":placeholder": placeholder.as_ref().map(json).transpose()?,
        ":date": text(date.as_ref()),
        ":tax_date": text(tax_date.as_ref()),
        ":credited_invoice": credited_invoice,
        ":customer": customer,
        ":draft": draft.as_ref().map(json).transpose()?,
        ":problem_kind": problem.map(|p| word(&p.kind)).transpose()?,
        ":code": problem.map(|p| &p.code),
        ":reason": problem.map(|p| &p.reason),
        ":remedy": problem.map(|p| &p.remedy),
        ":disposition": problem.map(|p| word(&p.disposition)).transpose()?,
        ":attempts": problem.map(|p| p.attempts),
        ":first_at": problem.map(|p| p.first_at.to_string()),
        ":last_at": problem.map(|p| p.last_at.to_string()),
        ":next_attempt_at": problem.and_then(|p| text(p.next_attempt_at.as_ref())),
        ":archived_at": problem.and_then(|p| text(p.archived_at.as_ref())),
        ":updated": text(updated.as_ref()),
        ":fence": pen.number,
        ":seal": pen.seal("document", &without_intent(entry))?,
    })?;
    Ok(())
}

/// Replaces the document's intent, which may be none.
pub(super) fn put_intent(
    tx: &Transaction<'_>,
    pen: Pen<'_>,
    key: &DocumentKey,
    intent: Option<&Intent>,
) -> Result<(), Fault> {
    tx.prepare_cached("DELETE FROM intent WHERE seller = ?1 AND kind = ?2 AND id = ?3")?.execute((
        &pen.fence.seller,
        key.kind.as_str(),
        &key.id,
    ))?;
    let Some(intent) = intent else { return Ok(()) };
    let Intent { operation, transaction, fingerprint, at } = intent;
    tx.prepare_cached(
        "INSERT INTO intent (seller, kind, id, op, txn_id, fingerprint, started_at, fence, seal) \
         VALUES (:seller, :kind, :id, :op, :txn_id, :fingerprint, :started_at, :fence, :seal)",
    )?
    .execute(named_params! {
        ":seller": pen.fence.seller,
        ":kind": key.kind.as_str(),
        ":id": key.id,
        ":op": word(operation)?,
        ":txn_id": transaction,
        ":fingerprint": fingerprint.as_ref().map(Fingerprint::as_str),
        ":started_at": at.to_string(),
        ":fence": pen.number,
        ":seal": pen.seal("intent", &(key, intent))?,
    })?;
    Ok(())
}

/// A row of [`SELECT`].
pub(super) fn read(pen: Pen<'_>, row: &Row<'_>) -> Result<Entry, Fault> {
    let kind: String = row.get("kind")?;
    let kind =
        DocumentKind::parse(&kind).ok_or_else(|| Fault::Row(format!("unknown document kind {kind:?}")))?;
    let mut entry = Entry::new(DocumentKey::new(kind, row.get::<_, String>("id")?));
    entry.recording = recording(row)?;
    entry.generation = row.get("generation")?;
    entry.draft = from_json(row, "draft")?;
    entry.problem = problem(row)?;
    entry.currency = row.get("currency")?;
    entry.amount_minor = row.get("amount_minor")?;
    entry.tax_minor = row.get("tax_minor")?;
    entry.borne_minor = row.get("borne_minor")?;
    entry.chain = from_json(row, "chain")?.unwrap_or_default();
    entry.sent = from_json(row, "sent")?.unwrap_or_default();
    entry.place = row.get::<_, Option<String>>("place")?.map(Fingerprint::from_text);
    entry.placeholder = from_json(row, "placeholder")?;
    entry.date = parsed(row, "date")?;
    entry.tax_date = parsed(row, "tax_date")?;
    entry.credited_invoice = row.get("credited_invoice")?;
    entry.customer = row.get("customer")?;
    entry.updated = parsed(row, "updated")?;
    pen.check("document", &entry, &row.get::<_, String>("seal")?)?;
    entry.intent = intent(pen, &entry.key, row)?;
    Ok(entry)
}

fn recording(row: &Row<'_>) -> Result<Recording, Fault> {
    let state: String = row.get("state")?;
    Ok(match state.as_str() {
        "none" => Recording::None,
        "live" => Recording::Live {
            transaction: row.get("txn_id")?,
            version: row.get("txn_version")?,
            fingerprint: Fingerprint::from_text(row.get::<_, String>("fingerprint")?),
        },
        "ended" => Recording::Ended { transaction: row.get("txn_id")?, negation: row.get("negation_id")? },
        _ => return Err(Fault::Row(format!("unknown document state {state:?}"))),
    })
}

fn problem(row: &Row<'_>) -> Result<Option<Problem>, Fault> {
    let Some(kind) = row.get::<_, Option<String>>("problem_kind")? else { return Ok(None) };
    Ok(Some(Problem {
        kind: from_word("problem_kind", kind)?,
        code: row.get("code")?,
        reason: row.get("reason")?,
        remedy: row.get("remedy")?,
        disposition: from_word("disposition", row.get("disposition")?)?,
        attempts: row.get("attempts")?,
        first_at: required(row, "first_at")?,
        last_at: required(row, "last_at")?,
        next_attempt_at: parsed(row, "next_attempt_at")?,
        archived_at: parsed(row, "archived_at")?,
    }))
}

fn intent(pen: Pen<'_>, key: &DocumentKey, row: &Row<'_>) -> Result<Option<Intent>, Fault> {
    let Some(operation) = row.get::<_, Option<String>>("intent_op")? else { return Ok(None) };
    let intent = Intent {
        operation: from_word("op", operation)?,
        transaction: row.get("intent_txn")?,
        fingerprint: row.get::<_, Option<String>>("intent_fingerprint")?.map(Fingerprint::from_text),
        at: required(row, "intent_at")?,
    };
    pen.check("intent", &(key, &intent), &row.get::<_, String>("intent_seal")?)?;
    Ok(Some(intent))
}

/// The intent has a row and a seal of its own, so that storing it leaves the document's row alone.
fn without_intent(entry: &Entry) -> Entry {
    Entry { intent: None, ..entry.clone() }
}

fn text(value: Option<&impl ToString>) -> Option<String> {
    value.map(ToString::to_string)
}

fn json(value: &impl Serialize) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(|error| Fault::Row(error.to_string()))
}

fn from_json<T: DeserializeOwned>(row: &Row<'_>, column: &'static str) -> Result<Option<T>, Fault> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| serde_json::from_str(&text)).transpose().map_err(unreadable(column))
}

/// The word that serde writes for a plain arm of an enum.
fn word(value: &impl Serialize) -> Result<String, Fault> {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => Ok(word),
        _ => Err(Fault::Row("a value has no word to store it as".to_owned())),
    }
}

fn from_word<T: DeserializeOwned>(column: &'static str, word: String) -> Result<T, Fault> {
    serde_json::from_value(Value::String(word)).map_err(unreadable(column))
}

fn parsed<T: std::str::FromStr<Err = jiff::Error>>(
    row: &Row<'_>,
    column: &'static str,
) -> Result<Option<T>, Fault> {
    row.get::<_, Option<String>>(column)?.map(|text| text.parse().map_err(unreadable(column))).transpose()
}

fn required(row: &Row<'_>, column: &'static str) -> Result<Timestamp, Fault> {
    timestamp(column, &row.get::<_, String>(column)?)
}

/// A time as this ledger writes it.
pub(super) fn timestamp(column: &'static str, text: &str) -> Result<Timestamp, Fault> {
    text.parse().map_err(unreadable(column))
}

fn unreadable<E: std::fmt::Display>(column: &'static str) -> impl Fn(E) -> Fault {
    move |error| Fault::Row(format!("the column {column} cannot be read: {error}"))
}
