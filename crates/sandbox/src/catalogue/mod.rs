//! The goods of the marketplaces.
