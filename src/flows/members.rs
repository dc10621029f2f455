//! What a member changes of himself: profile, phone number, addresses, pickup point.

use gateways::wechat::WechatError;
use kernel::id::{AddressId, MemberId, PickupPointId};
use kernel::{Code, Coded, Failure};

use super::wechat_tokens;
use crate::app::App;
use crate::areas::members::addresses::{self, Address, AddressChange, AddressDraft};
use crate::areas::members::entity::member;
use crate::areas::members::error::MemberError;
use crate::areas::members::query;
use crate::areas::members::service::{self, ProfileChange};
use crate::areas::pickup;
use crate::areas::shops::query::Shop;
use crate::platform::request_keys::Once;

/// WeChat did not give a phone number.
#[derive(Debug, thiserror::Error)]
#[error("WeChat did not give a phone number for the code")]
pub struct PhoneFailed(#[from] WechatError);

impl Coded for PhoneFailed {
    fn code(&self) -> Code {
        match &self.0 {
            WechatError::CodeInvalid(_) | WechatError::Refused(_) => Code::PhoneCodeInvalid,
            _ => Code::PhoneUnavailable,
        }
    }
}

/// Changes the profile.
pub async fn change_profile(
    app: &App,
    shop: &Shop,
    id: MemberId,
    change: ProfileChange,
) -> Result<member::Model, Failure> {
    app.db
        .write(async |tx| {
            service::change_profile(tx, shop.id, id, change.clone(), app.clock.now()).await?;
            Ok(query::by_id(tx, shop.id, id).await?.ok_or(MemberError::TokenInvalid)?)
        })
        .await
}

/// Spends a phone code at WeChat, which checks that it is this member's, and keeps the number.
#[tracing::instrument(skip_all, fields(shop = %shop.id, member = %id))]
pub async fn set_phone(app: &App, shop: &Shop, id: MemberId, code: &str) -> Result<member::Model, Failure> {
    let known = query::by_id(app.db.reader(), shop.id, id).await?.ok_or(MemberError::TokenInvalid)?;
    let clients = app.clients.of(shop);
    let number = wechat_tokens::with_token(app, shop, async |token: String| {
        clients.miniprogram.phone_number(&token, code, &known.openid).await
    })
    .await
    .map_err(PhoneFailed)?;
    app.db
        .write(async |tx| {
            service::set_phone(tx, &app.sealer, shop.id, id, &number.pure_phone_number, app.clock.now()).await?;
            Ok(query::by_id(tx, shop.id, id).await?.ok_or(MemberError::TokenInvalid)?)
        })
        .await
}

/// Adds an address.
pub async fn add_address(
    app: &App,
    shop: &Shop,
    owner: MemberId,
    draft: &AddressDraft,
    once: &Once<Address>,
) -> Result<Address, Failure> {
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            let address = addresses::create(tx, &app.sealer, shop.id, owner, draft.clone(), now).await?;
            once.keep(tx, &address, app.clock.wall()).await?;
            Ok(address)
        })
        .await
}

/// Changes an address.
pub async fn change_address(
    app: &App,
    shop: &Shop,
    owner: MemberId,
    id: AddressId,
    change: AddressChange,
) -> Result<Address, Failure> {
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            Ok(addresses::change(tx, &app.sealer, shop.id, owner, id, change.clone(), now).await?)
        })
        .await
}

/// Removes an address.
pub async fn remove_address(app: &App, shop: &Shop, owner: MemberId, id: AddressId) -> Result<(), Failure> {
    app.db.write(async |tx| Ok(addresses::remove(tx, shop.id, owner, id, app.clock.now()).await?)).await
}

/// Makes a point that takes orders the member's current one, and its leader his leader.
pub async fn choose_pickup_point(
    app: &App,
    shop: &Shop,
    id: MemberId,
    point: PickupPointId,
) -> Result<member::Model, Failure> {
    let member = app
        .db
        .write(async |tx| {
            let point = pickup::query::open_point(tx, shop.id, point).await?;
            service::choose_pickup_point(tx, shop.id, id, point.id, point.leader_id, app.clock.now()).await?;
            Ok(query::by_id(tx, shop.id, id).await?.ok_or(MemberError::TokenInvalid)?)
        })
        .await?;
    app.catalogue.forget_viewer(shop.id, id).await;
    Ok(member)
}
