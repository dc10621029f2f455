//! One line beside what the shop has: do they say the same, and if not, why (WeChat Pay sheet §8).

use chrono::{Days, NaiveDate};
use kernel::{BasisPoints, Fen};
use uuid::Uuid;

use super::entity::line;
use super::state::{CaseCause, CaseClass, Standing, Subject};

/// What the shop has of a thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ours {
    /// Its id.
    pub id: Uuid,
    /// The number the platform knows it by.
    pub number: String,
    /// How much.
    pub amount: Fen,
    /// Where it stands here.
    pub standing: Standing,
    /// The first day the platform may have booked it on.
    pub first_day: NaiveDate,
    /// The last such day.
    pub last_day: NaiveDate,
}

impl Ours {
    /// Whether a bill of `day` may have it, and one of a day beside, which is no difference yet.
    pub fn is_of(&self, day: NaiveDate) -> (bool, bool) {
        let within = |slack: u64| {
            let first = self.first_day.checked_sub_days(Days::new(slack)).unwrap_or(self.first_day);
            let last = self.last_day.checked_add_days(Days::new(slack)).unwrap_or(self.last_day);
            (first..=last).contains(&day)
        };
        (within(0), within(1))
    }
}

/// What a line comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It is as ours.
    Agrees,
    /// It is as ours and stands on a day beside: told, and settled at once.
    DayBeside,
    /// There is a case.
    Differs(CaseClass, CaseCause),
}

/// Judges a line of a trade or sharing bill; `day` is the bill's.
pub fn judge(line: &line::Model, day: NaiveDate, ours: Option<&Ours>, rate: BasisPoints) -> Judgement {
    use Judgement::Differs;
    let Some(ours) = ours else { return unknown(line) };
    let (done, undone) = (ours.standing == Standing::Done, line.standing == Standing::Undone);
    if line.standing == Standing::Done && !done {
        return Differs(CaseClass::OnlyTheirs, unheard(line.subject));
    }
    if undone {
        return if done { Differs(CaseClass::Differs, state_of(line.subject)) } else { Judgement::Agrees };
    }
    if line.amount_fen != ours.amount || line.settled_fen.is_some_and(|settled| settled != ours.amount) {
        return Differs(CaseClass::Differs, CaseCause::Amount);
    }
    if !fee_is_right(line, rate) {
        return Differs(CaseClass::Differs, CaseCause::Fee);
    }
    match ours.is_of(day) {
        (true, _) => Judgement::Agrees,
        // The day of a payment or a share is the platform's own: ours is when we heard.
        _ if line.subject != Subject::Refund => Judgement::Agrees,
        (_, true) => Judgement::DayBeside,
        _ => Differs(CaseClass::Differs, CaseCause::RefundTiming),
    }
}

/// Judges a movement on an account beside the thing that moved it. A fee is told apart or taken off,
/// and both are right; what came back of a transfer that ended unpaid is no difference either.
pub fn judge_flow(line: &line::Model, ours: &Ours, came_back: bool, rate: BasisPoints) -> Judgement {
    let differs = |cause| Judgement::Differs(CaseClass::Differs, cause);
    let size = if line.amount_fen.is_negative() { line.amount_fen.negated() } else { Ok(line.amount_fen) };
    let Ok(size) = size else { return differs(CaseCause::Amount) };
    if line.subject == Subject::Transfer {
        let goes_out = line.amount_fen.is_negative();
        return match ours.standing {
            Standing::Done if !goes_out => differs(CaseCause::TransferState),
            Standing::Undone if goes_out && !came_back => differs(CaseCause::TransferState),
            _ if size != ours.amount => differs(CaseCause::Amount),
            _ => Judgement::Agrees,
        };
    }
    if ours.standing != Standing::Done || size == ours.amount || is_less_the_fee(ours.amount, size, rate) {
        return Judgement::Agrees;
    }
    differs(CaseCause::Amount)
}

fn unknown(line: &line::Model) -> Judgement {
    let cause = match line.subject {
        Subject::Payment => CaseCause::UnknownOrder,
        Subject::Refund => CaseCause::UnknownRefund,
        Subject::Transfer => CaseCause::UnknownTransfer,
        Subject::Share | Subject::Return => CaseCause::UnknownShare,
        Subject::Other => return Judgement::Agrees,
    };
    // What did not happen there and is not known here is nothing.
    if line.standing == Standing::Undone {
        return Judgement::Agrees;
    }
    Judgement::Differs(CaseClass::OnlyTheirs, cause)
}

