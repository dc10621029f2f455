//! another leader takes a paid order over before anything of it is handed over.

use kernel::id::LeaderId;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use tuanqiao::areas::leaders::entity::leader as leaders;
use tuanqiao::areas::ledger;
use tuanqiao::areas::ledger::state::AccountKind;

use crate::answer::Answer;
use crate::app::TestApp;
use crate::leaders::leader;
use crate::shop_floor::{Floor, events, id, line_of};
use crate::shopper::Client;
use crate::supplier_money::Orchard;

/// The leader who takes over: recommended by the floor's, and paid half of what he is.
struct Olga {
    client: Client,
    id: String,
    point: String,
}

impl Olga {
    async fn comes(floor: &Floor<'_>) -> Self {
        floor.settings(json!({"referral_levels": 1, "referral_rates_bp": [200]})).await;
        let (client, approved) = leader(floor.app, "olga", 23.2, 113.3).await;
        let id = approved["leader"]["id"].as_str().unwrap().to_owned();
        let terms = json!({"recommender_id": floor.leader_id, "multiplier_bp": 5_000});
        floor.keeper.patch(&format!("/console/api/v1/leaders/{id}"), terms).await.ok();
        Self { client, id, point: approved["pickup_point_id"].as_str().unwrap().to_owned() }
    }
}

/// An operator tries to give an order to a leader.
async fn gives(floor: &Floor<'_>, order: &Value, to: &str) -> Answer {
    gives_with(floor, order, json!({"leader_id": to, "reason": "原团长休息"})).await
}

async fn gives_with(floor: &Floor<'_>, order: &Value, body: Value) -> Answer {
    floor.keeper.post_new(&format!("/console/api/v1/orders/{}/leader", id(order)), body).await
}

/// Pending and available of a leader, as the books have them.
async fn books(app: &TestApp, leader: &str) -> (i64, i64) {
    let (conn, shop) = (app.app.db.reader(), app.shop().id);
    let party = leader.parse::<LeaderId>().unwrap().uuid();
    let pending = ledger::query::pending(conn, shop, AccountKind::LeaderPending, party).await.unwrap();
    (pending.fen(), ledger::query::balance(conn, shop, AccountKind::LeaderAvailable, party).await.unwrap())
}

/// A new delivery list of everything that waits for a leader.
async fn gathers(floor: &Floor<'_>, leader: &str) -> Answer {
    let body = json!({"leader_id": leader, "until": floor.app.app.clock.now()});
    floor.keeper.post_new("/console/api/v1/delivery-lists", body).await
}

async fn says(floor: &Floor<'_>, list: &Value, word: &str) {
    floor.keeper.post(&format!("/console/api/v1/delivery-lists/{}/{word}", id(list)), json!({})).await.ok();
}

async fn code(who: &Client, order: &Value) -> Value {
    who.get(&format!("/api/v1/orders/{}/pickup-code", id(order))).await.ok()["code"].clone()
}

async fn redeems(who: &Client, code: &Value) -> Answer {
    who.post_new("/api/v1/leader/redemptions", json!({"code": code})).await
}

