//! Notices can be lost: the complaints of the last days are read every hour, and the address for
//! notices is made known once a change.

use chrono::{Duration, NaiveDate};
use gateways::pay::wechat_pay::WechatPay;
use kernel::clock::beijing;
use kernel::{Failure, Time};

use super::{hear, owner};
use crate::app::App;
use crate::areas::complaints::entity::watch;
use crate::areas::complaints::{query, service};
use crate::areas::orders;
use crate::areas::shops::query::Shop;
use crate::flows::prepay::notify_url;

/// How often a shop's complaints are read.
const EVERY: Duration = Duration::hours(1);
/// How long after a shop is first seen: what starts has other things to do.
const FIRST_AFTER: Duration = Duration::seconds(10);
/// How far back.
const DAYS_BACK: Duration = Duration::days(7);
/// How long after a payment to a supplier's merchant its complaints are read.
const COMPLAINED_WITHIN: Duration = Duration::days(180);
/// Pages of one run; a shop with more complaints than that has other worries.
const PAGES_MOST: u32 = 20;

/// Reads the complaints of every shop whose hour is over; how many were new or had changed.
pub async fn watch(app: &App) -> Result<u64, Failure> {
    let known = service::watches(app.db.reader()).await?;
    let wall = app.clock.wall();
    let mut changed = 0;
    for shop in app.shops.all().iter() {
        if app.clients.of(shop).pay().is_err() {
            continue;
        }
        let Some(watch) = known.iter().find(|watch| watch.shop_id == shop.id) else {
            app.db.write(async |tx| Ok(service::begin_watch(tx, shop.id, wall + FIRST_AFTER).await?)).await?;
            continue;
        };
        if watch.next_at > wall {
            continue;
        }
        if app.db.write(async |tx| Ok(service::take_turn(tx, watch, wall + EVERY).await?)).await? {
            register(app, shop, watch).await?;
            changed += read(app, shop).await?;
        }
    }
    Ok(changed)
}

/// Has WeChat know where notices go. It keeps one address for all shops that sign with one number: that of
/// any of them will do, since each hands on what is another's.
async fn register(app: &App, shop: &Shop, watch: &watch::Model) -> Result<(), Failure> {
    let url = notify_url(app, shop, "complaint");
    let shops = owner::of_one_signer(app, shop);
    let working = shops.iter().filter(|other| app.clients.of(other).pay().is_ok());
    let as_good: Vec<String> = working.map(|other| notify_url(app, other, "complaint")).collect();
    if watch.url.as_ref().is_some_and(|known| as_good.contains(known)) {
        return Ok(());
    }
    let clients = app.clients.of(shop);
    match clients.pay()?.register_complaint_address(&url, &as_good).await {
        Ok(there) => {
            tracing::info!(shop = %shop.id, own = there == url, "WeChat knows where notices of complaints go");
            app.db.write(async |tx| Ok(service::registered(tx, shop.id, &there).await?)).await
        }
        Err(error) => {
            tracing::warn!(shop = %shop.id, %error, "the address for notices of complaints cannot be made known");
            Ok(())
        }
    }
}

async fn read(app: &App, shop: &Shop) -> Result<u64, Failure> {
    let today = |now: Time| now.with_timezone(&beijing()).date_naive();
    // The same day, but for a sandbox whose time was moved on.
    let mut days = vec![today(app.clock.wall()), today(app.clock.now())];
    days.dedup();
    let since = app.clock.now() - COMPLAINED_WITHIN;
    let suppliers = orders::checkouts::merchants_paid(app.db.reader(), shop.id, since).await?;
    let merchants: Vec<_> = std::iter::once(None).chain(suppliers.into_iter().map(Some)).collect();
    let clients = app.clients.of(shop);
    let mut changed = 0;
    for day in days {
        for merchant in &merchants {
            changed += read_until(app, shop, &clients.pay_for(merchant.as_deref())?, day).await?;
        }
    }
    Ok(changed)
}

/// Reads one merchant's complaints: a service provider's answer names no shop, so each is asked for apart.
async fn read_until(app: &App, shop: &Shop, pay: &WechatPay, today: NaiveDate) -> Result<u64, Failure> {
    let (mut changed, mut offset) = (0, 0);
    for _ in 0..PAGES_MOST {
        let page = match pay.complaints(today - DAYS_BACK, today, offset).await {
            Ok(page) => page,
            Err(error) => {
                tracing::warn!(shop = %shop.id, %error, "complaints cannot be read");
                return Ok(changed);
            }
        };
        for complaint in &page.data {
            // A supplier's merchant may collect for several shops: each reads and keeps its own.
            let owner = owner::of(app, app.db.reader(), shop, complaint).await?;
            let Some(owner) = owner.filter(|owner| owner.shop.id == shop.id) else { continue };
            let phone = hear::opened_phone(app, shop, complaint);
            let fresh = app
                .db
                .write(async |tx| {
                    let before = query::by_number(tx, shop.id, &complaint.complaint_id).await?;
                    hear::keep(app, tx, complaint, &owner, phone.clone()).await?;
                    let after = query::by_number(tx, shop.id, &complaint.complaint_id).await?;
                    Ok(before.map(|row| row.state) != after.map(|row| row.state))
                })
                .await?;
            changed += u64::from(fresh);
        }
        let read = u32::try_from(page.data.len()).unwrap_or(u32::MAX);
        offset = offset.saturating_add(read);
        if read == 0 || offset >= page.total_count {
            break;
        }
    }
    Ok(changed)
}
