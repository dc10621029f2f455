//! The schema's history, append-only, one set for SQLite and PostgreSQL.
//!
//! A migration is a file of SQL in `sql/` with six words that differ between the two databases:
//! `{id}`, `{text}`, `{word}` (text in the order of its code points), `{int}`, `{time}` and
//! `{json}`. The same columns, checks, keys and indexes stand on both.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DatabaseBackend;

/// Every migration, oldest first.
pub struct Migrator;

/// One file of SQL.
struct Step {
    name: &'static str,
    up: &'static str,
}

const STEPS: &[Step] = &[
    Step { name: "m0001_shops", up: include_str!("sql/m0001_shops.sql") },
    Step { name: "m0002_members", up: include_str!("sql/m0002_members.sql") },
    Step { name: "m0003_goods", up: include_str!("sql/m0003_goods.sql") },
    Step { name: "m0004_orders", up: include_str!("sql/m0004_orders.sql") },
    Step { name: "m0005_money", up: include_str!("sql/m0005_money.sql") },
    Step { name: "m0006_markets", up: include_str!("sql/m0006_markets.sql") },
    Step { name: "m0007_affiliate_orders", up: include_str!("sql/m0007_affiliate_orders.sql") },
    Step { name: "m0008_bills", up: include_str!("sql/m0008_bills.sql") },
    Step { name: "m0009_shipping", up: include_str!("sql/m0009_shipping.sql") },
    Step { name: "m0010_complaints", up: include_str!("sql/m0010_complaints.sql") },
    Step { name: "m0011_member_money", up: include_str!("sql/m0011_member_money.sql") },
    Step { name: "m0012_suppliers", up: include_str!("sql/m0012_suppliers.sql") },
    Step { name: "m0013_checkouts", up: include_str!("sql/m0013_checkouts.sql") },
    Step { name: "m0014_payouts", up: include_str!("sql/m0014_payouts.sql") },
    Step { name: "m0015_stores", up: include_str!("sql/m0015_stores.sql") },
    Step { name: "m0017_store_imports", up: include_str!("sql/m0017_store_imports.sql") },
    Step { name: "m0018_market_orders", up: include_str!("sql/m0018_market_orders.sql") },
    Step { name: "m0019_channels", up: include_str!("sql/m0019_channels.sql") },
    Step { name: "m0020_store_notices", up: include_str!("sql/m0020_store_notices.sql") },
];

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        STEPS.iter().map(|step| Box::new(SqlFile(step)) as Box<dyn MigrationTrait>).collect()
    }
}

struct SqlFile(&'static Step);

impl MigrationName for SqlFile {
    fn name(&self) -> &str {
        self.0.name
    }
}

#[async_trait::async_trait]
impl MigrationTrait for SqlFile {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for statement in statements(self.0.up, manager.get_database_backend()) {
            manager.get_connection().execute_unprepared(&statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables(self.0.up).into_iter().rev() {
            manager.get_connection().execute_unprepared(&format!("DROP TABLE {table}")).await?;
        }
        Ok(())
    }
}

/// The names of the tables a file creates, in order.
fn tables(sql: &str) -> Vec<&str> {
    sql.lines().filter_map(|line| line.strip_prefix("CREATE TABLE ")?.split_whitespace().next()).collect()
}

/// The statements of a file in one database's words. No statement holds a semicolon inside.
fn statements(sql: &str, backend: DatabaseBackend) -> Vec<String> {
    let words: [(&str, &str); 6] = match backend {
        DatabaseBackend::Postgres => [
            ("{id}", "UUID"),
            ("{text}", "TEXT"),
            ("{word}", "TEXT COLLATE \"C\""),
            ("{int}", "BIGINT"),
            ("{time}", "TIMESTAMPTZ"),
            ("{json}", "JSONB"),
        ],
        _ => [
            ("{id}", "BLOB"),
            ("{text}", "TEXT"),
            ("{word}", "TEXT"),
            ("{int}", "INTEGER"),
            ("{time}", "TEXT"),
            ("{json}", "TEXT"),
        ],
    };
    sql.split(';')
        .map(str::trim)
        .filter(|statement| !statement.is_empty())
        .map(|statement| words.iter().fold(statement.to_owned(), |sql, (word, ours)| sql.replace(word, ours)))
        .collect()
}
