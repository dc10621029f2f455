//! What marketplaces sold through our links: read, attributed, booked once settled, released after
//! the hold, and taken back when it turns out to earn nothing.

use std::collections::BTreeSet;

use kernel::id::LeaderId;
use sandbox::{AffiliateStage, Marketplace};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use tuanqiao::areas::affiliate_orders::entity::{booking, feed, line};
use tuanqiao::areas::goods::entity::{goods, sku};
use tuanqiao::areas::ledger::state::AccountKind;
use tuanqiao::areas::market_accounts::entity::{import_run, remote_goods};
use tuanqiao::areas::reports::books;
use tuanqiao::flows::{affiliate_mark, affiliate_orders, import_goods};

use crate::app::TestApp;
use crate::shopper::Client;

const ORDERS: &str = "/console/api/v1/affiliate-orders";
const PULL: &str = "/console/api/v1/affiliate-feeds/pull";

/// Half of what a platform settles is the leader's, held for a week.
const HALF_HELD_A_WEEK: &str = "[settings]\naffiliate_leader_bp = 5000\naffiliate_hold_days = 7\n";

/// A leader, a member of his, an operator, and one listing of Pinduoduo's on sale.
struct Stage<'a> {
    app: &'a TestApp,
    operator: Client,
    leader: LeaderId,
    leads: Client,
    ben: Client,
    /// What the link's parameter carries.
    mark: String,
}

impl<'a> Stage<'a> {
    async fn set(app: &'a TestApp, settings: &str) -> Self {
        app.shop_says(settings).await;
        let operator = app.operator().await;
        let leader = app.leader_with("lena", 0).await;
        let ben = invited(app, "ben", leader.id).await;
        let asked = json!({"marketplace": "pinduoduo_affiliate", "query": "苹果", "listing": "affiliate", "limit": 3});
        operator.post("/console/api/v1/imports", asked).await.ok();
        while import_goods::work(&app.app).await.unwrap() > 0 {}
        let found = ben.get("/api/v1/goods?q=苹果").await.ok();
        let path = format!("/api/v1/goods/{}/link", found["items"][0]["id"].as_str().unwrap());
        let mark = carried(&ben.post(&path, json!({})).await.ok());
        Self { app, operator, leader: leader.id, leads: leader.client, ben, mark }
    }

    /// A buyer buys through a link with this mark.
    fn buys(&self, mark: &str) -> String {
        self.app.wechat().affiliate_buys(Marketplace::Pinduoduo, 4, mark).unwrap()
    }

    fn becomes(&self, number: &str, stage: AffiliateStage) {
        assert!(self.app.wechat().affiliate_moves(number, stage));
    }

    /// An operator has Pinduoduo's orders read now.
    async fn pulls(&self) {
        pulls(self.app, &self.operator, "pinduoduo_affiliate").await;
    }

    /// The line of an order as the console shows it.
    async fn sees(&self, number: &str) -> Value {
        let all = self.operator.get(&format!("{ORDERS}?limit=100")).await.ok();
        all["items"].as_array().unwrap().iter().find(|line| line["order_no"] == number).unwrap().clone()
    }

    /// The leader's pending and available money, and what Pinduoduo owes.
    async fn money(&self) -> (i64, i64, i64) {
        let totals = self.leads.get("/api/v1/leader/dashboard").await.ok();
        let fen = |name: &str| totals["commission"][name].as_i64().unwrap();
        (fen("pending_fen"), fen("available_fen"), self.app.account(AccountKind::MarketplaceReceivable).await)
    }

    async fn books_agree(&self) {
        self.app.books_are_clean().await;
        let faults = books::faults(self.app.app.db.reader(), self.app.shop().id).await.unwrap();
        assert_eq!(faults, []);
    }
}

async fn pulls(app: &TestApp, operator: &Client, marketplace: &str) {
    let answer = operator.post(PULL, json!({"marketplace": marketplace})).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    while affiliate_orders::work(&app.app).await.unwrap() > 0 {}
}

