//! Writing shops.

use kernel::failure::Invalid;
use kernel::id::ShopId;
use kernel::{Failure, FieldFault, Time};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, QuerySelect, entity::prelude::*};

use super::entity::shop;
use super::error::ShopError;
use super::profile::{Profile, ShopDraft, ShopSecrets};
use super::settings::Settings;
use crate::platform::db::is_unique_violation;
use crate::platform::seal::Sealer;

/// Creates or updates the shop with the draft's code. Applying the same file twice changes nothing.
///
/// A new shop begins with `defaults`, then the settings named in its file. One that `has_payments` keeps
/// the account they lie with: under another they could not be asked about, closed or refunded.
pub async fn apply(
    conn: &impl ConnectionTrait,
    sealer: &Sealer,
    draft: &ShopDraft,
    defaults: &Settings,
    has_payments: bool,
    now: Time,
) -> Result<ShopId, Failure> {
    let known = shop::Entity::find().filter(shop::Column::Code.eq(&draft.code)).one(conn).await?;
    let (mchid, sub_mchid) = account(draft, known.as_ref().filter(|_| has_payments))?;
    let id = known.as_ref().map_or_else(ShopId::new, |shop| shop.id);
    let base = match &known {
        Some(shop) => shop.settings.clone(),
        None => to_json("settings", defaults)?,
    };
    let settings = merged(base, draft.settings.as_ref());
    let typed: Settings = serde_json::from_value(settings.clone())
        .map_err(|error| Invalid::field("settings", "invalid", error.to_string()))?;
    typed.check()?;
    let secrets = match &known {
        Some(shop) => following(sealer, draft, shop, now)?,
        None => draft.secrets.clone(),
    };
    let secrets = serde_json::to_vec(&secrets).map_err(|e| ShopError::Unreadable("secrets", e.to_string()))?;
    let row = shop::ActiveModel {
        id: Set(id),
        code: Set(draft.code.clone()),
        name: Set(draft.name.clone()),
        appid: Set(draft.appid.clone()),
        mchid: Set(mchid),
        sub_mchid: Set(sub_mchid),
        profile: Set(to_json("profile", &draft.profile)?),
        sealed_secrets: Set(sealer.seal(&secrets_place(id), &secrets)?),
        settings: Set(settings),
        version: Set(known.as_ref().map_or(1, |shop| shop.version + 1)),
        created_at: Set(known.as_ref().map_or(now, |shop| shop.created_at)),
        updated_at: Set(now),
    };
    let written = match known {
        Some(_) => shop::Entity::update(row).exec(conn).await.map(|_| ()),
        None => shop::Entity::insert(row).exec_without_returning(conn).await.map(|_| ()),
    };
    match written {
        Err(error) if is_unique_violation(&error) => Err(ShopError::Taken("app id or merchant").into()),
        other => Ok(other.map(|()| id)?),
    }
}

/// Who signs and the sub-merchant, as they are written. `fixed` is the shop whose account may not change;
/// while its file names none, nobody else takes that one.
fn account(draft: &ShopDraft, fixed: Option<&shop::Model>) -> Result<(Option<String>, String), Invalid> {
    let before = fixed.and_then(|shop| Some((shop.mchid.clone()?, shop.sub_mchid.clone())));
    let now = draft.profile.wechat_pay.as_ref();
    let now = now.map(|pay| (pay.mchid.clone(), pay.sub_mchid.clone().unwrap_or_default()));
    let (before, now) = match (before, now) {
        (Some(before), Some(now)) => (before, now),
        (before, now) => return Ok(now.or(before).map_or_else(Default::default, |(mchid, sub)| (Some(mchid), sub))),
    };
    let mode = |sub_mchid: &str| if sub_mchid.is_empty() { "direct" } else { "partner" };
    let (was, is) = (mode(&before.1), mode(&now.1));
    let number = if is == "direct" { "wechat_pay.mchid" } else { "wechat_pay.sp_mchid" };
    let mut changed = vec![("wechat_pay.mode", was, was != is)];
    if was == is {
        changed.push((number, before.0.as_str(), before.0 != now.0));
        changed.push(("wechat_pay.sub_mchid", before.1.as_str(), before.1 != now.1));
    }
    let fault = |(field, was, _): (&str, &str, bool)| {
        let detail = format!(
            "stays \"{was}\": the shop has payments with this account, which another could neither close nor \
             refund. For another account apply a file with another code: a new shop"
        );
        FieldFault::new(field, "fixed", detail)
    };
    Invalid::unless_empty(changed.into_iter().filter(|(.., changed)| *changed).map(fault).collect())?;
    Ok((Some(now.0), now.1))
}

/// The draft's secrets, with what of the shop's earlier ones is still needed for merchants that stayed.
fn following(sealer: &Sealer, draft: &ShopDraft, shop: &shop::Model, now: Time) -> Result<ShopSecrets, ShopError> {
    let before: Profile = serde_json::from_value(shop.profile.clone())
        .map_err(|error| ShopError::Unreadable("profile", error.to_string()))?;
    let same = draft.profile.merchants_as_in(&before);
    // What no key of ours opens any more cannot be needed.
    let opened = sealer.open(&secrets_place(shop.id), &shop.sealed_secrets).ok();
    let before = opened.and_then(|text| serde_json::from_slice::<ShopSecrets>(&text).ok());
    Ok(match before {
        Some(before) => draft.secrets.clone().following(&before, same, now.timestamp()),
        None => draft.secrets.clone(),
    })
}

/// A shop's settings, which nobody else can change until the caller's transaction ends.
pub async fn held_settings(conn: &impl ConnectionTrait, id: ShopId) -> Result<Settings, ShopError> {
    let row = shop::Entity::find_by_id(id).lock_exclusive().one(conn).await?;
    let row = row.ok_or_else(|| ShopError::Unknown(id.to_string()))?;
    serde_json::from_value(row.settings).map_err(|error| ShopError::Unreadable("settings", error.to_string()))
}

/// Replaces a shop's settings; the caller has checked them.
pub async fn set_settings(
    conn: &impl ConnectionTrait,
    id: ShopId,
    settings: &Settings,
    now: Time,
) -> Result<(), ShopError> {
    let json = to_json("settings", settings)?;
    shop::Entity::update_many()
        .col_expr(shop::Column::Settings, Expr::value(json))
        .col_expr(shop::Column::Version, sea_orm::sea_query::ExprTrait::add(Expr::col(shop::Column::Version), 1))
        .col_expr(shop::Column::UpdatedAt, Expr::value(now))
        .filter(shop::Column::Id.eq(id))
        .exec(conn)
        .await?;
    Ok(())
}

/// Where a shop's secrets are sealed for.
pub(super) fn secrets_place(id: ShopId) -> String {
    format!("shops.sealed_secrets:{id}")
}

fn to_json<T: serde::Serialize>(what: &'static str, value: &T) -> Result<serde_json::Value, ShopError> {
    serde_json::to_value(value).map_err(|error| ShopError::Unreadable(what, error.to_string()))
}

fn merged(mut base: serde_json::Value, named: Option<&serde_json::Value>) -> serde_json::Value {
    if let (Some(base), Some(named)) = (base.as_object_mut(), named.and_then(|n| n.as_object())) {
        for (key, value) in named {
            base.insert(key.clone(), value.clone());
        }
    }
    base
}
