//! A leader with money, without the story that earned it; and what the books say.

use kernel::id::{LeaderId, ShopId};
use kernel::{BasisPoints, Fen};
use sea_orm::EntityTrait;
use sea_orm::sea_query::Expr;
use serde_json::Value;
use tuanqiao::areas::leaders::entity::leader;
use tuanqiao::areas::leaders::state::LeaderState;
use tuanqiao::areas::ledger::state::AccountKind;
use tuanqiao::areas::ledger::{self, Draft, Floor};
use tuanqiao::areas::payouts::entity::{sharing, transfer};

use crate::app::{TestApp, shop_text};
use crate::shopper::Client;

/// Somebody who is a leader.
pub struct Leader {
    pub id: LeaderId,
    pub client: Client,
}

impl TestApp {
    /// A shop with `more` at the end of its file: payout, settings.
    pub async fn shop_says(&self, more: &str) {
        let text = shop_text("demo", &self.keys().merchant, &self.keys());
        self.apply_shop(&format!("{text}\n{more}")).await;
    }

    /// A leader who may withdraw `fen`.
    pub async fn leader_with(&self, name: &str, fen: i64) -> Leader {
        let client = self.member(name).await;
        let (shop, now) = (self.shop().id, self.app.clock.now());
        let row = leader::Model {
            id: LeaderId::new(),
            shop_id: shop,
            member_id: client.id().parse().unwrap(),
            name: "张三".to_owned(),
            sealed_phone: None,
            phone_mask: None,
            state: LeaderState::Enabled,
            resting: false,
            pickup_only: false,
            level_id: None,
            recommender_id: None,
            multiplier_bp: BasisPoints::WHOLE,
            receiver: None,
            receiver_added_at: None,
            created_at: now,
            updated_at: now,
        };
        let id = row.id;
        let row = leader::ActiveModel::from(row);
        self.app
            .db
            .write(async |tx| {
                leader::Entity::insert(row.clone()).exec_without_returning(tx).await?;
                let mut draft = Draft::new(shop, "referral_reward", id.uuid());
                draft.debit(AccountKind::Marketing, None, Fen::from_fen(fen));
                draft.credit(AccountKind::LeaderAvailable, Some(id.uuid()), Fen::from_fen(fen))?;
                Ok(ledger::service::post(tx, &draft, Floor::Zero, now).await?)
            })
            .await
            .unwrap();
        Leader { id, client }
    }

    /// What a leader has available and frozen.
    pub async fn funds(&self, leader: LeaderId) -> (i64, i64) {
        let of = async |account| {
            ledger::query::balance(self.app.db.reader(), self.shop().id, account, leader.uuid()).await.unwrap()
        };
        (of(AccountKind::LeaderAvailable).await, of(AccountKind::LeaderFrozen).await)
    }

    /// The sum of an account's entries, debit positive.
    pub async fn account(&self, account: AccountKind) -> i64 {
        let sums = ledger::query::accounts(self.app.db.reader(), self.shop().id).await.unwrap();
        sums.iter().find(|sum| sum.account == account).map_or(0, |sum| sum.sum)
    }

    /// Fails unless the books of the shop add up to zero.
    pub async fn books_are_clean(&self) {
        let shop: ShopId = self.shop().id;
        let verdict = ledger::query::verify(self.app.db.reader(), shop).await.unwrap();
        assert!(verdict.is_clean(), "{verdict:?}");
        let sums = ledger::query::accounts(self.app.db.reader(), shop).await.unwrap();
        assert_eq!(sums.iter().map(|sum| sum.sum).sum::<i64>(), 0);
    }

    /// Moves time on, ours and the platforms': a confirmation's day and a freeze are theirs.
    pub fn time_passes(&self, seconds: i64) {
        self.advance(seconds);
        self.wechat().advance(seconds);
    }

    /// Makes every payout that waits for its next exchange due, since wall time cannot be moved, and
    /// lets the jobs work.
    pub async fn payouts_go_on(&self) {
        let (conn, wall) = (self.app.db.maintenance(), self.app.clock.wall());
        let at = || Expr::value(wall);
        let due = transfer::Entity::update_many().col_expr(transfer::Column::NextQueryAt, at());
        due.exec(conn).await.unwrap();
        let due = sharing::Entity::update_many().col_expr(sharing::Column::NextQueryAt, at());
        due.exec(conn).await.unwrap();
        self.run_due_jobs().await;
    }
}

impl Leader {
    /// Asks for money by merchant transfer.
    pub async fn withdraws(&self, fen: i64) -> crate::answer::Answer {
        let body = serde_json::json!({"amount_fen": fen, "channel": "wechat_transfer"});
        self.client.post_new("/api/v1/leader/withdrawals", body).await
    }

    /// A withdrawal as the leader sees it.
    pub async fn sees(&self, withdrawal: &Value) -> Value {
        let id = withdrawal["id"].as_str().unwrap();
        self.client.get(&format!("/api/v1/leader/withdrawals/{id}")).await.ok()
    }
}
