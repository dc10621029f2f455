//! Routes: registered with the server, listed, or described in a document, all from the same lines.

use actix_web::dev::HttpServiceFactory;
use actix_web::web;
use utoipa::Path;
use utoipa::openapi::{HttpMethod, OpenApi};
use utoipa_actix_web::OpenApiFactory;

/// What becomes of the routes a module names.
pub enum Routes<'a> {
    /// They are served. Nothing is described: the descriptions of every call would take some
    /// megabytes a worker.
    Serve(&'a mut web::ServiceConfig),
    /// Their paths and methods are listed.
    List(&'a mut Vec<(String, String)>),
    /// They are described in a document.
    Describe(&'a mut OpenApi),
}

impl Routes<'_> {
    /// The routes of another module.
    pub fn configure(&mut self, routes: impl FnOnce(&mut Self)) -> &mut Self {
        routes(self);
        self
    }

    /// One route.
    pub fn service<F: HttpServiceFactory + OpenApiFactory + Path + 'static>(&mut self, factory: F) -> &mut Self {
        match self {
            Self::Serve(config) => {
                config.service(factory);
            }
            Self::List(list) => list.extend(F::methods().iter().map(|method| (F::path(), name(method).to_owned()))),
            Self::Describe(document) => {
                let mut schemas = Vec::new();
                factory.schemas(&mut schemas);
                document.paths.merge(factory.paths());
                document.components.get_or_insert_default().schemas.extend(schemas);
            }
        }
        self
    }
}

fn name(method: &HttpMethod) -> &'static str {
    match method {
        HttpMethod::Get => "GET",
        HttpMethod::Post => "POST",
        HttpMethod::Put => "PUT",
        HttpMethod::Delete => "DELETE",
        HttpMethod::Options => "OPTIONS",
        HttpMethod::Head => "HEAD",
        HttpMethod::Patch => "PATCH",
        HttpMethod::Trace => "TRACE",
    }
}
