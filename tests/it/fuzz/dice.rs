//! Chance that can be repeated.

/// Numbers that depend on the seed and the place alone (SplitMix64).
pub struct Dice(u64);

impl Dice {
    /// The dice of one place in a run.
    pub fn new(seed: u64, place: &[u64]) -> Self {
        let mut dice = Self(seed);
        for number in place {
            dice.0 ^= number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            dice.next();
        }
        dice
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// A number from `least` to `most`, both included.
    pub fn between(&mut self, least: i64, most: i64) -> i64 {
        let span = (most as i128 - least as i128 + 1).max(1);
        (least as i128 + i128::from(self.next()) % span) as i64
    }

    /// True once in `times`.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let place = self.below(from.len());
        &from[place]
    }
}
