//! Whose money it is, and all that differs because of it (R-66; sheet §2, §4, §5, §6).
//!
//! A direct merchant names itself. A service provider signs, names itself and its sub-merchant, uses
//! paths of its own for orders, and knows people under the app of the mini-program they use: its own
//! or the sub-merchant's. Everything else is the same in both modes, so nothing outside this file asks
//! which one it is.

use serde::Serialize;

use super::call::encode;
use super::notice::Parties;
use super::{PayError, ReceiverKind};

/// Whose money it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// An ordinary merchant: the shop's own mchid receives the money.
    Direct,
    /// A service provider acts for a sub-merchant, who receives the money.
    Partner {
        /// The service provider's appid.
        sp_appid: String,
        /// The service provider's mchid, which signs.
        sp_mchid: String,
        /// The sub-merchant's mchid.
        sub_mchid: String,
    },
}

/// One merchant account as the platform sees it.
#[derive(Clone, Debug)]
pub(super) struct Account {
    mode: Mode,
    /// The mini-program in which people pay.
    appid: String,
    /// Who signs.
    mchid: String,
}

/// The ids that say who sells, in a body.
#[derive(Default, Serialize)]
pub(super) struct Seller<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    appid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mchid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sp_appid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sp_mchid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub_appid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub_mchid: Option<&'a str>,
}

/// Who pays, under the app the openid belongs to.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum PayerId<'a> {
    Openid(&'a str),
    SpOpenid(&'a str),
    SubOpenid(&'a str),
}

/// One seller of a combined payment: the merchant itself, or who signs and the sub-merchant.
#[derive(Serialize)]
pub(super) struct Participant<'a> {
    mchid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub_mchid: Option<&'a str>,
}

/// The sub-merchant alone, where nothing else of the seller is named.
#[derive(Serialize)]
pub(super) struct Sub<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    sub_mchid: Option<&'a str>,
}

/// The sub-merchant, and the apps that receivers' openids may belong to.
#[derive(Serialize)]
pub(super) struct Apps<'a> {
    #[serde(flatten)]
    sub: Sub<'a>,
    appid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub_appid: Option<&'a str>,
}

impl Account {
    /// `mchid` is the direct merchant's; a service provider's stands in its mode.
    pub fn new(mode: Mode, appid: String, mchid: String) -> Self {
        let mchid = match &mode {
            Mode::Direct => mchid,
            Mode::Partner { sp_mchid, .. } => sp_mchid.clone(),
        };
        Self { mode, appid, mchid }
    }

    /// The same account for another sub-merchant; a direct merchant stays as it is.
    pub fn for_sub_merchant(&self, other: &str) -> Self {
        let mut account = self.clone();
        if let Mode::Partner { sub_mchid, .. } = &mut account.mode {
            other.clone_into(sub_mchid);
        }
        account
    }

    /// A seller of a combined payment, where `merchant` receives its money: under a service provider a
    /// sub-merchant of his, else a merchant bound to the app (sheet §3).
    pub fn participant<'a>(&'a self, merchant: &'a str) -> Participant<'a> {
        match &self.mode {
            Mode::Direct => Participant { mchid: merchant, sub_mchid: None },
            Mode::Partner { sp_mchid, .. } => Participant { mchid: sp_mchid, sub_mchid: Some(merchant) },
        }
    }

    /// How many sellers a combined payment may have: a direct merchant's own order goes the plain way.
    pub fn participants(&self) -> std::ops::RangeInclusive<usize> {
        match self.mode {
            Mode::Direct => 2..=10,
            Mode::Partner { .. } => 1..=50,
        }
    }

    /// Who signs.
    pub fn mchid(&self) -> &str {
        &self.mchid
    }

    pub fn mode(&self) -> &Mode {
        &self.mode
    }

    /// The mini-program: what the pay sheet is signed for.
    pub fn appid(&self) -> &str {
        &self.appid
    }

    /// The sub-merchant's app, where people are known under that.
    fn sub_appid(&self) -> Option<&str> {
        match &self.mode {
            Mode::Partner { sp_appid, .. } if *sp_appid != self.appid => Some(&self.appid),
            _ => None,
        }
    }

    /// The sub-merchant.
    pub fn sub_mchid(&self) -> Option<&str> {
        match &self.mode {
            Mode::Direct => None,
            Mode::Partner { sub_mchid, .. } => Some(sub_mchid),
        }
    }

    /// The path of orders, with what follows it.
    pub fn orders(&self, rest: &str) -> String {
        match self.mode {
            Mode::Direct => format!("/v3/pay/transactions/{rest}"),
            Mode::Partner { .. } => format!("/v3/pay/partner/transactions/{rest}"),
        }
    }

