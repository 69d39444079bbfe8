//! How single values travel: decimals, dates, points in time, empty bodies; and the macros of the handles.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use ordway_anrok_http::json::{Object, Unreadable, Wire};
use rust_decimal::Decimal;
use serde::de::Deserializer;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

/// `Debug` for structs with personal data: names every member, prints those that may be shown.
macro_rules! debug_hiding {
    ($name:ident { $($shown:ident),* $(,)? } hides { $($hidden:ident),* $(,)? }) => {
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                // Taken apart so that a new member must be put on one of the two lists.
                let Self { $($shown,)* $($hidden: _,)* } = self;
                f.debug_struct(stringify!($name))$(.field(stringify!($shown), $shown))*.finish_non_exhaustive()
            }
        }
    };
}

/// The trait of a handle, for mocking, with the handle's own methods as its implementation.
macro_rules! handle_trait {
    (
        $(#[$trait_doc:meta])*
        trait $name:ident for $handle:ident {
            $($(#[$doc:meta])* async fn $method:ident(&self $(, $arg:ident: $ty:ty)*) -> $out:ty;)*
            $(; $($(#[$ldoc:meta])* fn $list:ident(&self $(, $larg:ident: $lty:ty)*) -> $lout:ty;)*)?
        }
    ) => {
        $(#[$trait_doc])*
        #[async_trait::async_trait]
        pub trait $name: Send + Sync + std::fmt::Debug {
            $($(#[$doc])* async fn $method(&self $(, $arg: $ty)*) -> $out {
                $(let _ = $arg;)*
                Err($crate::wire::not_mocked(concat!(stringify!($name), "::", stringify!($method))))
            })*
            $($($(#[$ldoc])* fn $list(&self $(, $larg: $lty)*) -> $lout {
                const METHOD: &str = concat!(stringify!($name), "::", stringify!($list));
                $(let _ = $larg;)*
                $crate::Pager::failing(METHOD, || $crate::wire::not_mocked(METHOD))
            })*)?
        }

        #[async_trait::async_trait]
        impl $name for $handle {
            $(async fn $method(&self $(, $arg: $ty)*) -> $out {
                $handle::$method(self $(, $arg)*).await
            })*
            $($(fn $list(&self $(, $larg: $lty)*) -> $lout {
                $handle::$list(self $(, $larg)*)
            })*)?
        }
    };
}

pub(crate) fn not_mocked(method: &'static str) -> crate::error::Error {
    crate::error::Error::not_mocked("anrok", method)
}

/// The body of calls that carry nothing: `{}`. Anrok requires a body even then (grade A).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Nothing {}

/// The answer of calls that return nothing: an object, empty in API 1.1.
///
/// Decoded strictly, so that a gateway's page or a cut answer is not taken for success.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Done {
    /// Members that this SDK does not know.
    #[serde(flatten)]
    pub extra: Object,
}

debug_hiding!(Done {} hides { extra });

macro_rules! kept_text {
    ($name:ident) => {
        impl $name {
            /// The text as it came.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Wire for $name {
            fn read(value: &Value) -> Result<Option<Self>, Unreadable> {
                Ok(String::read(value)?.map(|text| Self(text.into())))
            }

            fn write(&self) -> Value {
                Value::String(self.0.to_string())
            }
        }
    };
}

/// A point in time as Anrok wrote it, for instance `2025-01-15T18:23:45.000Z`.
///
/// The text is kept, so that writing it back changes nothing and an odd one does not lose its record.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Moment(Box<str>);

kept_text!(Moment);

impl Moment {
    /// The time, `None` where the text is not an ISO 8601 time with an offset.
    pub fn timestamp(&self) -> Option<Timestamp> {
        self.0.parse().ok()
    }
}

impl From<Timestamp> for Moment {
    fn from(time: Timestamp) -> Self {
        Self(millis(time).into())
    }
}

/// A calendar date as Anrok wrote it, for instance `2025-01-31`. It has no time zone.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Day(Box<str>);

kept_text!(Day);

impl Day {
    /// The date, `None` where the text is not one.
    pub fn date(&self) -> Option<Date> {
        self.0.parse().ok()
    }
}

impl From<Date> for Day {
    fn from(date: Date) -> Self {
        Self(date.to_string().into())
    }
}

/// UTC with exactly three digits of milliseconds, rounded down: the one form that the list filter takes (the text
/// of its 400 says so, the samples do not).
pub(crate) fn millis(time: Timestamp) -> String {
    let whole = time.as_millisecond();
    Timestamp::from_millisecond(whole).map_or_else(|_| time.to_string(), |time| format!("{time:.3}"))
}

/// A text without the spaces around it, `None` where nothing is left: Anrok refuses empty strings.
pub(crate) fn filled(text: &str) -> Option<&str> {
    let text = text.trim();
    (!text.is_empty()).then_some(text)
}

/// [`filled`] for members of requests, as `skip_serializing_if`.
#[allow(clippy::ref_option)] // serde hands over a reference to the field
pub(crate) fn is_blank(text: &Option<String>) -> bool {
    text.as_deref().and_then(filled).is_none()
}

/// Optional decimals outside of records: read from strings (exactly, scale kept) and from numbers, written as strings.
pub(crate) mod decimal {
    use super::{Decimal, Deserialize, Deserializer, Serializer, Value, Wire};

    #[allow(clippy::ref_option)] // serde's `with` asks for this signature
    pub(crate) fn serialize<S: Serializer>(value: &Option<Decimal>, s: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => s.collect_str(value),
            None => s.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Decimal>, D::Error> {
        Decimal::read(&Value::deserialize(d)?).map_err(serde::de::Error::custom)
    }
}

pub(crate) use {debug_hiding, handle_trait};

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Row {
        #[serde(default, with = "decimal", skip_serializing_if = "Option::is_none")]
        n: Option<Decimal>,
    }

    #[test]
    fn decimals_keep_their_scale() {
        for text in ["100.00", "39800", "0.0481", "-29577.3304", "0"] {
            let json = format!("{{\"n\":\"{text}\"}}");
            let row: Row = serde_json::from_str(&json).unwrap();
            assert_eq!(serde_json::to_string(&row).unwrap(), json);
        }
        assert_eq!(serde_json::from_str::<Row>("{\"n\":-7.5}").unwrap().n.unwrap().to_string(), "-7.5");
        assert_eq!(serde_json::from_str::<Row>("{\"n\":null}").unwrap().n, None);
        assert!(serde_json::from_str::<Row>("{\"n\":{\"a\":1}}").is_err());
    }

    #[test]
    fn dates_and_times_stay_as_they_came() {
        let moment = Moment::read(&"2025-01-15T18:23:45.000Z".into()).unwrap().unwrap();
        assert_eq!(moment.write(), "2025-01-15T18:23:45.000Z");
        assert!(moment.timestamp().is_some());
        let day = Day::read(&"soon".into()).unwrap().unwrap();
        assert_eq!((day.date(), day.as_str()), (None, "soon"));
    }

    #[test]
    fn filter_times_have_three_digits() {
        for (time, text) in [
            ("2025-01-01T00:00:00Z", "2025-01-01T00:00:00.000Z"),
            ("2025-01-01T01:00:00.5+01:00", "2025-01-01T00:00:00.500Z"),
            ("2025-01-01T00:00:00.999999Z", "2025-01-01T00:00:00.999Z"),
        ] {
            assert_eq!(millis(time.parse().unwrap()), text);
        }
    }
}
