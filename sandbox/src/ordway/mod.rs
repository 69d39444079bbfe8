//! A stateful fake of Ordway's REST API v1.
