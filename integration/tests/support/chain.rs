//! The ledger's chains against what the fake engine holds.

use ordway_anrok::document::{DocumentKey, DocumentKind};
use ordway_anrok::ledger::{Entry, EntryFilter, Recording};
use ordway_anrok_sandbox::anrok::{StoredTransaction, TransactionState};

use super::World;

/// All that the ledger remembers.
pub async fn entries(world: &World) -> Vec<Entry> {
    let ledger = world.store();
    let fence = ledger
        .claim("s1fake/ordway", "the auditor", ordway_anrok_http::Clock::now(&world.clock))
        .await
        .unwrap();
    let entries = ledger.entries(&fence, EntryFilter::All, None, usize::MAX).await.unwrap();
    ledger.release(&fence).await.unwrap();
    entries
}

pub async fn entry(world: &World, key: &DocumentKey) -> Entry {
    entries(world).await.into_iter().find(|entry| entry.key == *key).expect("the ledger knows it")
}

/// What was written for a document, the voided left out.
pub fn at_anrok(world: &World, key: &DocumentKey) -> Vec<StoredTransaction> {
    let base = match key.kind {
        DocumentKind::Credit => format!("ordway:credit:{}", key.id),
        DocumentKind::DebitMemo => format!("ordway:debit:{}", key.id),
        _ => format!("ordway:{}", key.id),
    };
    let below = format!("{base}:");
    let all = world.anrok.transactions().into_iter();
    all.filter(|t| t.state != TransactionState::Void && (t.id == base || t.id.starts_with(&below))).collect()
}

/// Every chain that does not add up to what Anrok holds. Documents with an open intent are in between, and what the
/// engine did by itself is not in a chain.
pub async fn wrong_chains(world: &World) -> Vec<String> {
    let mut wrong = Vec::new();
    for entry in entries(world).await {
        let there = at_anrok(world, &entry.key);
        if entry.intent.is_some() || there.iter().any(|t| t.id.contains(":anrok")) {
            continue;
        }
        let (amount, tax) = entry.on_record();
        let key = &entry.key;
        let held: i64 = there.iter().map(|t| t.input_amount).sum();
        if amount != held {
            wrong.push(format!(
                "{key}: the chain says {amount}, Anrok holds {held}: {:?} {there:?}",
                entry.chain
            ));
        }
        let links = entry.links();
        let link = |id: &str| links.iter().find(|link| link.transaction == id);
        // Versions that we did not write have their own tax; voided there and in the chain alike they are gone.
        let ours = there.iter().all(|t| {
            link(&t.id).is_some_and(|l| l.version.is_none_or(|version| version == i64::from(t.version)))
        });
        let held_tax: i64 = there.iter().map(|t| t.tax_amount_to_collect).sum();
        if let Some(tax) = tax
            && ours
            && tax != held_tax
        {
            wrong.push(format!("{key}: the chain says tax {tax}, Anrok holds {held_tax}: {:?}", entry.chain));
        }
        for transaction in &there {
            if link(&transaction.id).is_none() {
                wrong.push(format!("{key}: {} is no part of its chain {:?}", transaction.id, entry.chain));
            }
        }
        if matches!(entry.recording, Recording::Live { .. }) && entry.in_force().is_empty() {
            wrong.push(format!("{key}: live, but nothing is in force: {:?}", entry.chain));
        }
    }
    wrong
}
