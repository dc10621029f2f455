//! Wrong methods and HEAD.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use reqwest::Method;
use tuanqiao::api::methods::{BESIDE, HEALTH, SANDBOX};

use crate::contract::{documents, operations};

/// What every address offers, by what is documented and what is served beside it.
fn offered() -> BTreeMap<String, BTreeSet<String>> {
    let mut offered: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (_, document) in documents() {
        for (path, method, _) in operations(&document) {
            offered.entry(path).or_default().insert(method.to_uppercase());
        }
    }
    for (path, method) in HEALTH.into_iter().chain(BESIDE).chain(SANDBOX) {
        offered.entry(path.to_owned()).or_default().insert(method.to_owned());
    }
    for methods in offered.values_mut().filter(|methods| methods.contains("GET")) {
        methods.insert("HEAD".to_owned());
    }
    offered
}

/// An address of a pattern: every `{part}` stands for something.
fn address(pattern: &str) -> String {
    let part = |part: &str| if part.starts_with('{') { "x".to_owned() } else { part.to_owned() };
    pattern.split('/').map(part).collect::<Vec<_>>().join("/")
}

on_both! {
    async fn a_wrong_method_is_answered_405_with_what_is_offered(app: TestApp) {
        let anybody = app.anybody();
        for (pattern, methods) in offered() {
            let path = address(&pattern);
            for wrong in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE"] {
                if methods.contains(wrong) {
                    continue;
                }
                let answer = anybody.call(wrong.parse().unwrap(), &path, None).await;
                let allowed: BTreeSet<String> = answer.header("allow").split(", ").map(str::to_owned).collect();
                assert!(allowed.is_superset(&methods), "{wrong} {path}: Allow says {allowed:?}, not {methods:?}");
                assert!(!allowed.contains(wrong));
                answer.refused(405, "method_not_allowed");
            }
        }
        for nowhere in ["/api/v1/nowhere", "/api/v1/goods/a/b/c/d", "/api/v2/goods", "/console/api/v1/x"] {
            for method in [Method::GET, Method::POST, Method::DELETE, Method::HEAD] {
                let answer = anybody.call(method.clone(), nowhere, None).await;
                assert_eq!((answer.status, answer.header("allow")), (404, ""), "{method} {nowhere}");
            }
        }
    }
}

on_both! {
    async fn head_is_get_without_the_body(app: TestApp) {
        let (anna, anybody) = (app.member("anna").await, app.anybody());
        for path in ["/", "/healthz", "/readyz", "/docs/index.html", "/miniapp-api.json", "/api/v1/goods", "/api/v1/me", "/api/v1/orders/x"] {
            for caller in [&anna, &anybody] {
                let got = caller.get(path).await;
                let head = caller.call(Method::HEAD, path, None).await;
                assert_eq!((head.status, head.bytes.len()), (got.status, 0), "{path}");
                for name in ["content-type", "etag", "cache-control"] {
                    assert_eq!(head.header(name), got.header(name), "{path}: {name}");
                }
            }
        }
        // A connection stays good after it: the length told is not waited for.
        let etag = anna.call(Method::HEAD, "/api/v1/goods", None).await.header("etag").to_owned();
        assert_eq!(anna.clone().sending("If-None-Match", etag).call(Method::HEAD, "/api/v1/goods", None).await.status, 304);
        assert_eq!(anybody.call(Method::HEAD, "/api/v1/session", None).await.status, 405);
    }
}

#[test]
fn every_route_outside_the_documents_is_known_to_the_table_of_methods() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/api");
    let mut files =
        ["files.rs", "oauth.rs", "operations.rs", "pages.rs", "sandbox.rs"].map(|file| root.join(file)).to_vec();
    files.extend(std::fs::read_dir(root.join("notify")).unwrap().map(|entry| entry.unwrap().path()));
    let mut seen = 0;
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for word in [".route(", "web::resource(", "web::scope("] {
            assert!(!text.contains(word), "{}: {word} adds a route that the table does not know", file.display());
        }
        for line in text.lines() {
            for method in ["get", "post", "put", "patch", "delete"] {
                let Some(rest) = line.strip_prefix(&format!("#[{method}(\"")) else { continue };
                let path = rest.split('"').next().unwrap();
                let known = HEALTH
                    .into_iter()
                    .chain(BESIDE)
                    .chain(SANDBOX)
                    .any(|known| known == (path, &method.to_uppercase()));
                assert!(known, "{}: {method} {path} is not in the table", file.display());
                seen += 1;
            }
        }
    }
    assert_eq!(seen, HEALTH.len() + BESIDE.len() + SANDBOX.len() - 1, "all but Swagger UI's own");
}
