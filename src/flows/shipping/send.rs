//! Telling WeChat, with its own timing: unknown at first, busy at times, and a success only once.

use chrono::Duration;
use gateways::wechat::{WechatError, WechatRefusal};
use kernel::Failure;
use kernel::id::ShippingUploadId;
use sea_orm::ConnectionTrait;

use super::content::{Content, content};
use super::managed;
use super::subject::{self, Held};
use crate::app::App;
use crate::areas::payments::{combinations, service as payments};
use crate::areas::shipping::entity::upload;
use crate::areas::shipping::holds;
use crate::areas::shipping::rules;
use crate::areas::shipping::state::{Logistics, UploadEvent, UploadKind};
use crate::areas::shipping::uploads::{self, Said};
use crate::areas::shops::query::Shop;
use crate::flows::effects::Delivery;
use crate::flows::wechat_tokens;

/// A split delivery has this many parcels at most, so this many exchanges settle any row.
const EXCHANGES_MOST: usize = 15;

/// The pause while another order of the same combined payment is being told.
const SOON: Duration = Duration::seconds(2);
const OTHER_IS_TOLD: &str = "another order of the combined payment is being told";

/// Tells WeChat what a row has to tell.
#[tracing::instrument(skip_all, fields(%upload))]
pub async fn send(app: &App, shop: &Shop, upload: ShippingUploadId) -> Result<Delivery, Failure> {
    for _ in 0..EXCHANGES_MOST {
        let row = match prepared(app, shop, upload).await? {
            Prepared::Send(row) => row,
            Prepared::Nothing => return Ok(Delivery::Done),
            Prepared::Later(why) => return Ok(Delivery::Later(why)),
            Prepared::Soon => return Ok(Delivery::After(OTHER_IS_TOLD.to_owned(), SOON)),
        };
        let Some(body) = row.request_body.clone() else { return Ok(Delivery::Done) };
        let clients = app.clients.of(shop);
        let payment = payments::by_id(app.db.reader(), shop.id, row.payment_id).await?;
        let is_combined = payment.is_some_and(|payment| payment.combination_id.is_some());
        let call = async |token: String| match is_combined {
            true => clients.miniprogram.upload_combined_shipping(&token, &body).await,
            false => clients.miniprogram.upload_shipping(&token, &body).await,
        };
        match wechat_tokens::with_token(app, shop, call).await {
            Ok(_) => taken(app, shop, &row, &Said::default()).await?,
            Err(WechatError::Refused(why)) if why.errcode == rules::SHIPPED_ALREADY => {
                taken(app, shop, &row, &said(&why)).await?;
            }
            Err(error) => return not_taken(app, &row, error).await,
        }
    }
    Ok(Delivery::Done)
}

/// A row that is about to be told.
enum Prepared {
    /// With the bytes to send.
    Send(Box<upload::Model>),
    /// Nothing is to be sent.
    Nothing,
    /// It has to wait, and why.
    Later(String),
    /// Another order of the same combined payment is being told: uploads must come in the order of their
    /// times.
    Soon,
}

/// The row with the bytes to send. Bytes once stored stay until WeChat has answered, so that a lost
/// answer is asked for again with the same.
async fn prepared(app: &App, shop: &Shop, id: ShippingUploadId) -> Result<Prepared, Failure> {
    let row = uploads::by_id(app.db.reader(), shop.id, id).await?;
    let Some(row) = row.filter(|row| row.state.is_open()) else { return Ok(Prepared::Nothing) };
    if row.request_body.is_some() {
        return Ok(Prepared::Send(Box::new(row)));
    }
    match managed::is_managed(app, shop).await? {
        Some(true) => {}
        Some(false) => {
            app.db.write(async |tx| not_needed(tx, &row, "WeChat does not keep this shop's money", app).await).await?;
            return Ok(Prepared::Nothing);
        }
        None => return Ok(Prepared::Later("WeChat does not say whether it keeps the shop's money".to_owned())),
    }
    let carriers = match row.logistics {
        Logistics::Express => managed::carriers(app, shop).await?,
        Logistics::City | Logistics::Pickup | Logistics::Virtual => Vec::new(),
    };
    app.db.write(async |tx| store(app, tx, &row, &carriers).await).await
}

async fn store(
    app: &App,
    tx: &impl ConnectionTrait,
    known: &upload::Model,
    carriers: &[(String, String)],
) -> Result<Prepared, Failure> {
    let whole = payments::by_id(tx, known.shop_id, known.payment_id).await?.and_then(|one| one.combination_id);
    if let Some(whole) = whole {
        combinations::lock(tx, known.shop_id, whole).await?;
    }
    let Some(what) = known.subject() else { return Ok(Prepared::Nothing) };
    subject::held(tx, known.shop_id, what).await?;
    let row = uploads::by_id(tx, known.shop_id, known.id).await?;
    let Some(row) = row.filter(|row| row.state.is_open()) else { return Ok(Prepared::Nothing) };
    if row.request_body.is_some() {
        return Ok(Prepared::Send(Box::new(row)));
    }
    if let Some(whole) = whole {
        let all = combinations::payments_of(tx, row.shop_id, whole).await?;
        let others: Vec<_> = all.iter().map(|one| one.id).filter(|id| *id != row.payment_id).collect();
        let told = uploads::of_payments(tx, row.shop_id, &others).await?;
        if told.iter().any(|other| other.state.is_open() && other.request_body.is_some()) {
            return Ok(Prepared::Soon);
        }
    }
    let wall = app.clock.wall();
    match content(app, tx, &row, carriers).await? {
        Content::Nothing => Ok(Prepared::Nothing),
        Content::Gone => {
            not_needed(tx, &row, "all went back", app).await?;
            Ok(Prepared::Nothing)
        }
        Content::Impossible(why) => {
            let said = Said { errcode: None, errmsg: Some(why.to_owned()) };
            uploads::advance(tx, &row, UploadEvent::Refused, &said, wall).await?;
            alarm(&row, why);
            Ok(Prepared::Nothing)
        }
        Content::Say(request) => {
            uploads::prepare(tx, &row, &request, wall).await?;
            let row = uploads::by_id(tx, row.shop_id, row.id).await?;
            Ok(row.map_or(Prepared::Nothing, |row| Prepared::Send(Box::new(row))))
        }
    }
}

