//! Merchants' stores at the marketplaces: entered, authorised on the platform's page or at once, tried
//! out, stopped and taken off; and who may see which.
//!
//! Tokens are sealed before they are written and opened by their keeper alone (`app::store_keeper`).

mod authorise;
mod bind;
mod callback;
pub mod notices;
mod offers;
mod sight;
mod subject;
mod trouble;
mod try_out;

pub use authorise::{Begun, begin};
pub use bind::{Change, Wish, change, enter, keep_state, operators_of, set_operators};
pub use callback::{CameBack, Shown, come_back};
pub use offers::{Offer, offers};
pub use sight::{Sight, all_of, one};
pub use subject::{Consequence, Subject, compared};
pub use trouble::{ASKED_BEFORE, Advice, advice, prompt};
pub use try_out::{Finding, TryOut, try_market, try_out};
