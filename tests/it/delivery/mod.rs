//! From paid to paid out: delivery lists, redemption, receipt and the release of commissions.

mod lists;
mod receipt;
mod redemption;
mod release;
mod scene;
mod shipping;
