//! Orders of merchants' stores: read, served from the one pool of stock, confirmed, sent, and told.

mod deciding;
pub mod desk;
mod forgetting;
mod platforms;
mod pulling;
mod receivers;
mod shipping;
mod stock;
