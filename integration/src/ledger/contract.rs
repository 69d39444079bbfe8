//! What every ledger has to keep, as checks that can be run against one of your own (feature `testing`).
//!
//! ```
//! use ordway_anrok::ledger::{MemoryLedger, contract};
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! contract::check(&MemoryLedger::new()).await?;
//! # Ok::<(), contract::Breach>(())
//! # }).unwrap();
//! ```

use std::fmt::Debug;
use std::future::Future;

use jiff::Timestamp;
use jiff::civil::Date;

use super::{
    DraftTax, Entry, EntryFilter, Fence, Intent, Ledger, LedgerError, Link, LinkKind, Operation, Placeholder,
    PlaceholderKind, Problem, ProblemKind, Recording, SentLine, Stream,
};
use crate::document::{DocumentKey, DocumentKind};
use crate::fingerprint::Fingerprint;
use crate::hold::Disposition;

/// A rule that a ledger does not keep.
#[derive(Debug, thiserror::Error)]
#[error("{rule}: {found}")]
#[non_exhaustive]
pub struct Breach {
    /// The rule, as a sentence.
    pub rule: &'static str,
    /// What the ledger did instead.
    pub found: String,
}

/// Runs every check on an open ledger. Each uses a seller of its own (`contract-…`), so the ledger need not be empty,
/// but it must not have been checked before. The sellers stay claimed.
///
/// # Errors
/// The first [`Breach`].
pub async fn check(ledger: &dyn Ledger) -> Result<(), Breach> {
    claims(ledger).await?;
    fences(ledger).await?;
    checkpoints(ledger).await?;
    intents(ledger).await?;
    paging(ledger).await?;
    filters(ledger).await?;
    customers(ledger).await?;
    facts(ledger).await?;
    sellers_apart(ledger).await?;
    let fence = claimed(ledger, "contract-round-trip").await?;
    for entry in samples() {
        check_round_trip(ledger, &fence, &entry).await?;
    }
    Ok(())
}

/// Stores `entry`, reads it back, forgets it.
///
/// # Errors
/// A [`Breach`] where what is read is not what was stored.
pub async fn check_round_trip(ledger: &dyn Ledger, fence: &Fence, entry: &Entry) -> Result<(), Breach> {
    const RULE: &str = "an entry is read as it was stored";
    const GONE: &str = "a forgotten document is gone, its intent included";
    done(RULE, ledger.settle(fence, entry).await)?;
    same(RULE, &done(RULE, ledger.entry(fence, &entry.key).await)?, &Some(entry.clone()))?;
    let kind = EntryFilter::Kind(entry.key.kind);
    let listed = done(RULE, ledger.entries(fence, kind, None, usize::MAX).await)?;
    holds(RULE, listed.contains(entry), "the list lacks it")?;
    done(GONE, ledger.forget(fence, &entry.key).await)?;
    same(GONE, &done(GONE, ledger.entry(fence, &entry.key).await)?, &None)?;
    done("forgetting what is not there is no error", ledger.forget(fence, &entry.key).await)
}

