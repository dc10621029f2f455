//! Pictures: announced, sent once to a signed address, served.

use reqwest::Method;
use serde_json::{Value, json};

use crate::shopper::Client;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nnot much of a picture";

async fn announce(client: &Client, size: usize) -> Value {
    let body = json!({"purpose": "avatar", "content_type": "image/png", "size": size});
    client.post("/api/v1/uploads", body).await.ok()
}

/// An address without the server's part.
fn path(url: &Value) -> String {
    let url = url::Url::parse(url.as_str().unwrap()).unwrap();
    url[url::Position::BeforePath..].to_owned()
}

/// The upload an address names.
fn id_in(path: &str) -> &str {
    path.split('/').nth(4).unwrap()
}

fn form(bytes: &[u8]) -> Vec<u8> {
    let mut form = b"--b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n".to_vec();
    form.extend(b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../../x.png\"\r\n");
    form.extend(b"Content-Type: image/png\r\n\r\n");
    form.extend(bytes);
    form.extend(b"\r\n--b--\r\n");
    form
}

on_both! {
    async fn a_picture_is_taken_once_and_shown(app: TestApp) {
        let (anna, anybody) = (app.member("anna").await, app.anybody());
        let announced = announce(&anna, 100).await;
        let (to, shown) = (path(&announced["upload_url"]), path(&announced["url"]));
        anybody.get(&shown).await.refused(404, "upload.not_found");
        let body = ("multipart/form-data; boundary=b", form(PNG));
        let stored = anybody.send(Method::POST, &to, Some((body.0, body.1.clone()))).await.ok();
        assert_eq!(stored["url"], announced["url"]);
        let picture = anybody.get(&shown).await;
        assert_eq!((picture.status, picture.bytes.as_slice()), (200, PNG));
        assert_eq!((picture.header("content-type"), picture.header("x-content-type-options")), ("image/png", "nosniff"));
        assert!(picture.header("cache-control").contains("immutable"));
        anybody.send(Method::POST, &to, Some(body)).await.refused(404, "upload.not_found");
        let bare = announce(&anna, PNG.len()).await;
        anybody.send(Method::PUT, &path(&bare["upload_url"]), Some(("image/png", PNG.to_vec()))).await.ok();
        assert_eq!(anybody.get(&path(&bare["url"])).await.bytes, PNG);
    }
}

on_both! {
    async fn a_file_that_was_not_announced_so_is_refused(app: TestApp) {
        let (anna, anybody) = (app.member("anna").await, app.anybody());
        let to = path(&announce(&anna, PNG.len()).await["upload_url"]);
        let put = async |to: &str, bytes: &[u8]| {
            anybody.send(Method::PUT, to, Some(("image/png", bytes.to_vec()))).await
        };
        put(&to, b"<html></html>").await.refused(422, "upload.invalid");
        put(&to, b"").await.refused(422, "upload.invalid");
        put(&to, &[PNG, b"x"].concat()).await.refused(413, "body.too_large");
        let long_form = ("multipart/form-data; boundary=b", form(&[PNG, b"x"].concat()));
        anybody.send(Method::POST, &to, Some(long_form)).await.refused(413, "body.too_large");
        let no_form = ("multipart/form-data; boundary=b", b"nonsense".to_vec());
        anybody.send(Method::POST, &to, Some(no_form)).await.refused(422, "upload.invalid");
        for wrong in [to.replace("sig=", "sig=0"), to.replace("sig=", "sig=00"), to.replace("expires=", "expires=1")] {
            put(&wrong, PNG).await.refused(404, "upload.not_found");
        }
        let other = announce(&anna, PNG.len()).await;
        let elsewhere = to.replace(id_in(&to), other["id"].as_str().unwrap());
        put(&elsewhere, PNG).await.refused(404, "upload.not_found");
        // None of it used the address up.
        put(&to, PNG).await.ok();
        let body = |kind: &str, size: i64| json!({"purpose": "avatar", "content_type": kind, "size": size});
        for bad in [body("image/svg+xml", 10), body("image/png", 0), body("image/png", 99_000_000)] {
            anna.post("/api/v1/uploads", bad).await.refused(400, "validation.failed");
        }
        anybody.post("/api/v1/uploads", body("image/png", 10)).await.refused(401, "auth.required");
    }
}

on_both! {
    async fn no_name_leads_out_of_the_folder(app: TestApp) {
        let anybody = app.anybody();
        for name in ["..%2F..%2Fshop.db", "..%2fshop.db", "%2e%2e%2fshop.db", "a.png", "%00.png", ".png"] {
            let answer = anybody.get(&format!("/files/{name}")).await;
            assert_eq!(answer.status, 404, "{name} was answered {}", answer.text());
        }
    }
}
