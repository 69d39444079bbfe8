//! A stream of server-sent events that says "something changed"; what it was is asked for afterwards.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame};
use tokio::sync::{mpsc, watch};

use crate::pulse::Pulse;

/// Changes within this time are told as one.
const PAUSE: Duration = Duration::from_millis(100);
/// A comment is sent after so much silence, so that a connection that died is noticed.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// The body of the answer. Ends when the sandbox does.
#[derive(Debug)]
pub(crate) struct Events {
    lines: mpsc::Receiver<Bytes>,
}

impl Events {
    /// Needs a tokio runtime: a task waits for changes until the reader goes away.
    pub(super) fn start(pulse: &Pulse) -> Self {
        let (sender, lines) = mpsc::channel(1);
        let changes = pulse.listen();
        tokio::spawn(tell(changes, sender));
        Self { lines }
    }
}

async fn tell(mut changes: watch::Receiver<u64>, sender: mpsc::Sender<Bytes>) {
    let mut text = Some(format!("event: change\ndata: {}\n\n", *changes.borrow_and_update()));
    loop {
        let line = text.take().unwrap_or_else(|| ":\n\n".to_owned());
        if sender.send(Bytes::from(line)).await.is_err() {
            return;
        }
        tokio::time::sleep(PAUSE).await;
        tokio::select! {
            () = sender.closed() => return,
            () = tokio::time::sleep(HEARTBEAT) => {}
            beat = changes.changed() => {
                if beat.is_err() {
                    return;
                }
                text = Some(format!("event: change\ndata: {}\n\n", *changes.borrow_and_update()));
            }
        }
    }
}

impl Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.lines.poll_recv(context).map(|line| line.map(|line| Ok(Frame::data(line))))
    }
}