/// Checks that a durable ledger is the same after it was dropped. `open` opens the same store each time.
///
/// # Errors
/// The first [`Breach`].
pub async fn check_reopening<L, F>(open: impl Fn() -> F) -> Result<(), Breach>
where
    L: Ledger,
    F: Future<Output = Result<L, LedgerError>>,
{
    const RULE: &str = "what was stored is there after reopening";
    const SELLER: &str = "contract-reopening";
    let entries = samples();
    let document = DocumentKey::credit("begun");
    let (first, secret) = {
        let ledger = done(RULE, open().await)?;
        let fence = claimed(&ledger, SELLER).await?;
        for entry in &entries {
            done(RULE, ledger.settle(&fence, entry).await)?;
        }
        done(RULE, ledger.begin(&fence, &document, &intent()).await)?;
        done(RULE, ledger.advance(&fence, Stream::Credits, at(7)).await)?;
        done(RULE, ledger.mark_customer(&fence, "C-1", &fingerprint("mark")).await)?;
        done(RULE, ledger.remember(&fence, "name", "value").await)?;
        (fence, done(RULE, ledger.fingerprint_key().await)?.of("probe", &1))
    };
    let ledger = done(RULE, open().await)?;
    // Not released: the claim of a handle that is gone must not keep anybody out.
    let fence = claimed(&ledger, SELLER).await?;
    holds("a claim raises the fence number, also after reopening", fence.number > first.number, &fence)?;
    for entry in &entries {
        same(RULE, &done(RULE, ledger.entry(&fence, &entry.key).await)?.as_ref(), &Some(entry))?;
    }
    let begun = done(RULE, ledger.entry(&fence, &document).await)?;
    same("an intent survives reopening", &begun.and_then(|entry| entry.intent), &Some(intent()))?;
    same(RULE, &done(RULE, ledger.checkpoint(&fence, Stream::Credits).await)?, &Some(at(7)))?;
    same(RULE, &done(RULE, ledger.customer_mark(&fence, "C-1").await)?, &Some(fingerprint("mark")))?;
    same(RULE, &done(RULE, ledger.fact(&fence, "name").await)?.as_deref(), &Some("value"))?;
    let key = done(RULE, ledger.fingerprint_key().await)?;
    same("the key of the fingerprints stays the same", &key.of("probe", &1), &secret)
}

async fn claims(ledger: &dyn Ledger) -> Result<(), Breach> {
    const SELLER: &str = "contract-claims";
    const RULE: &str = "a seller has one owner at a time";
    let first = claimed(ledger, SELLER).await?;
    match ledger.claim(SELLER, "somebody else", at(1)).await {
        Err(LedgerError::InUse { holder }) => {
            same("the second one is told who the first is", &*holder, HOLDER)?;
        }
        other => return breach(RULE, &other),
    }
    done("a refused claim leaves the first one alone", ledger.still_mine(&first).await)?;
    done(RULE, ledger.release(&first).await)?;
    let second = claimed(ledger, SELLER).await?;
    holds("a claim raises the fence number", second.number > first.number, &second)?;
    refused("the fence of an earlier claim is refused", &ledger.release(&first).await)?;
    match ledger.claim(SELLER, "somebody else", at(1)).await {
        Err(LedgerError::InUse { .. }) => Ok(()),
        other => breach("a refused release frees nothing", &other),
    }
}

async fn fences(ledger: &dyn Ledger) -> Result<(), Breach> {
    const SELLER: &str = "contract-fences";
    const RULE: &str = "every method refuses the fence of an earlier claim";
    const KEPT: &str = "a refused write changes nothing";
    let old = claimed(ledger, SELLER).await?;
    let entry = Entry::new(DocumentKey::invoice("INV-1"));
    done(RULE, ledger.settle(&old, &entry).await)?;
    done(RULE, ledger.release(&old).await)?;
    let new = claimed(ledger, SELLER).await?;
    let unknown = Fence::new("contract-nobody", 1);
    let ahead = Fence::new(SELLER, u64::MAX);
    let mark = fingerprint("mark");
    for fence in [&old, &unknown, &ahead] {
        refused(RULE, &ledger.still_mine(fence).await)?;
        refused(RULE, &ledger.checkpoint(fence, Stream::Invoices).await)?;
        refused(RULE, &ledger.advance(fence, Stream::Invoices, at(1)).await)?;
        refused(RULE, &ledger.entry(fence, &entry.key).await)?;
        refused(RULE, &ledger.begin(fence, &entry.key, &intent()).await)?;
        refused(RULE, &ledger.settle(fence, &full(entry.key.clone())).await)?;
        refused(RULE, &ledger.forget(fence, &entry.key).await)?;
        refused(RULE, &ledger.entries(fence, EntryFilter::All, None, 1).await)?;
        refused(RULE, &ledger.customer_mark(fence, "C-1").await)?;
        refused(RULE, &ledger.mark_customer(fence, "C-1", &mark).await)?;
        refused(RULE, &ledger.fact(fence, "name").await)?;
        refused(RULE, &ledger.remember(fence, "name", "value").await)?;
        refused(RULE, &ledger.release(fence).await)?;
    }
    done(KEPT, ledger.still_mine(&new).await)?;
    same(KEPT, &done(KEPT, ledger.entry(&new, &entry.key).await)?, &Some(entry))?;
    same(KEPT, &done(KEPT, ledger.checkpoint(&new, Stream::Invoices).await)?, &None)?;
    same(KEPT, &done(KEPT, ledger.customer_mark(&new, "C-1").await)?, &None)
}

