//! What shoppers read most, kept at hand for a moment: rendered answers, and who sees what. A hot
//! list costs neither a database read nor a rendering.

use std::collections::HashMap;
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant};

use actix_web::http::header::HeaderValue;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use kernel::id::{MemberId, PickupPointId, ShopId};
use kernel::{Code, Coded, Failure, FieldFault};
use moka::future::Cache;

use crate::areas::members;
use crate::areas::members::error::MemberError;
use crate::platform::db::Db;

/// How old an answer may be that nothing in this process has outdated.
const LIFE: Duration = Duration::from_secs(2);
/// How old an answer may be while orders move stock without a pause.
const BUSY_LIFE_MS: u64 = 20;
/// Most bytes of answers at hand.
const BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Most members at hand.
const VIEWERS_MAX: u64 = 50_000;

/// What decides which goods a shopper sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Viewer {
    /// The pickup point chosen.
    pub point: Option<PickupPointId>,
    /// Whether he ever paid an order: goods for new buyers are then not for him.
    pub has_paid: bool,
}

/// A question: the same one gets the same answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Question {
    shop: ShopId,
    generation: u64,
    /// Business time may be moved; what was on sale before then says nothing.
    ahead_us: i64,
    viewer: Viewer,
    request: String,
}

/// An answer, ready to be sent.
#[derive(Debug)]
pub struct Rendered {
    /// The body.
    pub body: Bytes,
    /// Its `ETag`.
    pub etag: HeaderValue,
    /// Times how soon it is given once more.
    pub timer: metrics::Histogram,
    packed: OnceLock<Option<Bytes>>,
}

impl Rendered {
    /// An answer that is not packed yet.
    pub fn new(body: Bytes, etag: HeaderValue, timer: metrics::Histogram) -> Self {
        Self { body, etag, timer, packed: OnceLock::new() }
    }

    /// The body in gzip, packed when first wanted and then as long at hand as the answer itself; none
    /// where that saves nothing.
    pub fn gzip(&self) -> Option<Bytes> {
        self.packed.get_or_init(|| gzip(&self.body)).clone()
    }
}

fn gzip(body: &[u8]) -> Option<Bytes> {
    let mut packer = GzEncoder::new(Vec::with_capacity(body.len() / 3), Compression::default());
    let packed = packer.write_all(body).and_then(|()| packer.finish()).ok()?;
    (packed.len() < body.len()).then(|| packed.into())
}

/// The answers at hand.
pub struct Catalogue {
    answers: Cache<Question, Arc<Rendered>>,
    viewers: Cache<(ShopId, MemberId), Viewer>,
    started: Instant,
    shops: RwLock<HashMap<ShopId, Arc<Generation>>>,
}

/// Which answers of a shop still hold: those of the latest generation.
#[derive(Default)]
struct Generation {
    number: AtomicU64,
    begun_ms: AtomicU64,
    outdated: AtomicBool,
}

impl Default for Catalogue {
    fn default() -> Self {
        let weight = |question: &Question, answer: &Arc<Rendered>| {
            u32::try_from(answer.body.len() / 2 * 3 + question.request.len() + 256).unwrap_or(u32::MAX)
        };
        Self {
            answers: Cache::builder().time_to_live(LIFE).weigher(weight).max_capacity(BYTES_MAX).build(),
            viewers: Cache::builder().time_to_live(LIFE).max_capacity(VIEWERS_MAX).build(),
            started: Instant::now(),
            shops: RwLock::default(),
        }
    }
}

impl Catalogue {
    /// The question `request` (path and query) asks now.
    pub fn question(&self, shop: ShopId, viewer: Viewer, ahead: chrono::Duration, request: &str) -> Question {
        Question {
            shop,
            generation: self.generation(shop),
            ahead_us: ahead.num_microseconds().unwrap_or_default(),
            viewer,
            request: request.to_owned(),
        }
    }

    /// The answer at hand, if any.
    pub async fn at_hand(&self, question: &Question) -> Option<Arc<Rendered>> {
        self.answers.get(question).await
    }

    /// The answer at hand, or what `render` makes; of many who ask at once, one renders.
    pub async fn answer(
        &self,
        question: Question,
        render: impl Future<Output = Result<Rendered, Failure>>,
    ) -> Result<Arc<Rendered>, Failure> {
        let rendered = async { render.await.map(Arc::new) };
        self.answers.try_get_with(question, rendered).await.map_err(|failure| Shared(failure).into())
    }

    /// What a member sees, if his profile was read of late.
    pub async fn known_viewer(&self, shop: ShopId, member: MemberId) -> Option<Viewer> {
        self.viewers.get(&(shop, member)).await
    }

    /// What a member sees, by his profile.
    pub async fn viewer(&self, db: &Db, shop: ShopId, member: MemberId) -> Result<Viewer, Failure> {
        if let Some(viewer) = self.known_viewer(shop, member).await {
            return Ok(viewer);
        }
        let row = members::query::by_id(db.reader(), shop, member).await?.ok_or(MemberError::TokenInvalid)?;
        let viewer = Viewer { point: row.pickup_point_id, has_paid: row.has_paid };
        self.viewers.insert((shop, member), viewer).await;
        Ok(viewer)
    }

    /// A member chose another pickup point: what he sees is read again.
    pub async fn forget_viewer(&self, shop: ShopId, member: MemberId) {
        self.viewers.invalidate(&(shop, member)).await;
    }

