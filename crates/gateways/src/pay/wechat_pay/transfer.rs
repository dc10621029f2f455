//! Merchant transfer to a user's wallet (sheet §7, R-41). Success cannot be undone, and no second
//! transfer is made before the first is final.

use kernel::Fen;
use serde::Serialize;

use super::call::{Outgoing, encode, to_json};
use super::wire::TransferBill;
use super::{PayError, WechatPay};

/// From this amount on the receiver's real name is required and checked.
const NAME_FROM: Fen = Fen::from_fen(200_000);
/// The partner's smallest transfer.
const LEAST: Fen = Fen::from_fen(10);
const PATH: &str = "/v3/fund-app/mch-transfer/transfer-bills";

/// A transfer to ask for. Scene, reports and perception are configuration: they depend on what
/// the merchant was granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTransfer {
    /// Our number: at most 32 digits and letters.
    pub out_bill_no: String,
    /// `1005` for commission.
    pub scene_id: String,
    /// The receiver under our appid.
    pub openid: String,
    /// Real name; needed from 2 000 yuan on, sent encrypted and only then.
    pub user_name: Option<String>,
    /// At least 10 fen.
    pub amount: Fen,
    /// Seen by the user; cut to 32 characters.
    pub remark: String,
    /// Where the notice goes.
    pub notify_url: Option<String>,
    /// Only values the scene allows; `None` shows the default text.
    pub perception: Option<String>,
    /// The exact set the scene demands.
    pub reports: Vec<SceneReport>,
}

/// A transfer as it goes over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedTransfer {
    /// The body, a real name in it encrypted.
    pub body: String,
    /// For which of the platform's keys; none without a real name.
    pub serial: Option<String>,
}

/// One entry the scene demands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SceneReport {
    /// Such as 岗位类型.
    pub info_type: String,
    /// Such as 团长.
    pub info_content: String,
}

#[derive(Serialize)]
struct Body<'a> {
    appid: &'a str,
    out_bill_no: &'a str,
    transfer_scene_id: &'a str,
    openid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_name: Option<String>,
    transfer_amount: Fen,
    transfer_remark: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    notify_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_recv_perception: Option<&'a str>,
    transfer_scene_report_infos: &'a [SceneReport],
}

impl WechatPay {
    /// The exact request, so that it can be stored before it is sent: encryption never gives the
    /// same text twice, and a repeat must be the same bytes.
    ///
    /// Errors: [`PayError::Invalid`] for what the partner never accepts, a service provider's
    /// account included: it has no general access to transfers.
    pub async fn transfer_body(&self, transfer: &NewTransfer) -> Result<SealedTransfer, PayError> {
        self.check_transfer(transfer)?;
        let (mut serial, mut user_name) = (None, None);
        if transfer.amount >= NAME_FROM
            && let Some(name) = &transfer.user_name
        {
            let (key, sealed) = self.encrypt(name).await?;
            (serial, user_name) = (Some(key), Some(sealed));
        }
        let remark: String = transfer.remark.chars().take(32).collect();
        let body = to_json(&Body {
            appid: self.account().appid(),
            out_bill_no: &transfer.out_bill_no,
            transfer_scene_id: &transfer.scene_id,
            openid: &transfer.openid,
            user_name,
            transfer_amount: transfer.amount,
            transfer_remark: &remark,
            notify_url: transfer.notify_url.as_deref(),
            user_recv_perception: transfer.perception.as_deref(),
            transfer_scene_report_infos: &transfer.reports,
        })?;
        Ok(SealedTransfer { body: String::from_utf8_lossy(&body).into_owned(), serial })
    }

    /// Asks for a transfer. While it waits for the user the answer holds `package_info`. A repeat
    /// with the same bytes gives the current state.
    pub async fn create_transfer(&self, transfer: &SealedTransfer) -> Result<TransferBill, PayError> {
        self.post_sealed(PATH, transfer.body.as_bytes(), transfer.serial.as_deref()).await
    }

    /// The transfer as it stands; 30 days back at most. [`PayError::NotFound`] soon after a create
    /// without an answer does not prove that it will not appear.
    pub async fn query_transfer(&self, out_bill_no: &str) -> Result<TransferBill, PayError> {
        self.get(&format!("{PATH}/out-bill-no/{}", encode(out_bill_no))).await
    }

    /// Takes a transfer back that the user has not confirmed. Accepted is not final: ask the query.
    pub async fn cancel_transfer(&self, out_bill_no: &str) -> Result<TransferBill, PayError> {
        let target = format!("{PATH}/out-bill-no/{}/cancel", encode(out_bill_no));
        let reply = self.call(&Outgoing::post(&target, None)).await?;
        serde_json::from_slice(&reply.body).map_err(|e| PayError::Malformed(e.to_string()))
    }

    fn check_transfer(&self, transfer: &NewTransfer) -> Result<(), PayError> {
        let number = &transfer.out_bill_no;
        self.account().check_may_transfer()?;
        if number.is_empty() || number.len() > 32 || !number.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(PayError::Invalid("out_bill_no must be 1-32 digits and letters"));
        }
        if transfer.amount < LEAST {
            return Err(PayError::Invalid("a transfer is at least 10 fen"));
        }
        if transfer.amount >= NAME_FROM && transfer.user_name.is_none() {
            return Err(PayError::Invalid("from 2 000 yuan on the receiver's real name is needed"));
        }
        Ok(())
    }
}
