//! Who may no longer act though a token has not expired.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use kernel::id::{MemberId, SessionId};

/// Who may no longer act: read again every few seconds, at once in the process that barred them.
#[derive(Default)]
pub struct Barred {
    sessions: ArcSwap<HashSet<SessionId>>,
    members: ArcSwap<HashSet<MemberId>>,
    /// How often [`Barred::bar`] was called; held while the lists change.
    bars: Mutex<u64>,
}

impl Barred {
    /// What [`Barred::replace`] wants to know; to be asked before the database is read.
    pub fn mark(&self) -> u64 {
        *self.bars.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces the lists by what the database said after `mark`, unless somebody was barred here
    /// meanwhile, whom that answer may not know yet. `false` when the lists stay.
    pub fn replace(&self, mark: u64, sessions: HashSet<SessionId>, members: HashSet<MemberId>) -> bool {
        let bars = self.bars.lock().unwrap_or_else(PoisonError::into_inner);
        if *bars != mark {
            return false;
        }
        self.sessions.store(Arc::new(sessions));
        self.members.store(Arc::new(members));
        true
    }

    /// Bars a session now.
    pub fn bar(&self, session: SessionId) {
        let mut bars = self.bars.lock().unwrap_or_else(PoisonError::into_inner);
        *bars += 1;
        let mut sessions = HashSet::clone(&self.sessions.load());
        sessions.insert(session);
        self.sessions.store(Arc::new(sessions));
    }

    /// Bars a member now.
    pub fn bar_member(&self, member: MemberId) {
        self.members.rcu(|known| {
            let mut members = HashSet::clone(known);
            members.insert(member);
            members
        });
    }

    /// Lets a member act again now.
    pub fn admit_member(&self, member: MemberId) {
        self.members.rcu(|known| {
            let mut members = HashSet::clone(known);
            members.remove(&member);
            members
        });
    }

    /// Whether this session of this member may act.
    pub fn admits(&self, session: SessionId, member: MemberId) -> bool {
        !self.sessions.load().contains(&session) && !self.members.load().contains(&member)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_older_than_a_sign_out_does_not_undo_it() {
        let barred = Barred::default();
        let (session, member) = (SessionId::new(), MemberId::new());
        let mark = barred.mark();
        barred.bar(session);
        assert!(!barred.replace(mark, HashSet::new(), HashSet::new()));
        assert!(!barred.admits(session, member));
        assert!(barred.replace(barred.mark(), HashSet::new(), HashSet::from([member])));
        assert!(!barred.admits(SessionId::new(), member), "the newer answer counts");
    }
}
