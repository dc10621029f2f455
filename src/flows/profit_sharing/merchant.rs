//! Whose money a share is of: the shop's own merchant or a supplier's that collects itself.

use gateways::pay::wechat_pay::{NewReceiver, ReceiverKind, WechatPay};
use kernel::Failure;
use kernel::id::{LeaderId, OrderId, SharingId, ShopId};
use sea_orm::entity::prelude::*;

use super::receiver::{from_word, word};
use crate::app::App;
use crate::areas::leaders;
use crate::areas::orders::entity::order;
use crate::areas::payouts::entity::{sharing, sharing_part};
use crate::areas::shops::query::Shop;
use crate::platform::receiver::{self, Receiver};

/// The merchant that was paid for an order, where it is not the shop's own.
pub(super) async fn of_order(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: OrderId,
) -> Result<Option<String>, Failure> {
    let order = order::in_shop(shop).filter(order::Column::Id.eq(id)).one(conn).await?;
    Ok(order.and_then(|order| order.merchant_no))
}

/// The order that a request shares.
pub(super) async fn order_of(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: SharingId,
) -> Result<Option<order::Model>, Failure> {
    let Some(row) = sharing::in_shop(shop).filter(sharing::Column::Id.eq(id)).one(conn).await? else { return Ok(None) };
    Ok(order::in_shop(shop).filter(order::Column::Id.eq(row.order_id)).one(conn).await?)
}

/// The party of a part that the shop itself is due.
pub(super) const SHOP: &str = "shop";

/// The shop's own merchant as a receiver of what another collected; its legal name has to be kept.
pub(super) fn of_shop(shop: &Shop) -> Option<Receiver> {
    let pay = shop.profile.wechat_pay.as_ref()?;
    let name = pay.onboarding.as_ref()?.merchant_name.clone();
    Some(Receiver { kind: receiver::ReceiverKind::Merchant, account: pay.sub_mchid.clone()?, name: Some(name) })
}

/// Makes the receivers of these parts known to another merchant than the shop's own, before a share of
/// its money: receivers are known to one sub-merchant at a time. Doing it again changes nothing, and
/// what is refused shows when the share is.
pub(super) async fn know_receivers(
    app: &App,
    shop: &Shop,
    pay: &WechatPay,
    parts: &[sharing_part::Model],
) -> Result<(), Failure> {
    for part in parts {
        let (receiver, relation) = match part.party_kind.as_str() {
            "leader" => {
                let row = leaders::query::by_id(app.db.reader(), shop.id, LeaderId::from_uuid(part.party_id)).await?;
                let receiver = row.map(|row| leaders::receiver::of(&app.sealer, &row)).transpose()?.flatten();
                (receiver, "DISTRIBUTOR")
            }
            SHOP => (of_shop(shop), "PARTNER"),
            _ => continue,
        };
        let Some(receiver) = receiver else { continue };
        let request = NewReceiver {
            kind: from_word(word(receiver.kind)).unwrap_or(ReceiverKind::Person),
            account: receiver.account,
            name: receiver.name,
            relation: relation.to_owned(),
            custom_relation: None,
        };
        if let Err(error) = pay.add_receiver(&request).await {
            tracing::warn!(part = %part.id, %error, "a receiver could not be made known to a supplier's merchant");
        }
    }
    Ok(())
}
