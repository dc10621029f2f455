//! Who may no longer act though a token has not expired.

use std::collections::HashSet;
use std::sync::Arc;

use arc_swap::ArcSwap;
use kernel::id::{MemberId, SessionId};

/// Who may no longer act: read again every few seconds, at once in the process that barred them.
#[derive(Default)]
pub struct Barred {
    sessions: ArcSwap<HashSet<SessionId>>,
    members: ArcSwap<HashSet<MemberId>>,
}

impl Barred {
    /// Replaces the lists by what the database says.
    pub fn replace(&self, sessions: HashSet<SessionId>, members: HashSet<MemberId>) {
        self.sessions.store(Arc::new(sessions));
        self.members.store(Arc::new(members));
    }

    /// Bars a session now.
    pub fn bar(&self, session: SessionId) {
        self.sessions.rcu(|known| {
            let mut sessions = HashSet::clone(known);
            sessions.insert(session);
            sessions
        });
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
