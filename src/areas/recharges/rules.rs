//! What of a recharge can go back. Pure.

use kernel::{Fen, MoneyError};

/// What a recharge is called where its payer and WeChat read of it.
pub const CALLED: &str = "余额充值";

/// How much of a gift is taken back by now, when so much of the principal has gone back: counted from
/// the whole, as every reversal is.
pub fn gift_back(gift: Fen, refunded: Fen, amount: Fen) -> Result<Fen, MoneyError> {
    if refunded == amount { Ok(gift) } else { gift.scale_half_up(refunded.fen(), amount.fen()) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn several_refunds_of_a_recharge_take_back_its_gift_once(
            amount in 1i64..1_000_000, gift in 0i64..1_000_000, steps in prop::collection::vec(1i64..200_000, 0..20),
        ) {
            let (amount, gift) = (Fen::from_fen(amount), Fen::from_fen(gift));
            let (mut refunded, mut back) = (Fen::ZERO, Fen::ZERO);
            for step in steps.into_iter().chain([i64::MAX]) {
                refunded = std::cmp::min(Fen::from_fen(step), amount.minus(refunded).unwrap()).plus(refunded).unwrap();
                let so_far = gift_back(gift, refunded, amount).unwrap();
                prop_assert!(so_far >= back && so_far <= gift);
                back = so_far;
            }
            prop_assert_eq!((refunded, back), (amount, gift));
        }
    }
}
