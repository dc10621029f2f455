//! The migrations and the entities say the same, on both databases.

use std::collections::{BTreeMap, BTreeSet};

use migrations::Migrator;
use sea_orm::{
    ColumnTrait, ColumnType, ConnectionTrait, DatabaseBackend, DatabaseConnection, EntityTrait, Iterable, Statement,
};
use sea_orm_migration::{MigrationStatus, MigratorTrait};
use tuanqiao::config::Config;
use tuanqiao::platform::db::Db;

use crate::setup::Place;

/// One column: the kind of what it holds and whether it may be NULL.
type Columns = BTreeMap<String, (&'static str, bool)>;

/// What a list of entities expects of the database: table → columns.
struct Expected(BTreeMap<String, Columns>);

impl Expected {
    /// Adds what one entity expects, and selects all its columns.
    async fn add<E: EntityTrait>(&mut self, conn: &DatabaseConnection, entity: E) {
        let table = entity.table_name().to_owned();
        E::find().one(conn).await.unwrap_or_else(|error| panic!("selecting from {table}: {error}"));
        let columns = self.0.entry(table.clone()).or_default();
        for column in E::Column::iter() {
            let def = column.def();
            let told = (kind(def.get_column_type()), def.is_null());
            let name = sea_orm::IdenStatic::as_str(&column).to_owned();
            // Two areas may look at one table; what both name they must see alike.
            let known = columns.insert(name.clone(), told);
            assert!(known.is_none_or(|known| known == told), "two entities differ about {table}.{name}");
        }
    }
}

fn kind(column: &ColumnType) -> &'static str {
    match column {
        ColumnType::String(_) | ColumnType::Text | ColumnType::Char(_) | ColumnType::Enum { .. } => "text",
        ColumnType::Uuid => "uuid",
        ColumnType::Integer | ColumnType::SmallInteger => "int4",
        ColumnType::BigInteger => "int8",
        ColumnType::Boolean => "bool",
        ColumnType::TimestampWithTimeZone | ColumnType::Timestamp => "timestamptz",
        ColumnType::Json | ColumnType::JsonBinary => "jsonb",
        ColumnType::Date => "date",
        ColumnType::Double | ColumnType::Float => "float8",
        ColumnType::Binary(_) | ColumnType::VarBinary(_) | ColumnType::Blob => "bytea",
        other => panic!("a column of a kind this test does not know: {other:?}"),
    }
}

macro_rules! expected {
    ($conn:expr, $($($home:ident)::+: $($entity:ident),+;)+) => {{
        let mut expected = Expected(BTreeMap::new());
        $({
            use tuanqiao::$($home)::+::entity;
            $(expected.add($conn, entity::$entity::Entity).await;)+
        })+
        expected.0
    }};
}

async fn entities(conn: &DatabaseConnection) -> BTreeMap<String, Columns> {
    expected! { conn,
        platform: effect, fact, lease, request_key;
        areas::affiliate_orders: booking, channel, feed, line;
        areas::after_sales: ticket, ticket_event, ticket_line;
        areas::balances: adjustment, grant;
        areas::bills: case, fee, line, run;
        areas::cart: cart_item;
        areas::channels: channel, drift, line;
        areas::commissions: commission;
        areas::complaints: action, complaint, watch;
        areas::content: upload;
        areas::deliveries: delivery_line, list;
        areas::goods: category, goods, goods_region, goods_word, sku;
        areas::leaders: application, leader, level;
        areas::ledger: entry, journal, party_account;
        areas::market_accounts: category_mapping, exchange_rate, import_refusal, import_run, picture_copy, price_rule,
            quota_usage, remote_goods;
        areas::market_orders: carriers, event, feed, line, order, shipment;
        areas::members: address, leader_binding, member, session;
        areas::operators: audit_entry, operator, operator_session;
        areas::orders: checkout, event, line, order;
        areas::payments: combination, notice, payment, refund, refund_line, remedy;
        areas::payouts: leader_identity, payout_account, payout_batch, receiver_removal, sharing, sharing_part,
            sharing_return, transfer, withdrawal, withdrawal_counter;
        areas::pickup: point, redemption, verifier;
        areas::recharges: plan, recharge;
        areas::shipping: hold, management, upload;
        areas::shops: shop, wechat_token;
        areas::stock: hold, level, movement, news, purchase_counter, warning;
        areas::stores: store, store_consent, store_hint, store_notice, store_operator, store_sku;
        areas::suppliers: movement, part, statement, supplier;
    }
}

