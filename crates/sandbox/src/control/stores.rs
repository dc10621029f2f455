//! Merchants and buyers of the stores.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Json, Path, Query};
use serde::Deserialize;
use serde_json::{Value, json};

use super::refused;
use crate::state::SandboxState;
use crate::stores::{Filling, Purchase, StorePlatform, StoreRef, StoreRefusal, Stores};

/// Items shown at once.
const SHOWN: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Site {
    #[serde(default)]
    site: String,
    #[serde(default)]
    page: usize,
}

fn done(outcome: Result<Value, StoreRefusal>) -> HttpResponse {
    let status = match outcome {
        Ok(value) => return HttpResponse::Ok().json(value),
        Err(StoreRefusal::NoStore | StoreRefusal::NoItem | StoreRefusal::NoOrder) => StatusCode::NOT_FOUND,
        Err(StoreRefusal::SoldOut | StoreRefusal::WrongState) => StatusCode::CONFLICT,
    };
    refused(status, outcome.err().map(|refusal| refusal.to_string()).unwrap_or_default())
}

fn of(path: (StorePlatform, String), site: &Site) -> StoreRef {
    StoreRef::new(path.0, path.1).on(site.site.clone())
}

/// All stores.
pub(super) async fn list(state: Data<SandboxState>) -> Json<Value> {
    Json(json!({"stores": state.stores().list()}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Open {
    platform: StorePlatform,
    seller: String,
    #[serde(default)]
    site: String,
    name: String,
    currency: Option<String>,
    #[serde(default)]
    settings: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    items: u64,
}

/// `{platform, seller, site?, name, currency?, settings?, items?}` opens a store, with made goods.
pub(super) async fn open(state: Data<SandboxState>, body: Json<Open>) -> HttpResponse {
    let stores = state.stores();
    let store = StoreRef::new(body.platform, body.seller.as_str()).on(body.site.as_str());
    match &body.currency {
        Some(currency) => stores.open_in(&store, &body.name, currency),
        None => stores.open(&store, &body.name),
    }
    let fill = || {
        for (name, value) in &body.settings {
            stores.set(&store, name, value)?;
        }
        if body.items > 0 {
            stores.fill(&store, &Filling::of(body.items))?;
        }
        Ok(json!({"store": store}))
    };
    done(fill())
}

/// The last messages that platforms pushed.
pub(super) async fn pushes(state: Data<SandboxState>) -> Json<Value> {
    Json(json!({"pushes": state.stores().pushes()}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Arrange {
    quota: Option<u64>,
    callback: Option<String>,
    push: Option<String>,
    consents: Option<StoreRef>,
}

/// `{quota?, callback?, push?, consents?}`: a platform's calls a day (0 = no limit), the only callback
/// address, where messages go, and the store whose merchant agrees at once (none lets the page ask).
pub(super) async fn arrange(
    state: Data<SandboxState>,
    platform: Path<StorePlatform>,
    body: Json<Arrange>,
) -> Json<Value> {
    let stores = state.stores();
    if let Some(quota) = body.quota {
        stores.set_quota(*platform, Some(quota));
    }
    if let Some(address) = &body.callback {
        stores.register_callback(*platform, address);
    }
    if let Some(address) = &body.push {
        stores.register_push(*platform, address);
    }
    stores.consents(*platform, body.consents.as_ref());
    Json(json!({"ok": true}))
}

/// `?page=&site=`: a hundred of a store's goods with what the platform shows of them.
pub(super) async fn items(
    state: Data<SandboxState>,
    path: Path<(StorePlatform, String)>,
    site: Query<Site>,
) -> Json<Value> {
    let all = state.stores().items(&of(path.into_inner(), &site));
    let (shown, total) = crate::stores::page(all, site.page.max(1), SHOWN);
    Json(json!({"items": shown, "total": total}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fill {
    count: u64,
    first_listing: Option<u64>,
    variants: Option<usize>,
    quantity: Option<i64>,
}

/// `{count, first_listing?, variants?, quantity?}` puts made goods on the shelf.
pub(super) async fn fill(
    state: Data<SandboxState>,
    path: Path<(StorePlatform, String)>,
    site: Query<Site>,
    body: Json<Fill>,
) -> HttpResponse {
    let usual = Filling::of(body.count);
    let filling = Filling {
        first_listing: body.first_listing.unwrap_or(usual.first_listing),
        variants: body.variants.unwrap_or(usual.variants),
        quantity: body.quantity.unwrap_or(usual.quantity),
        ..usual
    };
    done(state.stores().fill(&of(path.into_inner(), &site), &filling).map(|first| json!({"first": first})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Edit {
    title: Option<String>,
    on_sale: Option<bool>,
    price_minor: Option<i64>,
}

/// `{title?, on_sale?, price_minor?}`: the merchant edits an item; a price is that of all its variants.
pub(super) async fn edit(
    state: Data<SandboxState>,
    path: Path<(StorePlatform, String, u64)>,
    site: Query<Site>,
    body: Json<Edit>,
) -> HttpResponse {
    let (platform, seller, number) = path.into_inner();
    let edited = state.stores().edit(&of((platform, seller), &site), number, |item| {
        if let Some(title) = &body.title {
            item.title.clone_from(title);
        }
        item.on_sale = body.on_sale.unwrap_or(item.on_sale);
        for variant in &mut item.variants {
            variant.price_minor = body.price_minor.unwrap_or(variant.price_minor);
        }
    });
    done(edited.map(|()| json!({"ok": true})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    variant: Option<u64>,
    code: Option<String>,
    quantity: i64,
}

/// The variant that a line names by number or by the merchant's own code.
fn variant_of(stores: &Stores, store: &StoreRef, line: &Line) -> Result<u64, StoreRefusal> {
    let by_code = || stores.variant_by_code(store, line.code.as_deref()?).map(|variant| variant.number);
    line.variant.or_else(by_code).ok_or(StoreRefusal::NoItem)
}

/// `{variant | code, quantity}`: the merchant sets his stock by hand.
pub(super) async fn stock(
    state: Data<SandboxState>,
    path: Path<(StorePlatform, String)>,
    site: Query<Site>,
    body: Json<Line>,
) -> HttpResponse {
    let (stores, store) = (state.stores(), of(path.into_inner(), &site));
    let set =
        variant_of(&stores, &store, &body).and_then(|variant| stores.set_quantity(&store, variant, body.quantity));
    done(set.map(|()| json!({"ok": true})))
}

/// A store's orders.
pub(super) async fn orders(
    state: Data<SandboxState>,
    path: Path<(StorePlatform, String)>,
    site: Query<Site>,
) -> Json<Value> {
    Json(json!({"orders": state.stores().orders(&of(path.into_inner(), &site))}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Buy {
    lines: Vec<Line>,
    #[serde(default)]
    unpaid: bool,
    #[serde(default)]
    note: String,
    #[serde(default)]
    postage_minor: i64,
    #[serde(default)]
    discount_minor: i64,
}

/// `{lines: [{variant | code, quantity}], unpaid?, note?, postage_minor?, discount_minor?}` → `{id}`.
pub(super) async fn buy(
    state: Data<SandboxState>,
    path: Path<(StorePlatform, String)>,
    site: Query<Site>,
    body: Json<Buy>,
) -> HttpResponse {
    let (stores, store) = (state.stores(), of(path.into_inner(), &site));
    let lines = body.lines.iter().map(|line| Ok((variant_of(&stores, &store, line)?, line.quantity)));
    let bought = lines.collect::<Result<Vec<_>, StoreRefusal>>().and_then(|basket| {
        let purchase = Purchase {
            unpaid: body.unpaid,
            note: body.note.clone(),
            postage_minor: body.postage_minor,
            discount_minor: body.discount_minor,
        };
        stores.buy(&store, &basket, &purchase)
    });
    done(bought.map(|id| json!({"id": id})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case", tag = "event")]
pub(super) enum Event {
    Pay,
    Cancel,
    Receive,
    AskRefund,
    GrantRefund,
    RefuseRefund,
    Hold,
    Release,
}

/// `{event}` happens to an order: `pay`, `cancel`, `receive`, `ask_refund`, `grant_refund`,
/// `refuse_refund`, `hold`, `release`.
pub(super) async fn happen(
    state: Data<SandboxState>,
    path: Path<(StorePlatform, String, String)>,
    site: Query<Site>,
    body: Json<Event>,
) -> HttpResponse {
    let (platform, seller, id) = path.into_inner();
    let (stores, store) = (state.stores(), of((platform, seller), &site));
    let happened = match *body {
        Event::Pay => stores.pay(&store, &id),
        Event::Cancel => stores.cancel(&store, &id),
        Event::Receive => stores.receive(&store, &id),
        Event::AskRefund => stores.ask_refund(&store, &id),
        Event::GrantRefund => stores.end_refund(&store, &id, true),
        Event::RefuseRefund => stores.end_refund(&store, &id, false),
        Event::Hold => stores.hold(&store, &id, true),
        Event::Release => stores.hold(&store, &id, false),
    };
    done(happened.map(|()| json!({"ok": true})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case", tag = "event")]
pub(super) enum TokenEvent {
    Revoke,
    Expire,
    ExpireAll,
}

/// `{event}` to a store's consent: `revoke`, `expire` (the access token), `expire_all` (both tokens).
pub(super) async fn tokens(
    state: Data<SandboxState>,
    path: Path<(StorePlatform, String)>,
    site: Query<Site>,
    body: Json<TokenEvent>,
) -> HttpResponse {
    let (stores, store) = (state.stores(), of(path.into_inner(), &site));
    let there = match *body {
        TokenEvent::Revoke => stores.revoke(&store),
        TokenEvent::Expire => stores.expire_tokens(&store, false),
        TokenEvent::ExpireAll => stores.expire_tokens(&store, true),
    };
    if there {
        HttpResponse::Ok().json(json!({"ok": true}))
    } else {
        refused(StatusCode::NOT_FOUND, "no merchant has authorised this store")
    }
}
