//! Goods on their way back: the member says how, the shop says that they came.

use chrono::Duration;
use kernel::id::{MemberId, TicketId};
use kernel::{Failure, Time};
use sea_orm::DatabaseTransaction;

use super::decide::{Decider, decided, refund_ticket, restock_returned};
use super::{Judge, Ticket, of_member, whole};
use crate::app::App;
use crate::areas::after_sales::entity::ticket;
use crate::areas::after_sales::service::{self, Change};
use crate::areas::after_sales::state::TicketEvent;
use crate::areas::orders;
use crate::areas::shops::query::Shop;
use crate::flows::profit_sharing;
use crate::flows::refund::{self, Made};
use crate::platform::request_keys::Once;

/// How goods come back.
#[derive(Clone, Debug)]
pub struct Shipment {
    /// Who carries them.
    pub carrier: String,
    /// Under which number.
    pub tracking_no: String,
}

/// The member has sent the goods of a granted return back, or corrects how. From the first word on the
/// ticket waits for them as long as the shop's setting says.
pub async fn ship_back(
    app: &App,
    shop: &Shop,
    member: MemberId,
    id: TicketId,
    shipment: &Shipment,
    once: &Once<Ticket>,
) -> Result<Ticket, Failure> {
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            let Ticket { ticket, .. } = of_member(tx, shop, member, id).await?;
            let sent = ticket.return_shipped_at.unwrap_or(now);
            let deadline = sent + Duration::days(shop.settings.return_receipt_days);
            let how = (shipment.carrier.as_str(), shipment.tracking_no.as_str());
            let after = service::return_shipped(tx, &ticket, how, deadline, now).await?;
            let words = format!("{} {}", shipment.carrier, shipment.tracking_no);
            service::note(tx, &after, "return_shipped", &format!("member:{member}"), Some(&words), now).await?;
            let whole = whole(tx, after).await?;
            once.keep(tx, &whole, app.clock.wall()).await?;
            Ok(whole)
        })
        .await
}

/// The goods of a granted return came back: the refund is made. With `restock` they go on sale again,
/// else they are written off.
pub async fn goods_returned(
    app: &App,
    shop: &Shop,
    id: TicketId,
    judge: Judge,
    restock: bool,
    once: &Once<Ticket>,
) -> Result<Ticket, Failure> {
    let known = judge.sees(app.db.reader(), shop, id).await?;
    profit_sharing::hear_out(app, shop, known.order_id).await?;
    let now = app.clock.now();
    let (decided, made) = app
        .db
        .write(async |tx| {
            let ticket = judge.holds(tx, shop, id).await?;
            let by = Decider::Operator(judge.operator);
            let (ticket, made) = take_back(app, tx, shop, &ticket, (by, restock), now).await?;
            let decided = decided(app, tx, ticket, by, "after_sale.goods_returned").await?;
            once.keep(tx, &decided, app.clock.wall()).await?;
            Ok((decided, made))
        })
        .await?;
    refund::after_commit(app, shop, &made).await;
    Ok(decided)
}

/// The same in the caller's transaction, whoever says it.
pub(super) async fn take_back(
    app: &App,
    tx: &DatabaseTransaction,
    shop: &Shop,
    ticket: &ticket::Model,
    (by, restock): (Decider, bool),
    now: Time,
) -> Result<(ticket::Model, Made), Failure> {
    let actor = by.actor();
    let ticket = service::advance(tx, ticket, TicketEvent::GoodsReturned, &Change::by(&actor), now).await?;
    // As they were before the refund, which may end the order.
    let lines = orders::query::lines_of(tx, shop.id, ticket.order_id).await?;
    let (ticket, mut made) = refund_ticket(app, tx, shop, &ticket, by, now).await?;
    let what = if restock { "restocked" } else { "written_off" };
    if restock {
        made.restocked.extend(restock_returned(tx, &ticket, &made.lines, &lines, now).await?);
    }
    service::note(tx, &ticket, what, &actor, None, now).await?;
    Ok((ticket, made))
}
