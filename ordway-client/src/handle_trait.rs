//! Traits of the handles, for code that wants to be given a mock.

/// Makes an object-safe trait of a handle, implemented by the handle's own methods of the same names.
macro_rules! handle_trait {
    (
        $(#[$meta:meta])*
        trait $name:ident for $handle:ident {
            $(fn $list:ident(&self $(, $list_arg:ident: $list_ty:ty)*) -> $list_out:ty;)*
            $(async fn $method:ident(&self $(, $arg:ident: $ty:ty)*) -> $out:ty;)*
        }
    ) => {
        $(#[$meta])*
        #[async_trait::async_trait]
        pub trait $name: Send + Sync + std::fmt::Debug {
            $(
                #[doc = concat!("As [`", stringify!($handle), "::", stringify!($list), "`].")]
                fn $list(&self $(, $list_arg: $list_ty)*) -> $list_out;
            )*
            $(
                #[doc = concat!("As [`", stringify!($handle), "::", stringify!($method), "`].")]
                async fn $method(&self $(, $arg: $ty)*) -> $out;
            )*
        }

        #[async_trait::async_trait]
        impl $name for $handle {
            $(fn $list(&self $(, $list_arg: $list_ty)*) -> $list_out {
                $handle::$list(self $(, $list_arg)*)
            })*
            $(async fn $method(&self $(, $arg: $ty)*) -> $out {
                $handle::$method(self $(, $arg)*).await
            })*
        }
    };
}
pub(crate) use handle_trait;
