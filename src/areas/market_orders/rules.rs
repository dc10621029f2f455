//! How many units a line holds. One figure says what it shall hold, two what it took and gave back; the
//! difference between them is all that ever moves, so nothing moves twice.

use super::entity::line;

/// The units of one line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Units {
    /// Units it shall hold now.
    pub wants: i64,
    /// Units it took from the pool, in all.
    pub taken: i64,
    /// Units of these that went back.
    pub given_back: i64,
    /// The SKU is not counted: nothing has to be taken.
    pub unlimited: bool,
}

/// What a line shall hold: all that was sold of it, or, once it was cancelled, what had been sent by then.
pub fn wanted(is_sold: bool, quantity: i64, shipped: i64) -> i64 {
    if is_sold { quantity.max(shipped) } else { shipped }
}

impl Units {
    /// The units of a line as it stands.
    pub fn of(line: &line::Model) -> Units {
        Units { wants: line.wants, taken: line.taken, given_back: line.given_back, unlimited: line.unlimited }
    }

    /// Writes them into the line.
    pub fn put(self, line: &mut line::Model) {
        line.wants = self.wants;
        line.taken = self.taken;
        line.given_back = self.given_back;
        line.unlimited = self.unlimited;
    }

    /// Units it holds.
    pub fn held(self) -> i64 {
        self.taken - self.given_back
    }

    /// Units it lacks.
    pub fn missing(self) -> i64 {
        if self.unlimited { 0 } else { (self.wants - self.held()).max(0) }
    }

    /// Gives back what it holds beyond what it shall; says how much that is.
    #[must_use]
    pub fn give_back(&mut self) -> i64 {
        let back = (self.held() - self.wants).max(0);
        self.given_back += back;
        // Whatever it wants later is asked of the SKU as it is then.
        self.unlimited &= self.wants > 0;
        back
    }

    /// Takes what it lacks of the units that are there for it; `None` is as many as anybody wants. Says
    /// how much it took.
    #[must_use]
    pub fn take(&mut self, there: Option<i64>) -> i64 {
        let Some(there) = there else {
            self.unlimited |= self.missing() > 0;
            return 0;
        };
        let units = self.missing().min(there.max(0));
        self.taken += units;
        units
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    enum Step {
        /// The platform tells the order again: this many pieces, sold or not.
        Told { line: usize, quantity: i64, is_sold: bool },
        /// Pieces of it are sent.
        Sent { line: usize },
        /// Stock comes in.
        Came(i64),
        /// Our own shop sells, as far as there is something.
        Sold(i64),
        /// Whoever lacks something is served, in this order.
        Filled,
    }

    fn step() -> impl Strategy<Value = Step> {
        let line = 0..3_usize;
        prop_oneof![
            4 => (line.clone(), 0..9_i64, any::<bool>())
                .prop_map(|(line, quantity, is_sold)| Step::Told { line, quantity, is_sold }),
            1 => line.prop_map(|line| Step::Sent { line }),
            2 => (1..9_i64).prop_map(Step::Came),
            2 => (1..9_i64).prop_map(Step::Sold),
            2 => Just(Step::Filled),
        ]
    }

    fn settle(units: &mut Units, pool: &mut i64) {
        *pool += units.give_back();
        *pool -= units.take(Some(*pool));
    }

    proptest! {
        #[test]
        fn the_pool_and_what_lines_hold_always_add_up(steps in prop::collection::vec(step(), 0..60)) {
            let (mut pool, mut brought) = (5_i64, 5_i64);
            let mut lines = [(Units::default(), 0_i64); 3];
            for step in steps {
                match step {
                    Step::Told { line, quantity, is_sold } => {
                        let (units, shipped) = &mut lines[line];
                        units.wants = wanted(is_sold, quantity, *shipped);
                        settle(units, &mut pool);
                        let again = *units;
                        settle(units, &mut pool);
                        prop_assert_eq!(*units, again, "telling it twice moves nothing");
                    }
                    Step::Sent { line } => {
                        let (units, shipped) = &mut lines[line];
                        *shipped = (*shipped).max(units.held());
                    }
                    Step::Came(units) => { pool += units; brought += units; }
                    Step::Sold(units) => { let sold = units.min(pool); pool -= sold; brought -= sold; }
                    Step::Filled => lines.iter_mut().for_each(|(units, _)| pool -= units.take(Some(pool))),
                }
                prop_assert!(pool >= 0);
                let held: i64 = lines.iter().map(|(units, _)| units.held()).sum();
                prop_assert_eq!(pool + held, brought);
                for (units, shipped) in &lines {
                    prop_assert!(units.given_back >= 0 && units.given_back <= units.taken);
                    prop_assert!(units.held() >= *shipped, "what was sent never goes back");
                    prop_assert!(units.held() <= units.wants.max(*shipped));
                }
            }
        }
    }

    #[test]
    fn a_sku_without_a_count_is_never_short_and_gives_nothing_back() {
        let mut units = Units { wants: 3, ..Units::default() };
        assert_eq!((units.take(None), units.missing(), units.held()), (0, 0, 0));
        units.wants = 0;
        assert_eq!((units.give_back(), units.unlimited), (0, false));
        units.wants = 2;
        assert_eq!((units.take(Some(1)), units.missing()), (1, 1), "by now it is counted");
    }
}