/// Money that moved there and not here: of payments and refunds the platform tells, so what it told
/// was lost; of shares it is asked.
fn unheard(subject: Subject) -> CaseCause {
    match subject {
        Subject::Payment | Subject::Refund => CaseCause::MissingNotification,
        other => state_of(other),
    }
}

fn state_of(subject: Subject) -> CaseCause {
    match subject {
        Subject::Payment => CaseCause::PaymentState,
        Subject::Refund => CaseCause::RefundState,
        Subject::Transfer => CaseCause::TransferState,
        Subject::Share | Subject::Return | Subject::Other => CaseCause::SharingState,
    }
}

/// Ten-thousandths of a fen, so that a rate times an amount is whole.
const PER_FEN: i128 = 10_000;

/// Whether the fee is the rate's, however it is rounded to fen. What comes back with a refund adds up
/// over several of them, so it may be off by one more; where nothing is told, nothing is wrong.
fn fee_is_right(line: &line::Model, rate: BasisPoints) -> bool {
    let Some(fee) = line.fee_exact else { return true };
    let is_refund = line.subject == Subject::Refund;
    if is_refund && fee == 0 {
        return true;
    }
    let told = if is_refund { fee.abs() } else { fee };
    let slack = if is_refund { 2 * PER_FEN } else { PER_FEN };
    let bases = [Some(line.amount_fen), line.net_fen.filter(|_| line.settled_fen.is_none())];
    bases.into_iter().flatten().any(|base| {
        let wanted = i128::from(base.fen()) * i128::from(rate.bp());
        (i128::from(told) * 10 - wanted).abs() < slack
    })
}

