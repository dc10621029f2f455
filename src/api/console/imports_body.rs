//! What an import is asked for, read and checked.

use std::collections::BTreeSet;

use kernel::checks::Checks;
use kernel::failure::Invalid;
use kernel::id::CategoryId;
use kernel::{Failure, ListingKind};
use serde::Deserialize;

use crate::api::auth_console::Operator;
use crate::api::fields::Fields;
use crate::app::App;
use crate::areas::market_accounts::mappings;
use crate::areas::market_accounts::prices::PriceRule;
use crate::areas::market_accounts::rules::{By, Duplicates, GOODS_MAX, OwnTerms, STORE_GOODS_MAX, Wish};
use crate::flows::import_goods::{Account, Order, has_stores, items_of_links, store_called};
use crate::flows::stores::Sight;

/// Most ids or links of one import.
const IDS_MAX: usize = 1_000;
/// The longest id.
const ID_LENGTH: usize = 200;
/// The longest link.
const LINK_LENGTH: usize = 1_000;
/// The longest search text.
const QUERY_LENGTH: usize = 100;

/// What to import: one of `query`, `ids`, `links` and `whole`.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewImport {
    /// Such as `pinduoduo_affiliate`.
    #[schema(min_length = 1, max_length = 64)]
    marketplace: String,
    /// Which of the shop's accounts there: of affiliate goods the app (`client_id`, `app_key`), of own ones
    /// the store by id or name; the only one when left out.
    #[schema(max_length = 128)]
    account: Option<String>,
    /// Words to search for; in a store, words that the titles of its goods have.
    #[schema(min_length = 1, max_length = 100)]
    query: Option<String>,
    /// The marketplace's own ids (`goods_sign`, `item_id`).
    #[schema(min_items = 1, max_items = 1000)]
    ids: Option<Vec<String>>,
    /// Addresses of goods' pages.
    #[schema(min_items = 1, max_items = 1000)]
    links: Option<Vec<String>>,
    /// Everything the store has.
    whole: Option<bool>,
    /// `affiliate` goods are bought there; `own` ones are sold here.
    listing: ListingKind,
    /// At most so many goods, of affiliate ones 10000; when left out, all that are named, or the first 100
    /// of a search for affiliate goods.
    #[schema(minimum = 1, maximum = 100_000)]
    limit: Option<i64>,
    /// The category new goods are put into, unless the marketplace's is mapped to one of ours.
    category_id: Option<CategoryId>,
    /// Whether new own goods are on sale at once; they are not when left out.
    on_shelf: Option<bool>,
    /// What becomes of own goods that the shop has already; `link` when left out.
    duplicates: Option<Duplicates>,
    /// How the store's prices become ours; the store's own rule when left out.
    price_rule: Option<PriceRule>,
    /// Whether own goods' pictures are copied to our storage; they are when left out.
    pictures: Option<bool>,
}

impl NewImport {
    /// The order, with the store and the items it names.
    pub async fn order(self, app: &App, who: &Operator) -> Result<Order, Failure> {
        let checked = self.checked()?;
        let by = match checked.by {
            Named::By(by) => by,
            Named::Links(links) => By::Ids(items_of_links(app, &who.shop, &checked.marketplace, &links)?),
        };
        let own = checked.listing == ListingKind::Own;
        let every = if own && matches!(by, By::Query(_)) { STORE_GOODS_MAX } else { by.goods_wanted() };
        let mut order = Order {
            marketplace: checked.marketplace,
            account: checked.account,
            store: None,
            listing: checked.listing,
            wish: Wish { limit: checked.limit.unwrap_or(every), by, category_id: checked.category_id, own: None },
        };
        // Another kind of listing than the marketplace gives is told as such, not as a missing store.
        if own && has_stores(&order.marketplace) {
            let sight = Sight { shop: who.shop.id, operator: who.operator, role: who.role };
            let account = order.account.as_deref().map_or(Account::Only, Account::Named);
            let store = store_called(app, sight, &order.marketplace, account).await?;
            let price = match checked.price_rule {
                Some(rule) => rule,
                None => mappings::price_rule(app.db.reader(), who.shop.id, store.id).await?,
            };
            order.wish.own = Some(OwnTerms { price, ..checked.own });
            (order.account, order.store) = (Some(store.name), Some(store.id));
        }
        Ok(order)
    }

