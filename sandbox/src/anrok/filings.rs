//! `filings/list`: the returns that the recorded transactions belong to.

use std::collections::BTreeSet;

use jiff::Span;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::config::AnrokConfig;
use super::cursor::{Cursor, limit};
use super::quirk::Quirk;
use super::record::TransactionState;
use super::state::State;
use super::tax_table::{filing_juris, is_juris_id};
use super::validate::{Fields, Outcome, Refusal, parse_date};

/// One return of one jurisdiction and month.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Filing {
    first: Date,
    juris_id: String,
}

impl Filing {
    // rule: filing-locked-means-filed
    fn json(&self, state: &State) -> Value {
        let (first, last) = period(&state.config, self.first);
        let frozen = state.is_frozen(last);
        let name = if state.config.has(Quirk::FilingsAreQuarterly) {
            filing_id(&state.config, first)
        } else {
            first.strftime("%B %Y").to_string()
        };
        json!({
            "jurisId": self.juris_id,
            "jurisFilingId": filing_id(&state.config, first),
            "name": name,
            "isAutomaticallyUpdatedForTransactionChanges": !frozen,
            "isFiled": frozen && !state.config.has(Quirk::LockedIsNotFiled),
            "period": { "begin": first.to_string(), "endInclusive": last.to_string() },
        })
    }
}

/// First and last day of the return that a day belongs to.
// rule: filings-are-monthly
fn period(config: &AnrokConfig, day: Date) -> (Date, Date) {
    if !config.has(Quirk::FilingsAreQuarterly) {
        return (day.first_of_month(), day.last_of_month());
    }
    let month = (day.month() - 1) / 3 * 3 + 1;
    let first = Date::new(day.year(), month, 1).unwrap_or(day);
    let last = first.saturating_add(Span::new().months(2)).last_of_month();
    (first, last)
}

/// The id of the return that a day belongs to: `2026-08`, or `2026-Q3`.
pub(super) fn filing_id(config: &AnrokConfig, day: Date) -> String {
    if config.has(Quirk::FilingsAreQuarterly) {
        return format!("{}-Q{}", day.year(), (day.month() - 1) / 3 + 1);
    }
    day.strftime("%Y-%m").to_string()
}

/// The jurisdiction to which a return is sent.
pub(super) fn filing_juris_of<'a>(config: &AnrokConfig, id: &'a str) -> &'a str {
    if config.has(Quirk::EuFiledByCountry) { id } else { filing_juris(id) }
}

fn filings(state: &State) -> BTreeSet<Filing> {
    let counted = state.transactions.values().filter(|r| r.stored.state != TransactionState::Void);
    counted
        .flat_map(|r| {
            let remitted = r.calculation.juris_ids().into_iter().filter(|id| r.calculation.remits_to(id));
            remitted.map(|id| Filing {
                first: period(&state.config, r.stored.accounting_date).0,
                juris_id: filing_juris_of(&state.config, id).to_owned(),
            })
        })
        .collect()
}

/// First and last day of `2025`, `2025-01` or `2025-01-31`.
fn days(text: &str) -> Option<(Date, Date)> {
    match text.len() {
        4 => Some((parse_date(&format!("{text}-01-01"))?, parse_date(&format!("{text}-12-31"))?)),
        7 => parse_date(&format!("{text}-01")).map(|first| (first, first.last_of_month())),
        _ => parse_date(text).map(|day| (day, day)),
    }
}

/// `filings/list`.
pub(super) fn list(state: &mut State, body: &Value) -> Outcome {
    let fields = Fields::root(body, !state.config.has(Quirk::UnknownKeysIgnored))?;
    let filter = fields.optional_object("filter")?;
    let (mut juris, mut range) = (None, None);
    if let Some(filter) = &filter {
        juris = filter.optional_string("jurisId")?.map(str::to_owned);
        // rule: juris-id-in-filter
        if let Some(id) = juris.as_deref().filter(|id| !is_juris_id(id)) {
            return Err(filter.invalid("jurisId", &format!("Invalid juris ID: \"{id}\"")));
        }
        // rule: filing-period-range
        if let Some(text) = filter.optional_string("periodEndDateRangeInclusive")? {
            let fault = |why: &str| {
                let message = format!("Invalid period end date range: {why}");
                filter.invalid("periodEndDateRangeInclusive", &message)
            };
            let (begin, end) = text.split_once("..").unwrap_or((text, text));
            let both = days(begin).zip(days(end));
            let ((begin, _), (_, end)) = both.ok_or_else(|| fault("not a year, month or day"))?;
            if begin > end {
                return Err(fault("begin date comes after end date"));
            }
            range = Some((begin.to_string(), end.to_string()));
        }
        filter.only(&["jurisId", "periodEndDateRangeInclusive"])?;
    }
    let limit = limit(&fields, 100, 10)?;
    let cursor = Cursor::read(&fields, "filings", filter.is_some())?;
    fields.only(&["filter", "limit", "cursor"])?;
    if !state.config.list_filings_enabled {
        return Err(Refusal::conflict("listFilingsApiNotEnabled"));
    }
    let (begin, end) = range.unzip();
    let cursor = cursor?.unwrap_or_else(|| Cursor::new("filings", json!([juris, begin, end])));
    let wanted = |filing: &Filing| {
        let last = period(&state.config, filing.first).1.to_string();
        cursor.filter_text(0).is_none_or(|id| id == filing.juris_id)
            && cursor.filter_text(1).is_none_or(|begin| begin <= last.as_str())
            && cursor.filter_text(2).is_none_or(|end| last.as_str() <= end)
    };
    let all = filings(state).into_iter().filter(wanted);
    let numbered = (1..).zip(all).filter(|(number, _)| *number > cursor.after);
    let (page, next) = cursor.page(numbered, limit);
    let items: Vec<Value> = page.iter().map(|f| f.json(state)).collect();
    Ok(with_next_cursor(&state.config, json!({ "filings": items, "hasMore": next.is_some() }), next))
}

/// Transactions and filings leave the cursor out at the end; certificates say null.
// rule: next-cursor-absent-at-the-end
pub(super) fn with_next_cursor(config: &AnrokConfig, mut answer: Value, next: Option<String>) -> Value {
    let next = next.map(Value::String).or(config.has(Quirk::NextCursorNull).then_some(Value::Null));
    if let (Some(next), Some(map)) = (next, answer.as_object_mut()) {
        map.insert("nextCursor".to_owned(), next);
    }
    answer
}
