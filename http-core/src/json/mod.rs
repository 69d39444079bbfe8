//! Tolerant readers for JSON as Ordway writes it, and the macros that models are made of.