async fn checkpoints(ledger: &dyn Ledger) -> Result<(), Breach> {
    const RULE: &str = "a checkpoint never moves back";
    let fence = claimed(ledger, "contract-checkpoints").await?;
    let now = async |stream| done(RULE, ledger.checkpoint(&fence, stream).await);
    same("a new stream has no checkpoint", &now(Stream::Invoices).await?, &None)?;
    // Half a second later than a full one, although its text sorts before it.
    let later = at(20).checked_add(jiff::SignedDuration::from_millis(500)).unwrap_or(Timestamp::MAX);
    for (to, then) in [(at(10), at(10)), (at(20), at(20)), (at(5), at(20)), (later, later), (at(20), later)] {
        done(RULE, ledger.advance(&fence, Stream::Invoices, to).await)?;
        same(RULE, &now(Stream::Invoices).await?, &Some(then))?;
    }
    same("streams have checkpoints of their own", &now(Stream::Credits).await?, &None)
}

async fn intents(ledger: &dyn Ledger) -> Result<(), Breach> {
    const RULE: &str = "an intent is stored beside what is known of the document";
    let fence = claimed(ledger, "contract-intents").await?;
    let (new, known) = (DocumentKey::invoice("INV-1"), DocumentKey::invoice("INV-2"));
    done(RULE, ledger.begin(&fence, &new, &intent()).await)?;
    let begun = Entry { intent: Some(intent()), ..Entry::new(new.clone()) };
    same(RULE, &done(RULE, ledger.entry(&fence, &new).await)?, &Some(begun))?;

    let stored = Entry { intent: None, ..full(known.clone()) };
    done(RULE, ledger.settle(&fence, &stored).await)?;
    for operation in [Operation::Void, Operation::Negate] {
        let intent = Intent { operation, ..intent() };
        done(RULE, ledger.begin(&fence, &known, &intent).await)?;
        let begun = Entry { intent: Some(intent), ..stored.clone() };
        same(
            "a later intent replaces the earlier",
            &done(RULE, ledger.entry(&fence, &known).await)?,
            &Some(begun),
        )?;
    }
    done(RULE, ledger.settle(&fence, &stored).await)?;
    same("settling ends the intent", &done(RULE, ledger.entry(&fence, &known).await)?, &Some(stored))
}

async fn paging(ledger: &dyn Ledger) -> Result<(), Breach> {
    const RULE: &str = "pages follow each other in key order, without gap or repetition";
    let fence = claimed(ledger, "contract-paging").await?;
    let ids = ["b", "a", "10", "9", "Ä", "", "a b", "inv", "INV"];
    let mut keys: Vec<_> = ids
        .iter()
        .flat_map(|id| [DocumentKey::debit_memo(*id), DocumentKey::credit(*id), DocumentKey::invoice(*id)])
        .collect();
    for key in &keys {
        done(RULE, ledger.settle(&fence, &Entry::new(key.clone())).await)?;
    }
    keys.sort();
    for limit in [1, 4, keys.len(), usize::MAX] {
        let mut read: Vec<DocumentKey> = Vec::new();
        loop {
            let page = done(RULE, ledger.entries(&fence, EntryFilter::All, read.last(), limit).await)?;
            holds(RULE, page.len() <= limit, "a page longer than its limit")?;
            if page.is_empty() {
                break;
            }
            read.extend(page.into_iter().map(|entry| entry.key));
            holds(RULE, read.len() <= keys.len(), &read)?;
        }
        same(RULE, &read, &keys)?;
    }
    let none = done(RULE, ledger.entries(&fence, EntryFilter::All, None, 0).await)?;
    same("no entries are read where none are asked for", &none, &Vec::new())
}

