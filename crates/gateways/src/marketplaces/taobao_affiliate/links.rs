//! Links as password text (淘口令), the only form that leaves a mini-program.

use serde::{Deserialize, Serialize};

use super::super::connector::{BoxFeed, Feed, LinkSource};
use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::{HttpReply, HttpRequest};
use super::super::model::{Cursor, LinkRequest, Page, PromotionLink};
use super::types::{ConvertReply, PasswordReply};
use super::{TaobaoAffiliate, map};

impl LinkSource for TaobaoAffiliate {
    fn link<'a>(&'a self, wanted: &'a LinkRequest) -> BoxFeed<'a, PromotionLink> {
        Box::new(LinkFeed { app: self, wanted })
    }
}

/// One or two calls. A link for a channel (or without an issued address) is converted first; where
/// the answer has no password, and for addresses as issued with the goods, `tpwd.create` makes it.
struct LinkFeed<'a> {
    app: &'a TaobaoAffiliate,
    wanted: &'a LinkRequest,
}

/// The call at hand.
enum Step {
    Convert,
    Password(String),
}

/// The address still to be made into a password.
#[derive(Serialize, Deserialize)]
struct Converted {
    url: String,
}

impl LinkFeed<'_> {
    fn step(&self, cursor: Option<&Cursor>) -> Result<Step, ApiError> {
        if let Some(cursor) = cursor {
            let converted: Converted = cursor.open()?;
            return Ok(Step::Password(converted.url));
        }
        let issued = |key: &str| self.wanted.extra.get(key).and_then(|value| value.as_str());
        let url = issued("coupon_share_url").or_else(|| issued("click_url"));
        Ok(match (self.channel(), url) {
            (None, Some(url)) => Step::Password(url.to_owned()),
            _ => Step::Convert,
        })
    }

    /// The channel's `relation_id`, by which the order is attributed.
    fn channel(&self) -> Option<&str> {
        self.wanted.mark.as_ref().and_then(|mark| mark.channel_id.as_deref())
    }
}

impl Feed<PromotionLink> for LinkFeed<'_> {
    fn request(&self, cursor: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        Ok(match self.step(cursor)? {
            Step::Convert => HttpRequest::gateway_read("taobao.tbk.dg.general.link.convert")
                .with("adzone_id", &self.app.adzone_id)
                .with("item_id_list", &self.wanted.external_id)
                .with_some("relation_id", self.channel()),
            Step::Password(url) => HttpRequest::gateway_read("taobao.tbk.tpwd.create").with("url", url),
        })
    }

    fn read(&self, cursor: Option<&Cursor>, reply: &HttpReply) -> Result<Page<PromotionLink>, ApiError> {
        match self.step(cursor)? {
            Step::Convert => read_converted(reply),
            Step::Password(url) => read_password(reply, url),
        }
    }
}

fn read_converted(reply: &HttpReply) -> Result<Page<PromotionLink>, ApiError> {
    let body: ConvertReply = reply.json()?;
    let body = body.tbk_dg_general_link_convert_response;
    let data = body.and_then(|body| body.data).unwrap_or_default();
    let items = data.item_url_list.unwrap_or_default().item_url_list.0;
    let Some(info) = items.into_iter().find_map(|item| item.link_info_dto) else {
        let said = data.biz_error_desc.text().unwrap_or("no link in the answer");
        return Err(ApiError::new(ErrorClass::Business, "not_converted", said));
    };
    let link = map::link(&info);
    if link.tpwd.is_some() {
        return Ok(Page::of(vec![link]));
    }
    let url = link.short_url.or(link.url).ok_or_else(|| ApiError::malformed("a link without an address"))?;
    Ok(Page::of(Vec::new()).and_next(Some(Cursor::of(&Converted { url })?)))
}

fn read_password(reply: &HttpReply, url: String) -> Result<Page<PromotionLink>, ApiError> {
    let body: PasswordReply = reply.json()?;
    let data = body.tbk_tpwd_create_response.and_then(|body| body.data);
    let data = data.ok_or_else(|| ApiError::malformed("no tbk_tpwd_create_response.data"))?;
    let tpwd = data.model.owned().or_else(|| data.password_simple.owned());
    let tpwd = tpwd.ok_or_else(|| ApiError::malformed("no password in the answer"))?;
    let link = PromotionLink { we_app_info: None, short_url: None, url: Some(url), tpwd: Some(tpwd) };
    Ok(Page::of(vec![link]))
}
