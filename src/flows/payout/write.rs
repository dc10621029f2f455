//! A transfer's row with the exact request, written in the transaction of what it pays and sent by the job.

use kernel::{Failure, Fen};
use sea_orm::ConnectionTrait;

use crate::app::App;
use crate::areas::payouts::entity::transfer;
use crate::areas::payouts::requests::TransferRequest;
use crate::areas::payouts::transfers::{self, Pays};
use crate::areas::shops::payout::Scene;
use crate::areas::shops::query::Shop;

/// A transfer to be written.
pub(in crate::flows) struct NewTransfer<'a> {
    /// What it pays.
    pub pays: Pays,
    /// The merchant that pays.
    pub payer: &'a str,
    /// Who gets it.
    pub openid: String,
    /// His real name, where the amount needs it.
    pub user_name: Option<String>,
    /// What arrives.
    pub amount: Fen,
    /// What it is called.
    pub scene: Scene<'a>,
}

/// Writes the row; the caller rings the bell after its transaction.
pub(in crate::flows) async fn write(
    app: &App,
    tx: &impl ConnectionTrait,
    shop: &Shop,
    new: NewTransfer<'_>,
) -> Result<transfer::Model, Failure> {
    let report = new.scene.report.iter();
    let request = TransferRequest {
        scene_id: new.scene.id.to_owned(),
        openid: new.openid,
        user_name: new.user_name,
        amount_fen: new.amount,
        remark: new.scene.remark.to_owned(),
        notify_url: format!("{}/notify/wechat-pay/{}/transfer", app.config.server.public_url, shop.code),
        reports: report.map(|text| (text.info_type.clone(), text.info_content.clone())).collect(),
        wire: None,
    };
    let (now, wall) = (app.clock.now(), app.clock.wall());
    Ok(transfers::create(tx, shop.id, new.pays, new.payer, &request, now, wall).await?)
}
