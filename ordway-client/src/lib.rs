//! ordway-client
