//! Complaints that members filed at WeChat: read, answered, ended. A complaint has to be answered
//! within a day.

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use gateways::pay::wechat_pay::{Negotiation, PICTURES_MAX};
use kernel::id::{ComplaintActionId, ComplaintId, OperatorId, OrderId, PaymentId, UploadId};
use kernel::{Fen, Time};
use serde::{Deserialize, Serialize};

use super::complaint_pictures::places;
use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{JsonBody, Nothing, PathId, QueryOf, page_request};
use crate::api::fields::Fields;
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply, json};
use crate::app::App;
use crate::areas::complaints::actions::{self, NewAction};
use crate::areas::complaints::entity::{action, complaint};
use crate::areas::complaints::query::{self, Wanted};
use crate::areas::complaints::state::{ActionKind, ActionState, ComplaintState};
use crate::flows::complaints::{self as flow, Acted};

/// What WeChat takes as an answer, in characters.
const WORDS_MAX: usize = 200;
/// Within how many days a refund can be promised.
const DAYS_MAX: i32 = 30;

pub(super) fn routes(config: &mut Routes) {
    config.service(list).service(detail).service(reply).service(complete).service(refund_progress);
}

/// A complaint, as WeChat told it last.
#[derive(Serialize, utoipa::ToSchema)]
struct ComplaintView {
    id: ComplaintId,
    /// WeChat's number.
    complaint_no: String,
    state: ComplaintState,
    /// The payer's words.
    detail: String,
    problem_type: Option<String>,
    problem_description: Option<String>,
    /// The payer's phone number with its middle hidden.
    phone: Option<String>,
    /// The first of our orders it is about.
    order_id: Option<OrderId>,
    payment_id: Option<PaymentId>,
    /// The merchant complained about, where a supplier collects itself; null is the shop's own.
    merchant_no: Option<String>,
    /// Paths of the payer's pictures.
    pictures: Vec<String>,
    apply_refund_fen: Option<Fen>,
    full_refunded: bool,
    /// The payer has written and waits.
    awaits_answer: bool,
    /// How often the payer has complained.
    times: i32,
    complained_at: DateTime<Utc>,
    /// Until when it has to be answered.
    deadline_at: DateTime<Utc>,
    /// The deadline has passed without an answer.
    overdue: bool,
    answered_at: Option<DateTime<Utc>>,
    completed_at: Option<DateTime<Utc>>,
}

fn view(row: &complaint::Model, wall: Time) -> ComplaintView {
    ComplaintView {
        id: row.id,
        complaint_no: row.complaint_no.clone(),
        state: row.state,
        detail: row.detail.clone(),
        problem_type: row.problem_type.clone(),
        problem_description: row.problem_description.clone(),
        phone: row.phone_mask.clone(),
        order_id: row.order_id,
        payment_id: row.payment_id,
        merchant_no: row.merchant_no.clone(),
        pictures: places(row.id, &row.picture_addresses()),
        apply_refund_fen: row.apply_refund_fen,
        full_refunded: row.full_refunded,
        awaits_answer: row.awaits_answer,
        times: row.times,
        complained_at: row.complained_at,
        deadline_at: row.deadline_at,
        overdue: row.is_overdue(wall),
        answered_at: row.answered_at,
        completed_at: row.completed_at,
    }
}

/// What the shop said or did about a complaint.
#[derive(Serialize, utoipa::ToSchema)]
struct ComplaintActionView {
    id: ComplaintActionId,
    kind: ActionKind,
    content: Option<String>,
    /// Addresses of an answer's pictures.
    pictures: Vec<String>,
    refund_days: Option<i32>,
    state: ActionState,
    /// Why WeChat refused it.
    error: Option<String>,
    operator_id: OperatorId,
    created_at: DateTime<Utc>,
    done_at: Option<DateTime<Utc>>,
}

impl ComplaintActionView {
    /// `files` is where our files are.
    fn of(row: &action::Model, files: &str) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            content: row.content.clone(),
            pictures: row.picture_names().iter().map(|name| format!("{files}/{name}")).collect(),
            refund_days: row.refund_days,
            state: row.state,
            error: row.error.clone(),
            operator_id: row.operator_id,
            created_at: row.created_at,
            done_at: row.done_at,
        }
    }
}

/// One entry of WeChat's own history.
#[derive(Serialize, utoipa::ToSchema)]
struct NegotiationView {
    /// Who, in WeChat's words.
    operator: String,
    /// When, as WeChat writes it.
    at: String,
    /// Such as `USER_CREATE_COMPLAINT` or `MERCHANT_RESPONSE`.
    kind: String,
    /// What was said.
    words: String,
    /// Paths of its pictures.
    pictures: Vec<String>,
}

