//! Amazon's sites. China has none: its sellers sell on the others.

use super::super::facts::Site;

const fn site(code: &'static str, region: &'static str, external_id: &'static str, name: &'static str) -> Site {
    Site { code, region, external_id, name }
}

/// The sites by country, with the region whose authorisation covers them.
pub const SITES: &[Site] = &[
    site("US", "NA", "ATVPDKIKX0DER", "Amazon.com"),
    site("CA", "NA", "A2EUQ1WTGCTBG2", "Amazon.ca"),
    site("MX", "NA", "A1AM78C64UM0Y8", "Amazon.com.mx"),
    site("BR", "NA", "A2Q3Y263D00KWC", "Amazon.com.br"),
    site("UK", "EU", "A1F83G8C2ARO7P", "Amazon.co.uk"),
    site("DE", "EU", "A1PA6795UKMFR9", "Amazon.de"),
    site("FR", "EU", "A13V1IB3VIYZZH", "Amazon.fr"),
    site("IT", "EU", "APJ6JRA9NG5V4", "Amazon.it"),
    site("ES", "EU", "A1RKKUPIHCS9HS", "Amazon.es"),
    site("IN", "EU", "A21TJRUUN4KGV", "Amazon.in"),
    site("NL", "EU", "A1805IZSGTT6HS", "Amazon.nl"),
    site("SE", "EU", "A2NODRKZP88ZB9", "Amazon.se"),
    site("PL", "EU", "A1C3SOZRARQ6R3", "Amazon.pl"),
    site("BE", "EU", "AMEN7PMS3EDWL", "Amazon.com.be"),
    site("IE", "EU", "A28R8C7NBKEWEA", "Amazon.ie"),
    site("TR", "EU", "A33AVAJ2PDY3EV", "Amazon.com.tr"),
    site("AE", "EU", "A2VIGQ35RCS4UG", "Amazon.ae"),
    site("SA", "EU", "A17E79C6D8DWNP", "Amazon.sa"),
    site("EG", "EU", "ARBP9OOSHTCHU", "Amazon.eg"),
    site("ZA", "EU", "AE08WJ6YKNBMC", "Amazon.co.za"),
    site("JP", "FE", "A1VC38T7YXB528", "Amazon.co.jp"),
    site("SG", "FE", "A19VAU5U5O7RUS", "Amazon.sg"),
    site("AU", "FE", "A39IBJ37TRP1C6", "Amazon.com.au"),
];

/// Where a site's calls go.
pub fn endpoint(site: &Site) -> &'static str {
    match site.region {
        "EU" => "https://sellingpartnerapi-eu.amazon.com",
        "FE" => "https://sellingpartnerapi-fe.amazon.com",
        _ => "https://sellingpartnerapi-na.amazon.com",
    }
}

/// Where a site's merchants consent. Unconfirmed.
pub fn seller_central(site: &Site) -> &'static str {
    match site.code {
        "US" => "https://sellercentral.amazon.com",
        "CA" => "https://sellercentral.amazon.ca",
        "MX" => "https://sellercentral.amazon.com.mx",
        "BR" => "https://sellercentral.amazon.com.br",
        "IN" => "https://sellercentral.amazon.in",
        "NL" => "https://sellercentral.amazon.nl",
        "SE" => "https://sellercentral.amazon.se",
        "PL" => "https://sellercentral.amazon.pl",
        "BE" => "https://sellercentral.amazon.com.be",
        "IE" => "https://sellercentral.amazon.ie",
        "TR" => "https://sellercentral.amazon.com.tr",
        "AE" => "https://sellercentral.amazon.ae",
        "SA" => "https://sellercentral.amazon.sa",
        "EG" => "https://sellercentral.amazon.eg",
        "ZA" => "https://sellercentral.amazon.co.za",
        "JP" => "https://sellercentral.amazon.co.jp",
        "SG" => "https://sellercentral.amazon.sg",
        "AU" => "https://sellercentral.amazon.com.au",
        _ => "https://sellercentral-europe.amazon.com",
    }
}
