//! The mini-program platform.