async fn not_needed(tx: &impl ConnectionTrait, row: &upload::Model, why: &str, app: &App) -> Result<(), Failure> {
    let said = Said { errcode: None, errmsg: Some(why.to_owned()) };
    uploads::advance(tx, row, UploadEvent::NotNeeded, &said, app.clock.wall()).await?;
    Ok(holds::forget(tx, row.shop_id, row.payment_id).await?)
}

/// WeChat has what it was sent.
async fn taken(app: &App, shop: &Shop, row: &upload::Model, said: &Said) -> Result<(), Failure> {
    let event = if row.request_is_last { UploadEvent::AllTaken } else { UploadEvent::PartTaken };
    app.db
        .write(async |tx| {
            let wall = app.clock.wall();
            let Some(what) = row.subject() else { return Ok(()) };
            let held = subject::held(tx, row.shop_id, what).await?;
            if !uploads::advance(tx, row, event, said, wall).await? || event != UploadEvent::AllTaken {
                return Ok(());
            }
            let days = (shop.settings.auto_receive_days - rules::REMIND_DAYS_BEFORE).max(1);
            let is_parcel = row.logistics == Logistics::Express && row.kind == UploadKind::Upload;
            let remind_at = match held {
                Held::Order(order) if is_parcel => {
                    Some(order.shipped_at.unwrap_or_else(|| app.clock.now()) + Duration::days(days))
                }
                _ => None,
            };
            Ok(holds::told(tx, row.payment_id, remind_at, wall).await?)
        })
        .await?;
    metrics::counter!("shipping_uploads_total", "outcome" => "recorded").increment(1);
    tracing::info!(payment = %row.payment_id, last = row.request_is_last, "WeChat knows of the shipping");
    Ok(())
}

/// WeChat did not take it: whether it is told again, and when.
async fn not_taken(app: &App, row: &upload::Model, error: WechatError) -> Result<Delivery, Failure> {
    let wall = app.clock.wall();
    let words = error.to_string();
    match &error {
        WechatError::PaymentUnknown(why) => {
            if let Some(pause) = rules::unknown_pause(row.unknown_answers + 1) {
                let said = said(why);
                let note = async |tx: &_| Ok(uploads::note(tx, row, &said, Some(wall + pause), wall).await?);
                app.db.write(note).await?;
                return Ok(Delivery::After(words, pause));
            }
            refused(app, row, &said(why)).await
        }
        WechatError::Refused(why) => refused(app, row, &said(why)).await,
        WechatError::Invalid(why) => refused(app, row, &Said { errcode: None, errmsg: Some((*why).to_owned()) }).await,
        _ => {
            if matches!(error, WechatError::Config(_)) {
                tracing::error!(%error, "ALARM: shipping cannot be told until the mini-program's account is mended");
            }
            let said = Said { errcode: code_of(&error), errmsg: Some(words.clone()) };
            app.db.write(async |tx| Ok(uploads::note(tx, row, &said, None, wall).await?)).await?;
            Ok(Delivery::Later(words))
        }
    }
}

async fn refused(app: &App, row: &upload::Model, said: &Said) -> Result<Delivery, Failure> {
    app.db
        .write(async |tx| {
            let wall = app.clock.wall();
            uploads::advance(tx, row, UploadEvent::Refused, said, wall).await?;
            // It may be refunded, or shipped by another hand: WeChat's own state tells.
            Ok(holds::told(tx, row.payment_id, None, wall).await?)
        })
        .await?;
    metrics::counter!("shipping_uploads_total", "outcome" => "refused").increment(1);
    alarm(row, said.errmsg.as_deref().unwrap_or_default());
    Ok(Delivery::Done)
}

fn alarm(row: &upload::Model, why: &str) {
    tracing::error!(payment = %row.payment_id, why, "ALARM: WeChat keeps money, because it cannot be told of the shipping");
}

fn said(why: &WechatRefusal) -> Said {
    Said { errcode: Some(why.errcode), errmsg: Some(why.errmsg.clone()) }
}

fn code_of(error: &WechatError) -> Option<i64> {
    match error {
        WechatError::TokenRejected(why)
        | WechatError::RateLimited(why)
        | WechatError::QuotaExhausted(why)
        | WechatError::Config(why) => Some(why.errcode),
        _ => None,
    }
}
