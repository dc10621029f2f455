//! Reading an item's id off the address of its page, which merchants paste in. Shops have hosts of
//! their own, so the shape of the address counts and not its host.

use url::Url;

/// The first of the query's `names` that holds a plain id.
pub fn asked(link: &Url, names: &[&str]) -> Option<String> {
    let pairs: Vec<(String, String)> = link.query_pairs().into_owned().collect();
    let value = |name: &&str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    names.iter().find_map(value).filter(|id| is_plain(id))
}

/// The path's part after `before`, without its ending.
pub fn after(link: &Url, before: &str) -> Option<String> {
    let mut parts = link.path_segments()?.skip_while(|part| *part != before);
    parts.next()?;
    parts.next().map(stem).filter(|id| is_plain(id))
}

/// The path's last part without its ending.
pub fn last(link: &Url) -> Option<String> {
    link.path_segments()?.rfind(|part| !part.is_empty()).map(stem).filter(|id| is_plain(id))
}

/// The same, when it is a number.
pub fn number(id: Option<String>) -> Option<String> {
    id.filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether the path has this part.
pub fn has(link: &Url, part: &str) -> bool {
    link.path_segments().is_some_and(|mut parts| parts.any(|known| known == part))
}

fn stem(part: &str) -> String {
    part.split_once('.').map_or(part, |(stem, _)| stem).to_owned()
}

fn is_plain(id: &str) -> bool {
    (1..=200).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::*;
    use super::*;

    type Reader = fn(&Url) -> Option<String>;

    const READERS: [Reader; 11] = [
        pinduoduo::item_of,
        pinduoduo_affiliate::item_of,
        taobao::item_of,
        taobao_affiliate::item_of,
        jd_affiliate::item_of,
        weimob::item_of,
        shopify::item_of,
        aliexpress::item_of,
        dhgate::item_of,
        wish::item_of,
        shoplazza::item_of,
    ];

    #[test]
    fn each_marketplace_reads_its_own_addresses() {
        let known = [
            (
                pinduoduo::item_of as Reader,
                "https://mobile.yangkeduo.com/goods.html?goods_id=500012345&x=1",
                "500012345",
            ),
            (
                pinduoduo_affiliate::item_of as Reader,
                "https://mobile.yangkeduo.com/goods2.html?goods_sign=E9f2abc_d-Q",
                "E9f2abc_d-Q",
            ),
            (taobao::item_of as Reader, "https://item.taobao.com/item.htm?spm=a1&id=655012345678", "655012345678"),
            (taobao::item_of as Reader, "https://detail.tmall.com/item.htm?id=655012345678#detail", "655012345678"),
            (taobao_affiliate::item_of as Reader, "https://detail.tmall.com/item.htm?id=655012345678", "655012345678"),
            (jd_affiliate::item_of as Reader, "https://item.jd.com/100012043978.html", "100012043978"),
            (jd_affiliate::item_of as Reader, "https://item.m.jd.com/product/100012043978.html?a=b", "100012043978"),
            (
                weimob::item_of as Reader,
                "https://100000123.retail.n.weimob.com/saas/retail/1/2/goods/detail?goodsId=9988",
                "9988",
            ),
            (
                shopify::item_of as Reader,
                "https://admin.shopify.com/store/tea/products/7012345678901",
                "gid://shopify/Product/7012345678901",
            ),
            (
                aliexpress::item_of as Reader,
                "https://www.aliexpress.com/item/1005001234567890.html?spm=x",
                "1005001234567890",
            ),
            (dhgate::item_of as Reader, "https://www.dhgate.com/product/red-tea-cup/567812345.html", "567812345"),
            (
                wish::item_of as Reader,
                "https://www.wish.com/product/5f3c0a1b2c3d4e5f60718293",
                "5f3c0a1b2c3d4e5f60718293",
            ),
            (
                shoplazza::item_of as Reader,
                "https://tea.myshoplaza.com/admin/products/8b6f1e0a-1111-4222-8333-0123456789ab",
                "8b6f1e0a-1111-4222-8333-0123456789ab",
            ),
        ];
        for (reader, link, id) in known {
            assert_eq!(reader(&Url::parse(link).unwrap()).as_deref(), Some(id), "{link}");
        }
    }

    #[test]
    fn other_addresses_name_no_goods() {
        for reader in READERS {
            for link in ["https://example.com/", "https://example.com/a?id=a%00b", "https://example.com/item/%3Cx%3E"] {
                assert_eq!(reader(&Url::parse(link).unwrap()), None, "{link}");
            }
        }
    }
}
