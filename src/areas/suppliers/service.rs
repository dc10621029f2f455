//! Writing suppliers.

use kernel::checks::Checks;
use kernel::failure::Invalid;
use kernel::id::{ShopId, SupplierId};
use kernel::{BasisPoints, Time};
use sea_orm::{IntoActiveModel, QuerySelect, entity::prelude::*};

use super::entity::supplier;
use super::error::SupplierError;
use super::query;
use super::state::{Payout, SupplierState, Terms};
use crate::platform::db::is_unique_violation;
use crate::platform::seal::Sealer;

/// The most days of one statement.
const DAYS_MAX: i64 = 366;

/// What a supplier is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "columns say their name; what a name does not say is documented")]
pub struct SupplierDraft {
    pub name: String,
    pub contact: Option<String>,
    pub phone: Option<String>,
    pub state: SupplierState,
    pub independent: bool,
    pub terms: Terms,
    pub service_fee: BasisPoints,
    pub settlement_days: i32,
    pub payout: Payout,
    pub sub_mchid: Option<String>,
}

impl Default for SupplierDraft {
    fn default() -> Self {
        Self {
            name: String::new(),
            contact: None,
            phone: None,
            state: SupplierState::Enabled,
            independent: false,
            terms: Terms::ServiceFee,
            service_fee: BasisPoints::ZERO,
            settlement_days: 30,
            payout: Payout::Manual,
            sub_mchid: None,
        }
    }
}

impl SupplierDraft {
    /// The draft that would leave `row` as it is.
    pub fn of(sealer: &Sealer, row: &supplier::Model) -> Result<Self, SupplierError> {
        Ok(Self {
            name: row.name.clone(),
            contact: row.contact.clone(),
            phone: query::phone(sealer, row)?,
            state: row.state,
            independent: row.independent,
            terms: row.terms,
            service_fee: row.service_fee_bp,
            settlement_days: row.settlement_days,
            payout: row.payout,
            sub_mchid: row.sub_mchid.clone(),
        })
    }

    /// Every fault at once.
    pub fn check(&self) -> Result<(), Invalid> {
        let mut checks = Checks::default();
        checks.text("name", &self.name, 1, 100);
        checks.text("contact", self.contact.as_deref().unwrap_or_default(), 0, 50);
        checks.range("service_fee_bp", i64::from(self.service_fee.bp()), 0, 10_000);
        let one = self.terms == Terms::ServiceFee || self.service_fee == BasisPoints::ZERO;
        checks.need(one, "service_fee_bp", "invalid", "a settlement price takes no service fee");
        checks.range("settlement_days", i64::from(self.settlement_days), 1, DAYS_MAX);
        if let Some(number) = &self.sub_mchid {
            let legal = (8..=10).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
            checks.need(legal, "sub_mchid", "invalid", "a merchant number of 8 to 10 digits");
        }
        checks.done()
    }
}

/// Creates a supplier. Errors: [`SupplierError::NameTaken`], every faulty field.
pub async fn create(
    conn: &impl ConnectionTrait,
    sealer: &Sealer,
    shop: ShopId,
    draft: &SupplierDraft,
    now: Time,
) -> Result<supplier::Model, SupplierError> {
    let empty = supplier::Model {
        id: SupplierId::new(),
        shop_id: shop,
        name: String::new(),
        contact: None,
        sealed_phone: None,
        phone_mask: None,
        state: draft.state,
        independent: draft.independent,
        terms: draft.terms,
        service_fee_bp: draft.service_fee,
        settlement_days: draft.settlement_days,
        payout: draft.payout,
        sub_mchid: None,
        receiver: None,
        receiver_added_at: None,
        payee_member_id: None,
        sealed_payee_name: None,
        created_at: now,
        updated_at: now,
    };
    let row = drafted(sealer, empty, draft, now)?;
    match supplier::Entity::insert(supplier::ActiveModel::from(row.clone())).exec_without_returning(conn).await {
        Err(error) if is_unique_violation(&error) => Err(SupplierError::NameTaken),
        other => Ok(other.map(|_| row)?),
    }
}

/// Changes a supplier; orders paid before keep their snapshot. `known` is held by the caller.
pub async fn change(
    conn: &impl ConnectionTrait,
    sealer: &Sealer,
    known: supplier::Model,
    draft: &SupplierDraft,
    now: Time,
) -> Result<supplier::Model, SupplierError> {
    let row = drafted(sealer, known, draft, now)?;
    match supplier::Entity::update(row.clone().into_active_model().reset_all()).exec(conn).await {
        Err(error) if is_unique_violation(&error) => Err(SupplierError::NameTaken),
        other => Ok(other.map(|_| row)?),
    }
}

/// The supplier, which cannot change until the caller's transaction ends.
pub async fn held(conn: &impl ConnectionTrait, shop: ShopId, id: SupplierId) -> Result<supplier::Model, SupplierError> {
    let row = supplier::in_shop(shop).filter(supplier::Column::Id.eq(id)).lock_exclusive().one(conn).await?;
    row.ok_or(SupplierError::NotFound(id))
}

fn drafted(
    sealer: &Sealer,
    row: supplier::Model,
    draft: &SupplierDraft,
    now: Time,
) -> Result<supplier::Model, SupplierError> {
    draft.check()?;
    let phone = draft.phone.as_deref();
    Ok(supplier::Model {
        name: draft.name.clone(),
        contact: draft.contact.clone(),
        sealed_phone: phone.map(|phone| sealer.seal(&phone_place(row.id), phone.as_bytes())).transpose()?,
        phone_mask: phone.map(kernel::mask::phone),
        state: draft.state,
        independent: draft.independent,
        terms: draft.terms,
        service_fee_bp: draft.service_fee,
        settlement_days: draft.settlement_days,
        payout: draft.payout,
        sub_mchid: draft.sub_mchid.clone(),
        updated_at: now,
        ..row
    })
}

/// Where a supplier's telephone number is sealed for.
pub(super) fn phone_place(id: SupplierId) -> String {
    format!("suppliers.phone:{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(draft: &SupplierDraft) -> Vec<String> {
        draft.check().map_or_else(|invalid| invalid.0.into_iter().map(|fault| fault.field).collect(), |()| Vec::new())
    }

    #[test]
    fn every_fault_of_a_supplier_is_named_at_once() {
        let fine = SupplierDraft { name: "果园".to_owned(), ..SupplierDraft::default() };
        assert!(faults(&fine).is_empty());
        let wrong = SupplierDraft {
            name: String::new(),
            terms: Terms::SettlementPrice,
            service_fee: BasisPoints::new(500),
            settlement_days: 0,
            sub_mchid: Some("1900".to_owned()),
            ..fine
        };
        assert_eq!(faults(&wrong), ["name", "service_fee_bp", "settlement_days", "sub_mchid"]);
    }
}
