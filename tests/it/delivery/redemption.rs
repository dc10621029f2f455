//! handing over against a pickup code.

use kernel::id::SkuId;
use serde_json::json;
use tuanqiao::areas::orders::state::{FulfilmentKind, OrderStatus};
use tuanqiao::areas::pickup::entity::redemption;

use super::scene::Scene;
use sea_orm::EntityTrait;

on_both! {
    async fn a_code_is_redeemed_whole_and_once(app: TestApp) {
        let scene = Scene::set(app).await;
        let anna = app.member("anna").await;
        let bought = scene.buys(&anna, &[(SkuId::new(), 2), (SkuId::new(), 1)]).await;
        let code = scene.code(&anna, bought).await;
        assert!(code.len() == 10 && code.bytes().all(|b| b.is_ascii_digit()), "{code}");
        scene.redeems(&scene.leader, &code).await.refused(409, "pickup.not_arrived");
        scene.brings_everything().await;

        let handed = scene.redeems(&scene.leader, &code).await.ok();
        assert_eq!((&handed["status"], &handed["order_id"]), (&json!("received"), &json!(bought.order)));
        assert_eq!(handed["lines"][0]["remaining"], 0);
        let units: i64 = handed["handed_over"].as_array().unwrap().iter().map(|p| p["quantity"].as_i64().unwrap()).sum();
        assert_eq!(units, 3);
        for line in scene.lines(bought).await {
            let received = line.received_at.unwrap();
            assert_eq!(line.after_sale_until.unwrap() - received, chrono::Duration::days(7));
        }

        let second = scene.redeems(&scene.leader, &code).await.refused(409, "pickup.already_redeemed");
        assert_eq!(second["extra"]["by"], "Lena");
        assert_eq!(second["extra"]["redeemed_at"], handed["at"]);
        anna.post(&format!("/api/v1/orders/{}/confirm-receipt", bought.order), json!({})).await
            .refused(409, "order.wrong_state");
    }
}

on_both! {
    async fn a_part_is_handed_over_by_a_verifier_and_the_rest_later(app: TestApp) {
        let scene = Scene::set(app).await;
        let (anna, vera) = (app.member("anna").await, scene.verifier("Vera").await);
        let bought = scene.buys(&anna, &[(SkuId::new(), 3), (SkuId::new(), 1)]).await;
        scene.brings_everything().await;
        let (code, lines) = (scene.code(&anna, bought).await, scene.lines(bought).await);
        let part = |units: i64| json!({"code": code, "lines": [{"line_id": lines[0].id, "quantity": units}]});
        let redeem = "/api/v1/leader/redemptions";
        for wrong in [0, 4, -1, i64::MAX] {
            vera.post(redeem, part(wrong)).await.refused(400, "validation.failed");
        }
        vera.post(redeem, json!({"code": code, "lines": []})).await.refused(400, "validation.failed");
        let foreign = json!({"code": code, "lines": [{"line_id": kernel::id::OrderLineId::new(), "quantity": 1}]});
        let told = vera.post(redeem, foreign).await.refused(400, "validation.failed");
        assert_eq!(told["errors"][0]["field"], "lines[0].line_id");

        let first = vera.post_once("one", redeem, part(2)).await.ok();
        let again = vera.post_once("one", redeem, part(2)).await.ok();
        assert_eq!(first, again, "a repeat under its key hands nothing over");
        assert_eq!((&first["status"], &first["lines"][0]["remaining"]), (&json!("arrived"), &json!(1)));
        vera.post(redeem, part(2)).await.refused(400, "validation.failed");
        vera.post(redeem, part(1)).await.ok();
        assert!(scene.lines(bought).await[0].received_at.is_some(), "the line's window starts with its last unit");
        let second = vera.post(redeem, part(1)).await.refused(409, "pickup.already_redeemed");
        assert_eq!(second["extra"]["by"], "Vera");
        scene.redeems(&vera, &code).await.ok();
        scene.stand(&[bought], OrderStatus::Received).await;
        let kept = redemption::Entity::find().all(app.app.db.reader()).await.unwrap();
        assert_eq!(kept.len(), 3);
        assert!(kept.iter().all(|row| row.member_id.to_string() == vera.id() && row.leader_id == scene.leader_id));
    }
}

