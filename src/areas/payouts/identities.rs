//! Who a leader is to the tax office: real name and ID number, sealed.

use chrono::NaiveDate;
use kernel::failure::Invalid;
use kernel::id::{LeaderId, ShopId};
use kernel::{FieldFault, Time};
use sea_orm::sea_query::Expr;
use sea_orm::{QueryOrder, QuerySelect, entity::prelude::*};
use serde::{Deserialize, Serialize};

use super::entity::{leader_identity, withdrawal};
use super::error::PayoutError;
use crate::platform::db::is_unique_violation;
use crate::platform::seal::Sealer;

/// Name and number of a person's identity card.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// As on the card.
    pub name: String,
    /// Eighteen characters, the last a digit or `X`.
    pub id_number: String,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity([REDACTED])")
    }
}

impl Identity {
    /// The same as it is kept: without blanks, the last letter large; every fault names its field.
    pub fn checked(self) -> Result<Self, Invalid> {
        let mut faults = Vec::new();
        let name = self.name.trim().to_owned();
        if !(2..=40).contains(&name.chars().count()) || name.chars().any(char::is_control) {
            faults.push(FieldFault::new("name", "out_of_range", "2 to 40 characters, as on the identity card"));
        }
        let id_number = self.id_number.trim().to_ascii_uppercase();
        match fault_of(&id_number) {
            Some("checksum") => faults.push(FieldFault::new("id_number", "checksum", "no card has this number")),
            Some(code) => faults.push(FieldFault::new("id_number", code, "the 18 characters of an identity card")),
            None => {}
        }
        Invalid::unless_empty(faults)?;
        Ok(Self { name, id_number })
    }

    fn id_mask(&self) -> String {
        let shown = |from: usize, count: usize| self.id_number.chars().skip(from).take(count).collect::<String>();
        format!("{}************{}", shown(0, 4), shown(16, 2))
    }
}

/// What is wrong with a number (GB 11643), if anything.
fn fault_of(number: &str) -> Option<&'static str> {
    let Some((front, last)) = number.split_at_checked(17) else { return Some("invalid") };
    if last.len() != 1 || !front.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some("invalid");
    }
    let born = front.get(6..14).and_then(|day| NaiveDate::parse_from_str(day, "%Y%m%d").ok());
    if born.is_none() {
        return Some("invalid");
    }
    // The weights are the powers of two modulo 11.
    let sum: u32 = front.chars().rev().filter_map(|c| c.to_digit(10)).zip(1_u32..).fold(0, |sum, (digit, power)| {
        let weight = (0..power).fold(1, |weight, _| weight * 2 % 11);
        sum + digit * weight
    });
    let expected = (12 - sum % 11) % 11;
    let given = if last == "X" { Some(10) } else { last.parse().ok() };
    (given != Some(expected)).then_some("checksum")
}

fn place(leader: LeaderId) -> String {
    format!("leader_identities.sealed:{leader}")
}

fn index_of(sealer: &Sealer, shop: ShopId, number: &str) -> String {
    hex::encode(sealer.keyed_hash("leader-identity", format!("{shop}:{number}").as_bytes()))
}

/// What is kept of a leader's identity, still sealed.
pub async fn of_leader(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    leader: LeaderId,
) -> Result<Option<leader_identity::Model>, PayoutError> {
    Ok(leader_identity::in_shop(shop).filter(leader_identity::Column::LeaderId.eq(leader)).one(conn).await?)
}

/// A kept identity, opened.
pub fn opened(sealer: &Sealer, row: &leader_identity::Model) -> Result<Identity, PayoutError> {
    let text = sealer.open(&place(row.leader_id), &row.sealed)?;
    serde_json::from_slice(&text).map_err(|error| PayoutError::Unreadable(error.to_string()))
}

