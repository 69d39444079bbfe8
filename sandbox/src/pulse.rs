//! "Something changed", for those who watch a sandbox live.

use std::sync::Arc;

use tokio::sync::watch;

/// Counts changes and wakes who waits for one. A clone beats and listens with the same heart.
#[derive(Clone, Debug)]
pub(crate) struct Pulse(Arc<watch::Sender<u64>>);

impl Pulse {
    pub(crate) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }

    pub(crate) fn beat(&self) {
        self.0.send_modify(|beats| *beats += 1);
    }

    #[cfg(feature = "server")]
    pub(crate) fn listen(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }
}
