//! ordway-anrok