on_both! {
    async fn an_order_goes_over_with_its_commissions_its_list_and_its_code(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1_000, 20).await;
        let olga = Olga::comes(&floor).await;
        let anna = app.member("anna").await;
        let order = floor.buys(&anna, &[(&apples, 3)]).await;
        let list = gathers(&floor, &floor.leader_id).await.ok();
        assert_eq!((books(app, &floor.leader_id).await, books(app, &olga.id).await), ((300, 0), (0, 0)));
        let shown = code(&anna, &order).await;

        let given = gives(&floor, &order, &olga.id).await.ok();
        let expected = json!({
            "id": order["id"], "status": "paid", "leader_id": olga.id, "pickup_point_id": olga.point,
        });
        assert_eq!(given, expected);
        // She earns half of ten per cent, and who recommended her two per cent.
        assert_eq!((books(app, &floor.leader_id).await, books(app, &olga.id).await), ((60, 0), (150, 0)));
        floor.adds_up().await;
        let seen = floor.console(&order).await;
        assert_eq!(seen["fulfilment"]["leader_id"], json!(olga.id));
        let told = seen["timeline"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((&told["event"], &told["note"]), (&json!("leader_changed"), &json!("原团长休息")));
        assert!(told["actor"].as_str().unwrap().starts_with("operator:opr_"), "{told}");
        let old = floor.leader.get("/api/v1/leader/commissions?state=reversed").await.ok();
        assert_eq!((&old["items"][0]["amount_fen"], &old["items"][0]["reversed_fen"]), (&json!(300), &json!(300)));
        let why = floor.keeper.get(&format!("/console/api/v1/explain/{}", id(&order))).await.ok();
        assert!(why["journals"].as_array().unwrap().iter().any(|one| one["cause_kind"] == "leader_change"), "{why}");

        let left = floor.keeper.get(&format!("/console/api/v1/delivery-lists/{}", id(&list))).await.ok();
        assert_eq!(left["lines"], json!([]), "it has left the old leader's list");
        gathers(&floor, &floor.leader_id).await.refused(409, "delivery.empty");
        let list = gathers(&floor, &olga.id).await.ok();
        says(&floor, &list, "depart").await;
        says(&floor, &list, "deliver").await;
        assert_eq!(code(&anna, &order).await, shown, "the code stays");
        redeems(&floor.leader, &shown).await.refused(404, "pickup.code_unknown");
        redeems(&olga.client, &shown).await.ok();
        gives(&floor, &order, &floor.leader_id).await.refused(409, "order.wrong_state");
        app.advance(8 * 86_400);
        app.run_due_jobs().await;
        assert_eq!((books(app, &floor.leader_id).await, books(app, &olga.id).await), ((0, 60), (0, 150)));
        floor.adds_up().await;
    }
}

on_both! {
    async fn what_went_back_before_stays_back_and_later_refunds_count_from_the_whole(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1_000, 20).await;
        let olga = Olga::comes(&floor).await;
        let order = floor.buys(&app.member("anna").await, &[(&apples, 3)]).await;
        let one = || json!({"lines": [{"line_id": line_of(&order), "quantity": 1}]});
        floor.refunds(&order, one()).await;
        assert_eq!(books(app, &floor.leader_id).await, (200, 0));
        gives(&floor, &order, &olga.id).await.ok();
        assert_eq!((books(app, &floor.leader_id).await, books(app, &olga.id).await), ((40, 0), (100, 0)));
        floor.refunds_arrive().await;
        floor.refunds(&order, one()).await;
        assert_eq!((books(app, &floor.leader_id).await, books(app, &olga.id).await), ((20, 0), (50, 0)));
        floor.refunds_arrive().await;
        // And back again, to the leader it came from.
        gives(&floor, &order, &floor.leader_id).await.ok();
        assert_eq!((books(app, &floor.leader_id).await, books(app, &olga.id).await), ((100, 0), (0, 0)));
        floor.refunds(&order, one()).await;
        floor.refunds_arrive().await;
        assert_eq!((books(app, &floor.leader_id).await, books(app, &olga.id).await), ((0, 0), (0, 0)));
        gives(&floor, &order, &olga.id).await.refused(409, "order.wrong_state");
        floor.adds_up().await;
    }
}

