//! The mark that rides on a promotion link and comes back with the order: who took the link, and in
//! place of the group his leader at that moment.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gateways::marketplaces::Mark;
use kernel::id::{LeaderId, MemberId};
use uuid::Uuid;

/// The mark of a member. Both ids in their shortest form, because Pinduoduo takes 64 bytes for all of it.
///
/// `channel_id` is the leader's in the marketplace's own scheme, where it has one.
pub fn of(member: MemberId, leader: Option<LeaderId>, channel_id: Option<String>) -> Mark {
    Mark { uid: short(member.uuid()), sid: leader.map(|leader| short(leader.uuid())), channel_id }
}

/// Whom a mark named when it was written; what we did not write names nobody.
pub fn read(person: Option<&str>, group: Option<&str>) -> (Option<MemberId>, Option<LeaderId>) {
    (person.and_then(long).map(MemberId::from_uuid), group.and_then(long).map(LeaderId::from_uuid))
}

fn short(id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(id.as_bytes())
}

fn long(text: &str) -> Option<Uuid> {
    Uuid::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_mark_fits_the_platforms_64_bytes() {
        let mark = of(MemberId::new(), Some(LeaderId::new()), None);
        let text = serde_json::json!({"uid": mark.uid, "sid": mark.sid}).to_string();
        assert!(text.len() <= 64, "{text} has {} bytes", text.len());
    }

    #[test]
    fn a_mark_is_read_as_it_was_written_and_others_name_nobody() {
        let (member, leader) = (MemberId::new(), LeaderId::new());
        let mark = of(member, Some(leader), None);
        assert_eq!(read(Some(&mark.uid), mark.sid.as_deref()), (Some(member), Some(leader)));
        for foreign in ["", "12345", "not/base64url", "AAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
            assert_eq!(read(Some(foreign), None), (None, None), "{foreign}");
        }
    }
}