/// A member who came by a leader's invitation.
async fn invited(app: &TestApp, name: &str, leader: LeaderId) -> Client {
    let body = json!({"code": app.wechat().login_code(name, false), "invited_by": leader});
    let session = app.anybody().post("/api/v1/session", body).await.ok();
    app.anybody().with_token(session["access_token"].as_str().unwrap())
}

/// The mark inside a jump to Pinduoduo's mini-program.
fn carried(jump: &Value) -> String {
    let page = jump["we_app"]["page_path"].as_str().unwrap();
    let pairs = url::form_urlencoded::parse(page.split_once('?').unwrap().1.as_bytes());
    pairs.into_iter().find(|(name, _)| name == "customParameters").unwrap().1.into_owned()
}

on_both! {
    async fn a_sale_through_a_members_link_is_his_leaders_and_paid_on_after_the_hold(app: TestApp) {
        let stage = Stage::set(app, HALF_HELD_A_WEEK).await;
        let number = stage.buys(&stage.mark);
        stage.pulls().await;
        let line = stage.sees(&number).await;
        assert_eq!((&line["status"], &line["share"]), (&json!("estimated"), &json!("none")), "{line}");
        assert_eq!(line["leader_id"], json!(stage.leader));
        assert!(line["member_id"].is_string() && line["commission_fen"].as_i64().unwrap() > 1);
        assert_eq!(stage.money().await, (0, 0, 0), "an estimate is shown and never booked");

        stage.becomes(&number, AffiliateStage::Received);
        stage.pulls().await;
        assert_eq!(stage.sees(&number).await["status"], "confirmed");
        stage.becomes(&number, AffiliateStage::Settled);
        stage.pulls().await;
        stage.pulls().await;
        let line = stage.sees(&number).await;
        let earned = line["net_fen"].as_i64().unwrap();
        let part = line["leader_fen"].as_i64().unwrap();
        assert_eq!((&line["status"], &line["share"]), (&json!("settled"), &json!("pending")));
        assert_eq!((earned, part), (line["commission_fen"].as_i64().unwrap(), (earned + 1) / 2));
        assert_eq!(stage.money().await, (part, 0, earned));
        let shown = stage.leads.get("/api/v1/leader/affiliate-commissions").await.ok();
        assert_eq!((&shown["items"][0]["leader_fen"], &shown["items"][0]["share"]), (&json!(part), &json!("pending")));
        stage.ben.get("/api/v1/leader/affiliate-commissions").await.refused(403, "leader.required");

        app.advance(7 * 86_400 - 60);
        app.run_due_jobs().await;
        assert_eq!(stage.money().await, (part, 0, earned));
        app.advance(61);
        app.run_due_jobs().await;
        app.run_due_jobs().await;
        assert_eq!(stage.money().await, (0, part, earned));
        stage.books_agree().await;

        let id = stage.sees(&number).await["id"].as_str().unwrap().to_owned();
        let whole = stage.operator.get(&format!("{ORDERS}/{id}")).await.ok();
        let kinds: Vec<_> = whole["bookings"].as_array().unwrap().iter().map(|booked| booked["kind"].clone()).collect();
        assert_eq!((kinds, &whole["share"]), (vec![json!("settled"), json!("released")], &json!("released")));
        let why = stage.operator.get(&format!("/console/api/v1/explain/{id}")).await.ok();
        assert_eq!((&why["amount_fen"], why["journals"].as_array().unwrap().len()), (&json!(part), 2), "{why}");
        let nobody = kernel::id::AffiliateLineId::new();
        stage.operator.get(&format!("{ORDERS}/{nobody}")).await.refused(404, "affiliate_order.not_found");
    }
}

