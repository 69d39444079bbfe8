//! Starting over without handing out new handles.

use super::FakeOrdway;
use super::store::Store;

impl FakeOrdway {
    /// Forgets every record, event and request. Settings, credentials and hooks stay, and no event tells of it.
    pub fn clear(&self) {
        self.locked(|state| {
            state.store = Store::default();
            state.store.follow(&state.config);
            state.requests = 0;
            state.log.clear();
            state.writes.clear();
        });
    }
}