on_both! {
    async fn another_leaders_code_is_as_unknown_as_none(app: TestApp) {
        let scene = Scene::set(app).await;
        let (anna, otto) = (app.member("anna").await, scene.other_leader("otto").await);
        let bought = scene.buys(&anna, &[(SkuId::new(), 1)]).await;
        scene.brings_everything().await;
        let code = scene.code(&anna, bought).await;
        let foreign = scene.redeems(&otto, &code).await.refused(404, "pickup.code_unknown");
        let unknown = scene.redeems(&otto, "0000000000").await.refused(404, "pickup.code_unknown");
        assert_eq!((&foreign["detail"], &foreign["extra"]), (&unknown["detail"], &unknown["extra"]));
        scene.redeems(&anna, &code).await.refused(403, "leader.required");
        scene.redeems(&scene.leader, "").await.refused(400, "validation.failed");
        scene.redeems(&scene.leader, "12\u{0}34").await.refused(400, "validation.failed");
        scene.redeems(&scene.leader, &code).await.ok();
    }
}

on_both! {
    async fn eight_scans_at_once_hand_over_once(app: TestApp) {
        let scene = Scene::set(app).await;
        let anna = app.member("anna").await;
        let bought = scene.buys(&anna, &[(SkuId::new(), 2)]).await;
        scene.brings_everything().await;
        let code = scene.code(&anna, bought).await;
        let answers = futures::future::join_all((0..8).map(|_| scene.redeems(&scene.leader, &code))).await;
        let (ok, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
        assert_eq!((ok.len(), refused.len()), (1, 7));
        for answer in refused {
            answer.refused(409, "pickup.already_redeemed");
        }
        assert_eq!(scene.lines(bought).await[0].redeemed, 2);
    }
}

on_both! {
    async fn a_code_is_shown_to_its_member_alone_and_only_once_paid(app: TestApp) {
        let scene = Scene::set(app).await;
        let (anna, ben) = (app.member("anna").await, app.member("ben").await);
        let unpaid = scene.orders_by(&anna, FulfilmentKind::Pickup, &[(SkuId::new(), 1)]).await;
        let parcel = scene.buys_by(&anna, FulfilmentKind::Express, &[(SkuId::new(), 1)]).await;
        let bought = scene.buys(&anna, &[(SkuId::new(), 1)]).await;
        let path = |order| format!("/api/v1/orders/{order}/pickup-code");
        for order in [unpaid.order, parcel.order] {
            anna.get(&path(order)).await.refused(409, "order.wrong_state");
        }
        ben.get(&path(bought.order)).await.refused(404, "order.not_found");
        ben.get(&format!("{}.png", path(bought.order))).await.refused(404, "order.not_found");
        let shown = anna.get(&path(bought.order)).await.ok();
        let url = shown["qr_url"].as_str().unwrap();
        let picture = anna.get(&url[url.find("/api/").unwrap()..]).await;
        assert_eq!((picture.status, picture.header("content-type")), (200, "image/png"));
        let mut png = png::Decoder::new(std::io::Cursor::new(picture.bytes)).read_info().unwrap();
        let mut pixels = vec![0; png.output_buffer_size().unwrap()];
        let info = png.next_frame(&mut pixels).unwrap();
        assert_eq!(info.width, info.height);
        assert!(pixels.contains(&0) && pixels.contains(&u8::MAX));
    }
}

on_both! {
    async fn refunded_units_are_not_handed_over(app: TestApp) {
        let scene = Scene::set(app).await;
        let anna = app.member("anna").await;
        let bought = scene.buys(&anna, &[(SkuId::new(), 3), (SkuId::new(), 1)]).await;
        scene.brings_everything().await;
        let lines = scene.lines(bought).await;
        scene.takes_back(lines[0].id, 2).await;
        scene.takes_back(lines[1].id, 1).await;
        let code = scene.code(&anna, bought).await;
        let two = json!({"code": code, "lines": [{"line_id": lines[0].id, "quantity": 2}]});
        scene.leader.post("/api/v1/leader/redemptions", two).await.refused(400, "validation.failed");
        let handed = scene.redeems(&scene.leader, &code).await.ok();
        assert_eq!(handed["handed_over"], json!([{"line_id": lines[0].id, "quantity": 1}]));
        scene.stand(&[bought], OrderStatus::Received).await;
    }
}

on_both! {
    async fn a_leader_who_verifies_for_another_redeems_for_both(app: TestApp) {
        let scene = Scene::set(app).await;
        let anna = app.member("anna").await;
        let bought = scene.buys(&anna, &[(SkuId::new(), 1)]).await;
        scene.brings_everything().await;
        let code = scene.code(&anna, bought).await;
        let otto = scene.other_leader("otto").await;
        scene.redeems(&otto, &code).await.refused(404, "pickup.code_unknown");
        // The same person, who leads a point of his own, is made a verifier here.
        scene.verifier("otto").await;
        let handed = scene.redeems(&otto, &code).await.ok();
        assert_eq!(handed["status"], "received");
        let kept = redemption::Entity::find().one(app.app.db.reader()).await.unwrap().unwrap();
        assert_eq!((kept.leader_id, kept.member_id.to_string()), (scene.leader_id, otto.id().to_owned()));
    }
}
