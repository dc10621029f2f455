//! The member who takes a supplier's transfers, and which statements a transfer may pay.

use kernel::id::{MemberId, ShopId, SupplierId};
use kernel::{Fen, Time};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;
use serde_json::{Value, json};

use super::entity::supplier;
use super::error::SupplierError;
use crate::platform::seal::Sealer;

/// Who takes a supplier's transfers.
#[derive(Clone, PartialEq, Eq)]
pub struct Payee {
    /// He confirms them in the mini-program.
    pub member: MemberId,
    /// His name as his wallet has it.
    pub name: Option<String>,
}

/// Why a statement is not paid by transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransferRefusal {
    /// No merchant of the shop may transfer.
    #[error("no merchant of the shop pays transfers")]
    NotOffered,
    /// The supplier names nobody.
    #[error("the supplier names no payee")]
    NoPayee,
    /// Below the platform's least amount.
    #[error("a transfer is at least {0} fen")]
    TooSmall(Fen),
    /// Above the scene's limit; never split silently.
    #[error("a transfer is at most {0} fen")]
    TooLarge(Fen),
    /// So much needs the payee's name.
    #[error("a transfer of this amount needs the payee's real name")]
    NameRequired,
}

impl TransferRefusal {
    /// What a program can tell it by.
    pub fn extra(self) -> Value {
        match self {
            Self::NotOffered => json!({ "reason": "not_offered" }),
            Self::NoPayee => json!({ "reason": "no_payee" }),
            Self::TooSmall(least) => json!({ "reason": "too_small", "min_fen": least }),
            Self::TooLarge(most) => json!({ "reason": "too_large", "max_fen": most }),
            Self::NameRequired => json!({ "reason": "name_required" }),
        }
    }
}

/// What a transfer may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The platform's least.
    pub least: Fen,
    /// The scene's most.
    pub most: Fen,
    /// Whether the amount is one that needs a name.
    pub needs_name: bool,
}

/// The name that goes with a transfer of `amount`, if one has to.
pub fn judge(amount: Fen, limits: Limits, payee: &Payee) -> Result<Option<String>, TransferRefusal> {
    if amount < limits.least {
        return Err(TransferRefusal::TooSmall(limits.least));
    }
    if amount > limits.most {
        return Err(TransferRefusal::TooLarge(limits.most));
    }
    if !limits.needs_name {
        return Ok(None);
    }
    payee.name.clone().map(Some).ok_or(TransferRefusal::NameRequired)
}

/// Who takes a supplier's transfers, if anybody is named.
pub fn of(sealer: &Sealer, row: &supplier::Model) -> Result<Option<Payee>, SupplierError> {
    let Some(member) = row.payee_member_id else { return Ok(None) };
    let sealed = row.sealed_payee_name.as_deref();
    let name = sealed.map(|sealed| sealer.open_text(&place(row.id), sealed)).transpose()?;
    Ok(Some(Payee { member, name }))
}

/// Names who takes a supplier's transfers from now on, or nobody.
pub async fn set(
    conn: &impl ConnectionTrait,
    sealer: &Sealer,
    shop: ShopId,
    id: SupplierId,
    payee: Option<&Payee>,
    now: Time,
) -> Result<(), SupplierError> {
    let name = payee.and_then(|payee| payee.name.as_deref());
    let sealed = name.map(|name| sealer.seal(&place(id), name.as_bytes())).transpose()?;
    let changed = supplier::Entity::update_many()
        .col_expr(supplier::Column::PayeeMemberId, Expr::value(payee.map(|payee| payee.member)))
        .col_expr(supplier::Column::SealedPayeeName, Expr::value(sealed))
        .col_expr(supplier::Column::UpdatedAt, Expr::value(now))
        .filter(supplier::Column::ShopId.eq(shop))
        .filter(supplier::Column::Id.eq(id))
        .exec(conn)
        .await?;
    if changed.rows_affected == 1 { Ok(()) } else { Err(SupplierError::NotFound(id)) }
}

fn place(id: SupplierId) -> String {
    format!("suppliers.payee_name:{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transfer_keeps_within_its_limits_and_names_its_receiver_where_it_has_to() {
        let (fen, payee) =
            (Fen::from_fen, |name: Option<&str>| Payee { member: MemberId::new(), name: name.map(str::to_owned) });
        let limits = |needs_name| Limits { least: fen(10), most: fen(500), needs_name };
        assert_eq!(judge(fen(9), limits(false), &payee(None)), Err(TransferRefusal::TooSmall(fen(10))));
        assert_eq!(judge(fen(501), limits(true), &payee(None)), Err(TransferRefusal::TooLarge(fen(500))));
        assert_eq!(judge(fen(500), limits(true), &payee(None)), Err(TransferRefusal::NameRequired));
        assert_eq!(judge(fen(500), limits(true), &payee(Some("陈果"))), Ok(Some("陈果".to_owned())));
        assert_eq!(judge(fen(10), limits(false), &payee(Some("陈果"))), Ok(None), "no name where none is needed");
    }
}
