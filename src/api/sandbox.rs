//! What is there in sandbox mode alone: moving business time on.

use actix_web::{post, web};
use chrono::{DateTime, Utc};
use kernel::failure::Invalid;
use serde::{Deserialize, Serialize};

use super::body::JsonBody;
use super::reply::{Reply, json};
use crate::app::App;
use crate::flows::business_time;

/// The furthest one step goes: a year.
const STEP_MAX_S: i64 = 366 * 86_400;

/// Every call of sandbox mode; without it there are none.
pub fn routes(config: &mut web::ServiceConfig, is_on: bool) {
    if is_on {
        config.service(advance);
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_s: i64,
}

#[derive(Serialize)]
struct BusinessTime {
    now: DateTime<Utc>,
}

/// `POST /sandbox/clock {advance_s}`: business time moves on; wall time does not.
#[post("/sandbox/clock")]
async fn advance(app: web::Data<App>, body: JsonBody<Advance>) -> Reply {
    let seconds = body.value.advance_s;
    if !(0..=STEP_MAX_S).contains(&seconds) {
        return Err(Invalid::field("advance_s", "out_of_range", "0 to one year of seconds").into());
    }
    json(&BusinessTime { now: business_time::advance(&app, seconds).await? })
}
