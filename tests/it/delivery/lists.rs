//! delivery lists.

use kernel::id::SkuId;
use serde_json::{Value, json};
use tuanqiao::areas::orders::query::timeline;
use tuanqiao::areas::orders::state::{FulfilmentKind, OrderStatus};

use super::scene::Scene;

fn row_of<'a>(rows: &'a Value, key: &str, id: impl ToString) -> &'a Value {
    let id = id.to_string();
    rows.as_array().unwrap().iter().find(|row| row[key] == id.as_str()).unwrap_or_else(|| panic!("{id} in {rows}"))
}

on_both! {
    async fn a_list_carries_paid_orders_to_the_pickup_point(app: TestApp) {
        let scene = Scene::set(app).await;
        let (anna, ben) = (app.member("anna").await, app.member("ben").await);
        let (apples, pears) = (SkuId::new(), SkuId::new());
        let first = scene.buys(&anna, &[(apples, 2), (pears, 1)]).await;
        let second = scene.buys(&ben, &[(apples, 3)]).await;
        let parcel = scene.buys_by(&ben, FulfilmentKind::Express, &[(apples, 1)]).await;
        let unpaid = scene.orders_by(&ben, FulfilmentKind::Pickup, &[(apples, 1)]).await;

        let list = scene.gathers().await;
        scene.asks_for_a_list().await.refused(409, "delivery.empty");
        let whole = scene.operator.get(&format!("/console/api/v1/delivery-lists/{list}")).await.ok();
        assert_eq!(row_of(&whole["skus"], "sku_id", apples)["quantity"], 5);
        assert_eq!(row_of(&whole["skus"], "sku_id", pears)["quantity"], 1);
        assert_eq!(whole["lines"].as_array().unwrap().len(), 3);

        scene.says(&list, "deliver").await.refused(409, "delivery.wrong_state");
        assert_eq!(scene.says(&list, "depart").await.ok()["state"], "delivering");
        scene.stand(&[first, second], OrderStatus::Shipped).await;
        scene.says(&list, "depart").await.refused(409, "delivery.wrong_state");
        let on_its_way = scene.leader.get("/api/v1/leader/deliveries?state=delivering").await.ok();
        assert_eq!(on_its_way["items"][0]["id"], list.as_str());

        assert_eq!(scene.says(&list, "deliver").await.ok()["state"], "delivered");
        scene.stand(&[first, second], OrderStatus::Arrived).await;
        scene.stand(&[parcel], OrderStatus::Paid).await;
        scene.stand(&[unpaid], OrderStatus::PendingPayment).await;
        let events = timeline(app.app.db.reader(), app.shop().id, first.order).await.unwrap();
        let told: Vec<_> = events.iter().map(|event| event.event.as_str()).collect();
        assert_eq!(told, ["placed", "paid", "shipped", "arrived"]);
        assert!(events[3].actor.starts_with("operator:opr_"), "{}", events[3].actor);

        // The leader's signature is the same fact, and so is the operator's second word.
        let signed = scene.leader.post(&format!("/api/v1/leader/deliveries/{list}/receive"), json!({"note": "ok"})).await;
        assert_eq!(signed.ok()["note"], "ok");
        scene.says(&list, "deliver").await.ok();
        let events = timeline(app.app.db.reader(), app.shop().id, first.order).await.unwrap();
        assert_eq!(events.len(), 4, "arrival is told once");
    }
}

