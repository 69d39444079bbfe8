//! Asked to stop.

/// Ctrl-C, and SIGTERM where there is one, listened to from the first moment on.
pub struct Stop {
    #[cfg(unix)]
    signals: Option<[tokio::signal::unix::Signal; 2]>,
}

impl Stop {
    /// Starts to listen.
    #[cfg(unix)]
    pub fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let both = signal(SignalKind::interrupt()).ok().zip(signal(SignalKind::terminate()).ok());
        Self { signals: both.map(|(interrupt, terminate)| [interrupt, terminate]) }
    }

    /// Starts to listen.
    #[cfg(not(unix))]
    pub fn listen() -> Self {
        Self {}
    }

    /// Returns when somebody asks.
    pub async fn asked(&mut self) {
        #[cfg(unix)]
        match &mut self.signals {
            Some([interrupt, terminate]) => tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            },
            None => std::future::pending().await,
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
