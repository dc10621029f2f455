//! Whether a shop can take money and pay its leaders, and what its certificates still have to live.

use chrono::{DateTime, Duration};
use gateways::pay::wechat_pay::{Mode, PayError, WechatPay};
use kernel::Time;
use kernel::id::{PaymentId, TransferId};

use super::Findings;
use crate::app::{App, ShopClients};
use crate::areas::shops::merchant::AccountKeys;
use crate::areas::shops::payout::PayoutMode;
use crate::areas::shops::query::Shop;

/// Certificates that end sooner are worth a word.
const CERTIFICATE_SOON: Duration = Duration::days(30);

/// Checks a shop's merchant accounts.
pub(super) async fn check(app: &App, shop: &Shop, clients: &ShopClients, findings: &mut Findings) {
    let code = &shop.code;
    match clients.pay() {
        Ok(pay) => {
            tell_mode(shop, pay, findings);
            check_account(app, code, pay, Asked::Order, findings).await;
            check_ratio(shop, pay, findings).await;
        }
        Err(error) => findings.odd(&format!("{code}: {error}"), "apply a shop file with [wechat_pay] to take money"),
    }
    if let Some(account) = &shop.profile.wechat_pay {
        check_certificate(app.clock.wall(), code, &account.mchid, &account.keys, findings);
    }
    if let Some(merchant) = &shop.profile.payout.transfer_merchant {
        check_certificate(app.clock.wall(), code, &merchant.mchid, &merchant.keys, findings);
        match clients.transfers() {
            Ok(payer) => {
                findings.good(&format!("{code}: transfers to leaders are paid by merchant {}", payer.mchid()));
                check_account(app, code, payer, Asked::Transfer, findings).await;
            }
            Err(error) => findings.bad(&format!("{code}: {error}"), "correct [payout.transfer_merchant]"),
        }
    }
    check_payout(shop, findings);
}

/// Says whose money a service provider's shop takes.
fn tell_mode(shop: &Shop, pay: &WechatPay, findings: &mut Findings) {
    let Mode::Partner { sp_mchid, sub_mchid, .. } = pay.mode() else { return };
    let onboarding = shop.profile.wechat_pay.as_ref().and_then(|account| account.onboarding.as_ref());
    let name = onboarding.map(|known| format!(" ({})", known.merchant_name)).unwrap_or_default();
    findings.good(&format!("{}: sells as sub-merchant {sub_mchid}{name} of service provider {sp_mchid}", shop.code));
}

/// What an account is asked about that does not exist.
#[derive(Clone, Copy)]
enum Asked {
    Order,
    Transfer,
}

/// Asks for something that does not exist: a signed "not found" proves keys and rights both ways.
async fn check_account(app: &App, code: &str, pay: &WechatPay, asked: Asked, findings: &mut Findings) {
    let answer = match asked {
        Asked::Order => pay.query_order(&PaymentId::new().to_string()).await.map(drop),
        Asked::Transfer => pay.query_transfer(&TransferId::new().alphanumeric()).await.map(drop),
    };
    match answer {
        Err(PayError::NotFound(refusal)) if refusal.signed => {
            findings.good(&format!("{code}: WeChat Pay accepts our signature, and we accept WeChat Pay's"));
        }
        Ok(()) | Err(PayError::NotFound(_)) => findings.bad(
            &format!("{code}: WeChat Pay answered without a signature of its own"),
            "check what stands between here and platforms.wechat_pay: nothing that answers can be believed",
        ),
        Err(error @ PayError::Config(_)) => findings.bad(
            &format!("{code}: WeChat Pay refuses the account: {error}"),
            match pay.mode() {
                Mode::Direct => {
                    "check mchid, merchant_serial, merchant_key and that the mini-program is bound to the merchant"
                }
                Mode::Partner { .. } => {
                    "check sp_mchid, merchant_serial, merchant_key and that the sub-merchant has authorised the provider"
                }
            },
        ),
        Err(error) => findings.bad(
            &format!("{code}: WeChat Pay could not be asked: {error}"),
            "check platform_public_key and its id, and the network",
        ),
    }
    let Some(expiry) = pay.certificate_expiry().and_then(|at| DateTime::from_timestamp(at, 0)) else { return };
    let told = format!("{code}: WeChat Pay's newest certificate ends {}", expiry.date_naive());
    if expiry - app.clock.wall() < CERTIFICATE_SOON {
        findings.odd(&told, "a new one is fetched by itself; change to the platform public key to be rid of this");
    } else {
        findings.good(&told);
    }
}

/// Compares what the shop would share with what its sub-merchant was granted.
async fn check_ratio(shop: &Shop, pay: &WechatPay, findings: &mut Findings) {
    if shop.profile.payout.mode != PayoutMode::ProfitSharing {
        return;
    }
    let (code, own) = (&shop.code, shop.settings.sharing_ceiling_bp);
    match pay.sharing_ceiling().await {
        Ok(None) => {}
        Ok(Some(granted)) if granted < own => findings.odd(
            &format!(
                "{code}: {} of 10000 of an order may be shared, and the shop would share {}",
                granted.bp(),
                own.bp()
            ),
            "what goes beyond stays owed to the leaders; have the ratio raised, or lower sharing_ceiling_bp",
        ),
        Ok(Some(granted)) => findings.good(&format!("{code}: {} of 10000 of an order may be shared", granted.bp())),
        Err(error) => findings.odd(
            &format!("{code}: how much may be shared is not told: {error}"),
            "see that the sub-merchant has granted profit sharing to the service provider",
        ),
    }
}

/// Says when a merchant's API certificate ends, where the shop file names it.
fn check_certificate(now: Time, code: &str, mchid: &str, keys: &AccountKeys, findings: &mut Findings) {
    let Some(ends) = keys.certificate_ends.and_then(|at| DateTime::from_timestamp(at, 0)) else { return };
    let told = format!("{code}: the API certificate of merchant {mchid} ends {}", ends.date_naive());
    let mend = "apply for a new one in the merchant platform, then apply the shop file with its serial and key";
    if ends <= now {
        findings.bad(&told, mend);
    } else if ends - now < CERTIFICATE_SOON {
        findings.odd(&told, mend);
    } else {
        findings.good(&told);
    }
}

fn check_payout(shop: &Shop, findings: &mut Findings) {
    let payout = &shop.profile.payout;
    if payout.mode != PayoutMode::Transfer {
        return;
    }
    if shop.profile.transfer_mchid().is_none() || payout.transfer_scene_report.is_empty() {
        findings.bad(
            &format!("{}: leaders are paid by transfer, but account or scene report are missing", shop.code),
            "fill [wechat_pay] and payout.transfer_scene_report, or set payout.mode to \"manual\"",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_warned_of_thirty_days_ahead_and_at_fault_when_it_has_ended() {
        let now = DateTime::UNIX_EPOCH + Duration::days(20_000);
        let said = |days: i64| {
            let keys = AccountKeys {
                merchant_serial: "AB".to_owned(),
                platform_public_key_id: None,
                platform_public_key: None,
                certificate_ends: Some((now + Duration::days(days)).timestamp()),
            };
            let mut findings = Findings::default();
            check_certificate(now, "demo", "1", &keys, &mut findings);
            (findings.odd, findings.bad)
        };
        assert_eq!([said(31), said(29), said(0), said(-1)], [(0, 0), (1, 0), (0, 1), (0, 1)]);
    }
}