/// Keeps a leader's identity. Its number is one leader's alone, and stays once tax was withheld.
pub async fn put(
    conn: &impl ConnectionTrait,
    sealer: &Sealer,
    shop: ShopId,
    leader: LeaderId,
    identity: &Identity,
    now: Time,
) -> Result<leader_identity::Model, PayoutError> {
    let before = of_leader(conn, shop, leader).await?;
    if let Some(before) = &before
        && opened(sealer, before)?.id_number != identity.id_number
        && was_taxed(conn, shop, leader).await?
    {
        return Err(PayoutError::IdentityFixed);
    }
    let row = leader_identity::Model {
        leader_id: leader,
        shop_id: shop,
        sealed: sealed(sealer, leader, identity)?,
        id_index: index_of(sealer, shop, &identity.id_number),
        name_mask: kernel::mask::name(&identity.name),
        id_mask: identity.id_mask(),
        created_at: before.as_ref().map_or(now, |before| before.created_at),
        updated_at: now,
    };
    write(conn, &row, before.is_some()).await.map_err(|error| match error {
        error if is_unique_violation(&error) => PayoutError::IdentityTaken,
        other => other.into(),
    })?;
    Ok(row)
}

async fn write(conn: &impl ConnectionTrait, row: &leader_identity::Model, exists: bool) -> Result<(), DbErr> {
    let active = leader_identity::ActiveModel::from(row.clone()).reset_all();
    if exists {
        leader_identity::Entity::update(active).exec(conn).await?;
    } else {
        leader_identity::Entity::insert(active).exec_without_returning(conn).await?;
    }
    Ok(())
}

fn sealed(sealer: &Sealer, leader: LeaderId, identity: &Identity) -> Result<String, PayoutError> {
    let text = serde_json::to_vec(identity).map_err(|error| PayoutError::Unreadable(error.to_string()))?;
    Ok(sealer.seal(&place(leader), &text)?)
}

async fn was_taxed(conn: &impl ConnectionTrait, shop: ShopId, leader: LeaderId) -> Result<bool, PayoutError> {
    let taxed = withdrawal::in_shop(shop)
        .filter(withdrawal::Column::LeaderId.eq(leader))
        .filter(withdrawal::Column::TaxFen.gt(0))
        .limit(1)
        .one(conn)
        .await?;
    Ok(taxed.is_some())
}

/// Identities of every shop after one already given, in the order of their leaders.
pub async fn after(
    conn: &impl ConnectionTrait,
    last: LeaderId,
    limit: u64,
) -> Result<Vec<leader_identity::Model>, PayoutError> {
    let rows = leader_identity::Entity::find()
        .filter(leader_identity::Column::LeaderId.gt(last))
        .order_by_asc(leader_identity::Column::LeaderId)
        .limit(limit)
        .all(conn)
        .await?;
    Ok(rows)
}

/// Seals a kept identity with the live key, its index too; `false` when it was changed meanwhile.
pub async fn reseal(
    conn: &impl ConnectionTrait,
    sealer: &Sealer,
    row: &leader_identity::Model,
) -> Result<bool, PayoutError> {
    let identity = opened(sealer, row)?;
    let changed = leader_identity::Entity::update_many()
        .col_expr(leader_identity::Column::Sealed, Expr::value(sealed(sealer, row.leader_id, &identity)?))
        .col_expr(leader_identity::Column::IdIndex, Expr::value(index_of(sealer, row.shop_id, &identity.id_number)))
        .filter(leader_identity::Column::LeaderId.eq(row.leader_id))
        .filter(leader_identity::Column::Sealed.eq(&row.sealed))
        .exec(conn)
        .await?;
    Ok(changed.rows_affected == 1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    fn given(number: &str) -> Result<Identity, Invalid> {
        Identity { name: "张三".to_owned(), id_number: number.to_owned() }.checked()
    }

    #[test]
    fn a_number_whose_last_character_fits_is_kept_and_shown_by_its_ends() {
        let kept = given(" 11010519491231002x ").unwrap();
        assert_eq!(kept.id_number, "11010519491231002X");
        assert_eq!(kept.id_mask(), "1101************2X");
        assert_eq!(format!("{kept:?}"), "Identity([REDACTED])");
        assert!(given("440524188001010014").is_ok());
    }

    #[test]
    fn what_is_no_number_is_refused() {
        let code = |number: &str| given(number).unwrap_err().0[0].code.clone();
        assert_eq!(code("110105194912310021"), "checksum");
        for odd in ["", "1101051949123100", "11010519491331002X", "1101051949123100é", "11010519491231002XX"] {
            assert_eq!(code(odd), "invalid", "{odd}");
        }
    }
}
