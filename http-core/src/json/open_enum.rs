//! Enums that a server may extend.

/// Whether two words are the same apart from case, and from `_` or `-` in place of a space.
pub fn same_word(a: &str, b: &str) -> bool {
    fn plain(text: &str) -> impl Iterator<Item = char> + '_ {
        text.trim().chars().map(|c| if matches!(c, '_' | '-') { ' ' } else { c.to_ascii_lowercase() })
    }
    plain(a).eq(plain(b))
}

/// Makes an enum of the known words of a field, plus `Other` for every word that is not known.
///
/// Reading ignores case and takes `_` and `-` for a space; writing uses the exact spelling given here.
///
/// ```
/// ordway_anrok_http::open_enum! {
///     /// A state.
///     pub enum State {
///         /// Not finished.
///         Open = "Open",
///         /// Some of it.
///         PartlyDone = "Partly done",
///     }
/// }
/// assert_eq!(State::from("partly_done"), State::PartlyDone);
/// assert_eq!(State::PartlyDone.to_string(), "Partly done");
/// assert_eq!(State::from("Frozen").as_str(), "Frozen");
/// assert!(!State::from("Frozen").is_known());
/// ```
#[macro_export]
macro_rules! open_enum {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $( $(#[$arm_meta:meta])* $arm:ident = $text:literal ),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $( $(#[$arm_meta])* $arm, )+
            /// A word that this SDK does not know, as it came.
            Other(::std::boxed::Box<str>),
        }

        impl $name {
            /// All known words.
            pub const KNOWN: &'static [Self] = &[$( Self::$arm ),+];

            /// The exact spelling on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$arm => $text, )+
                    Self::Other(text) => text,
                }
            }

            /// Whether it is one of the words this SDK knows.
            pub fn is_known(&self) -> bool {
                !::std::matches!(self, Self::Other(_))
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl ::std::convert::From<&str> for $name {
            fn from(text: &str) -> Self {
                $( if $crate::json::same_word(text, $text) { return Self::$arm; } )+
                Self::Other(text.into())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = ::std::convert::Infallible;

            fn from_str(text: &str) -> ::std::result::Result<Self, Self::Err> {
                ::std::result::Result::Ok(Self::from(text))
            }
        }

        impl $crate::json::Wire for $name {
            fn read(
                value: &$crate::serde_json::Value,
            ) -> ::std::result::Result<::std::option::Option<Self>, $crate::json::Unreadable> {
                let text = <::std::string::String as $crate::json::Wire>::read(value)?;
                ::std::result::Result::Ok(text.map(|text| Self::from(text.as_str())))
            }

            fn write(&self) -> $crate::serde_json::Value {
                $crate::serde_json::Value::String(self.as_str().to_owned())
            }
        }

        impl $crate::serde::Serialize for $name {
            fn serialize<S: $crate::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> $crate::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                let text =
                    <::std::borrow::Cow<'_, str> as $crate::serde::Deserialize>::deserialize(deserializer)?;
                ::std::result::Result::Ok(Self::from(text.as_ref()))
            }
        }
    };
}
