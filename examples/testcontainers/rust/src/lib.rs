//! A package without code of its own: its test is in tests/orders.rs.
