//! The US jurisdictions that exemption certificates may cover.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

macro_rules! jurises {
    ($($name:ident)*) => {
        /// A US state, the District of Columbia or a territory, as certificates name it: `us-MA` (grade A: a closed
        /// list).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(clippy::exhaustive_enums)] // closed by the specification
        #[allow(clippy::upper_case_acronyms)]
        pub enum UsJuris {
            $(#[doc = concat!("`us-", stringify!($name), "`.")] $name,)*
        }

        impl UsJuris {
            /// All of them, in the order of the specification.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The jurisdiction id.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => concat!("us-", stringify!($name)),)*
                }
            }
        }
    };
}

jurises! {
    AK AL AR AS AZ CA CO CT DC DE FL GA GU HI
    IA ID IL IN KS KY LA MA MD ME MI MN MO MP
    MS MT NC ND NE NH NJ NM NV NY OH OK OR PA
    PR RI SC SD TN TX UT VA VI VT WA WI WV WY
}

/// A text that is none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("certificates cover US jurisdictions only, for instance us-MA")]
pub struct UsJurisError;

impl FromStr for UsJuris {
    type Err = UsJurisError;

    /// Reads `us-MA` or `MA`, in any case.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let state = text.get(..3).filter(|start| start.eq_ignore_ascii_case("us-")).and(text.get(3..));
        let state = state.unwrap_or(text);
        Self::ALL
            .iter()
            .copied()
            .find(|juris| juris.as_str().get(3..).is_some_and(|known| known.eq_ignore_ascii_case(state)))
            .ok_or(UsJurisError)
    }
}

impl fmt::Display for UsJuris {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for UsJuris {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_one_reads_what_it_writes() {
        for juris in UsJuris::ALL {
            assert_eq!(juris.to_string().parse(), Ok(*juris));
        }
        assert_eq!("ma".parse(), Ok(UsJuris::MA));
        assert_eq!("us-XX".parse::<UsJuris>(), Err(UsJurisError));
    }
}