async fn filters(ledger: &dyn Ledger) -> Result<(), Breach> {
    const RULE: &str = "a filter lets through what it matches, and only that";
    let fence = claimed(ledger, "contract-filters").await?;
    let mut all: Vec<Entry> = samples();
    for (id, due) in [("due", Some(at(100))), ("later", Some(at(101))), ("always", None)] {
        let problem = Problem { next_attempt_at: due, ..problem() };
        all.push(Entry { problem: Some(problem), ..Entry::new(DocumentKey::credit(id)) });
    }
    let archived = Problem { archived_at: Some(at(60)), ..problem() };
    all.push(Entry { problem: Some(archived), ..Entry::new(DocumentKey::debit_memo("archived")) });
    for (id, customer) in [("mine", Some("C-1")), ("other", Some("C-2")), ("nobody", None)] {
        let (draft, customer) = (Some(draft()), customer.map(str::to_owned));
        all.push(Entry { draft, customer, ..Entry::new(DocumentKey::invoice(id)) });
    }
    for entry in &all {
        done(RULE, ledger.settle(&fence, entry).await)?;
    }
    all.sort_by(|one, two| one.key.cmp(&two.key));
    for filter in [
        EntryFilter::All,
        EntryFilter::Problems,
        EntryFilter::DueAt(at(99)),
        EntryFilter::DueAt(at(100)),
        EntryFilter::DueAt(Timestamp::MAX),
        EntryFilter::DraftsOf("C-1".to_owned()),
        EntryFilter::DraftsOf("C-9".to_owned()),
        EntryFilter::Kind(DocumentKind::Invoice),
        EntryFilter::Kind(DocumentKind::Credit),
        EntryFilter::Kind(DocumentKind::DebitMemo),
        EntryFilter::CreditsOf("INV-0".to_owned()),
        EntryFilter::CreditsOf("INV-9".to_owned()),
        EntryFilter::Placeholders,
    ] {
        let wanted: Vec<_> = all.iter().filter(|entry| filter.matches(entry)).cloned().collect();
        let mut read: Vec<Entry> = Vec::new();
        loop {
            let after = read.last().map(|entry| &entry.key);
            let page = done(RULE, ledger.entries(&fence, filter.clone(), after, 2).await)?;
            if page.is_empty() || read.len() > all.len() {
                break;
            }
            read.extend(page);
        }
        same(RULE, &read, &wanted)?;
    }
    Ok(())
}

async fn customers(ledger: &dyn Ledger) -> Result<(), Breach> {
    const RULE: &str = "the newest mark of a customer is read";
    let fence = claimed(ledger, "contract-customers").await?;
    same(RULE, &done(RULE, ledger.customer_mark(&fence, "C-1").await)?, &None)?;
    for mark in ["one", "two"] {
        done(RULE, ledger.mark_customer(&fence, "C-1", &fingerprint(mark)).await)?;
        same(RULE, &done(RULE, ledger.customer_mark(&fence, "C-1").await)?, &Some(fingerprint(mark)))?;
    }
    same(RULE, &done(RULE, ledger.customer_mark(&fence, "C-2").await)?, &None)
}

