//! Tuanqiao.