impl NegotiationView {
    fn of(id: ComplaintId, entry: Negotiation) -> Self {
        Self {
            pictures: places(id, &entry.pictures()),
            operator: entry.operator,
            at: entry.operate_time,
            kind: entry.operate_type,
            words: entry.operate_details,
        }
    }
}

/// A complaint with everything that was said and done.
#[derive(Serialize, utoipa::ToSchema)]
struct ComplaintDetail {
    complaint: ComplaintView,
    /// The payer's whole phone number.
    phone: Option<String>,
    /// What the shop said or did, oldest first.
    actions: Vec<ComplaintActionView>,
    /// WeChat's own history, newest first; null where WeChat could not be asked.
    history: Option<Vec<NegotiationView>>,
}

/// A complaint with what the shop said or did.
#[derive(Serialize, utoipa::ToSchema)]
struct ActedView {
    complaint: ComplaintView,
    /// Oldest first; `waiting` until WeChat has it.
    actions: Vec<ComplaintActionView>,
}

/// Which complaints.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ComplaintsQuery {
    /// In this state alone.
    state: Option<ComplaintState>,
    /// Only those whose deadline has passed without an answer, or only the others.
    overdue: Option<bool>,
    /// 1 to 100; 20 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// An earlier answer's `next_cursor`.
    cursor: Option<String>,
}

/// Complaints, newest first.
#[utoipa::path(
    tag = "after-sales", operation_id = "complaints", security(("session" = [])), params(ComplaintsQuery),
    responses((status = 200, body = ListView<ComplaintView>), Failures)
)]
#[get("/console/api/v1/complaints")]
async fn list(app: web::Data<App>, who: Operator, asked: QueryOf<ComplaintsQuery>) -> Reply {
    let ComplaintsQuery { state, overdue, limit, cursor } = asked.0;
    let (wanted, wall) = (Wanted { state, overdue }, app.clock.wall());
    let page = query::list(app.db.reader(), who.shop.id, &wanted, &page_request(limit, cursor)?, wall).await?;
    json(&ListView::from(page.map(|row| view(&row, wall))))
}

/// One complaint, with WeChat's own history of it.
#[utoipa::path(
    tag = "after-sales", operation_id = "complaint", security(("session" = [])), params(("id" = ComplaintId, Path)),
    responses((status = 200, body = ComplaintDetail), Failures)
)]
#[get("/console/api/v1/complaints/{id}")]
async fn detail(app: web::Data<App>, who: Operator, id: PathId<ComplaintId>) -> Reply {
    who.may(Permission::Orders)?;
    let (conn, shop) = (app.db.reader(), &who.shop);
    let row = query::by_id(conn, shop.id, *id).await?;
    let actions = actions::of_all(conn, shop.id, &[row.id]).await?;
    let history = flow::history(&app, shop, &row).await;
    let files = files_of(&app);
    json(&ComplaintDetail {
        complaint: view(&row, app.clock.wall()),
        phone: row.phone(&app.sealer)?,
        actions: actions.iter().map(|action| ComplaintActionView::of(action, &files)).collect(),
        history: history.map(|entries| entries.into_iter().map(|entry| NegotiationView::of(row.id, entry)).collect()),
    })
}

/// An answer to the payer.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ComplaintReply {
    /// The payer reads it.
    #[schema(min_length = 1, max_length = 200)]
    text: String,
    /// Pictures that operators have uploaded: JPEG or PNG of at most 2 MB.
    #[serde(default)]
    #[schema(max_items = 4)]
    pictures: Vec<UploadId>,
}

/// Answers the payer.
#[utoipa::path(
    tag = "after-sales", operation_id = "reply_to_complaint", security(("session" = [])), request_body = ComplaintReply,
    params(("id" = ComplaintId, Path), ("Idempotency-Key" = String, Header, description = "Required")),
    responses((status = 200, body = ActedView), Failures)
)]
#[post("/console/api/v1/complaints/{id}/replies")]
async fn reply(
    app: web::Data<App>,
    who: Operator,
    id: PathId<ComplaintId>,
    key: IdempotencyKey,
    body: JsonBody<ComplaintReply>,
) -> Reply {
    who.may(Permission::Orders)?;
    let key = key.required()?;
    let mut fields = Fields::default();
    let text = fields.prose("text", &body.value.text, 1, WORDS_MAX);
    let uploads = &body.value.pictures;
    fields.need(uploads.len() <= PICTURES_MAX, "pictures", "at most 4");
    if uploads.iter().enumerate().any(|(place, id)| uploads.iter().take(place).any(|other| other == id)) {
        fields.fault("pictures", "duplicate", "each picture once");
    }
    fields.done()?;
    let pictures = body.value.pictures;
    let new = NewAction { kind: ActionKind::Reply, content: Some(text), refund_days: None, pictures };
    act(&app, &who, *id, key, &body.hash, &new).await
}

