//! Where a bug can be put in on purpose.

/// Whether this deliberate bug is switched on. Without the feature `deliberate-bugs` it is the constant `false`, and what
/// hangs on it is not compiled into the library.
macro_rules! on_purpose {
    ($settings:expr, $bug:ident) => {{
        #[cfg(feature = "deliberate-bugs")]
        {
            $settings.bug == Some($crate::deliberate::Bug::$bug)
        }
        #[cfg(not(feature = "deliberate-bugs"))]
        {
            false
        }
    }};
}
