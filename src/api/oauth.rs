//! Where platforms send merchants back to after their consent: `GET /oauth/{platform}/callback`.
//!
//! The answer is a page of ours without a script or anything from elsewhere; it says what happened and
//! holds nothing of the query.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use actix_web::web::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get, web};
use url::form_urlencoded;

use super::auth_console::COOKIE;
use super::problem::status_of;
use crate::app::App;
use crate::areas::stores::consents::Outcome;
use crate::flows;
use crate::flows::stores::{CameBack, Shown};

const PAGE: &str = include_str!("pages/came_back.html");
/// No platform sends more; the router bounds the address itself.
const PARAMETERS_MAX: usize = 64;

/// The callback's route.
pub fn routes(config: &mut ServiceConfig) {
    config.service(came_back);
}

#[get("/oauth/{platform}/callback")]
async fn came_back(app: web::Data<App>, request: HttpRequest, platform: web::Path<String>) -> HttpResponse {
    let query: Vec<(String, String)> =
        form_urlencoded::parse(request.query_string().as_bytes()).into_owned().take(PARAMETERS_MAX).collect();
    let session = match request.cookie(COOKIE) {
        // A session that is over is nobody's.
        Some(cookie) => flows::operators::admit(&app, cookie.value()).await.ok().map(|admitted| admitted.operator.id),
        None => None,
    };
    let back = CameBack { marketplace: &platform, query: &query, session };
    match flows::stores::come_back(&app, &back).await {
        Ok(shown) => page(shown),
        Err(failure) => {
            tracing::error!(marketplace = platform.as_str(), %failure, "a consent could not be followed");
            answer(status_of(failure.code()), "failed", ("系统出错", "请稍后在控制台重新发起授权。"), BROKEN)
        }
    }
}

/// A title and what to do, in English.
type Words = (&'static str, &'static str);

const BROKEN: Words = ("Something went wrong on our side", "Begin again from the console a little later.");

fn page(shown: Shown) -> HttpResponse {
    let (status, word, zh, en): (u16, &str, Words, Words) = match shown {
        Shown::Outcome(Outcome::Authorised) => (
            200,
            "authorised",
            ("授权成功", "店铺已可使用，可以关闭此页并回到控制台。"),
            ("Authorised", "The store works. Close this page and go back to the console."),
        ),
        Shown::Outcome(Outcome::OtherAccount) => (
            409,
            "other_account",
            ("授权的商家或站点与所选不一致", "令牌已丢弃。请在平台退出当前账号，用所选商家的主账号重新授权。"),
            (
                "Another merchant or site has authorised",
                "The tokens were thrown away. Sign out there and authorise with the account that was chosen.",
            ),
        ),
        Shown::Outcome(Outcome::Bound) => (
            409,
            "bound",
            ("该店铺已被绑定", "同一平台店铺只能绑定一次。请先在原处移除，再重新授权。"),
            ("The store is bound already", "A store is bound once. Take it off where it is, then authorise again."),
        ),
        Shown::Outcome(Outcome::Refused) => (
            422,
            "refused",
            ("未获授权", "平台或商家拒绝了授权。请回到控制台重新发起。"),
            ("Not authorised", "The platform or the merchant refused. Begin again from the console."),
        ),
        Shown::Outcome(Outcome::Misconfigured) => (
            422,
            "misconfigured",
            ("应用配置有误", "请检查应用的密钥、权限与在平台登记的回调地址。"),
            ("The app is not set up as the platform wants", "Check its secret, its rights and the callback there."),
        ),
        Shown::Outcome(Outcome::Unavailable) => (
            503,
            "unavailable",
            ("平台暂不可用", "授权码只能使用一次，请稍后在控制台重新发起授权。"),
            ("The platform gave no usable answer", "A code is good once: begin again from the console a little later."),
        ),
        Shown::UnderWay => (
            202,
            "under_way",
            ("正在处理", "请稍候刷新此页，或在控制台查看店铺状态。"),
            ("Under way", "Load this page again in a moment, or look at the store in the console."),
        ),
        Shown::Unknown => (
            400,
            "unknown",
            ("授权链接无效或已过期", "请在控制台重新发起授权，并用同一浏览器完成。"),
            ("This link is not valid or over", "Begin again from the console and finish in the same browser."),
        ),
    };
    answer(StatusCode::from_u16(status).unwrap_or(StatusCode::OK), word, zh, en)
}

fn answer(status: StatusCode, word: &str, zh: Words, en: Words) -> HttpResponse {
    let mut text = PAGE.to_owned();
    for (mark, value) in [
        ("<!-- word -->", word),
        ("<!-- title zh -->", zh.0),
        ("<!-- text zh -->", zh.1),
        ("<!-- title en -->", en.0),
        ("<!-- text en -->", en.1),
    ] {
        text = text.replace(mark, value);
    }
    metrics::counter!("store_consents_total", "outcome" => word.to_owned()).increment(1);
    HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"))
        .body(text)
}