on_both! {
    async fn what_is_missing_stays_behind_and_travels_with_the_next_list(app: TestApp) {
        let scene = Scene::set(app).await;
        let (anna, ben) = (app.member("anna").await, app.member("ben").await);
        let (apples, pears) = (SkuId::new(), SkuId::new());
        let short = scene.buys(&anna, &[(apples, 2), (pears, 2)]).await;
        let complete = scene.buys(&ben, &[(apples, 1)]).await;
        let missing = scene.lines(short).await[1].id;
        let list = scene.gathers().await;
        scene.says(&list, "depart").await.ok();

        let receive = format!("/api/v1/leader/deliveries/{list}/receive");
        let stranger = scene.other_leader("otto").await;
        stranger.post(&receive, json!({})).await.refused(404, "delivery.not_found");
        anna.post(&receive, json!({})).await.refused(403, "leader.required");
        let too_many = json!({"lines": [{"line_id": missing, "short": 3}]});
        scene.leader.post(&receive, too_many).await.refused(400, "validation.failed");
        scene.stand(&[short, complete], OrderStatus::Shipped).await;

        let shortage = json!({"lines": [{"line_id": missing, "short": 1}], "note": "one pear is missing"});
        scene.leader.post(&receive, shortage.clone()).await.ok();
        scene.stand(&[complete], OrderStatus::Arrived).await;
        scene.stand(&[short], OrderStatus::Shipped).await;
        let shown = scene.operator.get(&format!("/console/api/v1/delivery-lists/{list}")).await.ok();
        assert_eq!(row_of(&shown["skus"], "sku_id", pears)["short"], 1);
        assert_eq!(shown["note"], "one pear is missing");
        scene.leader.post(&receive, shortage).await.refused(409, "delivery.wrong_state");

        // What is here can be handed over; what is not cannot.
        let code = scene.code(&anna, short).await;
        let handed = scene.redeems(&scene.leader, &code).await.ok();
        assert_eq!(handed["handed_over"].as_array().unwrap().len(), 1);
        scene.redeems(&scene.leader, &code).await.refused(409, "pickup.not_arrived");

        let again = scene.brings_everything().await;
        let shown = scene.operator.get(&format!("/console/api/v1/delivery-lists/{again}")).await.ok();
        assert_eq!(shown["lines"].as_array().unwrap().len(), 1);
        assert_eq!(shown["lines"][0]["line_id"], missing.to_string());
        scene.stand(&[short], OrderStatus::Arrived).await;
        scene.redeems(&scene.leader, &code).await.ok();
        scene.stand(&[short], OrderStatus::Received).await;
    }
}

on_both! {
    async fn refunded_units_drop_out_until_the_list_leaves_and_are_a_difference_after(app: TestApp) {
        let scene = Scene::set(app).await;
        let anna = app.member("anna").await;
        let (apples, pears, plums) = (SkuId::new(), SkuId::new(), SkuId::new());
        let bought = scene.buys(&anna, &[(apples, 3), (pears, 1), (plums, 1)]).await;
        let lines = scene.lines(bought).await;
        let list = scene.gathers().await;
        scene.takes_back(lines[0].id, 1).await;
        scene.takes_back(lines[1].id, 1).await;
        let before = scene.operator.get(&format!("/console/api/v1/delivery-lists/{list}")).await.ok();
        assert_eq!(row_of(&before["skus"], "sku_id", apples)["refunded_since"], 1);

        let left = scene.says(&list, "depart").await.ok();
        let apples_row = row_of(&left["skus"], "sku_id", apples);
        assert_eq!((&apples_row["quantity"], &apples_row["refunded_since"]), (&json!(2), &json!(0)));
        assert!(left["skus"].as_array().unwrap().iter().all(|row| row["sku_id"] != pears.to_string()));
        scene.stand(&[bought], OrderStatus::Shipped).await;

        scene.takes_back(lines[2].id, 1).await;
        let on_its_way = scene.operator.get(&format!("/console/api/v1/delivery-lists/{list}")).await.ok();
        assert_eq!(row_of(&on_its_way["skus"], "sku_id", plums)["refunded_since"], 1);
        scene.says(&list, "deliver").await.ok();
        scene.stand(&[bought], OrderStatus::Arrived).await;
    }
}

on_both! {
    async fn two_operators_at_once_gather_every_line_once(app: TestApp) {
        let scene = Scene::set(app).await;
        let anna = app.member("anna").await;
        for _ in 0..5 {
            scene.buys(&anna, &[(SkuId::new(), 1), (SkuId::new(), 1)]).await;
        }
        let answers = futures::future::join_all((0..4).map(|_| scene.asks_for_a_list())).await;
        let mut lines = 0;
        for answer in answers {
            if answer.status == 409 {
                answer.refused(409, "delivery.empty");
                continue;
            }
            let list = answer.ok()["id"].as_str().unwrap().to_owned();
            let whole = scene.operator.get(&format!("/console/api/v1/delivery-lists/{list}")).await.ok();
            lines += whole["lines"].as_array().unwrap().len();
        }
        assert_eq!(lines, 10);
    }
}

on_both! {
    async fn a_list_names_a_leader_of_the_shop(app: TestApp) {
        let scene = Scene::set(app).await;
        let body = json!({"leader_id": kernel::id::LeaderId::new(), "until": app.app.clock.now()});
        scene.operator.post("/console/api/v1/delivery-lists", body).await.refused(404, "leader.not_found");
        app.anybody().get("/console/api/v1/delivery-lists").await.refused(401, "auth.required");
        let nowhere = kernel::id::DeliveryListId::new();
        scene.says(&nowhere.to_string(), "depart").await.refused(404, "delivery.not_found");
    }
}
