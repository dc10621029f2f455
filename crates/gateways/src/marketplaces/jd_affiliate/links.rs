//! Links into JD's mini-program.

use serde_json::json;

use super::super::connector::{BoxFeed, Feed, LinkSource};
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest};
use super::super::gates::jd::{PARAM, answer};
use super::super::model::{Cursor, LinkRequest, Page, PromotionLink};
use super::types::LinkBody;
use super::{JdAffiliate, map};

/// The longest `subUnionId`.
const LONGEST_MARK: usize = 80;
/// `chainType` of an answer with the long and the short link.
const BOTH: i64 = 3;

impl LinkSource for JdAffiliate {
    fn link<'a>(&'a self, wanted: &'a LinkRequest) -> BoxFeed<'a, PromotionLink> {
        Box::new(LinkFeed { app: self, wanted })
    }
}

/// `….bysubunionid.get` for a person, where JD has granted that; else `….common.get`, which
/// attributes to nobody.
struct LinkFeed<'a> {
    app: &'a JdAffiliate,
    wanted: &'a LinkRequest,
}

impl LinkFeed<'_> {
    /// The goods' page: a bare number is refused.
    fn material(&self) -> String {
        let given = self.wanted.extra.get("material_url").and_then(|url| url.as_str());
        given.map_or_else(|| format!("https://item.jd.com/{}.html", self.wanted.external_id), str::to_owned)
    }
}

impl Feed<PromotionLink> for LinkFeed<'_> {
    fn request(&self, _: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        let coupon = self.wanted.extra.get("coupon_url").and_then(|url| url.as_str());
        let mark = self.wanted.mark.as_ref().filter(|_| self.app.marks);
        let (operation, mut request) = match mark {
            Some(mark) => {
                let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
                if mark.uid.is_empty() || mark.uid.len() > LONGEST_MARK || !mark.uid.chars().all(legal) {
                    return Err(ApiError::bad_request("subUnionId takes 1 to 80 letters, digits, _ and -"));
                }
                let fields = json!({"materialId": self.material(), "subUnionId": mark.uid, "chainType": BOTH});
                ("jd.union.open.promotion.bysubunionid.get", fields)
            }
            None => {
                let fields = json!({"materialId": self.material(), "siteId": self.app.site_id});
                ("jd.union.open.promotion.common.get", fields)
            }
        };
        if let Some(fields) = request.as_object_mut() {
            fields.extend(coupon.map(|url| ("couponUrl".to_owned(), json!(url))));
            fields.extend(self.app.position_id.map(|id| ("positionId".to_owned(), json!(id))));
        }
        Ok(HttpRequest::gateway_read(operation).with(PARAM, json!({ "promotionCodeReq": request }).to_string()))
    }

    fn read(&self, _: Option<&Cursor>, reply: &HttpReply) -> Result<Page<PromotionLink>, ApiError> {
        let body: LinkBody = answer::body(reply)?;
        let row = body.data.ok_or_else(|| ApiError::malformed("no data in the result"))?;
        let link = map::link(&row, &self.app.jump).ok_or_else(|| ApiError::malformed("a link without an address"))?;
        Ok(Page::of(vec![link]))
    }
}
