//! Operators shut a member out and let him in again.

use kernel::Failure;
use kernel::id::{MemberId, OperatorId};
use serde_json::{Value, json};

use crate::app::App;
use crate::areas::members::entity::member;
use crate::areas::members::error::MemberError;
use crate::areas::members::{query, service};
use crate::areas::operators::audit;
use crate::areas::shops::query::Shop;

/// Shuts a member out. His access tokens end at once in this process and with the next look at the
/// list (a few seconds) in others; signing in and refreshing are refused from here on.
pub async fn ban(app: &App, shop: &Shop, by: OperatorId, id: MemberId, reason: &str) -> Result<member::Model, Failure> {
    let member = set(app, shop, by, id, true, "member.ban", json!({ "reason": reason })).await?;
    app.barred.bar_member(id);
    Ok(member)
}

/// Lets a member in again.
pub async fn unban(app: &App, shop: &Shop, by: OperatorId, id: MemberId) -> Result<member::Model, Failure> {
    let member = set(app, shop, by, id, false, "member.unban", json!({})).await?;
    app.barred.admit_member(id);
    Ok(member)
}

/// Saying so twice changes and notes nothing more.
async fn set(
    app: &App,
    shop: &Shop,
    by: OperatorId,
    id: MemberId,
    banned: bool,
    action: &str,
    detail: Value,
) -> Result<member::Model, Failure> {
    app.db
        .write(async |tx| {
            // Tokens and the list of who is barred go by wall time.
            if service::set_banned(tx, shop.id, id, banned.then(|| app.clock.wall())).await? {
                audit::note(tx, shop.id, by, action, id, detail.clone(), app.clock.now()).await?;
            }
            Ok(query::by_id(tx, shop.id, id).await?.ok_or(MemberError::NotFound)?)
        })
        .await
}
