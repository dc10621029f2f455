//! Becoming a leader, and what operators change of leaders, levels and pickup points.

use gateways::pay::wechat_pay;
use kernel::failure::Invalid;
use kernel::id::{ApplicationId, LeaderId, LeaderLevelId, MemberId, OperatorId, PickupPointId, VerifierId};
use kernel::{Failure, Time};
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::{profit_sharing, rates};
use crate::app::App;
use crate::areas::leaders::applications::{self, ApplicationDraft};
use crate::areas::leaders::entity::{application, leader, level};
use crate::areas::leaders::error::LeaderError;
use crate::areas::leaders::levels::{self, LevelDraft};
use crate::areas::leaders::query::{self, serves};
use crate::areas::leaders::receiver::{self, Receiver};
use crate::areas::leaders::service::{self, LeaderChange};
use crate::areas::leaders::state::Decision;
use crate::areas::ledger::state::AccountKind;
use crate::areas::ledger::{self, Draft, Floor};
use crate::areas::members;
use crate::areas::members::error::MemberError;
use crate::areas::operators::audit;
use crate::areas::pickup;
use crate::areas::pickup::entity::{point, verifier};
use crate::areas::pickup::error::PickupError;
use crate::areas::pickup::service::{PointChange, PointDraft};
use crate::areas::shops::query::Shop;
use crate::platform::request_keys::Once;

/// Hands a member's application in.
pub async fn apply(
    app: &App,
    shop: &Shop,
    member: MemberId,
    draft: &ApplicationDraft,
    once: &Once<application::Model>,
) -> Result<application::Model, Failure> {
    app.db
        .write(async |tx| {
            let handed_in = applications::hand_in(tx, &app.sealer, shop.id, member, draft, app.clock.now()).await?;
            once.keep(tx, &handed_in, app.clock.wall()).await?;
            Ok(handed_in)
        })
        .await
}

/// What an approval made.
#[derive(Clone, Debug)]
pub struct Approved {
    /// The new leader.
    pub leader: leader::Model,
    /// His first pickup point.
    pub point: point::Model,
}

/// Approves an application: leader, pickup point and the recommender's reward in one transaction
/// . `by` is `None` on the command line.
#[tracing::instrument(skip_all, fields(shop = %shop.id, application = %id))]
pub async fn approve(app: &App, shop: &Shop, by: Option<OperatorId>, id: ApplicationId) -> Result<Approved, Failure> {
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            let application = applications::decide(tx, shop.id, id, Decision::Approve, by, None, now).await?;
            let form = applications::form(&app.sealer, &application)?;
            let leader = service::create(
                tx,
                &app.sealer,
                shop.id,
                application.member_id,
                &form,
                application.recommender_id,
                now,
            )
            .await?;
            let draft = PointDraft {
                name: application.community.clone(),
                community: application.community.clone(),
                region: form.region,
                address: form.address,
                place: kernel::place::Place { lat: application.lat, lng: application.lng },
                picture: application.picture.clone(),
                hours: None,
                enabled: true,
            };
            let point = pickup::service::create_point(tx, shop.id, leader.id, serves(&leader), draft, now).await?;
            reward_recommender(tx, shop, &leader, now).await?;
            let detail = json!({ "leader_id": leader.id, "pickup_point_id": point.id });
            audit::note(tx, shop.id, by, "leader_application.approve", id, detail, now).await?;
            Ok(Approved { leader, point })
        })
        .await
}

/// Credits the fixed reward of R-17, once for each new leader: his id is the journal's cause.
async fn reward_recommender(
    conn: &impl ConnectionTrait,
    shop: &Shop,
    leader: &leader::Model,
    now: Time,
) -> Result<(), Failure> {
    let reward = shop.settings.referral_reward_fen;
    let Some(recommender) = leader.recommender_id.filter(|_| reward.is_positive()) else { return Ok(()) };
    let mut draft = Draft::new(shop.id, "referral_reward", leader.id.uuid());
    draft.debit(AccountKind::Marketing, None, reward);
    draft.credit(AccountKind::LeaderAvailable, Some(recommender.uuid()), reward)?;
    Ok(ledger::service::post(conn, &draft, Floor::Zero, now).await?)
}

