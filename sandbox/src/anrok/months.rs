//! What the sandbox's program needs of an account: months one by one, the newest transactions, starting over.

use jiff::civil::Date;

use super::FakeAnrok;
#[cfg(feature = "server")]
use super::StoredTransaction;
use super::state::State;
use super::validate::parse_date;

impl FakeAnrok {
    /// Opens the returns of one month (`YYYY-MM`) again. False where it was not locked by
    /// [`FakeAnrok::freeze_month`].
    pub fn unfreeze_month(&self, month: &str) -> bool {
        let first: Option<Date> = parse_date(&format!("{month}-01"));
        first.is_some_and(|first| self.state().frozen_months.remove(&(first.year(), first.month())))
    }

    /// The months locked by [`FakeAnrok::freeze_month`], as `YYYY-MM`, oldest first.
    pub fn frozen_months(&self) -> Vec<String> {
        self.state().frozen_months.iter().map(|(year, month)| format!("{year:04}-{month:02}")).collect()
    }

    /// The day through which everything is locked by [`FakeAnrok::freeze_through`].
    pub fn frozen_through(&self) -> Option<Date> {
        self.state().frozen_through
    }

    /// Whether the return that holds this accounting date is locked.
    pub fn is_frozen(&self, day: Date) -> bool {
        self.state().is_frozen(day)
    }

    /// The newest version of the `limit` transactions that changed last, the last one first.
    #[cfg(feature = "server")]
    pub(crate) fn newest_transactions(&self, limit: usize) -> Vec<StoredTransaction> {
        let state = self.state();
        let mut records: Vec<_> = state.transactions.values().collect();
        records.sort_by_key(|record| std::cmp::Reverse(record.serial));
        records.into_iter().take(limit).map(|record| record.stored.clone()).collect()
    }

    /// How many transactions there are, voided ones included.
    #[cfg(feature = "server")]
    pub(crate) fn transaction_count(&self) -> usize {
        self.state().transactions.len()
    }

    /// Forgets products, customers, transactions, locks and requests. The set-up and the key stay.
    pub fn clear(&self) {
        let mut state = self.state();
        *state = State::new(state.config.clone());
    }
}
