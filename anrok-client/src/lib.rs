//! anrok-client
