//! Engine room of `ordway-client` and `anrok-client`. No promise for direct use.
mod clock;
mod transport;
pub use clock::{Chance, Clock, SystemClock, VirtualClock};
pub use transport::{Exchange, FailureKind, Transport, TransportError};