on_both! {
    async fn what_turns_out_to_earn_nothing_is_taken_back_from_where_it_is(app: TestApp) {
        let stage = Stage::set(app, HALF_HELD_A_WEEK).await;
        let number = stage.buys(&stage.mark);
        stage.becomes(&number, AffiliateStage::Settled);
        stage.pulls().await;
        let (part, _, earned) = stage.money().await;
        assert!(part > 0 && earned > part);
        stage.becomes(&number, AffiliateStage::Invalid);
        stage.pulls().await;
        assert_eq!(stage.money().await, (0, 0, 0));
        assert_eq!(stage.sees(&number).await["share"], "none");
        stage.books_agree().await;

        // Settled after all, and released: what comes then is the platform's to bear.
        stage.becomes(&number, AffiliateStage::Settled);
        stage.pulls().await;
        app.advance(7 * 86_400 + 1);
        app.run_due_jobs().await;
        assert_eq!(stage.money().await, (0, part, earned));
        stage.becomes(&number, AffiliateStage::Punished);
        stage.pulls().await;
        assert_eq!(stage.money().await, (0, part, 0));
        assert_eq!(app.account(AccountKind::Loss).await, part);
        stage.books_agree().await;
    }
}

on_both! {
    async fn a_shop_that_claws_back_takes_a_released_part_from_the_leader(app: TestApp) {
        let settings = "[settings]\naffiliate_leader_bp = 5000\npost_settlement_refund = \"clawback\"\n";
        let stage = Stage::set(app, settings).await;
        let number = stage.buys(&stage.mark);
        stage.becomes(&number, AffiliateStage::Settled);
        stage.pulls().await;
        app.run_due_jobs().await;
        let (pending, part, _) = stage.money().await;
        assert!(pending == 0 && part > 0, "without a hold it is available at once");
        stage.becomes(&number, AffiliateStage::Invalid);
        stage.pulls().await;
        assert_eq!(stage.money().await, (0, 0, 0));
        assert_eq!(app.account(AccountKind::Loss).await, 0);
        stage.books_agree().await;
    }
}

on_both! {
    async fn whoever_no_mark_of_ours_names_earns_nothing_and_the_line_is_kept(app: TestApp) {
        let stage = Stage::set(app, HALF_HELD_A_WEEK).await;
        let second = app.second_shop("second").await;
        let stranger = affiliate_mark::of(kernel::id::MemberId::new(), Some(LeaderId::new()), None);
        let foreign = json!({"uid": stranger.uid, "sid": stranger.sid}).to_string();
        let marks = ["", "{\"uid\":\"someone else's\"}", "not json", &foreign];
        let numbers: Vec<String> = marks.iter().map(|mark| stage.buys(mark)).collect();
        for number in &numbers {
            stage.becomes(number, AffiliateStage::Settled);
        }
        stage.pulls().await;
        let unnamed = stage.operator.get(&format!("{ORDERS}?attributed=false&status=settled")).await.ok();
        assert_eq!(unnamed["items"].as_array().unwrap().len(), marks.len());
        let named = stage.operator.get(&format!("{ORDERS}?attributed=true")).await.ok();
        assert_eq!(named["items"], json!([]));
        let (pending, available, owed) = stage.money().await;
        assert!(pending == 0 && available == 0 && owed > 0);
        stage.books_agree().await;
        let theirs = line::in_shop(second.id).all(app.app.db.reader()).await.unwrap();
        assert_eq!(theirs, [], "both shops use one promotion position, and the first to name it has it");
    }
}