/// Rejects an application; the member may ask again.
pub async fn reject(
    app: &App,
    shop: &Shop,
    by: OperatorId,
    id: ApplicationId,
    reason: &str,
) -> Result<application::Model, Failure> {
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            let rejected = applications::decide(tx, shop.id, id, Decision::Reject, Some(by), Some(reason), now).await?;
            audit::note(tx, shop.id, by, "leader_application.reject", id, json!({ "reason": reason }), now).await?;
            Ok(rejected)
        })
        .await
}

/// Changes a leader, and opens or closes his points when he begins or ceases to serve.
pub async fn change(
    app: &App,
    shop: &Shop,
    by: OperatorId,
    id: LeaderId,
    change: &LeaderChange,
) -> Result<leader::Model, Failure> {
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            let before = service::held(tx, shop.id, id).await?;
            let after = service::change(tx, shop.id, id, change, now).await?;
            if serves(&before) != serves(&after) {
                pickup::service::set_serving(tx, shop.id, id, serves(&after), now).await?;
            }
            let detail = json!({ "before": audited(&before), "after": audited(&after) });
            audit::note(tx, shop.id, by, "leader.change", id, detail, now).await?;
            Ok(after)
        })
        .await
}

fn audited(leader: &leader::Model) -> serde_json::Value {
    json!({
        "state": leader.state, "resting": leader.resting, "pickup_only": leader.pickup_only,
        "multiplier_bp": leader.multiplier_bp, "level_id": leader.level_id, "recommender_id": leader.recommender_id,
    })
}

/// Sets who receives a leader's shares. A person without an account given is the leader himself.
/// It is registered at WeChat by [`crate::flows::profit_sharing::register_receiver`].
pub async fn set_receiver(
    app: &App,
    shop: &Shop,
    by: OperatorId,
    id: LeaderId,
    kind: receiver::ReceiverKind,
    account: Option<String>,
    name: Option<String>,
) -> Result<leader::Model, Failure> {
    let changed = app
        .db
        .write(async |tx| {
            let leader = service::held(tx, shop.id, id).await?;
            let (account, kind) = match (&account, kind) {
                (Some(account), kind) => (account.clone(), kind),
                (None, receiver::ReceiverKind::Merchant) => {
                    return Err(Invalid::field("account", "required", "a merchant's number").into());
                }
                (None, kind) => {
                    let member = members::query::by_id(tx, shop.id, leader.member_id).await?;
                    (member.ok_or(LeaderError::NotFound)?.openid, own_kind(app, shop).unwrap_or(kind))
                }
            };
            let receiver = Receiver { kind, account, name: name.clone() };
            replace_receiver(app, tx, shop, by, &leader, Some(&receiver)).await
        })
        .await?;
    app.bell.ring();
    Ok(changed)
}

/// Takes a leader's receiver away, here and from WeChat's list; what he earns stays owed to him.
pub async fn remove_receiver(app: &App, shop: &Shop, by: OperatorId, id: LeaderId) -> Result<leader::Model, Failure> {
    let changed = app
        .db
        .write(async |tx| {
            let leader = service::held(tx, shop.id, id).await?;
            replace_receiver(app, tx, shop, by, &leader, None).await
        })
        .await?;
    app.bell.ring();
    Ok(changed)
}

async fn replace_receiver(
    app: &App,
    tx: &impl ConnectionTrait,
    shop: &Shop,
    by: OperatorId,
    leader: &leader::Model,
    wanted: Option<&Receiver>,
) -> Result<leader::Model, Failure> {
    let now = app.clock.now();
    let old = receiver::of(&app.sealer, leader)?;
    receiver::set(tx, &app.sealer, shop.id, leader.id, wanted, now).await?;
    profit_sharing::leave(app, tx, shop, old.as_ref(), wanted).await?;
    let detail = json!({ "type": wanted.map(|receiver| receiver.kind) });
    audit::note(tx, shop.id, by, "leader.receiver", leader.id, detail, now).await?;
    Ok(query::by_id(tx, shop.id, leader.id).await?.ok_or(LeaderError::NotFound)?)
}

/// What a leader is as a receiver under his own openid, which is that of the shop's mini-program.
fn own_kind(app: &App, shop: &Shop) -> Option<receiver::ReceiverKind> {
    let clients = app.clients.of(shop);
    match clients.pay().ok()?.person_kind() {
        wechat_pay::ReceiverKind::SubPerson => Some(receiver::ReceiverKind::SubPerson),
        _ => Some(receiver::ReceiverKind::Person),
    }
}

