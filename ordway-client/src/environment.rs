//! Where Ordway is.

/// One of Ordway's environments. Each company (tenant) lives in exactly one, with its own credentials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Environment {
    /// `https://api.ordwaylabs.com/api/v1` (grade A).
    #[default]
    Production,
    /// `https://sandbox.ordwaylabs.com/api/v1` (grade A; a catalogue also names `api.sandbox.`, grade C: set it as a
    /// base URL where that is yours).
    Sandbox,
    /// `https://staging.ordwaylabs.com/api/v1` (grade A).
    Staging,
}

impl Environment {
    /// The base URL, version included.
    pub const fn base_url(self) -> &'static str {
        match self {
            Self::Production => "https://api.ordwaylabs.com/api/v1",
            Self::Sandbox => "https://sandbox.ordwaylabs.com/api/v1",
            Self::Staging => "https://staging.ordwaylabs.com/api/v1",
        }
    }
}