fn is_less_the_fee(whole: Fen, size: Fen, rate: BasisPoints) -> bool {
    let taken = i128::from(whole.fen()) - i128::from(size.fen());
    (taken * PER_FEN - i128::from(whole.fen()) * i128::from(rate.bp())).abs() < 2 * PER_FEN
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::areas::bills::state::{BillKind, LineVerdict};
    use kernel::id::{BillLineId, BillRunId, ShopId};

    const RATE: BasisPoints = BasisPoints::new(60);

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn line(subject: Subject, fen: i64, fee_exact: Option<i64>) -> line::Model {
        line::Model {
            id: BillLineId::new(),
            shop_id: ShopId::new(),
            run_id: BillRunId::new(),
            no: 1,
            day: "2026-11-23".to_owned(),
            kind: BillKind::Trade,
            subject,
            our_no: None,
            platform_no: Some("4200".to_owned()),
            receiver: None,
            at: None,
            amount_fen: Fen::from_fen(fen),
            net_fen: Some(Fen::from_fen(fen)),
            settled_fen: Some(Fen::from_fen(fen)),
            fee_exact,
            standing: Standing::Done,
            words: String::new(),
            verdict: LineVerdict::Unjudged,
            subject_id: None,
            fee_fen: None,
        }
    }

    fn ours(fen: i64, standing: Standing) -> Ours {
        let (first_day, last_day) = (day("2026-11-23"), day("2026-11-23"));
        Ours { id: Uuid::nil(), number: "pay_1".to_owned(), amount: Fen::from_fen(fen), standing, first_day, last_day }
    }

    fn judged(line: &line::Model, ours: Option<&Ours>) -> Judgement {
        judge(line, day("2026-11-23"), ours, RATE)
    }

    #[test]
    fn each_difference_has_its_class_and_cause() {
        use CaseCause as C;
        use CaseClass as S;
        use Judgement::Differs;
        let payment = line(Subject::Payment, 1_000, Some(6_000));
        assert_eq!(judged(&payment, Some(&ours(1_000, Standing::Done))), Judgement::Agrees);
        assert_eq!(judged(&payment, None), Differs(S::OnlyTheirs, C::UnknownOrder));
        let unheard = ours(1_000, Standing::UnderWay);
        assert_eq!(judged(&payment, Some(&unheard)), Differs(S::OnlyTheirs, C::MissingNotification));
        let other = ours(900, Standing::Done);
        assert_eq!(judged(&payment, Some(&other)), Differs(S::Differs, C::Amount));
        let dear = line(Subject::Payment, 1_000, Some(12_000));
        assert_eq!(judged(&dear, Some(&ours(1_000, Standing::Done))), Differs(S::Differs, C::Fee));
        let mut settled = payment.clone();
        settled.settled_fen = Some(Fen::from_fen(990));
        assert_eq!(judged(&settled, Some(&ours(1_000, Standing::Done))), Differs(S::Differs, C::Amount));
        let mut gone = line(Subject::Share, 10, None);
        gone.standing = Standing::Undone;
        assert_eq!(judged(&gone, Some(&ours(10, Standing::Done))), Differs(S::Differs, C::SharingState));
        assert_eq!(judged(&gone, Some(&ours(10, Standing::Undone))), Judgement::Agrees);
        assert_eq!(judged(&gone, None), Judgement::Agrees);
    }

    #[test]
    fn a_fee_is_right_however_it_is_rounded_and_wrong_by_a_fen() {
        // 0.6 % of 3.33 is 1.998 fen.
        let of = |exact| judged(&line(Subject::Payment, 333, Some(exact)), Some(&ours(333, Standing::Done)));
        for right in [1_998, 2_000, 1_000] {
            assert_eq!(of(right), Judgement::Agrees, "{right}");
        }
        for wrong in [0, 3_000, -2_000] {
            assert_eq!(of(wrong), Judgement::Differs(CaseClass::Differs, CaseCause::Fee), "{wrong}");
        }
    }

    #[test]
    fn the_fee_of_a_refund_comes_back_whatever_its_sign() {
        for exact in [-2_000, 2_000, 0, -1_000] {
            let line = line(Subject::Refund, 333, Some(exact));
            assert_eq!(judged(&line, Some(&ours(333, Standing::Done))), Judgement::Agrees, "{exact}");
        }
        let line = line(Subject::Refund, 333, Some(-5_000));
        let wrong = Judgement::Differs(CaseClass::Differs, CaseCause::Fee);
        assert_eq!(judged(&line, Some(&ours(333, Standing::Done))), wrong);
    }

    #[test]
    fn a_refund_may_stand_a_day_beside_and_a_payment_on_any() {
        let ours = ours(300, Standing::Done);
        let on = |subject, at| judge(&line(subject, 300, None), day(at), Some(&ours), RATE);
        assert_eq!(on(Subject::Refund, "2026-11-24"), Judgement::DayBeside);
        assert_eq!(on(Subject::Refund, "2026-11-22"), Judgement::DayBeside);
        let far = Judgement::Differs(CaseClass::Differs, CaseCause::RefundTiming);
        assert_eq!(on(Subject::Refund, "2026-11-25"), far);
        assert_eq!(on(Subject::Payment, "2026-11-25"), Judgement::Agrees);
    }

    #[test]
    fn a_movement_may_be_gross_or_less_its_fee() {
        let of = |fen| judge_flow(&line(Subject::Payment, fen, None), &ours(10_000, Standing::Done), false, RATE);
        assert_eq!((of(10_000), of(9_940)), (Judgement::Agrees, Judgement::Agrees));
        assert_eq!(of(9_000), Judgement::Differs(CaseClass::Differs, CaseCause::Amount));
    }

    #[test]
    fn a_transfer_that_failed_goes_out_and_comes_back() {
        let of =
            |fen, standing, back| judge_flow(&line(Subject::Transfer, fen, None), &ours(500, standing), back, RATE);
        let wrong = Judgement::Differs(CaseClass::Differs, CaseCause::TransferState);
        assert_eq!(of(-500, Standing::Done, false), Judgement::Agrees);
        assert_eq!(of(-500, Standing::UnderWay, false), Judgement::Agrees);
        assert_eq!(of(-500, Standing::Undone, false), wrong);
        assert_eq!(of(-500, Standing::Undone, true), Judgement::Agrees);
        assert_eq!(of(500, Standing::Undone, true), Judgement::Agrees);
        assert_eq!(of(500, Standing::Done, true), wrong);
    }
}
