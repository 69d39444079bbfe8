//! Typed answers in place of calls.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::endpoint::{Call, Endpoint};
use crate::error::{ApiError, Error, ErrorKind};
use crate::retry::WriteState;

/// Answers calls by their endpoint constant. A client made from a stub never touches the network; a call
/// without a stub fails with [`ErrorKind::NotStubbed`] and the operation's name.
#[derive(Clone, Default)]
pub struct Stub(HashMap<&'static str, Handler>);

type Handler = Arc<dyn Fn(&dyn Any) -> Result<Box<dyn Any>, StubError> + Send + Sync>;

/// What a stubbed call was asked: ids of the path, query, input.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StubCall<Q> {
    /// Ids of the path, in order.
    pub ids: Vec<String>,
    /// Query pairs, not encoded.
    pub query: Vec<(String, String)>,
    /// The input (the body where the method carries one).
    pub input: Q,
}

/// A failure that a stub returns.
#[derive(Debug)]
#[non_exhaustive]
pub enum StubError {
    /// An answer of the API: status and JSON or text body, read by the client's own error parser.
    Answer(u16, String),
    /// A failure without an answer.
    Failure(ErrorKind, WriteState),
}

impl Stub {
    /// No call is stubbed.
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers `endpoint` by `answer`.
    #[must_use]
    pub fn on<Q, R>(
        mut self,
        endpoint: &Endpoint<Q, R>,
        answer: impl Fn(&StubCall<Q>) -> Result<R, StubError> + Send + Sync + 'static,
    ) -> Self
    where
        Q: Clone + 'static,
        R: 'static,
    {
        let handler = move |call: &dyn Any| match call.downcast_ref::<StubCall<Q>>() {
            Some(call) => answer(call).map(|value| Box::new(value) as Box<dyn Any>),
            None => Err(StubError::Failure(ErrorKind::NotStubbed, WriteState::NotSent)),
        };
        self.0.insert(endpoint.name(), Arc::new(handler));
        self
    }

    pub(crate) fn answer<Q, R, E>(&self, endpoint: &Endpoint<Q, R>, call: &Call<'_, Q>) -> Result<R, Error<E>>
    where
        Q: Clone + 'static,
        R: 'static,
        E: ApiError,
    {
        let name = endpoint.name();
        let handler = self.0.get(name).ok_or_else(|| Error::not_stubbed(E::SERVICE, name))?;
        let call = StubCall { ids: call.ids.clone(), query: call.query.clone(), input: call.input.clone() };
        match handler(&call) {
            Ok(value) => {
                value.downcast::<R>().map(|value| *value).map_err(|_| Error::not_stubbed(E::SERVICE, name))
            }
            Err(StubError::Answer(status, body)) => {
                let api = E::read(status, &http::HeaderMap::new(), body.as_bytes());
                Err(Error::answered(E::SERVICE, name, status, api))
            }
            Err(StubError::Failure(kind, state)) => Err(Error::simulated(E::SERVICE, name, kind, state)),
        }
    }
}

impl fmt::Debug for Stub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