    fn checked(self) -> Result<Checked, Invalid> {
        let mut fields = Fields::default();
        let marketplace = fields.line("marketplace", &self.marketplace, 1, 64);
        let account = fields.line_if("account", self.account.as_deref(), 128);
        let own = self.listing == ListingKind::Own;
        let (most, range) = if own { (STORE_GOODS_MAX, "1 to 100000") } else { (GOODS_MAX, "1 to 10000") };
        fields.need(self.limit.is_none_or(|limit| (1..=most).contains(&limit)), "limit", range);
        let own_alone = [
            ("whole", self.whole == Some(true)),
            ("on_shelf", self.on_shelf.is_some()),
            ("duplicates", self.duplicates.is_some()),
            ("price_rule", self.price_rule.is_some()),
            ("pictures", self.pictures.is_some()),
        ];
        for (field, given) in own_alone {
            if given && !own {
                fields.fault(field, "invalid", "for own goods alone");
            }
        }
        let given = [self.query.is_some(), self.ids.is_some(), self.links.is_some(), self.whole == Some(true)];
        if given.iter().filter(|given| **given).count() > 1 {
            fields.fault("ids", "invalid", "one of query, ids, links and whole");
        }
        let by = match (self.query, self.ids, self.links) {
            (Some(query), _, _) => Named::By(By::Query(fields.line("query", &query, 1, QUERY_LENGTH))),
            (None, Some(ids), _) => Named::By(By::Ids(lines(&mut fields, "ids", &ids, ID_LENGTH))),
            (None, None, Some(links)) => Named::Links(lines(&mut fields, "links", &links, LINK_LENGTH)),
            (None, None, None) if self.whole == Some(true) => Named::By(By::Whole),
            (None, None, None) => {
                fields.fault("query", "required", "one of query, ids, links and whole");
                Named::By(By::Ids(Vec::new()))
            }
        };
        fields.done()?;
        if let Some(rule) = &self.price_rule {
            let mut checks = Checks::default();
            rule.check("price_rule", &mut checks);
            checks.done()?;
        }
        let terms = OwnTerms {
            on_shelf: self.on_shelf.unwrap_or(false),
            duplicates: self.duplicates.unwrap_or_default(),
            price: PriceRule::default(),
            pictures: self.pictures.unwrap_or(true),
            makes: true,
        };
        Ok(Checked {
            marketplace,
            account,
            by,
            listing: self.listing,
            limit: self.limit,
            category_id: self.category_id,
            price_rule: self.price_rule,
            own: terms,
        })
    }
}

/// A request whose fields are in order.
struct Checked {
    marketplace: String,
    account: Option<String>,
    by: Named,
    listing: ListingKind,
    limit: Option<i64>,
    category_id: Option<CategoryId>,
    price_rule: Option<PriceRule>,
    own: OwnTerms,
}

enum Named {
    By(By),
    Links(Vec<String>),
}

fn lines(fields: &mut Fields, field: &str, given: &[String], longest: usize) -> Vec<String> {
    if given.is_empty() {
        fields.fault(field, "required", "at least one");
    } else if given.len() > IDS_MAX {
        fields.fault(field, "too_long", format!("at most {IDS_MAX}"));
        return Vec::new();
    }
    let mut seen = BTreeSet::new();
    let line = |(place, text): (usize, &String)| fields.line(&format!("{field}[{place}]"), text, 1, longest);
    let checked: Vec<String> = given.iter().enumerate().map(line).collect();
    checked.into_iter().filter(|text| seen.insert(text.clone())).collect()
}