on_both! {
    async fn a_supplier_gets_what_the_new_leader_leaves(app: TestApp) {
        let orchard = Orchard::open(app, json!({})).await;
        let floor = &orchard.floor;
        let olga = Olga::comes(floor).await;
        let order = floor.buys(&orchard.anna, &[(&orchard.ware, 2)]).await;
        assert_eq!(orchard.funds().await, (16_000, 0, 0));
        let half = json!({"lines": [{"line_id": line_of(&order), "quantity": 1}]});
        floor.refunds(&order, half).await;
        floor.refunds_arrive().await;
        assert_eq!(orchard.funds().await, (8_000, 0, 0));
        gives(floor, &order, &olga.id).await.ok();
        // 20 000: the fee 2 000, the leader 1 000, who recommended her 400; half of it went back.
        let part = orchard.part_of(&order).await;
        let reckoned = [part.base_fen, part.fee_fen, part.commission_fen, part.referral_fen, part.amount_fen, part.reversed_fen];
        assert_eq!(reckoned.map(kernel::Fen::fen), [20_000, 2_000, 1_000, 400, 16_600, 8_300]);
        assert_eq!(orchard.funds().await, (8_300, 0, 0));
        assert_eq!((books(app, &floor.leader_id).await, books(app, &olga.id).await), ((200, 0), (500, 0)));
        assert_eq!(floor.account(AccountKind::Revenue).await, -1_000);
        orchard.books_are_right().await;
    }
}

on_both! {
    async fn a_list_that_left_keeps_its_orders_until_they_arrive(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1_000, 20).await;
        let olga = Olga::comes(&floor).await;
        let anna = app.member("anna").await;
        let order = floor.buys(&anna, &[(&apples, 2)]).await;
        let list = gathers(&floor, &floor.leader_id).await.ok();
        says(&floor, &list, "depart").await;
        let told = gives(&floor, &order, &olga.id).await.refused(409, "delivery.wrong_state");
        assert_eq!(told["extra"]["state"], "delivering");
        assert_eq!(books(app, &floor.leader_id).await, (200, 0), "nothing changed");
        says(&floor, &list, "deliver").await;
        gives(&floor, &order, &olga.id).await.ok();

        let (code, redeem) = (code(&anna, &order).await, "/api/v1/leader/redemptions");
        let part = json!({"code": code, "lines": [{"line_id": line_of(&order), "quantity": 1}]});
        olga.client.post_new(redeem, part).await.ok();
        gives(&floor, &order, &floor.leader_id).await.refused(409, "order.wrong_state");
        assert_eq!(books(app, &olga.id).await, (100, 0));
        floor.adds_up().await;
    }
}

on_both! {
    async fn the_same_again_changes_nothing(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1_000, 20).await;
        let olga = Olga::comes(&floor).await;
        let order = floor.buys(&app.member("anna").await, &[(&apples, 1)]).await;
        let body = json!({"leader_id": olga.id, "pickup_point_id": olga.point, "reason": "换团长"});
        let path = format!("/console/api/v1/orders/{}/leader", id(&order));
        let first = floor.keeper.post_once("one", &path, body.clone()).await.ok();
        assert_eq!(floor.keeper.post_once("one", &path, body.clone()).await.ok(), first);
        assert_eq!(gives_with(&floor, &order, body.clone()).await.ok(), first);
        let seen = floor.console(&order).await;
        assert_eq!(events(&seen).iter().filter(|event| **event == "leader_changed").count(), 1);
        assert_eq!((books(app, &floor.leader_id).await, books(app, &olga.id).await), ((20, 0), (50, 0)));
        let elsewhere = json!({"leader_id": olga.id, "pickup_point_id": floor.point, "reason": "换团长"});
        gives_with(&floor, &order, elsewhere).await.refused(400, "validation.failed");
        floor.adds_up().await;
    }
}

