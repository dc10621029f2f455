//! What a file of results says about a sheet: every row judged before any counts. Pure.

use std::collections::HashSet;

use kernel::Fen;
use kernel::id::WithdrawalId;
use serde::Serialize;

use super::payee::{TAIL, tail};
use super::state::WithdrawalState;

/// The longest reason that is kept.
const REASON_MAX: usize = 200;

/// One row of a file, as it was written.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// The row's number in the file, headings counted.
    pub row: u32,
    /// The withdrawal's id.
    pub withdrawal: String,
    /// The account, whole, masked or its end alone.
    pub account: String,
    /// In yuan.
    pub amount: String,
    /// What came of it.
    pub result: String,
    /// Why it failed.
    pub reason: String,
}

/// One withdrawal of the sheet, as it stands.
#[derive(Clone, Debug)]
pub struct Held {
    /// Which.
    pub id: WithdrawalId,
    /// What the sheet pays.
    pub net: Fen,
    /// The account's last characters.
    pub tail: String,
    /// Where it stands.
    pub state: WithdrawalState,
}

/// What is said about one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RowCode {
    /// Paid, by this file.
    Paid,
    /// Failed, by this file.
    Failed,
    /// As it was known already.
    Unchanged,
    /// The row has no result yet.
    NoResult,
    /// No withdrawal of this sheet.
    UnknownWithdrawal,
    /// It stands twice in the file.
    Duplicate,
    /// Not what the sheet pays.
    AmountDiffers,
    /// Not whom the sheet pays.
    AccountDiffers,
    /// Neither paid nor failed.
    ResultInvalid,
    /// It failed, and nobody says why.
    ReasonMissing,
    /// Its result is another, for good.
    Contradicts,
}

impl RowCode {
    /// Whether the row cannot be.
    pub fn is_fault(self) -> bool {
        !matches!(self, Self::Paid | Self::Failed | Self::Unchanged | Self::NoResult)
    }
}

/// A row with what is said about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Judged {
    /// The row's number in the file, headings counted.
    pub row: u32,
    /// The withdrawal; null where the row names none of the sheet.
    pub withdrawal_id: Option<WithdrawalId>,
    /// What came of the row.
    pub code: RowCode,
    /// Why it failed.
    pub reason: Option<String>,
}

/// Judges every row of a file against the sheet.
pub fn judge(rows: &[Given], held: &[Held]) -> Vec<Judged> {
    let mut seen = HashSet::new();
    let mut judged = Vec::with_capacity(rows.len());
    for given in rows {
        let found = given.withdrawal.trim().parse().ok().and_then(|id| held.iter().find(|held| held.id == id));
        let code = match found {
            None => RowCode::UnknownWithdrawal,
            Some(held) if !seen.insert(held.id) => RowCode::Duplicate,
            Some(held) => code_of(given, held),
        };
        let reason: String = given.reason.trim().chars().take(REASON_MAX).collect();
        let reason = (!reason.is_empty() && code == RowCode::Failed).then_some(reason);
        judged.push(Judged { row: given.row, withdrawal_id: found.map(|held| held.id), code, reason });
    }
    judged
}

fn code_of(given: &Given, held: &Held) -> RowCode {
    if !Fen::from_yuan_str(given.amount.trim()).is_ok_and(|amount| amount == held.net) {
        return RowCode::AmountDiffers;
    }
    // A guard against formulas may stand before an account.
    let account = given.account.trim().trim_start_matches('\'');
    if account.chars().count() < TAIL || tail(account) != held.tail {
        return RowCode::AccountDiffers;
    }
    let paid = match given.result.trim().to_lowercase().as_str() {
        "" => return RowCode::NoResult,
        "paid" | "成功" | "已付" | "付款成功" => true,
        "failed" | "失败" | "付款失败" => false,
        _ => return RowCode::ResultInvalid,
    };
    match (held.state, paid) {
        (WithdrawalState::Paid, true) | (WithdrawalState::Failed, false) => RowCode::Unchanged,
        (WithdrawalState::Paying, true) => RowCode::Paid,
        (WithdrawalState::Paying, false) if given.reason.trim().is_empty() => RowCode::ReasonMissing,
        (WithdrawalState::Paying, false) => RowCode::Failed,
        _ => RowCode::Contradicts,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn held(state: WithdrawalState) -> Held {
        Held { id: WithdrawalId::new(), net: Fen::from_fen(4_970), tail: "0003".to_owned(), state }
    }

    fn row(held: &Held, result: &str, reason: &str) -> Given {
        Given {
            row: 2,
            withdrawal: held.id.to_string(),
            account: "****0003".to_owned(),
            amount: "49.70".to_owned(),
            result: result.to_owned(),
            reason: reason.to_owned(),
        }
    }

    fn code(given: Given, held: &Held) -> RowCode {
        judge(&[given], std::slice::from_ref(held)).remove(0).code
    }

    #[test]
    fn a_result_counts_once_and_never_against_a_final_one() {
        let paying = held(WithdrawalState::Paying);
        assert_eq!(code(row(&paying, "成功", ""), &paying), RowCode::Paid);
        assert_eq!(code(row(&paying, "failed", "户名不符"), &paying), RowCode::Failed);
        assert_eq!(code(row(&paying, "失败", " "), &paying), RowCode::ReasonMissing);
        assert_eq!(code(row(&paying, "", ""), &paying), RowCode::NoResult);
        assert_eq!(code(row(&paying, "maybe", ""), &paying), RowCode::ResultInvalid);
        let (paid, failed) = (held(WithdrawalState::Paid), held(WithdrawalState::Failed));
        assert_eq!(code(row(&paid, "paid", ""), &paid), RowCode::Unchanged);
        assert_eq!(code(row(&failed, "失败", "again"), &failed), RowCode::Unchanged);
        assert_eq!(code(row(&paid, "failed", "no"), &paid), RowCode::Contradicts);
        assert_eq!(code(row(&failed, "paid", ""), &failed), RowCode::Contradicts);
    }

    #[test]
    fn amount_and_account_have_to_agree_and_a_row_stands_once() {
        let paying = held(WithdrawalState::Paying);
        let with = |change: fn(&mut Given)| {
            let mut given = row(&paying, "paid", "");
            change(&mut given);
            given
        };
        assert_eq!(code(with(|given| given.amount = "49.7".to_owned()), &paying), RowCode::Paid);
        assert_eq!(code(with(|given| given.amount = "49.71".to_owned()), &paying), RowCode::AmountDiffers);
        assert_eq!(code(with(|given| given.amount = "6.2E+01".to_owned()), &paying), RowCode::AmountDiffers);
        assert_eq!(code(with(|given| given.account = "0004".to_owned()), &paying), RowCode::AccountDiffers);
        assert_eq!(code(with(|given| given.account = "3".to_owned()), &paying), RowCode::AccountDiffers);
        assert_eq!(code(with(|given| given.withdrawal = "wdr_x".to_owned()), &paying), RowCode::UnknownWithdrawal);
        let twice = [row(&paying, "paid", ""), row(&paying, "paid", "")];
        let codes: Vec<_> = judge(&twice, &[paying]).into_iter().map(|judged| judged.code).collect();
        assert_eq!(codes, [RowCode::Paid, RowCode::Duplicate]);
        assert!(RowCode::Duplicate.is_fault() && !RowCode::NoResult.is_fault());
    }
}
