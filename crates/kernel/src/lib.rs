//! The words everybody uses: money, ids, codes, clock, crypto. No I/O.
pub mod crypto;
