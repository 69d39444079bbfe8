//! Bugs put in on purpose: a suite that does not notice them proves nothing.
//!
//! For this project's own tests. The feature `deliberate-bugs` is no part of the offer and promises nothing.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use crate::document::{Document, DocumentKind};
use crate::hold::Hold;
use crate::ledger::{Entry, Recording};
use crate::map::request::TaxRequest;
use crate::map::write_back::TaxAnswer;

/// A mistake that a sync can make; at most one is switched on, by `Settings::bug`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Bug {
    /// The checkpoint moves when a page is read, not when its documents are settled.
    CheckpointBeforeOutcome,
    /// The checkpoint is this machine's time, not Ordway's.
    CheckpointFromClock,
    /// Reading begins at the checkpoint: what was committed late behind it is never seen.
    NoLookBack,
    /// A worker whose claim was taken over sends all the same.
    NoLeaseCheck,
    /// Amounts pass through a binary number and are cut: 1.15 becomes 114 cents.
    FloatMoney,
    /// The tax on a draft is summed from the breakdown, which also shows what is inside the price or borne by the seller.
    TaxFromBreakdown,
    /// Recordings, voids and negations are sent without an intent in the ledger.
    NoIntent,
    /// An answer that was lost counts as "nothing happened".
    UnknownCountsAsUndone,
    /// A recording that is tried again gets an id of its own.
    FreshIdOnRetry,
    /// A document whose `updated_date` is before that of the version settled last is taken for stale.
    EarlierDateIsStale,
    /// What is held is reported, but not remembered.
    HoldsForgotten,
    /// A document that one step of a correction was taken for counts as settled, though steps are left.
    StepsForgotten,
    /// The ledger file is used without its lock.
    NoFileLock,
    /// A commit that a full disk refused counts as made.
    FullDiskIgnored,
    /// A ledger file that is refused is removed and begun anew.
    DamagedIsReplaced,
    /// A line left over from debugging prints the accounts as they were given (the program's own code).
    AccountsPrinted,
    /// A webhook with a wrong secret is taken all the same (the program's own code).
    ForgedWebhookTaken,
    /// A watch hears webhooks, and never looks by itself (the program's own code).
    NeverPolls,
}

impl Bug {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::CheckpointBeforeOutcome,
        Self::CheckpointFromClock,
        Self::NoLookBack,
        Self::NoLeaseCheck,
        Self::FloatMoney,
        Self::TaxFromBreakdown,
        Self::NoIntent,
        Self::UnknownCountsAsUndone,
        Self::FreshIdOnRetry,
        Self::EarlierDateIsStale,
        Self::HoldsForgotten,
        Self::StepsForgotten,
        Self::NoFileLock,
        Self::FullDiskIgnored,
        Self::DamagedIsReplaced,
        Self::AccountsPrinted,
        Self::ForgedWebhookTaken,
        Self::NeverPolls,
    ];

    /// Those that only the suites around a whole program are there to notice.
    pub const SEEN_BY_PROGRAMS: [Self; 6] = [
        Self::NoFileLock,
        Self::FullDiskIgnored,
        Self::DamagedIsReplaced,
        Self::AccountsPrinted,
        Self::ForgedWebhookTaken,
        Self::NeverPolls,
    ];
}

/// [`Bug::FloatMoney`].
pub(crate) fn spoil_request(
    bug: Option<Bug>,
    built: Result<TaxRequest, Vec<Hold>>,
    document: &Document,
) -> Result<TaxRequest, Vec<Hold>> {
    let mut request = built?;
    if bug == Some(Bug::FloatMoney) {
        let sign = if document.key.kind == DocumentKind::Credit { -1 } else { 1 };
        for (line, original) in request.lines.iter_mut().zip(&document.lines) {
            if let Some(minor) = original.amount.and_then(|amount| through_binary(amount, request.exponent)) {
                line.amount = minor * sign;
            }
        }
    }
    Ok(request)
}

/// [`Bug::TaxFromBreakdown`].
pub(crate) fn spoil_answer(bug: Option<Bug>, mut answer: TaxAnswer) -> TaxAnswer {
    if bug == Some(Bug::TaxFromBreakdown) {
        for line in &mut answer.lines {
            let sum: Decimal = line.jurisdictions.iter().map(|(_, amount)| *amount).sum();
            line.tax_to_collect = sum.round().to_i64().unwrap_or(line.tax_to_collect);
        }
        answer.tax_to_collect = answer.lines.iter().map(|line| line.tax_to_collect).sum();
    }
    answer
}

/// [`Bug::FreshIdOnRetry`].
pub(crate) fn spoil_id(bug: Option<Bug>, transaction: String, entry: &Entry) -> String {
    let again = entry.intent.is_some() && !matches!(entry.recording, Recording::Live { .. });
    if bug == Some(Bug::FreshIdOnRetry) && again {
        return format!("{transaction}:again");
    }
    transaction
}

/// The minor units that a careless program computes: the amount as a binary number of 53 bits, times a power of ten,
/// rounded to 53 bits again, and cut. Worked out in integers, because this project has no floats.
fn through_binary(amount: Decimal, exponent: u32) -> Option<i64> {
    let units = amount.mantissa().unsigned_abs();
    let scale = 10u128.checked_pow(amount.scale())?;
    if units == 0 {
        return Some(0);
    }
    // units / scale = mantissa / 2^shift, with a mantissa of 53 bits.
    let mut shift = 0u32;
    while (units.checked_shl(shift)? / scale) >> 52 == 0 {
        shift += 1;
        if units.leading_zeros() <= shift {
            return None;
        }
    }
    let mantissa = divided_to_nearest(units << shift, scale);
    let product = mantissa.checked_mul(10u128.checked_pow(exponent)?)?;
    let surplus = (128 - product.leading_zeros()).saturating_sub(53);
    let product = divided_to_nearest(product, 1 << surplus) << surplus;
    let minor = i64::try_from(product >> shift).ok()?;
    Some(if amount.is_sign_negative() { -minor } else { minor })
}

fn divided_to_nearest(value: u128, by: u128) -> u128 {
    let (whole, rest) = (value / by, value % by);
    match (rest * 2).cmp(&by) {
        std::cmp::Ordering::Less => whole,
        std::cmp::Ordering::Greater => whole + 1,
        std::cmp::Ordering::Equal => whole + whole % 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_binary_detour_spoils_what_binary_numbers_spoil() {
        // (x * 100.0) as i64 in any language with IEEE doubles.
        for (amount, minor) in [
            ("1.15", 114),
            ("4.35", 434),
            ("8.20", 819),
            ("1.10", 110),
            ("-1.15", -114),
            ("100", 10000),
            ("0.29", 28),
        ] {
            let amount: Decimal = amount.parse().unwrap();
            assert_eq!(through_binary(amount, 2), Some(minor), "{amount}");
        }
        assert_eq!(through_binary(Decimal::ZERO, 2), Some(0));
    }
}