    /// Goods or categories of the shop were changed: nothing at hand holds any more.
    pub fn changed(&self, shop: ShopId) {
        let generation = self.generation_of(shop);
        self.begin(&generation);
    }

    /// Orders moved stock of the shop. In quiet hours the next reader sees it; in a rush answers are
    /// renewed every few milliseconds, so that ten orders do not cost ten readings of every list.
    pub fn stock_moved(&self, shop: ShopId) {
        let generation = self.generation_of(shop);
        if self.age_ms(&generation) >= BUSY_LIFE_MS {
            self.begin(&generation);
        } else {
            generation.outdated.store(true, Ordering::Release);
        }
    }

    fn generation(&self, shop: ShopId) -> u64 {
        let shops = self.shops.read().unwrap_or_else(PoisonError::into_inner);
        let Some(generation) = shops.get(&shop) else { return 0 };
        if generation.outdated.load(Ordering::Acquire) && self.age_ms(generation) >= BUSY_LIFE_MS {
            self.begin(generation);
        }
        generation.number.load(Ordering::Acquire)
    }

    fn generation_of(&self, shop: ShopId) -> Arc<Generation> {
        let known = self.shops.read().unwrap_or_else(PoisonError::into_inner).get(&shop).cloned();
        known.unwrap_or_else(|| {
            let mut shops = self.shops.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(shops.entry(shop).or_default())
        })
    }

    fn begin(&self, generation: &Generation) {
        generation.outdated.store(false, Ordering::Release);
        generation.begun_ms.store(self.now_ms(), Ordering::Release);
        generation.number.fetch_add(1, Ordering::AcqRel);
    }

    fn age_ms(&self, generation: &Generation) -> u64 {
        self.now_ms().saturating_sub(generation.begun_ms.load(Ordering::Acquire))
    }

    fn now_ms(&self) -> u64 {
        // Never zero, so that a shop's first moved unit counts as long after its first generation.
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(BUSY_LIFE_MS)
    }
}

/// A failure that several readers share.
#[derive(Debug)]
struct Shared(Arc<Failure>);

impl std::fmt::Display for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(&*self.0, f)
    }
}

impl std::error::Error for Shared {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.coded().source()
    }
}

impl Coded for Shared {
    fn code(&self) -> Code {
        self.0.code()
    }

    fn fields(&self) -> Vec<FieldFault> {
        self.0.coded().fields()
    }

    fn extra(&self) -> Option<serde_json::Value> {
        self.0.coded().extra()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Read;

    use super::*;

    async fn ask(catalogue: &Catalogue, shop: ShopId, answer: &'static str) -> String {
        let question = catalogue.question(shop, Viewer::default(), chrono::Duration::zero(), "/api/v1/goods");
        let render = async {
            Ok(Rendered::new(
                Bytes::from_static(answer.as_bytes()),
                HeaderValue::from_static("W/\"1\""),
                metrics::Histogram::noop(),
            ))
        };
        let rendered = catalogue.answer(question, render).await.unwrap();
        String::from_utf8(rendered.body.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn an_answer_stays_until_the_shop_changes() {
        let (catalogue, shop, other) = (Catalogue::default(), ShopId::new(), ShopId::new());
        assert_eq!(ask(&catalogue, shop, "one").await, "one");
        assert_eq!(ask(&catalogue, shop, "two").await, "one");
        catalogue.changed(other);
        assert_eq!(ask(&catalogue, shop, "two").await, "one");
        catalogue.changed(shop);
        assert_eq!(ask(&catalogue, shop, "two").await, "two");
    }

    #[test]
    fn an_answer_is_packed_where_that_saves_something() {
        let long = Rendered::new(
            Bytes::from("岭南荔枝".repeat(100)),
            HeaderValue::from_static("W/\"1\""),
            metrics::Histogram::noop(),
        );
        let packed = long.gzip().unwrap();
        let mut unpacked = String::new();
        flate2::read::GzDecoder::new(&packed[..]).read_to_string(&mut unpacked).unwrap();
        assert_eq!(unpacked.as_bytes(), &long.body[..]);
        assert_eq!(
            Rendered::new(Bytes::from_static(b"[]"), HeaderValue::from_static("W/\"1\""), metrics::Histogram::noop())
                .gzip(),
            None
        );
    }

    #[tokio::test]
    async fn moved_stock_is_seen_at_once_or_a_moment_later_in_a_rush() {
        let (catalogue, shop) = (Catalogue::default(), ShopId::new());
        assert_eq!(ask(&catalogue, shop, "one").await, "one");
        catalogue.stock_moved(shop);
        assert_eq!(ask(&catalogue, shop, "two").await, "two");
        catalogue.stock_moved(shop);
        tokio::time::sleep(Duration::from_millis(BUSY_LIFE_MS + 5)).await;
        assert_eq!(ask(&catalogue, shop, "three").await, "three");
        assert_eq!(ask(&catalogue, shop, "four").await, "three");
    }

    #[tokio::test]
    async fn a_failure_is_told_and_not_kept() {
        let (catalogue, shop) = (Catalogue::default(), ShopId::new());
        let question = catalogue.question(shop, Viewer::default(), chrono::Duration::zero(), "/api/v1/goods");
        let failing = async { Err(MemberError::Banned.into()) };
        assert_eq!(catalogue.answer(question, failing).await.unwrap_err().code(), Code::MemberBanned);
        assert_eq!(ask(&catalogue, shop, "one").await, "one");
    }
}
