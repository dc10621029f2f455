//! What is said about the shipping of an order, or of balance that was paid in.

use gateways::wechat::{Contact, LogisticsType, Parcel, PaymentKey, Shipping, combined_shipping_body, shipping_body};
use kernel::id::OrderLineId;
use kernel::{Failure, Time, mask};
use sea_orm::ConnectionTrait;

use super::subject::{self, Held};
use crate::app::App;
use crate::areas::members::addresses::contact_of;
use crate::areas::orders;
use crate::areas::orders::entity::{line, order};
use crate::areas::payments::entity::payment;
use crate::areas::payments::{combinations, service as payments};
use crate::areas::recharges::entity::recharge;
use crate::areas::recharges::rules::CALLED;
use crate::areas::shipping::entity::upload;
use crate::areas::shipping::rules;
use crate::areas::shipping::state::{Logistics, UploadKind, UploadState};
use crate::areas::shipping::uploads::{self, Request};

/// The carrier that wants a masked phone number with every parcel.
const WANTS_A_PHONE: &str = "SF";

/// What is to be said now.
pub(super) enum Content {
    /// This.
    Say(Request),
    /// Nothing yet: what was sent is told.
    Nothing,
    /// Nothing any more: all went back.
    Gone,
    /// It cannot be said, and why.
    Impossible(&'static str),
}

/// What is to be said of a row now; what the payment was for is held from here on.
pub(super) async fn content(
    app: &App,
    conn: &impl ConnectionTrait,
    row: &upload::Model,
    carriers: &[(String, String)],
) -> Result<Content, Failure> {
    let Some(subject) = row.subject() else { return Ok(Content::Gone) };
    let held = subject::held(conn, row.shop_id, subject).await?;
    if held.is_gone() {
        return Ok(Content::Gone);
    }
    let Some(payment) = payments::by_id(conn, row.shop_id, row.payment_id).await? else { return Ok(Content::Gone) };
    // The uploads of all orders of one combined payment are in one order of time.
    let mut made_with: Vec<_> = combinations::beside(conn, &payment).await?.iter().map(|other| other.id).collect();
    made_with.push(row.payment_id);
    let told = uploads::of_payments(conn, row.shop_id, &made_with).await?;
    let at = next_upload_time(&told, app.clock.wall());
    let names = Names::of(app, row, &payment)?;
    let shipping = Shipping {
        payment: names.payment.clone(),
        logistics: logistics(row.logistics),
        parcels: Vec::new(),
        all_delivered: true,
        continued: false,
        uploaded_at: at,
        openid: payment.payer_openid.clone(),
    };
    let order = match held {
        Held::Recharge(recharge) => return paid_in(&recharge, &names, shipping),
        Held::Order(order) => order,
    };
    let lines = orders::query::lines_of(conn, row.shop_id, order.id).await?;
    let left: Vec<&line::Model> = lines.iter().filter(|line| !line.is_gone()).collect();
    if left.is_empty() {
        return Ok(Content::Gone);
    }
    if row.logistics == Logistics::Express {
        return express(app, row, &order, &left, carriers, (names, shipping));
    }
    let parcel = Parcel { item_desc: described(&left), express: None, contact: None };
    say(&names, Shipping { parcels: vec![parcel], ..shipping }, left.iter().map(|line| line.id).collect(), true)
}

/// How WeChat is told which payment was shipped. A combined one has no number of WeChat's own, so it and
/// its orders are named by ours (sheet §5.3).
struct Names {
    payment: PaymentKey,
    whole: Option<PaymentKey>,
}

impl Names {
    fn of(app: &App, row: &upload::Model, payment: &payment::Model) -> Result<Self, Failure> {
        let Some(whole) = payment.combination_id else {
            return Ok(Self { payment: PaymentKey::Transaction(row.transaction_id.clone()), whole: None });
        };
        let clients = app.clients.of(&*app.shops.by_id(row.shop_id)?);
        let pay = clients.pay()?;
        let ours =
            |mchid: &str, number: String| PaymentKey::OutTradeNo { mchid: mchid.to_owned(), out_trade_no: number };
        let merchant = payment.merchant_no.as_deref().unwrap_or(pay.receiver());
        Ok(Self { payment: ours(merchant, payment.id.to_string()), whole: Some(ours(pay.mchid(), whole.to_string())) })
    }
}

/// Later than every `upload_time` of the payment before, whatever the clock does.
fn next_upload_time(told: &[upload::Model], wall: Time) -> Time {
    let last = told.iter().filter_map(|row| row.uploaded_at).max();
    last.map_or(wall, |last| wall.max(last + chrono::Duration::seconds(1)))
}

fn logistics(kind: Logistics) -> LogisticsType {
    match kind {
        Logistics::Express => LogisticsType::Express,
        Logistics::City => LogisticsType::City,
        Logistics::Pickup => LogisticsType::Pickup,
        Logistics::Virtual => LogisticsType::Virtual,
    }
}

/// Balance is there when it is paid, whole; what of it has gone back is not told any more.
fn paid_in(recharge: &recharge::Model, names: &Names, shipping: Shipping) -> Result<Content, Failure> {
    let left = recharge.amount_fen.minus(recharge.refunded_fen)?.to_yuan_string();
    let item_desc = rules::item_desc(std::iter::once((format!("{CALLED} {left} 元").as_str(), 1)));
    let parcel = Parcel { item_desc, express: None, contact: None };
    say(names, Shipping { parcels: vec![parcel], ..shipping }, Vec::new(), true)
}

fn described(lines: &[&line::Model]) -> String {
    rules::item_desc(lines.iter().map(|line| (line.title.as_str(), line.units_left())))
}

/// The parcels WeChat does not know yet; the last of them says that these are all.
fn express(
    app: &App,
    row: &upload::Model,
    order: &order::Model,
    left: &[&line::Model],
    carriers: &[(String, String)],
    (names, shipping): (Names, Shipping),
) -> Result<Content, Failure> {
    let told = if row.kind == UploadKind::Upload { uploads::lines_of(&row.recorded_lines) } else { Vec::new() };
    let sent: Vec<&line::Model> = left.iter().copied().filter(|line| line.shipped_at.is_some()).collect();
    let mut fresh: Vec<&line::Model> = sent.iter().copied().filter(|line| !told.contains(&line.id)).collect();
    let all = sent.len() == left.len();
    let continued = row.state == UploadState::Partial;
    if fresh.is_empty() && all && continued {
        // What was to come has gone back: the last parcel is told once more, as the last.
        fresh = sent.last().copied().into_iter().collect();
    }
    if fresh.is_empty() {
        return Ok(Content::Nothing);
    }
    let Some(groups) = by_parcel(&fresh) else {
        return Ok(Content::Impossible("a parcel has no carrier or no tracking number"));
    };
    let phone = match &order.address {
        Some(snapshot) => Some(mask::phone(&contact_of(&app.sealer, snapshot)?.phone)),
        None => None,
    };
    let parcels = groups.iter().map(|(carrier, number, lines)| {
        let company = rules::delivery_id(carrier, carriers);
        let contact = phone.clone().filter(|_| company == WANTS_A_PHONE).map(Contact::ReceiverContact);
        Parcel { item_desc: described(lines), express: Some((company, (*number).to_owned())), contact }
    });
    let shipping = Shipping { parcels: parcels.collect(), all_delivered: all, continued, ..shipping };
    say(&names, shipping, fresh.iter().map(|line| line.id).collect(), all)
}

/// Lines of one parcel: its carrier, its number, what is inside.
type Group<'a> = (&'a str, &'a str, Vec<&'a line::Model>);

/// Lines by the parcel they travel in; `None` where one's parcel is not named.
fn by_parcel<'a>(lines: &[&'a line::Model]) -> Option<Vec<Group<'a>>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    for line in lines {
        let carrier = line.carrier.as_deref().map(str::trim).filter(|text| !text.is_empty())?;
        let number = line.tracking_no.as_deref().map(str::trim).filter(|text| !text.is_empty())?;
        match groups.iter_mut().find(|(other, its, _)| *other == carrier && *its == number) {
            Some((.., inside)) => inside.push(line),
            None => groups.push((carrier, number, vec![line])),
        }
    }
    Some(groups)
}

fn say(names: &Names, shipping: Shipping, lines: Vec<OrderLineId>, is_last: bool) -> Result<Content, Failure> {
    let body = match &names.whole {
        Some(whole) => combined_shipping_body(whole, &shipping),
        None => shipping_body(&shipping),
    };
    match body {
        Ok(body) => Ok(Content::Say(Request { body, lines, is_last, uploaded_at: shipping.uploaded_at })),
        Err(error) => {
            tracing::error!(%error, "shipping information cannot be written");
            Ok(Content::Impossible("WeChat takes 1 to 15 parcels, each with its content"))
        }
    }
}
