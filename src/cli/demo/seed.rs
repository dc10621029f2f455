//! Fills the demo's shop over its own API: what is there already stays.

use std::collections::HashMap;

use sandbox::Running;
use serde_json::{Value, json};

use super::goods::{CATEGORIES, OFFERS, Offer};
use crate::cli::caller::{Caller, text};
use crate::cli::embedded::OPERATOR;

/// The leaders: a login name, a person, a place in Guangzhou (GCJ-02).
const LEADERS: [(&str, &str, &str, &str, f64, f64); 4] = [
    ("leader-li", "李桂芳", "东湖花园", "东湖路 18 号小区东门便利店", 23.1216, 113.2967),
    ("leader-chen", "陈志强", "天河北苑", "天河北路 366 号 2 栋首层", 23.1419, 113.3256),
    ("leader-zhou", "周慧", "珠江新村", "华成路 9 号菜鸟驿站", 23.1193, 113.3277),
    ("leader-huang", "黄少杰", "员村四横路", "员村四横路 33 号水果店", 23.1155, 113.3622),
];

/// What is imported from the sandbox's marketplaces: where, and what is searched for.
const IMPORTS: [(&str, &str); 3] =
    [("pinduoduo_affiliate", "水果"), ("taobao_affiliate", "零食"), ("jd_affiliate", "粮油")];
/// Goods of one import.
const IMPORTED_MAX: u32 = 12;

/// Seeds categories, goods, leaders and their pickup points, and begins the imports.
pub(super) async fn seed(base: &str, sandbox: &Running, password: &str) -> anyhow::Result<()> {
    let operator = Caller::new(base)?.signs_in_to_console(OPERATOR, password).await?;
    let categories = seed_categories(&operator).await?;
    seed_goods(&operator, &categories).await?;
    seed_leaders(base, sandbox, &operator).await?;
    seed_imports(&operator).await
}

/// Everything a list has: what was seeded is found again however much came after it.
async fn items(caller: &Caller, path: &str) -> anyhow::Result<Vec<Value>> {
    let mut found = Vec::new();
    let mut next = format!("{path}?limit=100");
    loop {
        let list = caller.get(&next).await?.ok()?;
        found.extend(list.get("items").and_then(Value::as_array).into_iter().flatten().cloned());
        match list.get("next_cursor").and_then(Value::as_str) {
            Some(cursor) => next = format!("{path}?limit=100&cursor={cursor}"),
            None => return Ok(found),
        }
    }
}

async fn seed_categories(operator: &Caller) -> anyhow::Result<HashMap<String, String>> {
    let mut known = HashMap::new();
    for category in items(operator, "/console/api/v1/categories").await? {
        known.insert(text(&category, "/name")?, text(&category, "/id")?);
    }
    for (position, name) in CATEGORIES.iter().enumerate() {
        if !known.contains_key(*name) {
            let body = json!({ "name": name, "position": position });
            let made = operator.post("/console/api/v1/categories", body).await?.ok()?;
            known.insert((*name).to_owned(), text(&made, "/id")?);
        }
    }
    Ok(known)
}

async fn seed_goods(operator: &Caller, categories: &HashMap<String, String>) -> anyhow::Result<()> {
    let known = items(operator, "/console/api/v1/goods").await?;
    let titles: Vec<&str> = known.iter().filter_map(|goods| goods.get("title")?.as_str()).collect();
    for (position, offer) in OFFERS.iter().enumerate().filter(|(_, offer)| !titles.contains(&offer.title)) {
        let mut body = described(offer, position);
        if let Some(category) = categories.get(offer.category) {
            body.insert("category_id".to_owned(), json!(category));
        }
        operator.post("/console/api/v1/goods", body.into()).await?.ok()?;
    }
    Ok(())
}

fn described(offer: &Offer, position: usize) -> serde_json::Map<String, Value> {
    let sku = |(spec, price): &(&str, i64)| json!({"specs": {"规格": spec}, "price_fen": price, "stock": offer.stock});
    let body = json!({
        "title": offer.title,
        "subtitle": offer.subtitle,
        "detail": format!("<p>{}，{}。</p>", offer.title, offer.subtitle),
        "tags": [offer.category],
        "on_shelf": true,
        "pickup_days": 1,
        "pickup_cut_off": "20:00:00",
        "position": position,
        "skus": offer.skus.iter().map(sku).collect::<Vec<_>>(),
    });
    body.as_object().cloned().unwrap_or_default()
}

async fn seed_leaders(base: &str, sandbox: &Running, operator: &Caller) -> anyhow::Result<()> {
    let known = items(operator, "/console/api/v1/pickup-points").await?;
    let communities: Vec<&str> = known.iter().filter_map(|point| point.get("community")?.as_str()).collect();
    for (login, name, community, address, lat, lng) in LEADERS {
        if communities.contains(&community) {
            continue;
        }
        let member = Caller::new(base)?.signs_in(&sandbox.state().login_code(login, false)).await?;
        let form = json!({
            "name": name, "phone": "13800138000", "community": community, "address": address,
            "region": "广东省广州市", "lat": lat, "lng": lng,
        });
        let asked = member.post("/api/v1/leaders/applications", form).await?.ok()?;
        let path = format!("/console/api/v1/leader-applications/{}/approve", text(&asked, "/id")?);
        operator.post(&path, json!({})).await?.ok()?;
    }
    Ok(())
}

/// Begins an import from each marketplace, once; a job does it while the demo runs.
async fn seed_imports(operator: &Caller) -> anyhow::Result<()> {
    let runs = items(operator, "/console/api/v1/imports").await?;
    let done: Vec<&str> = runs.iter().filter_map(|run| run.get("marketplace")?.as_str()).collect();
    for (marketplace, query) in IMPORTS.iter().filter(|(marketplace, _)| !done.contains(marketplace)) {
        let body = json!({
            "marketplace": marketplace, "query": query, "listing": "affiliate", "limit": IMPORTED_MAX,
        });
        operator.post("/console/api/v1/imports", body).await?.ok()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use actix_web::{App, HttpResponse, HttpServer, web};

    async fn page(asked: web::Query<HashMap<String, String>>) -> HttpResponse {
        let from: usize = asked.get("cursor").map_or(0, |cursor| cursor.parse().unwrap());
        let items: Vec<Value> = (from..from + 100).map(|n| json!({ "title": n })).collect();
        let next = (from < 200).then(|| (from + 100).to_string());
        HttpResponse::Ok().json(json!({ "items": items, "next_cursor": next }))
    }

    #[actix_web::test]
    async fn what_was_seeded_is_found_behind_any_number_of_newer_things() {
        let server = HttpServer::new(|| App::new().route("/goods", web::get().to(page)));
        let server = server.workers(1).bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", server.addrs()[0]);
        let running = server.run();
        let handle = running.handle();
        actix_web::rt::spawn(running);
        let found = items(&Caller::new(&base).unwrap(), "/goods").await.unwrap();
        assert_eq!((found.len(), &found[299]["title"]), (300, &json!(299)));
        handle.stop(false).await;
    }
}
