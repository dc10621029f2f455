//! Unlimited mini-program codes: the rules of the scene, and a picture.

use serde::Deserialize;

use super::{Answer, Call, Errcode, Reply, png, refuse};

/// What a scene may hold beside letters and digits.
const SCENE_MARKS: &str = "!#$&'()*+,/:;=?@-._~";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    scene: String,
    page: Option<String>,
    #[serde(rename = "check_path")]
    _check_path: Option<bool>,
    env_version: Option<String>,
    width: Option<u32>,
    #[serde(rename = "auto_color")]
    _auto_color: Option<bool>,
    #[serde(rename = "line_color")]
    _line_color: Option<Colour>,
    #[serde(rename = "is_hyaline")]
    _is_hyaline: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Colour {
    #[serde(rename = "r")]
    _r: u8,
    #[serde(rename = "g")]
    _g: u8,
    #[serde(rename = "b")]
    _b: u8,
}

/// `POST /wxa/getwxacodeunlimit`: a PNG whose pattern is the scene's own.
pub(super) fn unlimited(call: &Call<'_>) -> Reply {
    call.app()?;
    let body: Body = call.json()?;
    judge(&body)?;
    Ok(Answer::Picture(png::pattern(&body.scene, body.width.unwrap_or(430))))
}

fn judge(body: &Body) -> Result<(), Errcode> {
    if body.scene.is_empty() || body.scene.len() > 32 {
        return refuse(40169, "invalid length for scene, or the data is not json string");
    }
    if !body.scene.chars().all(|c| c.is_ascii_alphanumeric() || SCENE_MARKS.contains(c)) {
        return refuse(40129, "invalid scene");
    }
    if body.page.as_ref().is_some_and(|page| page.is_empty() || page.starts_with('/') || page.contains('?')) {
        return refuse(41030, "invalid page");
    }
    if body.env_version.as_deref().is_some_and(|version| !["release", "trial", "develop"].contains(&version)) {
        return refuse(40097, "invalid args: env_version");
    }
    if body.width.is_some_and(|width| !(280..=1280).contains(&width)) {
        return refuse(40097, "invalid args: width");
    }
    Ok(())
}
