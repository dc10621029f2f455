//! Pictures of imported goods are copied to our storage behind the import, so that it is not slowed: goods
//! show the platform's until ours is there.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::Duration;
use futures::StreamExt;
use kernel::Failure;
use kernel::id::{GoodsId, ImportId, OperatorId, ShopId};
use sea_orm::ConnectionTrait;
use serde_json::json;

use crate::app::App;
use crate::areas::content::files::FileKind;
use crate::areas::content::pictures::PictureKind;
use crate::areas::content::service as uploads;
use crate::areas::goods::{batch, query as goods_query};
use crate::areas::market_accounts::entity::picture_copy;
use crate::areas::market_accounts::{pictures, query};
use crate::areas::operators::audit;
use crate::areas::shops::query::Shop;
use crate::flows::uploads::keep;

/// Pictures of one round.
const AT_ONCE: u64 = 48;
/// The same as long as an import is under way.
const BESIDE_AN_IMPORT: u64 = 8;
/// Pictures under way together.
const TOGETHER: usize = 8;
/// How long a worker has pictures to himself: longer than a round takes.
const LIFE: Duration = Duration::seconds(180);
/// What the uploads' rows say of them.
const PURPOSE: &str = "import";

/// A picture fetched and on our disk, or why not and whether that is final.
type Fetched = Result<Copy, (String, bool)>;

/// A file of ours.
#[derive(Clone)]
struct Copy {
    name: String,
    kind: FileKind,
    size: i64,
}

/// Copies some of the pictures that are due; says how many were tried and whether there may be more.
pub async fn copy_due(app: &App) -> Result<(u64, bool), Failure> {
    let wall = app.clock.wall();
    if !pictures::is_due(app.db.reader(), wall).await? {
        return Ok((0, false));
    }
    // An import under way is not slowed by its pictures.
    let is_importing = query::is_importing(app.db.reader()).await?;
    let most = if is_importing { BESIDE_AN_IMPORT } else { AT_ONCE };
    let claimed = app.db.write(async |tx| Ok(pictures::claim(tx, most, LIFE, wall).await?)).await?;
    let count = u64::try_from(claimed.len()).unwrap_or(most);
    let mut by_address: HashMap<String, Vec<picture_copy::Model>> = HashMap::new();
    for row in claimed {
        by_address.entry(row.address.clone()).or_default().push(row);
    }
    let fetched: Vec<(Vec<picture_copy::Model>, Arc<Fetched>)> = futures::stream::iter(by_address)
        .map(async |(address, rows)| (rows, Arc::new(fetch(app, &address).await)))
        .buffer_unordered(TOGETHER)
        .collect()
        .await;
    for shop in shops_of(&fetched) {
        let of_shop: Vec<(&picture_copy::Model, &Fetched)> = fetched
            .iter()
            .flat_map(|(rows, outcome)| rows.iter().map(move |row| (row, outcome.as_ref())))
            .filter(|(row, _)| row.shop_id == shop)
            .collect();
        app.db.write(async |tx| write(app, tx, shop, &of_shop).await).await?;
        app.catalogue.changed(shop);
    }
    Ok((count, count >= most && !is_importing))
}

fn shops_of(fetched: &[(Vec<picture_copy::Model>, Arc<Fetched>)]) -> Vec<ShopId> {
    let mut shops: Vec<ShopId> = fetched.iter().flat_map(|(rows, _)| rows.iter().map(|row| row.shop_id)).collect();
    shops.sort_unstable();
    shops.dedup();
    shops
}

async fn fetch(app: &App, address: &str) -> Fetched {
    let bytes = app.clients.pictures.fetch(address).await.map_err(|error| (error.to_string(), error.is_final()))?;
    let kind = PictureKind::of_bytes(&bytes);
    let kind = FileKind::from(kind.ok_or_else(|| ("not a JPEG, PNG or WebP picture".to_owned(), true))?);
    let name = keep(app, kind, &bytes).await.map_err(|error| (error.to_string(), false))?;
    Ok(Copy { name, kind, size: i64::try_from(bytes.len()).unwrap_or(i64::MAX) })
}

/// Notes what became of a round's pictures and shows those that are ours now.
async fn write(
    app: &App,
    conn: &impl ConnectionTrait,
    shop: ShopId,
    outcomes: &[(&picture_copy::Model, &Fetched)],
) -> Result<(), Failure> {
    let (wall, now) = (app.clock.wall(), app.clock.now());
    let mut ours: HashMap<GoodsId, HashMap<String, String>> = HashMap::new();
    let mut files: HashMap<&str, &Copy> = HashMap::new();
    for (row, outcome) in outcomes {
        match outcome {
            Err((why, is_final)) => pictures::failed(conn, row, why, *is_final, wall).await?,
            Ok(copy) => {
                let address = format!("{}/files/{}", app.config.server.public_url, copy.name);
                if pictures::stored(conn, row, &address, wall).await? {
                    ours.entry(row.goods_id).or_default().insert(row.address.clone(), address);
                    files.insert(&copy.name, copy);
                }
            }
        }
    }
    let kept: Vec<_> = files.values().map(|copy| (copy.name.clone(), copy.kind, copy.size)).collect();
    uploads::keep_all(conn, shop, PURPOSE, &kept, wall).await?;
    let ids: Vec<GoodsId> = ours.keys().copied().collect();
    let goods = goods_query::by_ids(conn, shop, &ids).await?;
    let skus = goods_query::skus_of(conn, shop, &ids).await?;
    for (id, by) in &ours {
        let Some(row) = goods.get(id).filter(|row| row.deleted_at.is_none()) else { continue };
        let skus = skus.get(id).map_or(&[][..], Vec::as_slice);
        batch::replace_pictures(conn, row, skus, by, now).await?;
    }
    Ok(())
}

/// Tries the pictures of a run that were given up once more; tells how many.
///
/// # Errors
/// `import.not_found`.
pub async fn try_pictures_again(app: &App, shop: &Shop, by: OperatorId, id: ImportId) -> Result<u64, Failure> {
    app.db
        .write(async |tx| {
            let run = query::run(tx, shop.id, id).await?;
            let again = pictures::again(tx, shop.id, run.id, app.clock.wall()).await?;
            let what = json!({ "pictures": again });
            audit::note(tx, shop.id, by, "import.pictures_again", id, what, app.clock.now()).await?;
            Ok(again)
        })
        .await
}
