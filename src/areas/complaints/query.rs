//! Reading complaints.

use kernel::id::{ComplaintId, ShopId};
use kernel::page::{Page, PageRequest, decode_cursor, encode_cursor};
use kernel::{Failure, Time};
use sea_orm::{QueryOrder, QuerySelect, entity::prelude::*};

use super::entity::complaint::{self, Column};
use super::error::ComplaintError;
use super::state::ComplaintState;
use crate::platform::seal::Sealer;

/// Which complaints.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// In this state.
    pub state: Option<ComplaintState>,
    /// Not answered in time, or answered.
    pub overdue: Option<bool>,
}

impl complaint::Model {
    /// Whether it had to be answered before `wall` and was not.
    pub fn is_overdue(&self, wall: Time) -> bool {
        self.state == ComplaintState::Pending && self.answered_at.is_none() && self.deadline_at < wall
    }

    /// The payer's phone number.
    pub fn phone(&self, sealer: &Sealer) -> Result<Option<String>, ComplaintError> {
        let place = super::service::phone_place(self.id);
        self.sealed_phone.as_ref().map(|sealed| Ok(sealer.open_text(&place, sealed)?)).transpose()
    }
}

/// A shop's complaints, the newest first.
pub async fn list(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    wanted: &Wanted,
    page: &PageRequest,
    wall: Time,
) -> Result<Page<complaint::Model>, Failure> {
    let mut select = complaint::in_shop(shop).order_by_desc(Column::Id).limit(page.limit + 1);
    if let Some(state) = wanted.state {
        select = select.filter(Column::State.eq(state));
    }
    if let Some(overdue) = wanted.overdue {
        let late = sea_orm::Condition::all()
            .add(Column::State.eq(ComplaintState::Pending))
            .add(Column::AnsweredAt.is_null())
            .add(Column::DeadlineAt.lt(wall));
        select = select.filter(if overdue { late } else { late.not() });
    }
    if let Some(cursor) = &page.cursor {
        select = select.filter(Column::Id.lt(decode_cursor::<ComplaintId>(cursor)?));
    }
    Ok(Page::cut(select.all(conn).await?, page.limit, |row: &complaint::Model| encode_cursor(&row.id)))
}

/// One complaint.
pub async fn by_id(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: ComplaintId,
) -> Result<complaint::Model, ComplaintError> {
    complaint::in_shop(shop).filter(Column::Id.eq(id)).one(conn).await?.ok_or(ComplaintError::NotFound(id))
}

/// The complaint WeChat knows by this number.
pub async fn by_number(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    number: &str,
) -> Result<Option<complaint::Model>, ComplaintError> {
    Ok(complaint::in_shop(shop).filter(Column::ComplaintNo.eq(number)).one(conn).await?)
}
