//! A stateful fake of Anrok's API 1.1.