async fn facts(ledger: &dyn Ledger) -> Result<(), Breach> {
    const RULE: &str = "the newest value of a fact is read";
    let fence = claimed(ledger, "contract-facts").await?;
    same(RULE, &done(RULE, ledger.fact(&fence, "a").await)?, &None)?;
    for value in ["one", "two"] {
        done(RULE, ledger.remember(&fence, "a", value).await)?;
        same(RULE, &done(RULE, ledger.fact(&fence, "a").await)?.as_deref(), &Some(value))?;
    }
    same(RULE, &done(RULE, ledger.fact(&fence, "b").await)?, &None)
}

async fn sellers_apart(ledger: &dyn Ledger) -> Result<(), Breach> {
    const RULE: &str = "sellers share nothing";
    let (one, two) = (claimed(ledger, "contract-one").await?, claimed(ledger, "contract-two").await?);
    let entry = full(DocumentKey::invoice("INV-1"));
    done(RULE, ledger.settle(&one, &entry).await)?;
    done(RULE, ledger.advance(&one, Stream::Invoices, at(1)).await)?;
    done(RULE, ledger.mark_customer(&one, "C-1", &fingerprint("mark")).await)?;
    same(RULE, &done(RULE, ledger.entry(&two, &entry.key).await)?, &None)?;
    same(RULE, &done(RULE, ledger.entries(&two, EntryFilter::All, None, 9).await)?, &Vec::new())?;
    same(RULE, &done(RULE, ledger.checkpoint(&two, Stream::Invoices).await)?, &None)?;
    same(RULE, &done(RULE, ledger.customer_mark(&two, "C-1").await)?, &None)?;
    done(RULE, ledger.remember(&one, "name", "value").await)?;
    same(RULE, &done(RULE, ledger.fact(&two, "name").await)?, &None)?;
    done(RULE, ledger.forget(&two, &entry.key).await)?;
    same(RULE, &done(RULE, ledger.entry(&one, &entry.key).await)?, &Some(entry))
}

const HOLDER: &str = "contract check";

async fn claimed(ledger: &dyn Ledger, seller: &str) -> Result<Fence, Breach> {
    const RULE: &str = "a seller that nobody holds can be claimed";
    let fence = done(RULE, ledger.claim(seller, HOLDER, at(0)).await)?;
    same("a fence names its seller", &*fence.seller, seller)?;
    Ok(fence)
}

/// One entry for each shape that a document can have in a ledger.
fn samples() -> Vec<Entry> {
    let mut entries = vec![Entry::new(DocumentKey::invoice("bare")), full(DocumentKey::invoice("full"))];
    for (id, negation) in [("voided", None), ("negated", Some("ordway:negated:neg".to_owned()))] {
        let recording = Recording::Ended { transaction: format!("ordway:{id}"), negation };
        entries.push(Entry { recording, ..Entry::new(DocumentKey::credit(id)) });
    }
    for disposition in [
        Disposition::RetryLater,
        Disposition::FixData,
        Disposition::FixConfiguration,
        Disposition::WaitForOther,
        Disposition::Review,
    ] {
        let problem = Problem { disposition, ..problem() };
        entries.push(Entry {
            problem: Some(problem),
            ..Entry::new(DocumentKey::invoice(format!("held {disposition:?}")))
        });
    }
    for operation in
        [Operation::WriteTax, Operation::Record, Operation::Void, Operation::Negate, Operation::Delta]
    {
        let intent = Intent { operation, fingerprint: None, ..intent() };
        entries.push(Entry {
            intent: Some(intent),
            ..Entry::new(DocumentKey::credit(format!("open {operation:?}")))
        });
    }
    entries
}

