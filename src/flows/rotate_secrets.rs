//! Seals what is stored anew with the live master key, in bounded batches; what is sealed with it
//! already is left alone, so that a run that was broken off is simply started again.

use kernel::id::{
    AddressId, ApplicationId, ComplaintId, LeaderId, MarketOrderId, MemberId, OperatorId, PayoutAccountId, ShopId,
    StoreId, SupplierId, WithdrawalId,
};
use kernel::{Failure, Time};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query};
use sea_orm::{ConnectionTrait, QueryOrder, QuerySelect, entity::prelude::*};
use serde_json::Value;
use uuid::Uuid;

use crate::app::App;
use crate::areas::leaders::entity::leader;
use crate::areas::market_orders;
use crate::areas::members;
use crate::areas::members::entity::member;
use crate::areas::orders::entity::order;
use crate::areas::payouts::identities;
use crate::areas::stores;
use crate::areas::suppliers::entity::supplier;
use crate::platform::request_keys;
use crate::platform::seal::{SealError, Sealer};

/// Rows read and written at a time.
const BATCH: u64 = 200;

/// What a rotation did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Values sealed anew.
    pub sealed: u64,
    /// Values no configured key opens, by their place.
    pub unreadable: Vec<String>,
}

/// A column of sealed text and the place each value is sealed for.
struct Column {
    table: &'static str,
    key: &'static str,
    column: &'static str,
    place: fn(Uuid) -> String,
}

const COLUMNS: &[Column] = &[
    Column {
        table: "shops",
        key: "id",
        column: "sealed_secrets",
        place: |id| format!("shops.sealed_secrets:{}", ShopId::from_uuid(id)),
    },
    Column {
        table: "wechat_tokens",
        key: "shop_id",
        column: "sealed_token",
        place: |id| format!("wechat_tokens:{}", ShopId::from_uuid(id)),
    },
    Column {
        table: "operators",
        key: "id",
        column: "totp_secret",
        place: |id| format!("operators.totp_secret:{}", OperatorId::from_uuid(id)),
    },
    Column {
        table: "members",
        key: "id",
        column: "sealed_session_key",
        place: |id| format!("members.session_key:{}", MemberId::from_uuid(id)),
    },
    Column {
        table: "addresses",
        key: "id",
        column: "sealed",
        place: |id| format!("addresses.sealed:{}", AddressId::from_uuid(id)),
    },
    Column {
        table: "leader_applications",
        key: "id",
        column: "sealed_form",
        place: |id| format!("leader_applications.form:{}", ApplicationId::from_uuid(id)),
    },
    Column {
        table: "leaders",
        key: "id",
        column: "sealed_phone",
        place: |id| format!("leaders.phone:{}", LeaderId::from_uuid(id)),
    },
    Column {
        table: "suppliers",
        key: "id",
        column: "sealed_phone",
        place: |id| format!("suppliers.phone:{}", SupplierId::from_uuid(id)),
    },
    Column {
        table: "suppliers",
        key: "id",
        column: "sealed_payee_name",
        place: |id| format!("suppliers.payee_name:{}", SupplierId::from_uuid(id)),
    },
    Column {
        table: "complaints",
        key: "id",
        column: "sealed_phone",
        place: |id| format!("complaints.phone:{}", ComplaintId::from_uuid(id)),
    },
    Column {
        table: "payout_accounts",
        key: "id",
        column: "sealed",
        place: |id| format!("payout_accounts.sealed:{}", PayoutAccountId::from_uuid(id)),
    },
    Column {
        table: "stores",
        key: "id",
        column: "sealed_tokens",
        place: |id| stores::service::tokens_place(StoreId::from_uuid(id)),
    },
    Column {
        table: "market_orders",
        key: "id",
        column: "sealed_receiver",
        place: |id| market_orders::service::receiver_place(MarketOrderId::from_uuid(id)),
    },
    Column {
        table: "withdrawals",
        key: "id",
        column: "sealed_payee",
        place: |id| format!("withdrawals.payee:{}", WithdrawalId::from_uuid(id)),
    },
];

/// Seals everything stored anew; `tell` hears of each table and how much was done there.
pub async fn rotate(app: &App, tell: impl Fn(&str, u64)) -> Result<Report, Failure> {
    let mut report = Report::default();
    for column in COLUMNS {
        let name = format!("{}.{}", column.table, column.column);
        let before = report.sealed;
        rotate_column(app, column, &mut report).await?;
        tell(&name, report.sealed - before);
    }
    let before = report.sealed;
    rotate_phones(app, &mut report).await?;
    tell("members.sealed_phone", report.sealed - before);
    let before = report.sealed;
    rotate_identities(app, &mut report).await?;
    tell("leader_identities.sealed", report.sealed - before);
    let before = report.sealed;
    rotate_receivers(app, &mut report).await?;
    tell("leaders.receiver", report.sealed - before);
    let before = report.sealed;
    rotate_supplier_receivers(app, &mut report).await?;
    tell("suppliers.receiver", report.sealed - before);
    let before = report.sealed;
    rotate_order_addresses(app, &mut report).await?;
    tell("orders.address", report.sealed - before);
    let before = report.sealed;
    rotate_answers(app, &mut report).await?;
    tell("request_keys.answer", report.sealed - before);
    Ok(report)
}

