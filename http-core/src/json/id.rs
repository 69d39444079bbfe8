//! Typed ids.

/// Makes a newtype for the ids of one kind of object, so that ids of different kinds do not mix.
///
/// ```
/// ordway_anrok_http::id! {
///     /// A thing's id.
///     pub struct ThingId
/// }
/// let id: ThingId = "T-1".into();
/// assert_eq!((id.as_str(), id.to_string()), ("T-1", "T-1".to_owned()));
/// ```
///
/// ```compile_fail
/// ordway_anrok_http::id! {
///     /// A thing's id.
///     pub struct ThingId
/// }
/// ordway_anrok_http::id! {
///     /// Another's.
///     pub struct OtherId
/// }
/// let id: ThingId = OtherId::from("O-1");
/// ```
#[macro_export]
macro_rules! id {
    ($(#[$meta:meta])* pub struct $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(::std::boxed::Box<str>);

        impl $name {
            /// An id of this text.
            pub fn new(text: impl ::std::convert::Into<::std::string::String>) -> Self {
                Self(text.into().into_boxed_str())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl ::std::convert::AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl ::std::convert::From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }

        impl ::std::convert::From<::std::string::String> for $name {
            fn from(text: ::std::string::String) -> Self {
                Self::new(text)
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = ::std::convert::Infallible;

            fn from_str(text: &str) -> ::std::result::Result<Self, Self::Err> {
                ::std::result::Result::Ok(Self::new(text))
            }
        }

        impl $crate::json::Wire for $name {
            fn read(
                value: &$crate::serde_json::Value,
            ) -> ::std::result::Result<::std::option::Option<Self>, $crate::json::Unreadable> {
                let text = <::std::string::String as $crate::json::Wire>::read(value)?;
                ::std::result::Result::Ok(text.map(Self::new))
            }

            fn write(&self) -> $crate::serde_json::Value {
                $crate::serde_json::Value::String(self.0.to_string())
            }
        }

        impl $crate::serde::Serialize for $name {
            fn serialize<S: $crate::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> $crate::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                <::std::string::String as $crate::serde::Deserialize>::deserialize(deserializer)
                    .map(Self::new)
            }
        }
    };
}
