//! How a shop pays its leaders, and its suppliers by transfer.

use kernel::Fen;
use serde::{Deserialize, Serialize};

use super::merchant::TransferMerchant;

/// How leaders are paid. `M` is the merchant that pays transfers, where one is configured apart: in a
/// shop file with its secrets, at rest without them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Payout<M = TransferMerchant> {
    /// The way.
    pub mode: PayoutMode,
    /// The scene granted to the merchant.
    pub transfer_scene_id: String,
    /// The texts the scene wants.
    pub transfer_scene_report: Vec<SceneReport>,
    /// What the leader sees, at most 32 characters.
    pub transfer_remark: String,
    /// The scene's limit; more is refused, never split.
    pub transfer_max_fen: Fen,
    /// What is different of a transfer that pays a supplier.
    pub supplier_transfer: SupplierTransfer,
    /// Who pays transfers, where the account that takes the money does not.
    pub transfer_merchant: Option<M>,
}

/// What is different of a transfer that pays a supplier's statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SupplierTransfer {
    /// The scene, where the merchant has one apart; else the leaders'.
    pub scene_id: Option<String>,
    /// The texts it wants; else the leaders'.
    pub scene_report: Option<Vec<SceneReport>>,
    /// What the receiver sees, at most 32 characters.
    pub remark: String,
}

impl Default for SupplierTransfer {
    fn default() -> Self {
        Self { scene_id: None, scene_report: None, remark: "供货货款".to_owned() }
    }
}

/// Under which scene a transfer goes, and what it says.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// Granted to the merchant.
    pub id: &'a str,
    /// The texts it wants.
    pub report: &'a [SceneReport],
    /// What the receiver sees.
    pub remark: &'a str,
}

/// How leaders are paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayoutMode {
    /// By merchant transfer, on withdrawal.
    Transfer,
    /// By profit sharing, at settlement.
    ProfitSharing,
    /// By hand.
    Manual,
}

/// A way leaders may be offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PayoutChannel {
    /// Merchant transfer to the WeChat wallet, where the shop has a merchant that may.
    WechatTransfer,
    /// By hand, one by one.
    Manual,
    /// To a bank account, by sheet.
    Bank,
    /// To an Alipay account, by sheet.
    Alipay,
    /// Into the leader's own balance as a member.
    Balance,
}

/// One text a transfer scene wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SceneReport {
    /// The field's name, as the scene has it.
    pub info_type: String,
    /// What it says.
    pub info_content: String,
}

impl<M> Default for Payout<M> {
    fn default() -> Self {
        let report = |info_type: &str, info_content: &str| SceneReport {
            info_type: info_type.to_owned(),
            info_content: info_content.to_owned(),
        };
        Self {
            mode: PayoutMode::Transfer,
            transfer_scene_id: "1005".to_owned(),
            transfer_scene_report: vec![report("岗位类型", "团长"), report("报酬说明", "团购佣金")],
            transfer_remark: "团购佣金".to_owned(),
            transfer_max_fen: Fen::from_fen(2_000_000),
            supplier_transfer: SupplierTransfer::default(),
            transfer_merchant: None,
        }
    }
}

impl<M> Payout<M> {
    /// The scene of what leaders get.
    pub fn leaders(&self) -> Scene<'_> {
        Scene { id: &self.transfer_scene_id, report: &self.transfer_scene_report, remark: &self.transfer_remark }
    }

    /// The scene of what suppliers get.
    pub fn suppliers(&self) -> Scene<'_> {
        let own = &self.supplier_transfer;
        Scene {
            id: own.scene_id.as_deref().unwrap_or(&self.transfer_scene_id),
            report: own.scene_report.as_deref().unwrap_or(&self.transfer_scene_report),
            remark: &own.remark,
        }
    }

    /// The same with another account of the merchant that pays.
    pub(super) fn paid_by<N>(self, transfer_merchant: Option<N>) -> Payout<N> {
        Payout {
            mode: self.mode,
            transfer_scene_id: self.transfer_scene_id,
            transfer_scene_report: self.transfer_scene_report,
            transfer_remark: self.transfer_remark,
            transfer_max_fen: self.transfer_max_fen,
            supplier_transfer: self.supplier_transfer,
            transfer_merchant,
        }
    }
}
