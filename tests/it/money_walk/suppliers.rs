//! Suppliers in the walk: one whose parts are shared to its company, one that is paid by transfer, now
//! and then by hand. Their moves, and what their statements have paid.

use reqwest::Method;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use tuanqiao::areas::payouts::entity::transfer;
use tuanqiao::areas::payouts::state::TransferState;
use tuanqiao::areas::suppliers::entity::statement;
use tuanqiao::areas::suppliers::state::StatementState;

use super::moves::Move;
use super::walk::{Payout, Walk};
use crate::combined;
use crate::suppliers::supplier;

/// The merchant number of the supplier that is paid by sharing.
pub const COMPANY: &str = "1900000110";

const PNG: &[u8] = b"\x89PNG\r\n\x1a\na slip";

/// Who provides goods.
#[derive(Default)]
pub struct Suppliers {
    ids: Vec<String>,
    /// The picture that proves every payment.
    proof: Value,
}

macro_rules! moves {
    ($($name:ident $weight:literal),* $(,)?) => {
        /// What suppliers do, and what is done to them.
        pub const MOVES: &[Move] =
            &[$(Move { name: stringify!($name), weight: $weight, run: |walk| Box::pin($name(walk)) }),*];
    };
}

moves! { make_statement 2, statement_goes_on 8, freeze_supplier 2, supplier_gives_back 2, supplier_fails 1 }

impl Walk {
    /// Goods with prices that no rate divides, of two suppliers.
    pub async fn suppliers_come(&mut self) {
        let mut shares = json!({"service_fee_bp": 735, "payout": "sharing"});
        let mut priced = json!({"terms": "settlement_price", "settlement_days": 1, "payout": "transfer"});
        if self.payout == Payout::Merchants {
            // What is left of their statements is what the shop bears of refunds.
            (shares["sub_mchid"], shares["payout"]) = (json!(combined::ORCHARD), json!("manual"));
            priced["sub_mchid"] = json!(combined::MILL);
        }
        for (name, terms, price) in [("果园", shares, 2_503), ("米厂", priced, 1_777)] {
            let made = supplier(&self.keeper, name, terms).await;
            let goods = json!({
                "title": name, "pictures": ["https://example.com/a.jpg"], "on_shelf": true, "supplier_id": made["id"],
                "skus": [{"specs": {"规格": "份"}, "price_fen": price, "settlement_price_fen": 1_201, "stock": 5_000}],
            });
            let goods = self.keeper.post_new("/console/api/v1/goods", goods).await.ok();
            self.skus.push(goods["skus"][0]["id"].as_str().unwrap().to_owned());
            self.suppliers.ids.push(made["id"].as_str().unwrap().to_owned());
        }
        if self.payout != Payout::Merchants {
            let company = json!({"type": "MERCHANT_ID", "account": COMPANY, "name": "东山果园有限公司"});
            let path = format!("/console/api/v1/suppliers/{}/sharing-receiver", self.suppliers.ids[0]);
            self.keeper.put(&path, company).await.ok();
        }
        let path = format!("/console/api/v1/suppliers/{}/transfer-payee", self.suppliers.ids[1]);
        self.keeper.put(&path, json!({"member_id": self.shoppers[0].id(), "name": "米满仓"})).await.ok();
        let body = json!({"content_type": "image/png", "size": PNG.len()});
        let announced = self.keeper.post_new("/console/api/v1/uploads", body).await.ok();
        let url = url::Url::parse(announced["upload_url"].as_str().unwrap()).unwrap();
        let slip = Some(("image/png", PNG.to_vec()));
        self.app.anybody().send(Method::PUT, &url[url::Position::BeforePath..], slip).await.ok();
        self.suppliers.proof = announced["id"].clone();
    }

    /// What left the shop by statements, and no platform knows of.
    pub async fn paid_by_hand(&self) -> i64 {
        let paid = statement::in_shop(self.app.shop().id).filter(statement::Column::State.eq(StatementState::Paid));
        let paid = paid.all(self.app.app.db.reader()).await.unwrap();
        let transfers = transfer::in_shop(self.app.shop().id).filter(transfer::Column::StatementId.is_not_null());
        let transfers = transfers.filter(transfer::Column::State.eq(TransferState::Succeeded));
        let transfers = transfers.all(self.app.app.db.reader()).await.unwrap();
        let by_hand = paid.iter().filter(|row| transfers.iter().all(|sent| sent.statement_id != Some(row.id)));
        by_hand.map(|row| row.paid_fen.fen()).sum()
    }
}

/// A supplier's statement is made by hand, whenever that is.
async fn make_statement(walk: &mut Walk) -> bool {
    let supplier = walk.dice.pick(&walk.suppliers.ids.clone()).clone();
    let answer = walk.keeper.post_new(&format!("/console/api/v1/suppliers/{supplier}/statements"), json!({})).await;
    walk.taken(&answer)
}

/// Something is done to one of the statements, allowed or not.
async fn statement_goes_on(walk: &mut Walk) -> bool {
    let rows = statement::Entity::find().all(walk.app.app.db.reader()).await.unwrap();
    let open: Vec<_> = rows.iter().filter(|row| row.state != StatementState::Paid).collect();
    if open.is_empty() {
        return false;
    }
    let chosen = walk.dice.below(open.len());
    let row = open[chosen];
    let next = match row.state {
        StatementState::Draft => "confirm",
        StatementState::Confirmed | StatementState::Failed => "pay",
        _ => "paid",
    };
    let what = if walk.dice.once_in(4) { *walk.dice.pick(&["confirm", "pay", "paid", "failed"]) } else { next };
    let body = match what {
        "paid" => json!({"reference": "slip", "proof_upload_id": walk.suppliers.proof}),
        "failed" => json!({"reason": "退票"}),
        "pay" if walk.dice.once_in(3) => json!({"way": walk.dice.pick(&["manual", "transfer"])}),
        _ => json!({}),
    };
    let answer = walk.keeper.post(&format!("/console/api/v1/supplier-statements/{}/{what}", row.id), body).await;
    walk.taken(&answer)
}

/// A supplier is frozen, most often for a short while.
async fn freeze_supplier(walk: &mut Walk) -> bool {
    let supplier = walk.dice.pick(&walk.suppliers.ids.clone()).clone();
    let state = if walk.dice.once_in(5) { "frozen" } else { "enabled" };
    let path = format!("/console/api/v1/suppliers/{supplier}");
    let answer = walk.keeper.patch(&path, json!({"state": state})).await;
    walk.taken(&answer)
}

/// The supplier's company decides whether it gives back what it got.
async fn supplier_gives_back(walk: &mut Walk) -> bool {
    let agrees = !walk.dice.once_in(4);
    walk.app.wechat().agrees_to_returns(COMPANY, agrees);
    walk.app.wechat().finish_returns() > 0
}

/// The supplier's account cannot be paid for a while.
async fn supplier_fails(walk: &mut Walk) -> bool {
    let reason = if walk.dice.once_in(3) { Some("ACCOUNT_ABNORMAL") } else { None };
    walk.app.wechat().fail_receiver(COMPANY, reason);
    reason.is_some()
}
