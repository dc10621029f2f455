//! Messages that the platforms push.

use sandbox::stores::StorePlatform;

use super::rows::Abroad;
use crate::messages::understands;

pub async fn a_push_is_understood(abroad: Abroad) {
    let (shape, stage) = abroad.set();
    // eBay tells of accounts and consents alone; that is tested apart.
    if stage.row.platform != StorePlatform::Ebay {
        let order_id = |order: &_| (shape.order_ids)(order).remove(0);
        understands(&stage, shape.signs_messages, order_id, |said| said == shape.paid_topic).await;
    }
}
