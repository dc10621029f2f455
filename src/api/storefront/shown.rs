//! Catalogue reads: the same question gets the rendered answer at hand, with its `ETag`.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::ACCEPT_ENCODING;
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use kernel::Failure;
use sea_orm::DbErr;
use serde::Serialize;

use crate::api::auth::{Visitor, app_of, visitor_of};
use crate::api::reply::{Reply, cacheable, etag_of, takes_gzip};
use crate::api::request_log;
use crate::app::{App, Question, Rendered, Viewer};

/// Where the addresses of catalogue reads begin.
const CATALOGUE: [&str; 3] = ["/api/v1/goods", "/api/v1/categories", "/api/v1/home"];

/// Answers a catalogue read: what is at hand, else what `look` finds for this viewer.
pub(super) async fn shown<V: Serialize>(
    app: &App,
    visitor: &Visitor,
    request: &HttpRequest,
    look: impl AsyncFnOnce(Viewer) -> Result<V, Failure>,
) -> Reply {
    let viewer = match visitor.member {
        Some(member) => app.catalogue.viewer(&app.db, visitor.shop.id, member).await?,
        None => Viewer::default(),
    };
    let question = question(app, visitor, viewer, request);
    let render = async {
        let view = look(viewer).await?;
        let body = Bytes::from(serde_json::to_vec(&view).map_err(|error| DbErr::Json(error.to_string()))?);
        let etag = etag_of(&body);
        Ok(Rendered::new(body, etag, request_log::timer(request)))
    };
    let rendered = app.catalogue.answer(question, render).await?;
    Ok(cacheable(request, &rendered))
}

/// The answer to a catalogue read that is at hand already, and what times it: given at the door,
/// before routing. `None` is no refusal: the request goes its usual way.
pub(in crate::api) async fn at_hand(request: &HttpRequest) -> Option<(HttpResponse, Arc<Rendered>)> {
    let is_catalogue = CATALOGUE.iter().any(|start| request.path().starts_with(start));
    if !is_catalogue || request.method() != Method::GET {
        return None;
    }
    let app = app_of(request).ok()?;
    let visitor = visitor_of(request).ok()?;
    let viewer = match visitor.member {
        Some(member) => app.catalogue.known_viewer(visitor.shop.id, member).await?,
        None => Viewer::default(),
    };
    let rendered = app.catalogue.at_hand(&question(&app, &visitor, viewer, request)).await?;
    // What is neither wanted plain nor packed our way is packed, or refused, further in.
    let ready = !request.headers().contains_key(ACCEPT_ENCODING) || takes_gzip(request) && rendered.gzip().is_some();
    if !ready {
        return None;
    }
    Some((cacheable(request, &rendered), rendered))
}

fn question(app: &App, visitor: &Visitor, viewer: Viewer, request: &HttpRequest) -> Question {
    let path_and_query = request.uri().path_and_query().map_or("", |text| text.as_str());
    app.catalogue.question(visitor.shop.id, viewer, app.clock.ahead(), path_and_query)
}
