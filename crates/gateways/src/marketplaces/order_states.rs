//! What the numbers of order states mean, where a platform documents none: the account says it, once an
//! operator has seen it.

use super::account::{Account, Setup};
use super::order::RemoteOrderState;
use super::settings::SettingsReader;

/// The account's datum: `1:paid_unshipped,2:shipped`.
pub const KEY: &str = "order_states";

const STATES: &[RemoteOrderState] = &[
    RemoteOrderState::Unpaid,
    RemoteOrderState::PaidUnshipped,
    RemoteOrderState::PartShipped,
    RemoteOrderState::Shipped,
    RemoteOrderState::Done,
    RemoteOrderState::Cancelled,
    RemoteOrderState::Refunding,
    RemoteOrderState::Held,
];

/// Numbers and what they mean; `None` when the text is not that.
fn read(text: &str) -> Option<Vec<(String, RemoteOrderState)>> {
    let pair = |pair: &str| {
        let (number, word) = pair.split_once(':')?;
        let number = number.trim();
        let usable = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let state = STATES.iter().find(|state| state.word() == word.trim())?;
        usable.then(|| (number.to_owned(), *state))
    };
    text.split(',').map(pair).collect()
}

/// Notes a fault when what was entered cannot be read.
pub fn check(setup: &Setup, reader: &mut SettingsReader<'_>) {
    if setup.text(KEY).is_some_and(|text| read(&text).is_none()) {
        reader.fault(KEY, "must be numbers and states as 1:paid_unshipped,2:shipped");
    }
}

/// The state of a number; unknown unless the account says what it means.
pub fn of(account: &Account, number: &str) -> RemoteOrderState {
    let known = account.text(KEY).and_then(|text| read(&text)).unwrap_or_default();
    known.iter().find(|(known, _)| known == number).map_or(RemoteOrderState::Unknown, |(_, state)| *state)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_number_means_nothing_until_the_account_says_what() {
        let confirmed = |text: &str| {
            let mut account = Account::default();
            account.data.insert(KEY.to_owned(), json!(text));
            account
        };
        assert_eq!(of(&Account::default(), "1"), RemoteOrderState::Unknown);
        assert_eq!(of(&confirmed("1:paid_unshipped, 2:shipped"), "2"), RemoteOrderState::Shipped);
        assert_eq!(of(&confirmed("1:paid_unshipped"), "3"), RemoteOrderState::Unknown);
        for bad in ["", "1", "1:sent", "x:shipped", "1:unknown", "1:shipped,"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