on_both! {
    async fn many_lines_over_pages_windows_and_a_killed_worker_are_each_booked_once(app: TestApp) {
        let mut stage = Stage::set(app, HALF_HELD_A_WEEK).await;
        let numbers: BTreeSet<String> = (0..120).map(|_| stage.buys(&stage.mark)).collect();
        for number in &numbers {
            stage.becomes(number, AffiliateStage::Settled);
        }
        stage.operator.post(PULL, json!({"marketplace": "pinduoduo_affiliate"})).await;
        // Page by page; after the second one a worker takes the feed and dies.
        for _ in 0..2 {
            assert!(affiliate_orders::work(&app.app).await.unwrap() > 0);
        }
        let conn = app.app.db.maintenance();
        let dead = app.app.clock.wall() + chrono::Duration::seconds(90);
        let lease = async |until: Option<kernel::Time>| {
            let update = feed::Entity::update_many().col_expr(feed::Column::LeaseUntil, Expr::value(until));
            update.filter(feed::Column::Marketplace.eq("pinduoduo_affiliate")).exec(conn).await.unwrap();
        };
        lease(Some(dead)).await;
        while affiliate_orders::work(&app.app).await.unwrap() > 0 {}
        let half = line::in_shop(app.shop().id).all(conn).await.unwrap().len();
        assert!((1..120).contains(&half), "{half} lines before the lease has ended");
        lease(None).await;
        // Two workers at once, and twice.
        for _ in 0..2 {
            futures::future::join(works(app), works(app)).await;
            stage.pulls().await;
        }
        let lines = line::in_shop(app.shop().id).all(conn).await.unwrap();
        assert_eq!(lines.iter().filter_map(|line| line.order_no.clone()).collect::<BTreeSet<_>>(), numbers);
        assert_eq!(booking::in_shop(app.shop().id).all(conn).await.unwrap().len(), numbers.len());
        let parts: i64 = lines.iter().map(|line| line.leader_fen.fen()).sum();
        assert_eq!(stage.money().await.0, parts);
        stage.books_agree().await;
        stage.operator = app.operator_called("second").await;
        let first = stage.operator.get(&format!("{ORDERS}?limit=50")).await.ok();
        let cursor = first["next_cursor"].as_str().unwrap();
        let next = stage.operator.get(&format!("{ORDERS}?limit=50&cursor={cursor}")).await.ok();
        assert_ne!(next["items"][0]["id"], first["items"][0]["id"]);
    }
}

async fn works(app: &TestApp) {
    while affiliate_orders::work(&app.app).await.unwrap() > 0 {}
}

on_both! {
    async fn orders_are_read_every_hour_and_trouble_is_told_and_waited_out(app: TestApp) {
        let stage = Stage::set(app, HALF_HELD_A_WEEK).await;
        stage.pulls().await;
        let early = stage.buys(&stage.mark);
        works(app).await;
        let known = async || stage.operator.get(ORDERS).await.ok()["items"].as_array().unwrap().len();
        assert_eq!(known().await, 0, "it was read a moment ago");
        app.advance(3_600);
        works(app).await;
        assert_eq!(stage.sees(&early).await["status"], "estimated");
        // Business time far ahead of the platform's: its next order is found all the same.
        app.advance(8 * 86_400);
        works(app).await;
        let late = stage.buys(&stage.mark);
        app.advance(3_600);
        works(app).await;
        assert_eq!(stage.sees(&late).await["status"], "estimated");

        let refused = json!({"error_response": {"error_code": 10019, "error_msg": "client_id 已失效"}});
        let fault = json!({"path_prefix": "/pinduoduo", "status": 200, "body": refused, "times": 1});
        app.wechat().add_fault(serde_json::from_value(fault).unwrap());
        stage.pulls().await;
        let feeds = stage.operator.get("/console/api/v1/affiliate-feeds").await.ok();
        let feed = feeds["items"].as_array().unwrap().iter().find(|it| it["marketplace"] == "pinduoduo_affiliate").unwrap();
        assert_eq!(feed["failures"], 1, "{feed}");
        assert!(feed["last_error"].as_str().unwrap().contains("10019"), "{feed}");
        app.advance(3_600);
        works(app).await;
        let feeds = stage.operator.get("/console/api/v1/affiliate-feeds").await.ok();
        assert!(feeds["items"].as_array().unwrap().iter().all(|feed| feed["failures"] == 0), "{feeds}");
        stage.operator.post(PULL, json!({"marketplace": "moon"})).await.refused(422, "marketplace.unknown");
    }
}

