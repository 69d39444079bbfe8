//! Output models.

/// Makes an output model that reads tolerantly and writes back what it read.
///
/// A member is `name: Type`, optionally `= "wireName"` where the wire's name differs, optionally `=> personal`
/// or `=> secret` where `Debug` must say only that it is there. `Option<T>`, `Vec<T>` and maps may be missing; a bare
/// type may not. Unknown members are kept in `extra`.
///
/// ```
/// ordway_anrok_http::record! {
///     /// A thing.
///     pub struct Thing {
///         /// Its name.
///         name: Option<String> => personal,
///         /// How much.
///         amount: Option<rust_decimal::Decimal>,
///         /// Its kind.
///         kind: Option<String> = "type",
///     }
/// }
/// let body = serde_json::json!({"name": "Ada", "amount": "1,234.50", "type": "-", "new": 1});
/// let mut thing: Thing = serde_json::from_value(body.clone()).unwrap();
/// assert_eq!(thing.amount, Some("1234.50".parse().unwrap()));
/// assert_eq!(thing.kind, None);
/// assert!(!format!("{thing:?}").contains("Ada"));
/// assert_eq!(serde_json::to_value(&thing).unwrap(), body);
/// thing.amount = Some("2".parse().unwrap());
/// assert_eq!(serde_json::to_value(&thing).unwrap()["amount"], "2");
/// ```
#[macro_export]
macro_rules! record {
    (@name $field:ident) => { ::std::stringify!($field) };
    (@name $field:ident $wire:literal) => { $wire };
    (@show $debug:ident $field:ident $value:expr) => {
        if $crate::json::Field::is_present($value) {
            $debug.field(::std::stringify!($field), $value);
        }
    };
    (@show $debug:ident $field:ident $value:expr, $mark:ident) => {
        if $crate::json::Field::is_present($value) {
            $debug.field(::std::stringify!($field), &$crate::json::Presence);
        }
    };
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $( $(#[$field_meta:meta])* $field:ident : $ty:ty $(= $wire:literal)? $(=> $mark:ident)? ),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Default, PartialEq)]
        #[non_exhaustive]
        pub struct $name {
            $( $(#[$field_meta])* pub $field: $ty, )+
            /// Members that this SDK does not know, and custom fields repeated at top level, as they came.
            pub extra: $crate::json::Object,
            spelling: $crate::json::Spelling,
        }

        impl $name {
            /// The wire names of the members this SDK knows.
            pub const MEMBERS: &'static [&'static str] = &[$( $crate::record!(@name $field $($wire)?) ),+];

            fn from_object(
                mut object: $crate::json::Object,
            ) -> ::std::result::Result<Self, $crate::json::Unreadable> {
                let mut spelling = $crate::json::Spelling::default();
                $(
                    let $field = $crate::json::take(
                        &mut object,
                        $crate::record!(@name $field $($wire)?),
                        &mut spelling,
                    )?;
                )+
                ::std::result::Result::Ok(Self { $( $field, )+ extra: object, spelling })
            }

            fn to_object(&self) -> $crate::json::Object {
                let mut object = self.extra.clone();
                $(
                    $crate::json::put(
                        &mut object,
                        $crate::record!(@name $field $($wire)?),
                        &self.$field,
                        &self.spelling,
                    );
                )+
                object
            }
        }

        impl $crate::json::Wire for $name {
            fn read(
                value: &$crate::serde_json::Value,
            ) -> ::std::result::Result<::std::option::Option<Self>, $crate::json::Unreadable> {
                <Self as $crate::json::Wire>::take(value.clone()).map(|(read, _)| read)
            }

            fn write(&self) -> $crate::serde_json::Value {
                $crate::serde_json::Value::Object(self.to_object())
            }

            fn take(
                value: $crate::serde_json::Value,
            ) -> ::std::result::Result<
                $crate::json::Taken<::std::option::Option<Self>>,
                $crate::json::Unreadable,
            > {
                use $crate::serde_json::Value;
                match value {
                    Value::Object(object) => Self::from_object(object).map(|read| (Some(read), None)),
                    empty if $crate::json::is_empty_form(&empty) => Ok((None, Some(empty))),
                    // One record where an array of one was sent.
                    Value::Array(elements) => match elements.as_slice() {
                        [Value::Object(object)] => Self::from_object(object.clone())
                            .map(|read| (Some(read), Some(Value::Array(elements)))),
                        _ => Err($crate::json::Unreadable::new("one object expected")),
                    },
                    _ => Err($crate::json::Unreadable::new("object expected")),
                }
            }
        }

        impl $crate::serde::Serialize for $name {
            fn serialize<S: $crate::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                $crate::serde::Serialize::serialize(&self.to_object(), serializer)
            }
        }

        impl<'de> $crate::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                // An object first: a derived reader would fail on repeated keys.
                let object =
                    <$crate::json::Object as $crate::serde::Deserialize>::deserialize(deserializer)?;
                Self::from_object(object).map_err($crate::serde::de::Error::custom)
            }
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                let mut debug = f.debug_struct(::std::stringify!($name));
                $( $crate::record!(@show debug $field &self.$field $(, $mark)?); )+
                debug.finish_non_exhaustive()
            }
        }
    };
}
