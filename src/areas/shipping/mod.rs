//! Shipping information (发货信息): what WeChat is told of each payment's shipping, and whether it
//! has set the payment's money free. Never calls WeChat; that happens in `flows::shipping`.

pub mod entity;
pub mod holds;
pub mod management;
pub mod rules;
pub mod state;
pub mod subject;
pub mod uploads;
