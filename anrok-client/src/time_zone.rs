//! The time zones that an accounting time may be given in.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

macro_rules! zones {
    ($($name:ident = $text:literal,)*) => {
        /// A time zone in which Anrok turns an accounting time into an accounting date (grade A: a closed list
        /// of 28; any other is refused with `accountingTimeZoneNotSupported`).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(clippy::exhaustive_enums)] // closed by the specification; a new zone is a new version of it
        pub enum AccountingTimeZone {
            $(#[doc = concat!("`", $text, "`.")] $name,)*
        }

        impl AccountingTimeZone {
            /// All of them, in the order of the specification.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The name in the tz database.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

zones! {
    Utc = "UTC",
    NewYork = "America/New_York",
    Chicago = "America/Chicago",
    Denver = "America/Denver",
    LosAngeles = "America/Los_Angeles",
    Anchorage = "America/Anchorage",
    Honolulu = "Pacific/Honolulu",
    Perth = "Australia/Perth",
    Adelaide = "Australia/Adelaide",
    Darwin = "Australia/Darwin",
    Brisbane = "Australia/Brisbane",
    Sydney = "Australia/Sydney",
    Halifax = "America/Halifax",
    Toronto = "America/Toronto",
    Winnipeg = "America/Winnipeg",
    Regina = "America/Regina",
    Edmonton = "America/Edmonton",
    Vancouver = "America/Vancouver",
    Berlin = "Europe/Berlin",
    Brussels = "Europe/Brussels",
    Dublin = "Europe/Dublin",
    Helsinki = "Europe/Helsinki",
    London = "Europe/London",
    Paris = "Europe/Paris",
    Rome = "Europe/Rome",
    Stockholm = "Europe/Stockholm",
    Tokyo = "Asia/Tokyo",
    Singapore = "Asia/Singapore",
}

/// A time zone that Anrok does not take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "Anrok takes no accounting time in the time zone {0:?}: give an accounting date, or one of the 28 zones it knows"
)]
pub struct TimeZoneError(String);

impl FromStr for AccountingTimeZone {
    type Err = TimeZoneError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let wanted = name.trim();
        Self::ALL
            .iter()
            .copied()
            .find(|zone| zone.as_str().eq_ignore_ascii_case(wanted))
            .ok_or_else(|| TimeZoneError(wanted.chars().take(64).collect()))
    }
}

impl fmt::Display for AccountingTimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for AccountingTimeZone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_zone_reads_what_it_writes() {
        assert_eq!(AccountingTimeZone::ALL.len(), 28);
        for zone in AccountingTimeZone::ALL {
            assert_eq!(zone.to_string().parse(), Ok(*zone));
        }
        assert_eq!("europe/berlin".parse(), Ok(AccountingTimeZone::Berlin));
        assert!("Europe/Zurich".parse::<AccountingTimeZone>().is_err());
    }
}