/// The value sealed anew; `None` when it is fresh already or cannot be opened, which is noted.
fn sealed_anew(sealer: &Sealer, place: &str, sealed: &str, report: &mut Report) -> Result<Option<String>, SealError> {
    if sealer.is_fresh(sealed) {
        return Ok(None);
    }
    match sealer.open(place, sealed) {
        Ok(plain) => sealer.seal(place, &plain).map(Some),
        Err(SealError::UnknownKey(_) | SealError::Damaged) => {
            report.unreadable.push(place.to_owned());
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

async fn rotate_column(app: &App, column: &Column, report: &mut Report) -> Result<(), Failure> {
    let (table, key, name) = (Alias::new(column.table), Alias::new(column.key), Alias::new(column.column));
    let mut last = Uuid::nil();
    loop {
        let select = Query::select()
            .columns([key.clone(), name.clone()])
            .from(table.clone())
            .and_where(Expr::col(name.clone()).is_not_null())
            .and_where(Expr::col(key.clone()).gt(last))
            .order_by(key.clone(), sea_orm::Order::Asc)
            .limit(BATCH)
            .to_owned();
        let rows = app.db.reader().query_all(&select).await?;
        let mut changes = Vec::new();
        for row in &rows {
            last = row.try_get("", column.key)?;
            let sealed: String = row.try_get("", column.column)?;
            if let Some(fresh) = sealed_anew(&app.sealer, &(column.place)(last), &sealed, report)? {
                changes.push((last, sealed, fresh));
            }
        }
        let written = app
            .db
            .write(async |tx| {
                let mut written = 0;
                for (id, old, fresh) in &changes {
                    // Only if nobody has changed it meanwhile; what others write is fresh anyway.
                    let update = Query::update()
                        .table(table.clone())
                        .value(name.clone(), fresh.as_str())
                        .and_where(Expr::col(key.clone()).eq(*id))
                        .and_where(Expr::col(name.clone()).eq(old.as_str()))
                        .to_owned();
                    written += tx.execute(&update).await?.rows_affected();
                }
                Ok(written)
            })
            .await?;
        report.sealed += written;
        if u64::try_from(rows.len()).unwrap_or(BATCH) < BATCH {
            return Ok(());
        }
    }
}

/// A phone number has a blind index beside it, which follows the live key too.
async fn rotate_phones(app: &App, report: &mut Report) -> Result<(), Failure> {
    let mut last = MemberId::from_uuid(Uuid::nil());
    loop {
        let rows = member::Entity::find()
            .filter(member::Column::SealedPhone.is_not_null())
            .filter(member::Column::Id.gt(last))
            .order_by_asc(member::Column::Id)
            .limit(BATCH)
            .all(app.db.reader())
            .await?;
        let full = rows.len() >= usize::try_from(BATCH).unwrap_or(usize::MAX);
        for row in rows {
            last = row.id;
            let Some(sealed) = row.sealed_phone.filter(|sealed| !app.sealer.is_fresh(sealed)) else { continue };
            let place = format!("members.phone:{}", row.id);
            match app.sealer.open_text(&place, &sealed) {
                Ok(phone) => {
                    let set = async |tx: &_| {
                        let now: Time = app.clock.now();
                        members::service::set_phone(tx, &app.sealer, row.shop_id, row.id, &phone, now).await?;
                        Ok(())
                    };
                    app.db.write(set).await?;
                    report.sealed += 1;
                }
                Err(_) => report.unreadable.push(place),
            }
        }
        if !full {
            return Ok(());
        }
    }
}

/// An ID number has a blind index beside it, as a phone number has.
async fn rotate_identities(app: &App, report: &mut Report) -> Result<(), Failure> {
    let mut last = LeaderId::from_uuid(Uuid::nil());
    loop {
        let rows = identities::after(app.db.reader(), last, BATCH).await?;
        let Some(end) = rows.last() else { return Ok(()) };
        last = end.leader_id;
        for row in rows.iter().filter(|row| !app.sealer.is_fresh(&row.sealed)) {
            if identities::opened(&app.sealer, row).is_err() {
                report.unreadable.push(format!("leader_identities.sealed:{}", row.leader_id));
                continue;
            }
            let done = app.db.write(async |tx| Ok(identities::reseal(tx, &app.sealer, row).await?)).await?;
            report.sealed += u64::from(done);
        }
    }
}

async fn rotate_receivers(app: &App, report: &mut Report) -> Result<(), Failure> {
    let rows = leader::Entity::find().filter(leader::Column::Receiver.is_not_null()).all(app.db.reader()).await?;
    for row in rows {
        let Some(mut receiver) = row.receiver.clone() else { continue };
        let place = format!("leaders.receiver_name:{}", row.id);
        if !reseal_member(&app.sealer, &mut receiver, "sealed_name", &place, report)? {
            continue;
        }
        let put = async |tx: &_| {
            let changed = leader::Entity::update_many()
                .col_expr(leader::Column::Receiver, Expr::value(receiver.clone()))
                .filter(leader::Column::Id.eq(row.id))
                .filter(leader::Column::UpdatedAt.eq(row.updated_at))
                .exec(tx)
                .await?;
            Ok(changed.rows_affected)
        };
        report.sealed += app.db.write(put).await?;
    }
    Ok(())
}

async fn rotate_supplier_receivers(app: &App, report: &mut Report) -> Result<(), Failure> {
    let rows = supplier::Entity::find().filter(supplier::Column::Receiver.is_not_null()).all(app.db.reader()).await?;
    for row in rows {
        let Some(mut receiver) = row.receiver.clone() else { continue };
        let place = format!("suppliers.receiver_name:{}", row.id);
        if !reseal_member(&app.sealer, &mut receiver, "sealed_name", &place, report)? {
            continue;
        }
        let put = async |tx: &_| {
            let changed = supplier::Entity::update_many()
                .col_expr(supplier::Column::Receiver, Expr::value(receiver.clone()))
                .filter(supplier::Column::Id.eq(row.id))
                .filter(supplier::Column::UpdatedAt.eq(row.updated_at))
                .exec(tx)
                .await?;
            Ok(changed.rows_affected)
        };
        report.sealed += app.db.write(put).await?;
    }
    Ok(())
}

/// An order keeps its address as it was, with the place it was sealed for.
async fn rotate_order_addresses(app: &App, report: &mut Report) -> Result<(), Failure> {
    let mut last = kernel::id::OrderId::from_uuid(Uuid::nil());
    loop {
        let rows: Vec<(kernel::id::OrderId, Option<Value>)> = order::Entity::find()
            .select_only()
            .columns([order::Column::Id, order::Column::Address])
            .filter(order::Column::Address.is_not_null())
            .filter(order::Column::Id.gt(last))
            .order_by_asc(order::Column::Id)
            .limit(BATCH)
            .into_tuple()
            .all(app.db.reader())
            .await?;
        let full = rows.len() >= usize::try_from(BATCH).unwrap_or(usize::MAX);
        let mut changes = Vec::new();
        for (id, address) in rows {
            last = id;
            let Some(mut address) = address else { continue };
            let Some(place) = address.get("place").and_then(Value::as_str).map(str::to_owned) else { continue };
            if reseal_member(&app.sealer, &mut address, "sealed", &place, report)? {
                changes.push((id, address));
            }
        }
        let put = async |tx: &_| {
            let mut written = 0;
            for (id, address) in &changes {
                // An order's address never changes, so that nothing can be overwritten.
                let changed = order::Entity::update_many()
                    .col_expr(order::Column::Address, Expr::value(address.clone()))
                    .filter(order::Column::Id.eq(*id))
                    .exec(tx)
                    .await?;
                written += changed.rows_affected;
            }
            Ok(written)
        };
        report.sealed += app.db.write(put).await?;
        if !full {
            return Ok(());
        }
    }
}

/// Answers kept under an idempotency key: within their seven days a repeat must still get them.
async fn rotate_answers(app: &App, report: &mut Report) -> Result<(), Failure> {
    let mut last = None;
    loop {
        let rows = request_keys::sealed_after(app.db.reader(), last.as_ref(), BATCH).await?;
        let mut changes = Vec::new();
        for row in &rows {
            if let Some(fresh) = sealed_anew(&app.sealer, &row.place, &row.answer, report)? {
                changes.push((row, fresh));
            }
        }
        let put = async |tx: &_| {
            let mut written = 0;
            for (row, fresh) in &changes {
                written += request_keys::reseal(tx, row, fresh).await?;
            }
            Ok(written)
        };
        report.sealed += app.db.write(put).await?;
        match rows.into_iter().next_back() {
            Some(row) => last = Some(row.scope),
            None => return Ok(()),
        }
    }
}

/// Seals one text of a document anew; `false` when there was nothing to do.
fn reseal_member(
    sealer: &Sealer,
    document: &mut Value,
    name: &str,
    place: &str,
    report: &mut Report,
) -> Result<bool, SealError> {
    let Some(Value::String(sealed)) = document.get_mut(name) else { return Ok(false) };
    let fresh = sealed_anew(sealer, place, sealed, report)?;
    let is_new = fresh.is_some();
    if let Some(fresh) = fresh {
        *sealed = fresh;
    }
    Ok(is_new)
}
