//! x
use sea_orm::entity::prelude::*;
/// Where an effect stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
pub enum EffectState {
    /// To be delivered.
    Ready,
    /// Delivered.
    Done,
    /// Given up; an operator can replay it.
    Dead,
}
