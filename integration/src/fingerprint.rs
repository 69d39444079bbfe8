//! Fingerprints: what tells "inputs unchanged" without storing the inputs.

use std::fmt::{self, Write as _};

use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// A keyed hash of what was sent. Amounts aside, nothing of a document is stored in the ledger but this.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Reads the hexadecimal text of a ledger.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Hexadecimal text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({}…)", self.0.get(..8).unwrap_or(&self.0))
    }
}

/// The key of one ledger's fingerprints. Random per ledger, so that a tax id cannot be found by trying.
#[derive(Clone)]
pub struct FingerprintKey([u8; 32]);

impl FingerprintKey {
    /// A key of these bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The fingerprint of `value`'s JSON (members sorted by name). `scope` keeps different uses apart.
    pub fn of(&self, scope: &str, value: &impl Serialize) -> Fingerprint {
        let text = serde_json::to_value(value).map(|v| v.to_string()).unwrap_or_default();
        // HMAC takes keys of any length; there is no error to handle.
        let Ok(mut mac) = <Hmac<Sha256>>::new_from_slice(&self.0) else { return Fingerprint(String::new()) };
        mac.update(scope.as_bytes());
        mac.update(b"\0");
        mac.update(text.as_bytes());
        let mut hex = String::with_capacity(64);
        for byte in mac.finalize().into_bytes() {
            // Writing to a String cannot fail.
            let _ = write!(hex, "{byte:02x}");
        }
        Fingerprint(hex)
    }
}

impl fmt::Debug for FingerprintKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FingerprintKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn same_input_same_fingerprint_and_only_then() {
        let (one, two) = (FingerprintKey::new([1; 32]), FingerprintKey::new([2; 32]));
        let value = json!({"b": 1, "a": "x"});
        assert_eq!(one.of("s", &value), one.of("s", &json!({"a": "x", "b": 1})));
        assert_ne!(one.of("s", &value), one.of("t", &value));
        assert_ne!(one.of("s", &value), two.of("s", &value));
        assert_ne!(one.of("s", &value), one.of("s", &json!({"a": "x", "b": 2})));
        assert_eq!(one.of("s", &value).as_str().len(), 64);
        assert!(!format!("{one:?}").contains('1'));
    }
}
