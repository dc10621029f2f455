//! Roles and what each may do. Reading what every operator sees needs no permission.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// What an operator is.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
    clap::ValueEnum,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything, operators and settings too.
    Owner,
    /// The daily business.
    Manager,
    /// Money: refunds, payouts, the books.
    Finance,
    /// Orders and shoppers' questions.
    Support,
    /// Somebody of a supplier: its own statements, goods, lines of orders and their after-sale tickets, and
    /// nothing else.
    Supplier,
}

/// What an action needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Change goods, categories, stock and imports.
    Goods,
    /// Bind merchants' stores and say who works on them.
    Stores,
    /// Ship, deliver, redeem, decide after-sale tickets.
    Orders,
    /// Give money back.
    Refunds,
    /// Decide applications; change leaders, levels and pickup points.
    Leaders,
    /// Take suppliers on and change their terms; make statements.
    Suppliers,
    /// Decide withdrawals, share, change sharing receivers, resolve what differs in bills.
    Payouts,
    /// Read the ledger and every amount's explanation.
    Books,
    /// Shut members out and let them in again.
    Members,
    /// Change the shop's settings.
    Settings,
    /// Look at and replay outside effects that failed.
    Outbox,
    /// Create and change operators, read the audit log.
    Operators,
}

impl Role {
    /// Whether the role may do what `permission` names.
    pub fn may(self, permission: Permission) -> bool {
        use Permission as P;
        match self {
            Role::Owner => true,
            Role::Manager => {
                matches!(
                    permission,
                    P::Goods
                        | P::Stores
                        | P::Orders
                        | P::Refunds
                        | P::Leaders
                        | P::Suppliers
                        | P::Members
                        | P::Books
                        | P::Outbox
                )
            }
            Role::Finance => matches!(permission, P::Refunds | P::Payouts | P::Books | P::Outbox),
            Role::Support => matches!(permission, P::Orders),
            Role::Supplier => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;

    #[test]
    fn the_owner_may_everything_and_nobody_else_names_operators_or_settings() {
        for permission in Permission::iter() {
            assert!(Role::Owner.may(permission), "{permission:?}");
        }
        assert!(Permission::iter().all(|permission| !Role::Supplier.may(permission)));
        for role in [Role::Manager, Role::Finance, Role::Support] {
            assert!(!role.may(Permission::Operators) && !role.may(Permission::Settings), "{role:?}");
        }
        assert!(!Role::Manager.may(Permission::Payouts) && !Role::Support.may(Permission::Refunds));
    }
}
