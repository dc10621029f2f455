//! Whose a complaint is. WeChat keeps one address for all who sign with one merchant number, and what it
//! tells opens with the same keys: what one shop hears may be about another shop's payment.

use std::sync::Arc;

use gateways::pay::wechat_pay::Complaint;
use kernel::Failure;
use kernel::id::ShopId;
use sea_orm::ConnectionTrait;

use crate::app::App;
use crate::areas::orders;
use crate::areas::payments;
use crate::areas::payments::entity::payment;
use crate::areas::shops::merchant::{PayMode, PayProfile};
use crate::areas::shops::query::Shop;

/// Who has to answer a complaint.
pub(super) struct Owner {
    pub shop: Arc<Shop>,
    /// The supplier's sub-merchant complained about; none is the shop's own.
    pub merchant_no: Option<String>,
    /// The first payment it names that is known.
    pub payment: Option<payment::Model>,
}

/// The shops that sign with the merchant number of `shop`, itself first.
pub(super) fn of_one_signer(app: &App, shop: &Shop) -> Vec<Arc<Shop>> {
    let signer = |shop: &Shop| shop.profile.wechat_pay.as_ref().map(|pay| pay.mchid.clone());
    let Some(own) = signer(shop) else { return Vec::new() };
    let mut shops: Vec<_> =
        app.shops.all().iter().filter(|other| signer(other).as_ref() == Some(&own)).cloned().collect();
    shops.sort_by_key(|other| other.id != shop.id);
    shops
}

/// Whose a complaint is that `heard` was told of, or `None` when no shop of the installation is meant.
///
/// A payment that is named decides; then the merchant complained about: a shop's own, or one that was to
/// collect for it. A service provider's shop that finds neither leaves the complaint alone. Whichever of
/// the shops asks, a complaint that it hands on is not handed back.
pub(super) async fn of(
    app: &App,
    conn: &impl ConnectionTrait,
    heard: &Shop,
    complaint: &Complaint,
) -> Result<Option<Owner>, Failure> {
    let shops = of_one_signer(app, heard);
    let named = complaint.complainted_mchid.as_deref().filter(|named| !named.is_empty());
    let payment = named_payment(conn, &shops, complaint).await?;
    let paid_to = payment.as_ref().and_then(|payment| shops.iter().find(|shop| shop.id == payment.shop_id));
    if let Some(shop) = paid_to {
        let merchant_no = merchant_of(conn, shop, named, payment.as_ref()).await?;
        return Ok(Some(Owner { shop: Arc::clone(shop), merchant_no, payment }));
    }
    let unpaid = |shop: &Arc<Shop>, merchant_no: Option<&str>| {
        Some(Owner { shop: Arc::clone(shop), merchant_no: merchant_no.map(str::to_owned), payment: None })
    };
    let Some(named) = named else {
        // Behind a direct merchant's number there is nobody else.
        let direct = |shop: &&Arc<Shop>| account(shop).is_some_and(|pay| pay.mode == PayMode::Direct);
        return Ok(shops.first().filter(direct).and_then(|shop| unpaid(shop, None)));
    };
    if let Some(shop) = shops.iter().find(|shop| is_receiver(shop, named)) {
        return Ok(unpaid(shop, None));
    }
    for shop in &shops {
        if orders::checkouts::collects(conn, shop.id, named).await? {
            return Ok(unpaid(shop, Some(named)));
        }
    }
    Ok(None)
}

fn account(shop: &Shop) -> Option<&PayProfile> {
    shop.profile.wechat_pay.as_ref()
}

fn is_receiver(shop: &Shop, number: &str) -> bool {
    account(shop).is_some_and(|pay| pay.sub_mchid.as_ref().unwrap_or(&pay.mchid) == number)
}

/// The first of the payments a complaint names that is one of these shops', by WeChat's number or by ours:
/// the payer may complain before we have heard that he paid.
async fn named_payment(
    conn: &impl ConnectionTrait,
    shops: &[Arc<Shop>],
    complaint: &Complaint,
) -> Result<Option<payment::Model>, Failure> {
    let ids: Vec<ShopId> = shops.iter().map(|shop| shop.id).collect();
    for order in &complaint.complaint_order_info {
        let number = order.out_trade_no.parse().ok();
        let found = payments::query::told_of(conn, &ids, &order.transaction_id, number).await?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// The supplier's sub-merchant that a complaint is about: the one it names, if that collects for the shop,
/// else the one its payment went to. None is the shop's own.
async fn merchant_of(
    conn: &impl ConnectionTrait,
    shop: &Shop,
    named: Option<&str>,
    payment: Option<&payment::Model>,
) -> Result<Option<String>, Failure> {
    match named {
        Some(named) if is_receiver(shop, named) => Ok(None),
        Some(named) if orders::checkouts::collects(conn, shop.id, named).await? => Ok(Some(named.to_owned())),
        _ => Ok(payment.and_then(|payment| payment.merchant_no.clone())),
    }
}
