//! Locked months one by one, and starting over.

use jiff::civil::Date;

use super::FakeAnrok;
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

    /// Forgets products, customers, transactions, locks and requests. The set-up and the key stay.
    pub fn clear(&self) {
        let mut state = self.state();
        *state = State::new(state.config.clone());
    }
}
