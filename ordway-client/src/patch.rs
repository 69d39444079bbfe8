//! Members of updates where "leave it" and "clear it" differ.

use serde::{Serialize, Serializer};

/// A member of an update: kept, cleared with `null`, or set.
///
/// What `null` does on update is undocumented (grade D); a create with `null` fills in defaults (grade A). Read the
/// record again after clearing.
///
/// ```
/// use ordway_client::{Patch, customers::UpdateCustomer};
///
/// let update = UpdateCustomer {
///     name: Some("New name".into()),
///     parent_customer: Patch::Clear,
///     ..UpdateCustomer::default()
/// };
/// assert_eq!(serde_json::to_string(&update)?, r#"{"name":"New name","parent_customer":null}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Patch<T> {
    /// Not sent.
    #[default]
    Keep,
    /// Sent as `null`.
    Clear,
    /// Sent with this value.
    Set(T),
}

impl<T> Patch<T> {
    /// Whether it is not sent.
    pub fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }
}

impl<T> From<T> for Patch<T> {
    fn from(value: T) -> Self {
        Self::Set(value)
    }
}

impl<T: Serialize> Serialize for Patch<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Keep | Self::Clear => serializer.serialize_none(),
            Self::Set(value) => value.serialize(serializer),
        }
    }
}