on_both! {
    async fn a_leaders_channel_at_taobao_names_him(app: TestApp) {
        let stage = Stage::set(app, HALF_HELD_A_WEEK).await;
        let channel = |leader: LeaderId| format!("/console/api/v1/leaders/{leader}/market-channels/taobao_affiliate");
        let body = json!({"channel_id": "2800000001"});
        stage.operator.put(&channel(stage.leader), body.clone()).await.ok();
        let other = app.leader_with("otto", 0).await;
        stage.operator.put(&channel(other.id), body.clone()).await.refused(409, "market_channel.taken");
        stage.operator.put(&channel(LeaderId::new()), body).await.refused(404, "leader.not_found");
        let number = app.wechat().affiliate_buys(Marketplace::Taobao, 7, "2800000001").unwrap();
        app.wechat().affiliate_moves(&number, AffiliateStage::Settled);
        pulls(app, &stage.operator, "taobao_affiliate").await;
        let lines = stage.operator.get(&format!("{ORDERS}?marketplace=taobao_affiliate")).await.ok();
        assert_eq!(lines["items"][0]["leader_id"], json!(stage.leader), "{lines}");
        assert!(stage.money().await.0 > 0);
        stage.books_agree().await;
        stage.operator.delete(&channel(stage.leader)).await.ok();
        assert_eq!(stage.operator.get(&format!("/console/api/v1/leaders/{}/market-channels", stage.leader)).await.ok()["items"], json!([]));
    }
}

/// Begins what is to be looked at again, and works on it.
async fn looks_again(app: &TestApp) {
    import_goods::begin_due(&app.app).await.unwrap();
    while import_goods::work(&app.app).await.unwrap() > 0 {}
}

on_both! {
    async fn imported_goods_are_looked_at_again_and_none_is_made_by_it(app: TestApp) {
        let stage = Stage::set(app, "").await;
        let conn = app.app.db.maintenance();
        let before = goods::in_shop(app.shop().id).all(conn).await.unwrap();
        let wrong = sku::Entity::update_many().col_expr(sku::Column::PriceFen, Expr::value(1_i64));
        wrong.filter(sku::Column::GoodsId.eq(before[0].id)).exec(conn).await.unwrap();
        looks_again(app).await;
        let runs = stage.operator.get("/console/api/v1/imports?renewals=true").await.ok();
        assert_eq!(runs["items"], json!([]), "they were seen today");
        app.advance(86_401);
        looks_again(app).await;
        let runs = stage.operator.get("/console/api/v1/imports?renewals=true").await.ok();
        let told = &runs["items"][0];
        assert_eq!((&told["status"], &told["fetched"], &told["updated"]), (&json!("done"), &json!(before.len()), &json!(1)), "{runs}");
        let own = stage.operator.get("/console/api/v1/imports").await.ok();
        assert_eq!(own["items"].as_array().unwrap().len(), 1, "an operator sees what he began");
        let after = goods::in_shop(app.shop().id).all(conn).await.unwrap();
        assert_eq!(after.len(), before.len());
        let price = |rows: &[goods::Model]| rows.iter().find(|row| row.id == before[0].id).unwrap().price_from_fen;
        assert_eq!(price(&after), price(&before));

        // One that is gone leaves the shelf, and a failed renewal is not begun anew every half minute.
        let gone = json!({"goods_detail_response": {"goods_details": []}});
        let fault = json!({"path_prefix": "/pinduoduo", "status": 200, "body": gone, "times": 1});
        app.wechat().add_fault(serde_json::from_value(fault).unwrap());
        app.advance(86_401);
        looks_again(app).await;
        let shelf = goods::in_shop(app.shop().id).all(conn).await.unwrap();
        assert_eq!(shelf.iter().filter(|row| !row.on_shelf).count(), 1);
        let due = remote_goods::in_shop(app.shop().id).filter(remote_goods::Column::LookAt.lte(app.app.clock.now()));
        assert_eq!(due.all(conn).await.unwrap(), []);
        let stop = json!({"error_response": {"error_code": 70034, "error_msg": "风控"}});
        let fault = json!({"path_prefix": "/pinduoduo", "status": 200, "body": stop, "times": 1});
        app.wechat().add_fault(serde_json::from_value(fault).unwrap());
        app.advance(86_401);
        looks_again(app).await;
        looks_again(app).await;
        let failed = import_run::in_shop(app.shop().id).filter(import_run::Column::Renewal.eq(true)).all(conn).await.unwrap();
        assert_eq!(failed.len(), 3, "{failed:?}");
    }
}
