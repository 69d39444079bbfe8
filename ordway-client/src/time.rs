//! Dates and times as Ordway writes them.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::fmt::temporal::DateTimePrinter;
use jiff::tz::TimeZone;
use ordway_anrok_http::json::{Unreadable, Wire};
use serde::{Serialize, Serializer};
use serde_json::Value;

/// A calendar date in the company's own zone, or the word that stands in its place (`Evergreen`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OrdwayDate {
    /// A date. Opaque and local: Ordway states no time zone with it.
    Date(Date),
    /// Text that is no date, as it came.
    Text(Box<str>),
}

/// An instant (UTC), a plain date (embedded objects carry those), or text in its place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OrdwayTime {
    /// An instant.
    Instant(Timestamp),
    /// A date without a time.
    Date(Date),
    /// Text that is neither, as it came.
    Text(Box<str>),
}

impl OrdwayDate {
    /// The date, where it is one.
    pub fn date(&self) -> Option<Date> {
        match self {
            Self::Date(date) => Some(*date),
            Self::Text(_) => None,
        }
    }
}

impl OrdwayTime {
    /// The instant; of a plain date its first one in UTC. `None` for text.
    pub fn timestamp(&self) -> Option<Timestamp> {
        match self {
            Self::Instant(at) => Some(*at),
            Self::Date(date) => date.to_zoned(TimeZone::UTC).ok().map(|day| day.timestamp()),
            Self::Text(_) => None,
        }
    }
}

/// An instant as Ordway writes it: UTC with milliseconds (more digits only where the instant has them).
pub(crate) fn instant_text(at: Timestamp) -> String {
    if at.subsec_nanosecond() % 1_000_000 == 0 {
        DateTimePrinter::new().precision(Some(3)).timestamp_to_string(&at)
    } else {
        at.to_string()
    }
}

fn read_date(text: &str) -> Option<Date> {
    // `Date`'s own parser also accepts date-times; a date in Ordway is ten characters or the start of a timestamp.
    let (date, rest) = text.split_at_checked(10)?;
    let separated = rest.is_empty() || rest.starts_with(['T', ' ']);
    if separated { date.parse().ok() } else { None }
}

fn read_instant(text: &str) -> Option<Timestamp> {
    if let Ok(at) = text.parse() {
        return Some(at);
    }
    // Rails' other form: `2024-06-05 20:02:05 UTC`.
    format!("{}Z", text.strip_suffix(" UTC")?).parse().ok()
}

impl From<Date> for OrdwayDate {
    fn from(date: Date) -> Self {
        Self::Date(date)
    }
}

impl From<&str> for OrdwayDate {
    fn from(text: &str) -> Self {
        read_date(text.trim()).map_or_else(|| Self::Text(text.into()), Self::Date)
    }
}

impl From<Timestamp> for OrdwayTime {
    fn from(at: Timestamp) -> Self {
        Self::Instant(at)
    }
}

impl From<&str> for OrdwayTime {
    fn from(text: &str) -> Self {
        let trimmed = text.trim();
        if let Some(at) = read_instant(trimmed) {
            return Self::Instant(at);
        }
        match trimmed.parse::<Date>() {
            Ok(date) if trimmed.len() == 10 => Self::Date(date),
            _ => Self::Text(text.into()),
        }
    }
}

impl fmt::Display for OrdwayDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Date(date) => date.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl fmt::Display for OrdwayTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instant(at) => f.write_str(&instant_text(*at)),
            Self::Date(date) => date.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl Wire for OrdwayDate {
    fn read(value: &Value) -> Result<Option<Self>, Unreadable> {
        Ok(String::read(value)?.map(|text| Self::from(text.as_str())))
    }

    fn write(&self) -> Value {
        Value::String(self.to_string())
    }
}

impl Wire for OrdwayTime {
    fn read(value: &Value) -> Result<Option<Self>, Unreadable> {
        Ok(String::read(value)?.map(|text| Self::from(text.as_str())))
    }

    fn write(&self) -> Value {
        Value::String(self.to_string())
    }
}

impl Serialize for OrdwayDate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for OrdwayTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_in_all_their_forms() {
        assert_eq!(OrdwayDate::from("2025-09-15").date(), Some(jiff::civil::date(2025, 9, 15)));
        assert_eq!(OrdwayDate::from("2025-09-15T02:36:12.001Z").date(), Some(jiff::civil::date(2025, 9, 15)));
        for word in ["Evergreen", "2025-13-01", "2025-09-15x", "2025", "äääääääääääää"] {
            assert_eq!(OrdwayDate::from(word), OrdwayDate::Text(word.into()));
        }
    }

    #[test]
    fn times_in_all_their_forms() {
        let at: Timestamp = "2024-06-05T20:02:05.9Z".parse().unwrap();
        for text in [
            "2024-06-05T20:02:05.900Z",
            "2024-06-05T20:02:05.9Z",
            "2024-06-05T22:02:05.9+02:00",
            "2024-06-05 20:02:05.9 UTC",
        ] {
            assert_eq!(OrdwayTime::from(text).timestamp(), Some(at), "{text}");
        }
        assert_eq!(OrdwayTime::from(at).to_string(), "2024-06-05T20:02:05.900Z");
        let day = OrdwayTime::from("2020-11-03");
        assert_eq!(day, OrdwayTime::Date(jiff::civil::date(2020, 11, 3)));
        assert_eq!(day.timestamp(), "2020-11-03T00:00:00Z".parse().ok());
        assert_eq!(OrdwayTime::from("soon").timestamp(), None);
    }
}
