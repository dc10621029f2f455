//! Catalogue reads: the same question gets the rendered answer at hand, with its `ETag`.

use actix_web::HttpRequest;
use bytes::Bytes;
use kernel::Failure;
use sea_orm::DbErr;
use serde::Serialize;

use crate::api::auth::Visitor;
use crate::api::reply::{Reply, cacheable, etag_of};
use crate::app::{App, Rendered, Viewer};

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
    let path_and_query = request.uri().path_and_query().map_or("", |text| text.as_str());
    let question = app.catalogue.question(visitor.shop.id, viewer, app.clock.ahead(), path_and_query);
    let render = async {
        let view = look(viewer).await?;
        let body = Bytes::from(serde_json::to_vec(&view).map_err(|error| DbErr::Json(error.to_string()))?);
        Ok(Rendered { etag: etag_of(&body), body })
    };
    let rendered = app.catalogue.answer(question, render).await?;
    Ok(cacheable(request.headers(), rendered.body.clone(), &rendered.etag))
}