/// Says that the complaint is dealt with. WeChat takes it once the payer was answered.
#[utoipa::path(
    tag = "after-sales", operation_id = "complete_complaint", security(("session" = [])),
    params(("id" = ComplaintId, Path), ("Idempotency-Key" = Option<String>, Header, description = "A repeat gets the first answer.")),
    responses((status = 200, body = ActedView), Failures)
)]
#[post("/console/api/v1/complaints/{id}/complete")]
async fn complete(
    app: web::Data<App>,
    who: Operator,
    id: PathId<ComplaintId>,
    key: IdempotencyKey,
    body: JsonBody<Nothing>,
) -> Reply {
    who.may(Permission::Orders)?;
    let new = NewAction { kind: ActionKind::Complete, content: None, refund_days: None, pictures: Vec::new() };
    act(&app, &who, *id, key, &body.hash, &new).await
}

/// Whether a wanted refund will be made.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ComplaintRefund {
    /// Within how many days it will be; not beside `refuse`.
    #[schema(minimum = 0, maximum = 30)]
    promise_days: Option<i32>,
    /// Why it will not be; not beside `promise_days`.
    #[schema(min_length = 1, max_length = 200)]
    refuse: Option<String>,
}

impl ComplaintRefund {
    fn checked(self) -> Result<NewAction, kernel::failure::Invalid> {
        let mut fields = Fields::default();
        let new = match (self.promise_days, self.refuse) {
            (Some(days), None) => {
                fields.need((0..=DAYS_MAX).contains(&days), "promise_days", "0 to 30");
                NewAction {
                    kind: ActionKind::PromiseRefund,
                    content: None,
                    refund_days: Some(days),
                    pictures: Vec::new(),
                }
            }
            (None, Some(why)) => {
                let why = fields.line("refuse", &why, 1, WORDS_MAX);
                NewAction {
                    kind: ActionKind::RefuseRefund,
                    content: Some(why),
                    refund_days: None,
                    pictures: Vec::new(),
                }
            }
            _ => {
                fields.fault("promise_days", "invalid", "either promise_days or refuse");
                NewAction { kind: ActionKind::RefuseRefund, content: None, refund_days: None, pictures: Vec::new() }
            }
        };
        fields.done()?;
        Ok(new)
    }
}

/// Tells WeChat whether a wanted refund will be made. The refund itself is made on the order.
#[utoipa::path(
    tag = "after-sales", operation_id = "complaint_refund_progress", security(("session" = [])),
    request_body = ComplaintRefund,
    params(("id" = ComplaintId, Path), ("Idempotency-Key" = String, Header, description = "Required")),
    responses((status = 200, body = ActedView), Failures)
)]
#[post("/console/api/v1/complaints/{id}/refund-progress")]
async fn refund_progress(
    app: web::Data<App>,
    who: Operator,
    id: PathId<ComplaintId>,
    key: IdempotencyKey,
    body: JsonBody<ComplaintRefund>,
) -> Reply {
    who.may(Permission::Orders)?;
    let key = key.required()?;
    let new = body.value.checked()?;
    act(&app, &who, *id, key, &body.hash, &new).await
}

/// Where our files are.
fn files_of(app: &App) -> String {
    format!("{}/files", app.config.server.public_url)
}

async fn act(app: &App, who: &Operator, id: ComplaintId, key: IdempotencyKey, hash: &str, new: &NewAction) -> Reply {
    let (wall, files) = (app.clock.wall(), files_of(app));
    let shown = move |acted: &Acted| ActedView {
        complaint: view(&acted.complaint, wall),
        actions: acted.actions.iter().map(|action| ComplaintActionView::of(action, &files)).collect(),
    };
    let work = async |once: &_| flow::act(app, &who.shop, who.operator, id, new, once).await;
    key.once(app, who.shop.id, who.operator, hash, StatusCode::OK, shown, work).await
}
