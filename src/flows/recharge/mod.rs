//! Balance paid in by WeChat, over the payments and refunds that orders use too: made, paid,
//! closed when nobody pays, and what is unspent given back to where it came from.

mod back;
mod close;
mod make;
mod plans;
mod received;

pub(in crate::flows) use back::moved;
pub use back::{Request, give_back};
pub use close::close_overdue;
pub use make::{Wish, make};
pub use plans::{PlanDraft, change_plan, create_plan};
pub(in crate::flows) use received::book;
