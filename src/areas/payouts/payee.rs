//! An account outside WeChat: what it may be, how it is shown, how it is sealed.

use kernel::FieldFault;
use kernel::failure::Invalid;
use kernel::id::WithdrawalId;
use serde::{Deserialize, Serialize};

use super::error::PayoutError;
use super::state::WithdrawalChannel;
use crate::platform::seal::Sealer;

/// How many of an account's last characters are shown, and have to agree in a file of results.
pub const TAIL: usize = 4;

/// An account of a person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payee {
    /// The channel that pays it.
    pub channel: WithdrawalChannel,
    /// The number of a bank account, or the mobile number or mail address of an Alipay account.
    pub account: String,
    /// Whose it is, by his real name.
    pub name: String,
    /// Which bank; none at Alipay.
    pub bank: Option<String>,
}

impl std::fmt::Debug for Payee {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Payee([REDACTED])")
    }
}

impl Payee {
    /// Where the account is.
    pub fn house(&self) -> &str {
        self.bank.as_deref().unwrap_or("支付宝")
    }

    /// As everybody sees it: `招商银行 ****0003 张*`.
    pub fn mask(&self) -> String {
        format!("{} ****{} {}", self.house(), tail(&self.account), kernel::mask::name(&self.name))
    }

    /// The same without blanks around and within, checked; every fault names its field.
    pub fn checked(self) -> Result<Self, Invalid> {
        let mut faults = Vec::new();
        let mut text = |field: &str, text: &str, most: usize| {
            let text = text.trim().to_owned();
            if !(1..=most).contains(&text.chars().count()) {
                faults.push(FieldFault::new(field, "out_of_range", format!("1 to {most} characters")));
            } else if text.chars().any(char::is_control) {
                faults.push(FieldFault::new(field, "invalid", "control characters are not accepted"));
            }
            text
        };
        let name = text("name", &self.name, 40);
        let at_bank = self.channel == WithdrawalChannel::Bank;
        let bank = if at_bank { Some(text("bank", self.bank.as_deref().unwrap_or_default(), 60)) } else { None };
        let account: String = self.account.chars().filter(|c| !c.is_whitespace()).collect();
        faults.extend(if at_bank { bank_fault(&account) } else { alipay_fault(&account) });
        if !self.channel.by_sheet() {
            faults.push(FieldFault::new("channel", "invalid", "bank or alipay"));
        }
        Invalid::unless_empty(faults)?;
        Ok(Self { channel: self.channel, account, name, bank })
    }

    /// Seals it for `place`.
    pub fn seal(&self, sealer: &Sealer, place: &str) -> Result<String, PayoutError> {
        let text = serde_json::to_vec(self).map_err(|error| PayoutError::Unreadable(error.to_string()))?;
        Ok(sealer.seal(place, &text)?)
    }

    /// Opens what [`Payee::seal`] made.
    pub fn open(sealer: &Sealer, place: &str, sealed: &str) -> Result<Self, PayoutError> {
        let text = sealer.open(place, sealed)?;
        serde_json::from_slice(&text).map_err(|error| PayoutError::Unreadable(error.to_string()))
    }
}

/// Where a withdrawal keeps to whom it goes.
pub fn place_of(withdrawal: WithdrawalId) -> String {
    format!("withdrawals.payee:{withdrawal}")
}

fn bank_fault(account: &str) -> Option<FieldFault> {
    if !account.bytes().all(|byte| byte.is_ascii_digit()) || !(8..=30).contains(&account.len()) {
        return Some(FieldFault::new("account", "invalid", "8 to 30 digits"));
    }
    // Cards end in a check digit; passbooks and old accounts, shorter or longer, do not.
    let is_card = (16..=19).contains(&account.len());
    (is_card && !luhn(account)).then(|| FieldFault::new("account", "checksum", "no card has this number"))
}

fn alipay_fault(account: &str) -> Option<FieldFault> {
    let digits = account.bytes().all(|byte| byte.is_ascii_digit());
    let mobile = account.len() == 11 && account.starts_with('1') && digits;
    let mail = account.split_once('@').is_some_and(|(user, host)| {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+');
        let starts = user.starts_with(|c: char| c.is_ascii_alphanumeric());
        starts && host.contains('.') && user.chars().all(plain) && host.chars().all(plain)
    });
    let fits = (mobile || mail) && account.len() <= 100;
    (!fits).then(|| FieldFault::new("account", "invalid", "a mobile number or a mail address"))
}

/// An account's last characters.
pub fn tail(number: &str) -> String {
    let length = number.chars().count();
    number.chars().skip(length.saturating_sub(TAIL)).collect()
}

/// Whether a card's last digit fits the others (ISO/IEC 7812).
fn luhn(number: &str) -> bool {
    let sum: u32 = number
        .chars()
        .rev()
        .filter_map(|c| c.to_digit(10))
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit * 2) {
            (0, _) => digit,
            (_, doubled) if doubled > 9 => doubled - 9,
            (_, doubled) => doubled,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    fn bank(account: &str) -> Payee {
        let (account, bank) = (account.to_owned(), Some("招商银行".to_owned()));
        Payee { channel: WithdrawalChannel::Bank, account, name: " 张三 ".to_owned(), bank }
    }

    fn alipay(account: &str) -> Payee {
        Payee { channel: WithdrawalChannel::Alipay, account: account.to_owned(), name: "李四".to_owned(), bank: None }
    }

    fn fault(payee: Payee) -> (String, String) {
        let fault = payee.checked().unwrap_err().0.remove(0);
        (fault.field, fault.code)
    }

    #[test]
    fn a_card_is_kept_without_blanks_and_shown_by_its_end() {
        let kept = bank("6225 8801 0007 0003").checked().unwrap();
        assert_eq!((kept.account.as_str(), kept.name.as_str()), ("6225880100070003", "张三"));
        assert_eq!(kept.mask(), "招商银行 ****0003 张*");
        assert_eq!(format!("{kept:?}"), "Payee([REDACTED])");
        assert!(bank("12345678").checked().is_ok(), "a passbook has no check digit");
        assert_eq!(alipay("13800000417").checked().unwrap().mask(), "支付宝 ****0417 李*");
    }

    #[test]
    fn what_no_account_looks_like_is_refused_with_its_field() {
        let account = |code: &str| ("account".to_owned(), code.to_owned());
        assert_eq!(fault(bank("6225880100070004")), account("checksum"));
        assert_eq!(fault(bank("=1+1")), account("invalid"));
        assert!(alipay("li.si@example.com").checked().is_ok());
        for odd in ["12345", "=cmd@x.y", "a@b", "@x.y", "１３８００００００００"] {
            assert_eq!(fault(alipay(odd)), account("invalid"), "{odd}");
        }
        assert_eq!(fault(Payee { name: " ".to_owned(), ..alipay("13800000417") }).0, "name");
        assert_eq!(fault(Payee { bank: None, ..bank("12345678") }).0, "bank");
        assert_eq!(fault(Payee { channel: WithdrawalChannel::Manual, ..alipay("13800000417") }).0, "channel");
    }
}
