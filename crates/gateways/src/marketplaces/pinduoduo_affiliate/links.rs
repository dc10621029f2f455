//! Promotion links into Pinduoduo's mini-program, and the filing (备案) they may need.

use super::super::connector::{BoxFeed, Feed, FilingSource, LinkSource};
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest};
use super::super::model::{Cursor, LinkRequest, Mark, Page, PromotionLink};
use super::types::{FiledReply, FilingLinkReply, LinkReply};
use super::{PinduoduoAffiliate, map};

/// The most bytes of `custom_parameters`, the whole JSON text counted.
pub const LONGEST_MARK: usize = 64;
/// `channel_type` of the link that asks for the filing.
const FILING_CHANNEL: &str = "10";

impl PinduoduoAffiliate {
    /// The mark to send: the given one, else the one the position was filed with.
    fn mark_text(&self, mark: Option<&Mark>) -> Result<Option<String>, ApiError> {
        match mark {
            Some(mark) => map::write_mark(mark).map(Some),
            None => Ok(self.custom_parameters.clone()),
        }
    }
}

impl LinkSource for PinduoduoAffiliate {
    fn link<'a>(&'a self, wanted: &'a LinkRequest) -> BoxFeed<'a, PromotionLink> {
        Box::new(LinkFeed { app: self, wanted })
    }
}

impl FilingSource for PinduoduoAffiliate {
    fn is_filed<'a>(&'a self, mark: Option<&'a Mark>) -> BoxFeed<'a, bool> {
        Box::new(FiledFeed { app: self, mark })
    }

    fn filing_link<'a>(&'a self, mark: Option<&'a Mark>) -> BoxFeed<'a, PromotionLink> {
        Box::new(FilingLinkFeed { app: self, mark })
    }
}

/// `pdd.ddk.goods.promotion.url.generate` for one item: a batch may come back in another order.
struct LinkFeed<'a> {
    app: &'a PinduoduoAffiliate,
    wanted: &'a LinkRequest,
}

impl Feed<PromotionLink> for LinkFeed<'_> {
    fn request(&self, _: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        let extra = |key: &str| self.wanted.extra.get(key).and_then(|value| value.as_str());
        Ok(HttpRequest::gateway_read("pdd.ddk.goods.promotion.url.generate")
            .with("p_id", &self.app.pid)
            .with("goods_sign_list", json_list(&self.wanted.external_id)?)
            .with("generate_short_url", "true")
            .with("generate_we_app", "true")
            .with_some("custom_parameters", self.app.mark_text(self.wanted.mark.as_ref())?)
            .with_some("search_id", extra("search_id"))
            .with_some("zs_duo_id", extra("zs_duo_id")))
    }

    fn read(&self, _: Option<&Cursor>, reply: &HttpReply) -> Result<Page<PromotionLink>, ApiError> {
        let body: LinkReply = reply.json()?;
        let body = body.goods_promotion_url_generate_response;
        let body = body.ok_or_else(|| ApiError::malformed("no goods_promotion_url_generate_response"))?;
        Ok(Page::collect(body.goods_promotion_url_list.0.iter().map(map::link)))
    }
}

/// `pdd.ddk.member.authority.query`.
struct FiledFeed<'a> {
    app: &'a PinduoduoAffiliate,
    mark: Option<&'a Mark>,
}

impl Feed<bool> for FiledFeed<'_> {
    fn request(&self, _: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        Ok(HttpRequest::gateway_read("pdd.ddk.member.authority.query")
            .with("pid", &self.app.pid)
            .with_some("custom_parameters", self.app.mark_text(self.mark)?))
    }

    fn read(&self, _: Option<&Cursor>, reply: &HttpReply) -> Result<Page<bool>, ApiError> {
        let body: FiledReply = reply.json()?;
        let body = body.authority_query_response;
        let body = body.ok_or_else(|| ApiError::malformed("no authority_query_response"))?;
        Ok(Page::of(vec![body.bind.is_true()]))
    }
}

/// `pdd.ddk.rp.prom.url.generate` with the filing channel.
struct FilingLinkFeed<'a> {
    app: &'a PinduoduoAffiliate,
    mark: Option<&'a Mark>,
}

impl Feed<PromotionLink> for FilingLinkFeed<'_> {
    fn request(&self, _: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        Ok(HttpRequest::gateway_read("pdd.ddk.rp.prom.url.generate")
            .with("p_id_list", json_list(&self.app.pid)?)
            .with("channel_type", FILING_CHANNEL)
            .with("generate_we_app", "true")
            .with("generate_short_url", "true")
            .with_some("custom_parameters", self.app.mark_text(self.mark)?))
    }

    fn read(&self, _: Option<&Cursor>, reply: &HttpReply) -> Result<Page<PromotionLink>, ApiError> {
        let body: FilingLinkReply = reply.json()?;
        let body = body.rp_promotion_url_generate_response;
        let body = body.ok_or_else(|| ApiError::malformed("no rp_promotion_url_generate_response"))?;
        Ok(Page::collect(body.url_list.0.iter().map(map::link)))
    }
}

/// A list of one text as the JSON text that is both signed and sent.
fn json_list(only: &str) -> Result<String, ApiError> {
    serde_json::to_string(&[only]).map_err(|_| ApiError::bad_request("unwritable list"))
}
