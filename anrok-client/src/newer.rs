//! Calls that third parties have seen and the API 1.1 document lacks.

use crate::error::{AnrokError, Result};

/// The answer of a call that not every account's API offers (grade C or D). Never required by anything else here.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Available<T> {
    /// The call exists and answered.
    Answer(T),
    /// The API has no such call ("No API endpoint matches").
    NotAvailable,
}

impl<T> Available<T> {
    pub(crate) fn detect(outcome: Result<T>) -> Result<Self> {
        match outcome {
            Ok(answer) => Ok(Self::Answer(answer)),
            Err(error) if error.api().is_some_and(AnrokError::is_unknown_endpoint) => Ok(Self::NotAvailable),
            Err(error) => Err(error),
        }
    }

    /// The answer, where the call exists.
    pub fn answer(self) -> Option<T> {
        match self {
            Self::Answer(answer) => Some(answer),
            Self::NotAvailable => None,
        }
    }
}
