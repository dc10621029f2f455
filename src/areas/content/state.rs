//! How an upload moves: announced, then received once.

use sea_orm::entity::prelude::*;

/// Where an upload stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
pub enum UploadState {
    /// Announced; its file has not come.
    Waiting,
    /// Its file is being written; nobody else may write it.
    Receiving,
    /// Its file is there.
    Stored,
}

/// What happens to an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter)]
pub enum UploadEvent {
    /// A file that fits begins to be written.
    Claimed,
    /// Writing failed; it may be sent again.
    Failed,
    /// The file is there.
    Written,
}

impl UploadState {
    /// The state after `event`, or `None` when it cannot happen here.
    pub fn after(self, event: UploadEvent) -> Option<UploadState> {
        use UploadEvent as E;
        use UploadState as S;
        Some(match (self, event) {
            (S::Waiting, E::Claimed) => S::Receiving,
            (S::Receiving, E::Failed) => S::Waiting,
            (S::Receiving, E::Written) => S::Stored,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;

    #[test]
    fn a_stored_upload_never_changes_again() {
        let ways = |state: UploadState| UploadEvent::iter().filter(|event| state.after(*event).is_some()).count();
        assert_eq!(UploadState::iter().map(ways).collect::<Vec<_>>(), [1, 2, 0]);
    }
}
