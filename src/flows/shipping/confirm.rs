//! Where WeChat keeps the money until the buyer confirms, it is WeChat that he tells: its own state
//! is looked at before an order is received here.

use gateways::wechat::{ShippingState, WechatError};
use kernel::id::{MemberId, OrderId};
use kernel::{Code, Coded, Failure};
use serde_json::json;

use super::watch;
use crate::app::App;
use crate::areas::orders;
use crate::areas::payments::query::paid_of;
use crate::areas::shipping::state::UploadState;
use crate::areas::shipping::{holds, management, uploads};
use crate::areas::shops::query::Shop;

/// Why an order cannot be received yet.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmError {
    /// The buyer has not confirmed at WeChat; the numbers are what its component wants.
    #[error("the buyer has not confirmed receipt at WeChat")]
    NotConfirmed {
        /// Who received the money.
        merchant_id: String,
        /// Our number of the payment.
        merchant_trade_no: String,
        /// WeChat's.
        transaction_id: String,
    },
    /// WeChat gives no answer.
    #[error("WeChat does not say whether receipt was confirmed: {0}")]
    Unavailable(WechatError),
}

impl Coded for ConfirmError {
    fn code(&self) -> Code {
        match self {
            ConfirmError::NotConfirmed { .. } => Code::ReceiptNotConfirmed,
            ConfirmError::Unavailable(_) => Code::PaymentUnavailable,
        }
    }

    fn extra(&self) -> Option<serde_json::Value> {
        match self {
            ConfirmError::NotConfirmed { merchant_id, merchant_trade_no, transaction_id } => Some(json!({
                "merchant_id": merchant_id, "merchant_trade_no": merchant_trade_no, "transaction_id": transaction_id,
            })),
            ConfirmError::Unavailable(_) => None,
        }
    }
}

/// Refuses while WeChat waits for the buyer's own word, and says whether WeChat has it. What WeChat was
/// not told of, or does not keep, needs nobody's word but the member's here.
///
/// # Errors
/// [`ConfirmError`].
pub async fn may_confirm(app: &App, shop: &Shop, member: MemberId, order: OrderId) -> Result<bool, Failure> {
    let conn = app.db.reader();
    if !management::is_known_managed(conn, shop.id).await? {
        return Ok(false);
    }
    let order = orders::query::of_member(conn, shop.id, member, order).await?;
    let Some(payment) = paid_of(conn, shop.id, order.id).await? else { return Ok(false) };
    let told = uploads::of_payment(conn, shop.id, payment.id).await?;
    let hold = holds::of_payment(conn, shop.id, payment.id).await?;
    let Some(hold) = hold else { return Ok(false) };
    if hold.received_at.is_some() {
        return Ok(true);
    }
    if !told.iter().any(|row| row.state == UploadState::Recorded) {
        return Ok(false);
    }
    match watch::asked(app, shop, &hold).await? {
        Ok(ShippingState::Shipped) => {
            let merchant = shop.profile.wechat_pay.as_ref();
            let seller = merchant.map(|pay| pay.sub_mchid.as_ref().unwrap_or(&pay.mchid).clone());
            let not_confirmed = ConfirmError::NotConfirmed {
                merchant_id: payment.merchant_no.or(seller).unwrap_or_default(),
                merchant_trade_no: payment.id.to_string(),
                transaction_id: hold.transaction_id,
            };
            Err(not_confirmed.into())
        }
        Ok(state) => Ok(watch::told(state).received),
        Err(WechatError::PaymentUnknown(_) | WechatError::Refused(_)) => Ok(false),
        Err(error) => Err(ConfirmError::Unavailable(error).into()),
    }
}
