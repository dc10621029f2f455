//! A receiver's notice about a share (WeChat Pay sheet §6). It is never believed about the money:
//! it brings the question to the platform forward.

use gateways::pay::wechat_pay::SharingNotice;
use kernel::Failure;
use kernel::id::SharingId;

use crate::app::App;
use crate::areas::payments::service::{Kept, keep_notice};
use crate::areas::payouts::sharings;
use crate::areas::shops::query::Shop;
use crate::flows::payment_received::ReceiptError;

/// Keeps a verified notice once, and asks soon about the share it is of.
///
/// # Errors
/// [`ReceiptError::Unknown`] for a number we never made: the platform shall repeat it.
pub async fn heard(app: &App, shop: &Shop, notice_id: &str, notice: &SharingNotice) -> Result<(), Failure> {
    let number = &notice.out_order_no;
    let unknown = || ReceiptError::Unknown(number.clone());
    let id: SharingId = number.parse().map_err(|_| unknown())?;
    app.db
        .write(async |tx| {
            let wall = app.clock.wall();
            if !sharings::ask_soon(tx, shop.id, id, wall).await? {
                return Err(unknown().into());
            }
            let detail = Some(format!("share {number}: {} fen to a receiver", notice.receiver.amount));
            let (kind, key) = ("sharing", notice_id.to_owned());
            let kept = Kept { kind, key, platform_id: notice_id, outcome: "done", detail };
            keep_notice(tx, shop.id, kept, wall).await?;
            Ok(())
        })
        .await
}