    /// The seller as a new order names it.
    pub fn seller(&self) -> Seller<'_> {
        match &self.mode {
            Mode::Direct => Seller { appid: Some(&self.appid), ..self.seller_numbers() },
            Mode::Partner { sp_appid, .. } => {
                Seller { sp_appid: Some(sp_appid), sub_appid: self.sub_appid(), ..self.seller_numbers() }
            }
        }
    }

    /// The seller as closing names it.
    pub fn seller_numbers(&self) -> Seller<'_> {
        match &self.mode {
            Mode::Direct => Seller { mchid: Some(&self.mchid), ..Seller::default() },
            Mode::Partner { sp_mchid, sub_mchid, .. } => {
                Seller { sp_mchid: Some(sp_mchid), sub_mchid: Some(sub_mchid), ..Seller::default() }
            }
        }
    }

    /// The seller as a query names it.
    pub fn seller_query(&self) -> String {
        match &self.mode {
            Mode::Direct => format!("mchid={}", encode(&self.mchid)),
            Mode::Partner { sp_mchid, sub_mchid, .. } => {
                format!("sp_mchid={}&sub_mchid={}", encode(sp_mchid), encode(sub_mchid))
            }
        }
    }

    /// The payer of an order, whose openid is that of the mini-program.
    pub fn payer<'a>(&self, openid: &'a str) -> PayerId<'a> {
        match (&self.mode, self.sub_appid()) {
            (Mode::Direct, _) => PayerId::Openid(openid),
            (Mode::Partner { .. }, Some(_)) => PayerId::SubOpenid(openid),
            (Mode::Partner { .. }, None) => PayerId::SpOpenid(openid),
        }
    }

    /// What a receiver is whose openid is that of the mini-program.
    pub fn person(&self) -> ReceiverKind {
        if self.sub_appid().is_some() { ReceiverKind::SubPerson } else { ReceiverKind::Person }
    }

    /// The sub-merchant in a body that names nothing else of the seller.
    pub fn sub(&self) -> Sub<'_> {
        Sub { sub_mchid: self.sub_mchid() }
    }

    /// The sub-merchant and the apps, in a body about receivers.
    pub fn apps(&self) -> Apps<'_> {
        let appid = match &self.mode {
            Mode::Direct => &self.appid,
            Mode::Partner { sp_appid, .. } => sp_appid,
        };
        Apps { sub: self.sub(), appid, sub_appid: self.sub_appid() }
    }

    /// `target` with the sub-merchant at the end of its query.
    pub fn with_sub(&self, mut target: String) -> String {
        if let Some(sub) = self.sub_mchid() {
            target.push(if target.contains('?') { '&' } else { '?' });
            target.push_str(&format!("sub_mchid={}", encode(sub)));
        }
        target
    }

    /// Refuses merchant transfer to a service provider, to whom the platform does not offer it (sheet §7).
    pub fn check_may_transfer(&self) -> Result<(), PayError> {
        match self.mode {
            Mode::Direct => Ok(()),
            Mode::Partner { .. } => Err(PayError::Invalid("merchant transfer is not offered to service providers")),
        }
    }

    /// Whether a notice names this account, and no other merchant, sub-merchant or app. A kind that
    /// names no app is judged by its merchants alone.
    pub fn is_named_by(&self, named: &Parties) -> bool {
        let Parties { mchid, sub_mchid, appid, sp_appid, combined } = named;
        if *combined {
            // It names who signs and the app alone; each of its orders names its seller.
            return mchid.as_deref() == Some(&self.mchid) && appid.as_deref() == Some(&self.appid);
        }
        let apps_fit = match &self.mode {
            Mode::Direct => sp_appid.is_none() && appid.as_ref().is_none_or(|theirs| *theirs == self.appid),
            // An order that names no mini-program was made under the service provider's app.
            Mode::Partner { sp_appid: own, .. } => {
                sp_appid.as_ref().is_none_or(|theirs| theirs == own)
                    && appid.as_ref().is_none_or(|theirs| *theirs == self.appid)
            }
        };
        mchid.as_deref() == Some(&self.mchid) && sub_mchid.as_deref() == self.sub_mchid() && apps_fit
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn partner(appid: &str) -> Account {
        let mode = Mode::Partner { sp_appid: "wxsp".to_owned(), sp_mchid: "1".to_owned(), sub_mchid: "2".to_owned() };
        Account::new(mode, appid.to_owned(), String::new())
    }

    fn json(value: impl Serialize) -> String {
        serde_json::to_string(&value).unwrap()
    }

    #[test]
    fn people_are_named_under_the_app_they_are_known_by() {
        let (own, sub) = (partner("wxsp"), partner("wxsub"));
        assert_eq!((json(own.payer("o")), own.person()), (r#"{"sp_openid":"o"}"#.to_owned(), ReceiverKind::Person));
        assert_eq!((json(sub.payer("o")), sub.person()), (r#"{"sub_openid":"o"}"#.to_owned(), ReceiverKind::SubPerson));
        assert_eq!(json(own.seller()), r#"{"sp_appid":"wxsp","sp_mchid":"1","sub_mchid":"2"}"#);
        assert_eq!(json(sub.seller()), r#"{"sp_appid":"wxsp","sp_mchid":"1","sub_appid":"wxsub","sub_mchid":"2"}"#);
        assert_eq!(json(sub.apps()), r#"{"sub_mchid":"2","appid":"wxsp","sub_appid":"wxsub"}"#);
    }

    #[test]
    fn the_sub_merchant_joins_a_query_that_is_there_or_begins_one() {
        assert_eq!(partner("wx").with_sub("/a".to_owned()), "/a?sub_mchid=2");
        assert_eq!(partner("wx").with_sub("/a?b=1".to_owned()), "/a?b=1&sub_mchid=2");
        let direct = Account::new(Mode::Direct, "wx".to_owned(), "3".to_owned());
        assert_eq!(direct.with_sub("/a".to_owned()), "/a");
    }
}
