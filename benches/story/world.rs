//! A shop with goods, a leader, a pickup point and members who hold access tokens; and the keys of
//! its merchant and of the platform, both of which we play.

use bytes::Bytes;
use chrono::Utc;
use kernel::crypto::aead::AeadKey;
use kernel::crypto::random;
use kernel::crypto::rsa::{PrivateKey, PublicKey};
use kernel::id::{GoodsId, LeaderId, MemberId, PickupPointId, SessionId, ShopId, SkuId};
use kernel::place::Place as OnMap;
use kernel::{BasisPoints, Fen};
use sea_orm::{EntityTrait, IntoActiveModel};
use serde_json::json;
use tuanqiao::app::App;
use tuanqiao::areas::goods::draft::{GoodsDraft, SkuDraft};
use tuanqiao::areas::leaders::entity::leader;
use tuanqiao::areas::leaders::state::LeaderState;
use tuanqiao::areas::members::entity::member;
use tuanqiao::areas::members::tokens::{self, ACCESS_LIFE, Claims};
use tuanqiao::areas::payments::entity::payment;
use tuanqiao::areas::{goods, pickup};
use tuanqiao::config::resolve_secret;
use tuanqiao::flows::shop_file;

use crate::load::request;

const APPID: &str = "wx0123456789abcdef";
const MCHID: &str = "1600000001";
const API_V3_KEY: &str = "0123456789abcdef0123456789abcdef";
const PUBLIC_KEY_ID: &str = "PUB_KEY_ID_0116000000012026112300000000000001";
const GOODS: usize = 60;
const MEMBERS: usize = 2_000;
const LEADERS: usize = 20;

/// The keys of both sides.
pub struct Keys {
    pub merchant: PrivateKey,
    pub platform: PrivateKey,
    pub platform_public: PublicKey,
    pub sealing: AeadKey,
}

impl Keys {
    pub fn generate() -> Self {
        let platform = PrivateKey::generate().unwrap();
        Self {
            merchant: PrivateKey::generate().unwrap(),
            platform_public: platform.public_key().unwrap(),
            platform,
            sealing: AeadKey::new(API_V3_KEY.as_bytes()).unwrap(),
        }
    }
}

