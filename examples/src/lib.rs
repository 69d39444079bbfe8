//! ordway-anrok-examples
