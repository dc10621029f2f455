//! What is read across areas. May select from any table, writes none.

pub mod books;
mod checks;
mod member_checks;
mod supplier_checks;