on_both! {
    async fn who_cannot_serve_takes_nothing_over(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1_000, 20).await;
        let olga = Olga::comes(&floor).await;
        let anna = app.member("anna").await;
        let unpaid = floor.orders(&anna, &[(&apples, 1)]).await;
        gives(&floor, &unpaid, &olga.id).await.refused(409, "order.wrong_state");
        let order = floor.buys(&anna, &[(&apples, 1)]).await;
        let nobody = LeaderId::new().to_string();
        gives(&floor, &order, &nobody).await.refused(404, "leader.not_found");
        let nowhere = json!({"id": kernel::id::OrderId::new()});
        gives(&floor, &nowhere, &olga.id).await.refused(404, "order.not_found");
        let with = |point: &str| json!({"leader_id": olga.id, "pickup_point_id": point, "reason": "换团长"});
        let theirs = gives_with(&floor, &order, with(&floor.point)).await.refused(400, "validation.failed");
        assert_eq!(theirs["errors"][0]["field"], "pickup_point_id");
        let unknown = with("pkp_01jq0000000000000000000000");
        gives_with(&floor, &order, unknown).await.refused(404, "pickup_point.not_found");
        gives_with(&floor, &order, json!({"leader_id": olga.id, "reason": " "})).await.refused(400, "validation.failed");

        let path = format!("/console/api/v1/leaders/{}", olga.id);
        floor.keeper.patch(&path, json!({"resting": true})).await.ok();
        gives(&floor, &order, &olga.id).await.refused(409, "pickup_point.closed");
        gives_with(&floor, &order, with(&olga.point)).await.refused(409, "pickup_point.closed");
        floor.keeper.patch(&path, json!({"resting": false, "state": "frozen"})).await.ok();
        gives(&floor, &order, &olga.id).await.refused(403, "leader.frozen");
        floor.keeper.patch(&path, json!({"state": "enabled"})).await.ok();

        let second = app.second_shop("second").await;
        let moved = leaders::Entity::update_many()
            .col_expr(leaders::Column::ShopId, Expr::value(second.id))
            .filter(leaders::Column::Id.eq(olga.id.parse::<LeaderId>().unwrap()));
        moved.exec(app.app.db.maintenance()).await.unwrap();
        gives(&floor, &order, &olga.id).await.refused(404, "leader.not_found");
        assert_eq!(books(app, &floor.leader_id).await, (100, 0));
        floor.adds_up().await;
    }
}

on_both! {
    async fn of_a_redemption_and_a_change_at_once_one_happens(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1_000, 20).await;
        let olga = Olga::comes(&floor).await;
        let anna = app.member("anna").await;
        for _ in 0..5 {
            let order = floor.buys(&anna, &[(&apples, 1)]).await;
            let list = gathers(&floor, &floor.leader_id).await.ok();
            says(&floor, &list, "depart").await;
            says(&floor, &list, "deliver").await;
            let code = code(&anna, &order).await;
            let at_once = futures::future::join(redeems(&floor.leader, &code), gives(&floor, &order, &olga.id));
            let (redeemed, given) = at_once.await;
            match redeemed.status {
                200 => given.refused(409, "order.wrong_state"),
                _ => {
                    redeemed.refused(404, "pickup.code_unknown");
                    given.ok()
                }
            };
        }
        floor.adds_up().await;
    }
}

on_both! {
    async fn of_a_list_and_a_change_at_once_no_order_is_on_a_strangers_list(app: TestApp) {
        let floor = Floor::open(app).await;
        let apples = floor.goods(1_000, 20).await;
        let olga = Olga::comes(&floor).await;
        let anna = app.member("anna").await;
        for _ in 0..5 {
            let order = floor.buys(&anna, &[(&apples, 1)]).await;
            let at_once = futures::future::join(gathers(&floor, &floor.leader_id), gives(&floor, &order, &olga.id));
            let (list, given) = at_once.await;
            // The list of a moment before keeps it, or loses it again; after the change there is nothing to gather.
            let travels = match list.status {
                409 => false,
                _ => {
                    let path = format!("/console/api/v1/delivery-lists/{}", id(&list.ok()));
                    floor.keeper.get(&path).await.ok()["lines"] != json!([])
                }
            };
            match given.status {
                200 => assert!(!travels, "{}", given.text()),
                _ => {
                    assert!(travels);
                    given.refused(409, "delivery.wrong_state");
                }
            }
            if travels {
                gives(&floor, &order, &olga.id).await.ok();
            }
        }
        floor.adds_up().await;
    }
}
