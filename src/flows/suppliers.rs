//! What operators do to suppliers: onboarding, terms, and where their money goes.

use kernel::failure::Invalid;
use kernel::id::{OperatorId, SupplierId};
use kernel::{Code, Coded, Failure};
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::{profit_sharing, rates, supplier_statements};
use crate::app::App;
use crate::areas::goods;
use crate::areas::goods::draft::{GoodsDraft, SkuDraft};
use crate::areas::members;
use crate::areas::operators::audit;
use crate::areas::shops::query::Shop;
use crate::areas::suppliers::entity::supplier;
use crate::areas::suppliers::payee::{self, Payee};
use crate::areas::suppliers::service::{self, SupplierDraft};
use crate::areas::suppliers::state::{Payout, Terms};
use crate::areas::suppliers::{query, receiver};
use crate::platform::receiver::Receiver;
use crate::platform::request_keys::Once;

/// Takes a supplier on.
///
/// # Errors
/// Every faulty field; `name.taken`; rates that give away more than the whole.
pub async fn create(
    app: &App,
    shop: &Shop,
    by: OperatorId,
    draft: &SupplierDraft,
    once: &Once<supplier::Model>,
) -> Result<supplier::Model, Failure> {
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            can_be_paid(shop, None, draft.payout)?;
            let created = service::create(tx, &app.sealer, shop.id, draft, now).await?;
            rates::check_supplier(tx, shop, &created).await?;
            audit::note(tx, shop.id, by, "supplier.create", created.id, audited(&created), now).await?;
            once.keep(tx, &created, app.clock.wall()).await?;
            Ok(created)
        })
        .await
}

/// Changes a supplier: `edit` turns what it is into what it shall be. Orders paid before keep their
/// terms.
///
/// # Errors
/// As [`create`]; terms by settlement price while one of its SKUs has none.
pub async fn change(
    app: &App,
    shop: &Shop,
    by: OperatorId,
    id: SupplierId,
    edit: impl Fn(&mut SupplierDraft),
) -> Result<supplier::Model, Failure> {
    let after = app
        .db
        .write(async |tx| {
            let now = app.clock.now();
            let before = service::held(tx, shop.id, id).await?;
            let (was, way) = (audited(&before), before.payout);
            let mut draft = SupplierDraft::of(&app.sealer, &before)?;
            edit(&mut draft);
            can_be_paid(shop, Some(way), draft.payout)?;
            let after = service::change(tx, &app.sealer, before, &draft, now).await?;
            rates::check_supplier(tx, shop, &after).await?;
            if after.terms == Terms::SettlementPrice
                && goods::of_supplier::lacks_settlement_price(tx, shop.id, id).await?
            {
                let detail = "a SKU of this supplier has no settlement price";
                return Err(Invalid::field("terms", "invalid", detail).into());
            }
            let detail = json!({ "before": was, "after": audited(&after) });
            audit::note(tx, shop.id, by, "supplier.change", id, detail, now).await?;
            Ok(after)
        })
        .await?;
    app.catalogue.changed(shop.id);
    Ok(after)
}

/// Whether the shop can pay the way a supplier is newly to be paid.
fn can_be_paid(shop: &Shop, before: Option<Payout>, payout: Payout) -> Result<(), Invalid> {
    if payout == Payout::Transfer && before != Some(payout) && supplier_statements::payer_of(shop).is_none() {
        let detail = "no merchant of the shop pays transfers: a service provider's needs [payout.transfer_merchant]";
        return Err(Invalid::field("payout", "not_offered", detail));
    }
    Ok(())
}

fn audited(row: &supplier::Model) -> serde_json::Value {
    json!({
        "name": row.name, "state": row.state, "independent": row.independent, "terms": row.terms,
        "service_fee_bp": row.service_fee_bp, "settlement_days": row.settlement_days, "payout": row.payout,
        "sub_mchid": row.sub_mchid,
    })
}

