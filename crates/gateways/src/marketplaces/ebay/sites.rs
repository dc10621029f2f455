//! eBay's sites. One authorisation covers them all; a store chooses the one it sells on.

use super::super::facts::Site;

const fn site(code: &'static str, name: &'static str) -> Site {
    Site { code, region: "world", external_id: code, name }
}

/// The sites, by the ids that calls name them with.
pub const SITES: &[Site] = &[
    site("EBAY_US", "eBay United States"),
    site("EBAY_GB", "eBay United Kingdom"),
    site("EBAY_DE", "eBay Germany"),
    site("EBAY_FR", "eBay France"),
    site("EBAY_IT", "eBay Italy"),
    site("EBAY_ES", "eBay Spain"),
    site("EBAY_CA", "eBay Canada"),
    site("EBAY_AU", "eBay Australia"),
    site("EBAY_AT", "eBay Austria"),
    site("EBAY_BE", "eBay Belgium"),
    site("EBAY_CH", "eBay Switzerland"),
    site("EBAY_HK", "eBay Hong Kong"),
    site("EBAY_IE", "eBay Ireland"),
    site("EBAY_MY", "eBay Malaysia"),
    site("EBAY_NL", "eBay Netherlands"),
    site("EBAY_PH", "eBay Philippines"),
    site("EBAY_PL", "eBay Poland"),
    site("EBAY_SG", "eBay Singapore"),
    site("EBAY_TW", "eBay Taiwan"),
];

/// The language that a site's listings are written in; writes to the inventory name it.
pub fn language(site: &Site) -> &'static str {
    match site.code.trim_start_matches("EBAY_") {
        "GB" | "IE" => "en-GB",
        "DE" => "de-DE",
        "AT" => "de-AT",
        "CH" => "de-CH",
        "FR" => "fr-FR",
        "BE" => "fr-BE",
        "IT" => "it-IT",
        "ES" => "es-ES",
        "NL" => "nl-NL",
        "PL" => "pl-PL",
        "CA" => "en-CA",
        "AU" => "en-AU",
        "HK" => "zh-HK",
        "TW" => "zh-TW",
        _ => "en-US",
    }
}
