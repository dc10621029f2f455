//! The platform's limits, interface by interface (sheet §5, §6, §7), and keeping to them.

use std::time::Duration;

use reqwest::Method;

use super::account::Account;
use super::call::Outgoing;
use super::{PayError, WechatPay};
use crate::http::Reply;
use crate::pace::{Lane, Turn};

/// The longest wait for a turn; after that the caller's own patience decides.
const PATIENCE: Duration = Duration::from_secs(2);

const REFUNDS: &str = "/v3/refund/domestic/refunds";
const TRANSFERS: &str = "/v3/fund-app/mch-transfer/transfer-bills";

/// Refunds of a merchant a second.
const REFUNDS_PER_S: u32 = 150;
/// Refused refunds of a merchant a second: a storm of these blocks the good ones.
const REFUSED_REFUNDS_PER_S: u32 = 6;
/// Sharing requests of a selling merchant a second.
const SHARES_OF_SELLER_PER_S: u32 = 30;
/// Sharing requests of a service provider a second.
const SHARES_OF_PROVIDER_PER_S: u32 = 300;
/// Transfers of a merchant a second.
const TRANSFERS_PER_S: u32 = 100;
/// Cancellations of transfers a second; other pages say 100.
const CANCELS_PER_S: u32 = 20;

/// The limits a call is under; most are under none.
fn lanes(account: &Account, method: &Method, target: &str) -> Vec<Lane> {
    if *method != Method::POST {
        return Vec::new();
    }
    let own = account.mchid();
    let lane = |name: &str, of: &str, per_second| Lane { key: format!("{name}:{of}"), per_second };
    match target {
        REFUNDS => vec![lane("refund", own, REFUNDS_PER_S)],
        TRANSFERS => vec![lane("transfer", own, TRANSFERS_PER_S)],
        _ if target.starts_with(TRANSFERS) && target.ends_with("/cancel") => {
            vec![lane("transfer_cancel", own, CANCELS_PER_S)]
        }
        _ if target.starts_with("/v3/profitsharing/orders")
            || target.starts_with("/v3/profitsharing/return-orders") =>
        {
            let seller = lane("share", account.sub_mchid().unwrap_or(own), SHARES_OF_SELLER_PER_S);
            let provider = account.sub_mchid().map(|_| lane("share_provider", own, SHARES_OF_PROVIDER_PER_S));
            [Some(seller), provider].into_iter().flatten().collect()
        }
        _ => Vec::new(),
    }
}

fn refused_refunds(account: &Account) -> Lane {
    Lane { key: format!("refund_refused:{}", account.mchid()), per_second: REFUSED_REFUNDS_PER_S }
}

fn is_refund(outgoing: &Outgoing<'_>) -> bool {
    outgoing.method == Method::POST && outgoing.target == REFUNDS
}

impl WechatPay {
    /// Waits for the turn of a call. Errors: [`PayError::Unreachable`] when it would take too long;
    /// nothing was sent.
    pub(super) async fn take_turn(&self, outgoing: &Outgoing<'_>) -> Result<(), PayError> {
        let late = |lane: &Lane| {
            metrics::counter!("gateway_turns_missed_total", "platform" => "wechat_pay").increment(1);
            PayError::Unreachable(format!("the platform's limit of {} a second is used up", lane.per_second))
        };
        if is_refund(outgoing) {
            let lane = refused_refunds(self.account());
            let wait = self.pace().turn(&lane, Turn::Look(PATIENCE)).await.ok_or_else(|| late(&lane))?;
            rest(wait).await;
        }
        for lane in lanes(self.account(), &outgoing.method, outgoing.target) {
            let wait = self.pace().turn(&lane, Turn::Within(PATIENCE)).await.ok_or_else(|| late(&lane))?;
            rest(wait).await;
        }
        Ok(())
    }

    /// Counts a refund the platform refused.
    pub(super) async fn note_refused(&self, outgoing: &Outgoing<'_>, reply: &Reply) {
        if is_refund(outgoing) && (400..500).contains(&reply.status) {
            self.pace().turn(&refused_refunds(self.account()), Turn::Used).await;
        }
    }
}

async fn rest(wait: Duration) {
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
}

#[cfg(test)]
mod tests {
    use super::super::account::Mode;
    use super::*;

    fn keys(account: &Account, target: &str) -> Vec<(String, u32)> {
        lanes(account, &Method::POST, target).into_iter().map(|lane| (lane.key, lane.per_second)).collect()
    }

    #[test]
    fn every_limited_interface_has_its_lane() {
        let direct = Account::new(Mode::Direct, "wx".to_owned(), "1".to_owned());
        let mode = Mode::Partner { sp_appid: "wxsp".to_owned(), sp_mchid: "2".to_owned(), sub_mchid: "3".to_owned() };
        let partner = Account::new(mode, "wx".to_owned(), String::new());
        let one = |key: &str, rate| vec![(key.to_owned(), rate)];
        assert_eq!(keys(&direct, REFUNDS), one("refund:1", 150));
        assert_eq!(keys(&direct, TRANSFERS), one("transfer:1", 100));
        assert_eq!(keys(&direct, &format!("{TRANSFERS}/out-bill-no/T1/cancel")), one("transfer_cancel:1", 20));
        assert_eq!(keys(&direct, "/v3/profitsharing/orders/unfreeze"), one("share:1", 30));
        let both = vec![("share:3".to_owned(), 30), ("share_provider:2".to_owned(), 300)];
        assert_eq!(keys(&partner, "/v3/profitsharing/orders"), both);
        assert_eq!(keys(&direct, "/v3/pay/transactions/jsapi"), []);
        assert!(lanes(&direct, &Method::GET, REFUNDS).is_empty());
    }
}