/// Creates a leader level.
pub async fn create_level(
    app: &App,
    shop: &Shop,
    by: OperatorId,
    draft: &LevelDraft,
    once: &Once<level::Model>,
) -> Result<level::Model, Failure> {
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            rates::check_level(tx, shop, draft.rate).await?;
            let created = levels::create(tx, shop.id, draft.clone(), now).await?;
            audit::note(tx, shop.id, by, "leader_level.create", created.id, audited_level(&created), now).await?;
            once.keep(tx, &created, app.clock.wall()).await?;
            Ok(created)
        })
        .await
}

/// Changes a leader level; future orders alone are touched.
pub async fn change_level(
    app: &App,
    shop: &Shop,
    by: OperatorId,
    id: LeaderLevelId,
    draft: &LevelDraft,
) -> Result<level::Model, Failure> {
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            rates::check_level(tx, shop, draft.rate).await?;
            let before = levels::by_id(tx, shop.id, id).await?;
            let after = levels::change(tx, shop.id, id, draft.clone()).await?;
            let detail = json!({ "before": audited_level(&before), "after": audited_level(&after) });
            audit::note(tx, shop.id, by, "leader_level.change", id, detail, now).await?;
            Ok(after)
        })
        .await
}

fn audited_level(level: &level::Model) -> serde_json::Value {
    json!({
        "name": level.name, "rank": level.rank, "rate_bp": level.rate_bp, "from_sales_fen": level.from_sales_fen,
        "from_members": level.from_members, "from_orders": level.from_orders,
    })
}

/// Creates a further pickup point of a leader.
pub async fn create_point(
    app: &App,
    shop: &Shop,
    by: OperatorId,
    leader: LeaderId,
    draft: &PointDraft,
    once: &Once<point::Model>,
) -> Result<point::Model, Failure> {
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            let leader = service::held(tx, shop.id, leader).await?;
            let created =
                pickup::service::create_point(tx, shop.id, leader.id, serves(&leader), draft.clone(), now).await?;
            audit::note(tx, shop.id, by, "pickup_point.create", created.id, audited_point(&created), now).await?;
            once.keep(tx, &created, app.clock.wall()).await?;
            Ok(created)
        })
        .await
}

/// Changes a pickup point.
pub async fn change_point(
    app: &App,
    shop: &Shop,
    by: OperatorId,
    id: PickupPointId,
    change: &PointChange,
) -> Result<point::Model, Failure> {
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            let found = pickup::query::by_id(tx, shop.id, id).await?.ok_or(PickupError::PointNotFound)?;
            let leader = service::held(tx, shop.id, found.leader_id).await?;
            // Read again: whoever held the leader before may have changed the point.
            let before = pickup::query::by_id(tx, shop.id, id).await?.ok_or(PickupError::PointNotFound)?;
            let was = audited_point(&before);
            let after = pickup::service::change_point(tx, before, serves(&leader), change.clone(), now).await?;
            let detail = json!({ "before": was, "after": audited_point(&after) });
            audit::note(tx, shop.id, by, "pickup_point.change", id, detail, now).await?;
            Ok(after)
        })
        .await
}

fn audited_point(point: &point::Model) -> serde_json::Value {
    json!({
        "leader_id": point.leader_id, "name": point.name, "community": point.community, "region": point.region,
        "address": point.address, "lat": point.lat, "lng": point.lng, "hours": point.hours,
        "enabled": point.enabled, "open": point.open,
    })
}

/// Lets a member of the shop redeem for a leader. A frozen leader names nobody.
pub async fn add_verifier(
    app: &App,
    shop: &Shop,
    leader: &leader::Model,
    member: MemberId,
    name: &str,
    once: &Once<verifier::Model>,
) -> Result<verifier::Model, Failure> {
    if query::enabled(app.db.reader(), shop.id, leader.id).await?.is_none() {
        return Err(LeaderError::Frozen.into());
    }
    app.db
        .write(async |tx| {
            members::query::by_id(tx, shop.id, member).await?.ok_or(MemberError::NotFound)?;
            let now = app.clock.now();
            let added = pickup::service::add_verifier(tx, shop.id, leader.id, member, name, now).await?;
            once.keep(tx, &added, app.clock.wall()).await?;
            Ok(added)
        })
        .await
}

/// Ends a verifier's right.
pub async fn remove_verifier(app: &App, shop: &Shop, leader: LeaderId, id: VerifierId) -> Result<(), Failure> {
    app.db.write(async |tx| Ok(pickup::service::remove_verifier(tx, shop.id, leader, id, app.clock.now()).await?)).await
}