/// Sets where a supplier's money goes, or takes it away. What was known to WeChat leaves its list;
/// what is new is registered by [`profit_sharing::register_supplier`].
pub async fn set_receiver(
    app: &App,
    shop: &Shop,
    by: OperatorId,
    id: SupplierId,
    wanted: Option<&Receiver>,
) -> Result<supplier::Model, Failure> {
    let changed = app
        .db
        .write(async |tx| {
            let now = app.clock.now();
            let before = service::held(tx, shop.id, id).await?;
            let old = receiver::of(&app.sealer, &before)?;
            receiver::set(tx, &app.sealer, shop.id, id, wanted, now).await?;
            profit_sharing::leave(app, tx, shop, old.as_ref(), wanted).await?;
            let detail = json!({ "type": wanted.map(|receiver| receiver.kind) });
            audit::note(tx, shop.id, by, "supplier.receiver", id, detail, now).await?;
            Ok(query::by_id(tx, shop.id, id).await?)
        })
        .await?;
    app.bell.ring();
    Ok(changed)
}

/// Names who takes a supplier's transfers, or nobody. What is on its way stays with whom it was sent to.
///
/// # Errors
/// `supplier.not_found`; a member that is not the shop's.
pub async fn set_payee(
    app: &App,
    shop: &Shop,
    by: OperatorId,
    id: SupplierId,
    wanted: Option<&Payee>,
) -> Result<supplier::Model, Failure> {
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            service::held(tx, shop.id, id).await?;
            if let Some(payee) = wanted {
                let member = members::query::by_id(tx, shop.id, payee.member).await?;
                member.ok_or_else(|| Invalid::field("member_id", "unknown", "a member of the shop"))?;
            }
            payee::set(tx, &app.sealer, shop.id, id, wanted, now).await?;
            let detail = json!({ "member_id": wanted.map(|payee| payee.member) });
            audit::note(tx, shop.id, by, "supplier.transfer_payee", id, detail, now).await?;
            Ok(query::by_id(tx, shop.id, id).await?)
        })
        .await
}

/// The supplier that goods name: one of the shop's that may sell, or the one they had before.
///
/// # Errors
/// `supplier.not_found`, `supplier.frozen`; a SKU without the settlement price its supplier's terms
/// need.
pub(super) async fn of_goods(
    conn: &impl ConnectionTrait,
    shop: &Shop,
    draft: &GoodsDraft,
    before: Option<SupplierId>,
    skus: Option<&[SkuDraft]>,
) -> Result<Option<supplier::Model>, Failure> {
    let Some(id) = draft.supplier_id else { return Ok(None) };
    let found = match before == Some(id) {
        true => query::by_id(conn, shop.id, id).await?,
        false => query::enabled(conn, shop.id, id).await?,
    };
    if found.terms == Terms::SettlementPrice {
        match skus {
            Some(skus) => all_priced(skus)?,
            None if before != Some(id) => return Err(SkusNeeded.into()),
            None => {}
        }
    }
    Ok(Some(found))
}

fn all_priced(skus: &[SkuDraft]) -> Result<(), Invalid> {
    let bare = skus.iter().enumerate().filter(|(_, sku)| sku.settlement_price_fen.is_none());
    let fault = |(place, _)| {
        let field = format!("skus[{place}].settlement_price_fen");
        kernel::FieldFault::new(field, "required", "the supplier is paid a settlement price")
    };
    Invalid::unless_empty(bare.map(fault).collect())
}

#[derive(Debug, thiserror::Error)]
#[error("the supplier is paid a settlement price: name the SKUs with theirs")]
struct SkusNeeded;

impl Coded for SkusNeeded {
    fn code(&self) -> Code {
        Code::ValidationFailed
    }

    fn fields(&self) -> Vec<kernel::FieldFault> {
        vec![kernel::FieldFault::new("skus", "required", "with a settlement price each")]
    }
}