/// The tables of a database with their columns, as it says itself.
async fn tables(conn: &DatabaseConnection) -> BTreeMap<String, Columns> {
    let sqlite = conn.get_database_backend() == DatabaseBackend::Sqlite;
    let sql = if sqlite {
        "SELECT m.name AS t, c.name AS c, c.type AS k, (c.\"notnull\" = 0) AS n FROM sqlite_master m \
         JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
    } else {
        "SELECT table_name::text AS t, column_name::text AS c, udt_name::text AS k, (is_nullable = 'YES')::int::bigint AS n \
         FROM information_schema.columns WHERE table_schema = current_schema()"
    };
    let rows = conn.query_all_raw(Statement::from_string(conn.get_database_backend(), sql)).await.unwrap();
    let mut tables: BTreeMap<String, Columns> = BTreeMap::new();
    for row in rows {
        let text = |name: &str| row.try_get::<String>("", name).unwrap();
        let known = ["text", "uuid", "int4", "int8", "bool", "timestamptz", "jsonb", "date", "float8", "bytea"];
        let kind = known.into_iter().find(|kind| *kind == text("k")).unwrap_or("");
        let nullable = row.try_get::<i64>("", "n").unwrap() == 1;
        tables.entry(text("t")).or_default().insert(text("c"), (kind, nullable));
    }
    tables.remove("seaql_migrations");
    tables
}

async fn connect(place: &Place) -> Db {
    let mut config = Config::load(None).unwrap().database;
    config.url = place.database_url.clone();
    Db::connect(&config).await.unwrap()
}

on_both! {
    async fn every_entity_has_its_table_and_every_column_its_field(setup: Setup) {
        let place = Place::make(setup).await;
        let db = connect(&place).await;
        Migrator::up(db.maintenance(), None).await.unwrap();
        let expected = entities(db.reader()).await;
        let mut found = tables(db.reader()).await;
        if db.backend() == DatabaseBackend::Sqlite {
            // SQLite's columns have no types worth comparing.
            for (table, columns) in &mut found {
                for (name, column) in columns {
                    column.0 = expected.get(table).and_then(|known| known.get(name)).map_or("", |known| known.0);
                }
            }
        }
        for (table, columns) in &expected {
            let found = found.get(table).unwrap_or_else(|| panic!("no migration makes the table {table}"));
            assert_eq!(found, columns, "table {table}: the migration (left) and its entity (right) differ");
        }
        let (found, expected): (BTreeSet<_>, BTreeSet<_>) = (found.keys().collect(), expected.keys().collect());
        assert_eq!(found, expected, "a table without an entity in this test");
        db.close().await;
    }
}

on_both! {
    async fn migrations_go_up_and_down_and_up_again(setup: Setup) {
        let place = Place::make(setup).await;
        let db = connect(&place).await;
        let status = async || -> Vec<MigrationStatus> {
            let all = Migrator::get_migration_with_status(db.maintenance()).await.unwrap();
            all.iter().map(|migration| migration.status()).collect()
        };
        let count = Migrator::migrations().len();
        assert_eq!(status().await, vec![MigrationStatus::Pending; count]);
        for _ in 0..2 {
            Migrator::up(db.maintenance(), Some(1)).await.unwrap();
            assert_eq!(status().await[..2], [MigrationStatus::Applied, MigrationStatus::Pending]);
            Migrator::up(db.maintenance(), None).await.unwrap();
            assert_eq!(status().await, vec![MigrationStatus::Applied; count]);
            Migrator::up(db.maintenance(), None).await.unwrap();
            Migrator::down(db.maintenance(), None).await.unwrap();
            assert_eq!(tables(db.maintenance()).await.keys().collect::<Vec<_>>(), Vec::<&String>::new());
        }
        db.close().await;
    }
}