/// An entry with nothing left out, at the limits of what fits.
fn full(key: DocumentKey) -> Entry {
    Entry {
        key,
        recording: Recording::Live {
            transaction: "ordway:INV-1:r2".to_owned(),
            version: Some(i64::MAX),
            fingerprint: fingerprint("recorded"),
        },
        generation: u32::MAX,
        draft: Some(draft()),
        problem: Some(Problem { kind: ProblemKind::Failed, attempts: u32::MAX, ..problem() }),
        intent: Some(intent()),
        currency: Some("KWD".to_owned()),
        amount_minor: Some(i64::MIN),
        tax_minor: Some(i64::MAX),
        borne_minor: Some(-1),
        chain: chain(),
        sent: vec![SentLine::new("P-1", i64::MIN, true), SentLine::new("P-2", 0, false)],
        place: Some(fingerprint("place")),
        placeholder: Some(Placeholder::new(PlaceholderKind::LastKnown, i64::MAX, i64::MIN, at(70))),
        date: Some(Date::constant(2026, 2, 28)),
        tax_date: Some(Date::constant(2024, 2, 29)),
        credited_invoice: Some("INV-0".to_owned()),
        customer: Some("C-1".to_owned()),
        updated: Some(Timestamp::constant(1_790_000_000, 123_456_789)),
    }
}

fn chain() -> Vec<Link> {
    [LinkKind::Original, LinkKind::Negation, LinkKind::Recreation, LinkKind::Delta]
        .into_iter()
        .enumerate()
        .map(|(index, kind)| {
            let link = Link::new(format!("ordway:INV-1:{index}"), kind, i64::MAX, at(80));
            let odd = index % 2 == 1;
            Link { tax_minor: odd.then_some(i64::MIN), version: odd.then_some(3), voided: odd, ..link }
        })
        .collect()
}

fn draft() -> DraftTax {
    DraftTax::new(fingerprint("draft"), vec![("1".to_owned(), i64::MIN), ("2 \"é\"".to_owned(), 0)], true)
}

fn problem() -> Problem {
    let (reason, remedy) = ("its 'lines' do not add up; --".to_owned(), "Correct\nthem.".to_owned());
    let first =
        Problem::new(ProblemKind::Held, "does-not-add-up", reason, remedy, Disposition::FixData, at(30));
    Problem { next_attempt_at: Some(Timestamp::constant(100, 1)), last_at: at(40), ..first }
}

fn intent() -> Intent {
    Intent::new(Operation::Record, "ordway:INV-1", Some(fingerprint("sent")), Timestamp::constant(50, 1000))
}

fn fingerprint(text: &str) -> Fingerprint {
    Fingerprint::from_text(text)
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(Timestamp::MAX)
}

fn done<T>(rule: &'static str, result: Result<T, LedgerError>) -> Result<T, Breach> {
    result.map_err(|error| Breach { rule, found: error.to_string() })
}

fn same<T: PartialEq + Debug + ?Sized>(rule: &'static str, found: &T, wanted: &T) -> Result<(), Breach> {
    if found == wanted {
        Ok(())
    } else {
        Err(Breach { rule, found: format!("{found:?} in place of {wanted:?}") })
    }
}

fn holds(rule: &'static str, kept: bool, found: impl Debug) -> Result<(), Breach> {
    if kept { Ok(()) } else { breach(rule, &found) }
}

fn refused<T: Debug>(rule: &'static str, result: &Result<T, LedgerError>) -> Result<(), Breach> {
    if matches!(result, Err(LedgerError::FencedOff)) { Ok(()) } else { breach(rule, result) }
}

fn breach(rule: &'static str, found: &impl Debug) -> Result<(), Breach> {
    Err(Breach { rule, found: format!("{found:?}") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::MemoryLedger;

    #[tokio::test]
    async fn memory_ledger() {
        check(&MemoryLedger::new()).await.unwrap();
    }

    #[cfg(feature = "sqlite")]
    #[tokio::test]
    async fn sqlite_ledger() {
        use crate::ledger::SqliteLedger;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        check(&SqliteLedger::open(&path).unwrap()).await.unwrap();
        check_reopening(|| std::future::ready(SqliteLedger::open(&path))).await.unwrap();
    }

    #[tokio::test]
    async fn a_forgetful_ledger_is_found_out() {
        let breach = check_reopening(|| std::future::ready(Ok(MemoryLedger::new()))).await.unwrap_err();
        assert!(breach.to_string().contains("reopening"), "{breach}");
    }
}
