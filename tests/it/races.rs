//! Many shoppers and few units.

mod heavy {
    use futures::future::{join, join_all};
    use serde_json::json;

    use crate::shop_floor::{Floor, id};
    use crate::shopper::Client;

    /// Shoppers.
    const CROWD: usize = 200;
    /// Units for them.
    const UNITS: i64 = 50;

    on_both! {
        async fn two_hundred_shoppers_race_for_fifty_units_while_the_gate_is_flushed(app: TestApp) {
            let floor = Floor::open(app).await;
            let apples = floor.goods(1000, UNITS).await;
            app.run_due_jobs().await;
            let mut crowd: Vec<Client> = Vec::new();
            for n in 0..CROWD {
                crowd.push(app.member(&format!("shopper{n}")).await);
            }
            let racing = join_all(crowd.iter().map(|who| floor.tries(who, &[(&apples, 1)])));
            let flushing = async {
                let mut flushed = 0;
                for _ in 0..6 {
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                    // A store too busy to answer is one more way to lose it.
                    flushed += u32::from(app.app.gate.forget(app.shop().id).await.is_ok());
                    app.run_due_jobs().await;
                }
                assert!(flushed > 0, "the gate was never flushed");
            };
            let (answers, ()) = join(racing, flushing).await;
            let mut won = Vec::new();
            for (who, answer) in crowd.iter().zip(answers) {
                match answer.status {
                    201 => won.push((who, answer.ok())),
                    _ => drop(answer.refused(409, "stock.short")),
                }
            }
            assert_eq!(won.len() as i64, UNITS);
            assert_eq!(floor.left(&apples).await, 0);

            let floor = &floor;
            let paying = won.iter().map(|(who, order)| async move { (floor.pays_unheard(who, order).await, order) });
            let paid = join_all(paying).await;
            let heard = join_all(paid.iter().map(|(number, _)| floor.hears(number))).await;
            assert!(heard.iter().all(|status| *status == 204), "{heard:?}");
            floor.adds_up().await;

            let leaving = won.iter().take(10).map(|(who, order)| async move {
                who.post(&format!("/api/v1/orders/{}/cancel", id(order)), json!({})).await.ok()
            });
            join_all(leaving).await;
            floor.refunds_arrive().await;
            assert_eq!(floor.left(&apples).await, 10);
            let again = join_all(crowd.iter().take(30).map(|who| floor.tries(who, &[(&apples, 1)]))).await;
            assert_eq!(again.iter().filter(|answer| answer.status == 201).count(), 10);
            floor.adds_up().await;
        }
    }

    on_both! {
        async fn a_cancel_and_a_payment_at_the_same_moment_leave_one_truth(app: TestApp) {
            let floor = Floor::open(app).await;
            let apples = floor.goods(1000, 100).await;
            let mut rounds = Vec::new();
            for n in 0..12 {
                let who = app.member(&format!("shopper{n}")).await;
                let order = floor.orders(&who, &[(&apples, 1)]).await;
                let number = floor.pays_unheard(&who, &order).await;
                rounds.push((who, order, number));
            }
            let floor = &floor;
            let at_once = rounds.iter().map(|(who, order, number)| async move {
                let path = format!("/api/v1/orders/{}/cancel", id(order));
                join(who.post(&path, json!({})), join_all((0..3).map(|_| floor.hears(number)))).await
            });
            for (answer, heard) in join_all(at_once).await {
                // Found unpaid a moment ago and paid now, or paid already and refunded as a paid one.
                assert!(matches!(answer.status, 200 | 409), "{}", answer.text());
                assert!(heard.iter().all(|status| *status == 204), "{heard:?}");
            }
            floor.refunds_arrive().await;
            let mut kept = 0;
            for (who, order, _) in &rounds {
                let seen = floor.seen(who, order).await;
                match seen["status"].as_str().unwrap() {
                    "paid" => kept += 1,
                    "closed" => assert_eq!((&seen["refund_status"], &seen["refunded_fen"]), (&json!("full"), &json!(1000))),
                    other => panic!("{other}"),
                }
            }
            assert_eq!(floor.left(&apples).await, 100 - kept);
            floor.adds_up().await;
        }
    }
}