/// The headers of a platform's signature.
pub type SignedHeaders = [(&'static str, String); 4];

/// The headers by which the platform signs `body` now.
pub fn sign(platform: &PrivateKey, body: &str) -> SignedHeaders {
    let (time, nonce) = (Utc::now().timestamp().to_string(), random::nonce(32));
    let signature = platform.sign(format!("{time}\n{nonce}\n{body}\n").as_bytes()).unwrap();
    [
        ("Wechatpay-Timestamp", time),
        ("Wechatpay-Nonce", nonce),
        ("Wechatpay-Serial", PUBLIC_KEY_ID.to_owned()),
        ("Wechatpay-Signature", signature),
    ]
}

/// What requests are made from.
pub struct World {
    pub shop: ShopId,
    pub skus: Vec<SkuId>,
    pub goods: Vec<GoodsId>,
    members: Vec<(MemberId, String)>,
}

impl World {
    /// Fills an empty, migrated database.
    pub async fn fill(app: &App, keys: &Keys) -> Self {
        let shop = shop_file::apply(app, &shop_text(keys), resolve_secret).await.unwrap();
        let mut points = Vec::with_capacity(LEADERS);
        for number in 0..LEADERS {
            points.push(add_pickup_point(app, shop.id, number).await);
        }
        let mut world = Self { shop: shop.id, skus: Vec::new(), goods: Vec::new(), members: Vec::new() };
        for number in 0..GOODS {
            world.add_goods(app, number).await;
        }
        let rows: Vec<member::Model> =
            (0..MEMBERS).map(|number| new_member(shop.id, number, Some(points[number % LEADERS]))).collect();
        for some in rows.chunks(200) {
            let some: Vec<_> = some.iter().cloned().map(IntoActiveModel::into_active_model).collect();
            member::Entity::insert_many(some).exec_without_returning(app.db.maintenance()).await.unwrap();
        }
        world.members = rows.iter().map(|row| (row.id, token(app, shop.id, row.id))).collect();
        world
    }

    async fn add_goods(&mut self, app: &App, number: usize) {
        let draft = GoodsDraft {
            title: format!("阳光果园 红富士苹果 第{number}箱"),
            subtitle: Some("当季新鲜，坏果包赔".to_owned()),
            pictures: vec![format!("https://pictures.example/goods/{number}/1.jpg")],
            detail: "<p>产地直发，次日到团。</p>".repeat(10),
            tags: vec!["水果".to_owned(), "当季".to_owned()],
            on_shelf: true,
            ..GoodsDraft::default()
        };
        let sku = SkuDraft {
            specs: [("规格".to_owned(), "5斤".to_owned())].into(),
            price_fen: Fen::from_fen(1_990 + i64::try_from(number).unwrap()),
            stock: Some(Some(1_000_000)),
            ..SkuDraft::default()
        };
        let now = app.clock.now();
        let saved = app
            .db
            .write(async |tx| Ok(goods::service::create(tx, self.shop, &draft, std::slice::from_ref(&sku), now).await?))
            .await
            .unwrap();
        self.goods.push(saved.goods.id);
        let skus = goods::query::skus_of(app.db.reader(), self.shop, &[saved.goods.id]).await.unwrap();
        self.skus.extend(skus.into_values().flatten().map(|sku| sku.id));
    }

    fn member(&self, number: usize) -> &(MemberId, String) {
        &self.members[number % self.members.len()]
    }

    /// Orders of two lines each, every one by the next member and under its own key.
    pub fn orders(&self, count: usize) -> Vec<Bytes> {
        (0..count)
            .map(|number| {
                let (first, second) = (self.skus[number % GOODS], self.skus[(number * 7 + 1) % GOODS]);
                let second = if second == first { self.skus[(number + 2) % GOODS] } else { second };
                let body = json!({
                    "lines": [{"sku_id": first, "quantity": 1}, {"sku_id": second, "quantity": 2}],
                    "fulfilment": {"kind": "pickup"},
                });
                let key = uuid::Uuid::new_v4().to_string();
                let bearer = format!("Bearer {}", self.member(number).1);
                let headers = [("Authorization", bearer.as_str()), ("Idempotency-Key", key.as_str())];
                request("POST", "/api/v1/orders", &headers, &body.to_string())
            })
            .collect()
    }

    /// The opening of the pay sheet of each order; `orders` are ids in the order of [`World::orders`].
    pub fn prepays(&self, orders: &[String]) -> Vec<Bytes> {
        let ask = |(number, order): (usize, &String)| {
            let bearer = format!("Bearer {}", self.member(number).1);
            request("POST", &format!("/api/v1/orders/{order}/payment"), &[("Authorization", &bearer)], "{}")
        };
        orders.iter().enumerate().map(ask).collect()
    }

    /// A read of the catalogue, as a signed-in member does it.
    pub fn read(&self, path: &str) -> Vec<Bytes> {
        let ask = |(_, token): &(MemberId, String)| {
            request("GET", path, &[("Authorization", &format!("Bearer {token}")), ("Accept", "application/json")], "")
        };
        self.members.iter().take(64).map(ask).collect()
    }
}

/// The signed notification of each payment; made before the clock starts.
pub fn notices(keys: &Keys, payments: &[payment::Model]) -> Vec<Bytes> {
    payments.iter().map(|payment| notice(keys, payment)).collect()
}

fn notice(keys: &Keys, payment: &payment::Model) -> Bytes {
    let now = Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, false);
    let content = json!({
        "mchid": MCHID, "appid": APPID, "out_trade_no": payment.id.to_string(),
        "transaction_id": format!("42{}", payment.id),
        "trade_type": "JSAPI", "trade_state": "SUCCESS", "trade_state_desc": "支付成功", "bank_type": "OTHERS",
        "attach": "", "success_time": now, "payer": {"openid": payment.payer_openid},
        "amount": {"total": payment.amount_fen, "payer_total": payment.amount_fen,
            "currency": "CNY", "payer_currency": "CNY"},
    });
    let nonce = random::nonce(12);
    let ciphertext = keys.sealing.seal(&nonce, "transaction", content.to_string().as_bytes()).unwrap();
    let body = json!({
        "id": uuid::Uuid::new_v4().to_string(), "create_time": now, "resource_type": "encrypt-resource",
        "event_type": "TRANSACTION.SUCCESS", "summary": "支付成功",
        "resource": {"original_type": "transaction", "algorithm": "AEAD_AES_256_GCM", "ciphertext": ciphertext,
            "associated_data": "transaction", "nonce": nonce},
    })
    .to_string();
    let headers = sign(&keys.platform, &body);
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    request("POST", "/notify/wechat-pay/bench/payment", &headers, &body)
}

/// What a paid notification costs at least: one verification, one decryption.
pub fn open_notice(keys: &Keys, sample: &Sample) {
    keys.platform_public.verify(&sample.message, &sample.signature).unwrap();
    keys.sealing.open(&sample.nonce, "transaction", &sample.ciphertext).unwrap();
}

/// What opening the pay sheet costs at least: the request and `paySign` are signed, the answer is verified.
pub fn sign_prepay(keys: &Keys, sample: &Sample) {
    keys.merchant.sign(&sample.message).unwrap();
    keys.platform_public.verify(&sample.message, &sample.signature).unwrap();
    keys.merchant.sign(&sample.message).unwrap();
}

/// A message of the size of the real ones.
pub struct Sample {
    message: Vec<u8>,
    signature: String,
    nonce: String,
    ciphertext: String,
}

impl Sample {
    pub fn make(keys: &Keys) -> Self {
        let message = vec![b'm'; 900];
        let nonce = random::nonce(12);
        Self {
            signature: keys.platform.sign(&message).unwrap(),
            ciphertext: keys.sealing.seal(&nonce, "transaction", &[b'c'; 480]).unwrap(),
            message,
            nonce,
        }
    }
}

fn token(app: &App, shop: ShopId, member: MemberId) -> String {
    let expires_at = app.clock.wall() + ACCESS_LIFE;
    tokens::access(&app.sealer, &Claims { shop, member, session: SessionId::new(), expires_at })
}

fn new_member(shop: ShopId, number: usize, point: Option<PickupPointId>) -> member::Model {
    let now = Utc::now();
    member::Model {
        id: MemberId::new(),
        shop_id: shop,
        openid: format!("oBenchMember{number:016}"),
        unionid: None,
        sealed_session_key: None,
        nickname: "微信用户".to_owned(),
        avatar: None,
        sealed_phone: None,
        phone_index: None,
        phone_mask: None,
        pickup_point_id: point,
        leader_id: None,
        invited_by: None,
        has_paid: false,
        banned_at: None,
        created_at: now,
        updated_at: now,
    }
}

/// A point and the leader who serves it.
async fn add_pickup_point(app: &App, shop: ShopId, number: usize) -> PickupPointId {
    let (now, conn) = (Utc::now(), app.db.maintenance());
    let person = new_member(shop, MEMBERS + number, None);
    let leader = leader::Model {
        id: LeaderId::new(),
        shop_id: shop,
        member_id: person.id,
        name: "王团长".to_owned(),
        sealed_phone: None,
        phone_mask: None,
        state: LeaderState::Enabled,
        resting: false,
        pickup_only: false,
        level_id: None,
        recommender_id: None,
        multiplier_bp: BasisPoints::WHOLE,
        receiver: None,
        receiver_added_at: None,
        created_at: now,
        updated_at: now,
    };
    let id = leader.id;
    member::Entity::insert(person.into_active_model()).exec_without_returning(conn).await.unwrap();
    leader::Entity::insert(leader.into_active_model()).exec_without_returning(conn).await.unwrap();
    let draft = pickup::service::PointDraft {
        name: "东门自提点".to_owned(),
        community: "阳光花园".to_owned(),
        region: None,
        address: "阳光路 1 号".to_owned(),
        place: OnMap { lat: 31.23, lng: 121.47 },
        picture: None,
        hours: None,
        enabled: true,
    };
    pickup::service::create_point(conn, shop, id, true, draft, now).await.unwrap().id
}

fn shop_text(keys: &Keys) -> String {
    format!(
        r#"
code = "bench"
name = "邻里团"

[miniprogram]
appid = "{APPID}"
secret = "0123456789abcdef0123456789abcdef"

[wechat_pay]
mchid = "{MCHID}"
merchant_serial = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1"
merchant_key = """{merchant}"""
api_v3_key = "{API_V3_KEY}"
platform_public_key_id = "{PUBLIC_KEY_ID}"
platform_public_key = """{platform}"""

[marketplaces.wanliniu]
calls_per_day = 0

[settings]
leader_rate_bp = 1000
payment_window_s = 86400
"#,
        merchant = keys.merchant.to_pkcs8_pem().unwrap(),
        platform = keys.platform_public.to_spki_pem(),
    )
}
