//! Three-letter currency codes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A currency as ISO 4217 writes it: three letters, read in any case, written in upper case.
///
/// Amounts in Anrok are in its smallest unit (cents for `USD`, yen for `JPY`; exponents by ISO 4217 are an
/// assumption, grade D). Whether Anrok supports it is answered by the call: `currencyCodeNotSupported`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

/// A text that is not three ASCII letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a currency is a three-letter ISO 4217 code such as USD")]
pub struct CurrencyError;

impl Currency {
    /// US dollar.
    pub const USD: Self = Self(*b"USD");
    /// Euro.
    pub const EUR: Self = Self(*b"EUR");
    /// Pound sterling.
    pub const GBP: Self = Self(*b"GBP");

    /// Reads a code in any case.
    ///
    /// # Errors
    /// [`CurrencyError`] unless it is three ASCII letters.
    pub fn new(code: &str) -> Result<Self, CurrencyError> {
        match code.trim().as_bytes() {
            &[a, b, c] if [a, b, c].iter().all(u8::is_ascii_alphabetic) => {
                Ok(Self([a, b, c].map(|letter| letter.to_ascii_uppercase())))
            }
            _ => Err(CurrencyError),
        }
    }

    /// The code in upper case.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or("XXX")
    }
}

impl FromStr for Currency {
    type Err = CurrencyError;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        Self::new(code)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_case_in_upper_case_out() {
        assert_eq!("uSd".parse::<Currency>().unwrap(), Currency::USD);
        assert_eq!(Currency::new("eur").unwrap().to_string(), "EUR");
        for bad in ["", "US", "USDX", "U$D", "€", "ÄÖÜ"] {
            assert_eq!(Currency::new(bad), Err(CurrencyError), "{bad}");
        }
    }
}
