//! Inputs: plain structs that leave out what is not set and print nothing personal.

use ordway_anrok_http::json::Object;
use rust_decimal::Decimal;

use crate::patch::Patch;

/// A member of an input.
pub(crate) trait InputField {
    /// Whether it is left out of the body.
    fn is_left_out(&self) -> bool;
}

impl<T> InputField for Option<T> {
    fn is_left_out(&self) -> bool {
        self.is_none()
    }
}

impl<T> InputField for Vec<T> {
    fn is_left_out(&self) -> bool {
        self.is_empty()
    }
}

impl<T> InputField for Patch<T> {
    fn is_left_out(&self) -> bool {
        self.is_keep()
    }
}

impl InputField for Object {
    fn is_left_out(&self) -> bool {
        self.is_empty()
    }
}

macro_rules! always_sent {
    ($($ty:ty),+) => { $( impl InputField for $ty {
        fn is_left_out(&self) -> bool {
            false
        }
    } )+ };
}
always_sent!(
    String,
    bool,
    Decimal,
    jiff::civil::Date,
    crate::ids::CustomerId,
    crate::ids::SubscriptionId,
    crate::ids::PlanId,
    crate::ids::ProductId
);

/// Makes an input struct: `name: Type`, optionally `= "wireName"`, optionally `=> personal` or `=> secret` where
/// `Debug` must say only that it is there. `extra` members are sent beside the typed ones.
macro_rules! input {
    (@show $debug:ident $field:ident $value:expr) => {
        if !$crate::input::InputField::is_left_out($value) {
            $debug.field(stringify!($field), $value);
        }
    };
    (@show $debug:ident $field:ident $value:expr, $mark:ident) => {
        if !$crate::input::InputField::is_left_out($value) {
            $debug.field(stringify!($field), &ordway_anrok_http::json::Presence);
        }
    };
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $( $(#[$field_meta:meta])* $field:ident : $ty:ty $(= $wire:literal)? $(=> $mark:ident)? ),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Default, PartialEq, serde::Serialize)]
        pub struct $name {
            $(
                $(#[$field_meta])*
                #[serde(skip_serializing_if = "crate::input::InputField::is_left_out")]
                $(#[serde(rename = $wire)])?
                pub $field: $ty,
            )+
            /// Members that this SDK does not know, sent as they are.
            #[serde(flatten)]
            pub extra: ordway_anrok_http::json::Object,
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let mut debug = f.debug_struct(stringify!($name));
                $( $crate::input::input!(@show debug $field &self.$field $(, $mark)?); )+
                debug.finish_non_exhaustive()
            }
        }
    };
}
pub(crate) use input;
