//! The sites, their ids and regions.

/// One site.
pub(super) struct Site {
    /// What stores call it.
    pub(super) code: &'static str,
    pub(super) region: &'static str,
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    country: &'static str,
}

const fn site(code: &'static str, region: &'static str, id: &'static str, name: &'static str) -> Site {
    Site { code, region, id, name, country: code }
}

const SITES: [Site; 23] = [
    site("US", "NA", "ATVPDKIKX0DER", "Amazon.com"),
    site("CA", "NA", "A2EUQ1WTGCTBG2", "Amazon.ca"),
    site("MX", "NA", "A1AM78C64UM0Y8", "Amazon.com.mx"),
    site("BR", "NA", "A2Q3Y263D00KWC", "Amazon.com.br"),
    Site { country: "GB", ..site("UK", "EU", "A1F83G8C2ARO7P", "Amazon.co.uk") },
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

impl Site {
    /// Two letters of ISO 3166.
    pub(super) fn country(&self) -> &'static str {
        self.country
    }
}

/// The site with this id.
pub(super) fn by_id(id: &str) -> Option<&'static Site> {
    SITES.iter().find(|site| site.id == id)
}

/// The site that stores call so; the first where a store names none.
pub(super) fn by_code(code: &str) -> &'static Site {
    let [first, ..] = &SITES;
    SITES.iter().find(|site| site.code == code).unwrap_or(first)
}
