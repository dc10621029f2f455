//! Leader levels, and what a leader reaches them by.

use kernel::id::{LeaderLevelId, ShopId};
use kernel::{BasisPoints, Fen, Time};
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect, entity::prelude::*};

use super::entity::level;
use super::error::LeaderError;
use crate::platform::db::is_unique_violation;

/// The most levels a shop lists.
const LIST_MAX: u64 = 100;
/// As many levels as there are ranks.
const RANKS: u64 = 1000;

/// What a level is made of.
#[derive(Clone, Debug)]
pub struct LevelDraft {
    /// For people.
    pub name: String,
    /// Its place among the levels, 1 the lowest; unique in the shop.
    pub rank: i32,
    /// The commission rate of its leaders.
    pub rate: BasisPoints,
    /// What lets a leader rise to it.
    pub asks: Asks,
}

/// What a level asks for: any one that is named and reached suffices. Nobody rises by himself to a
/// level that names nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asks {
    /// Completed sales.
    pub sales: Option<Fen>,
    /// Members whose latest leader he is.
    pub members: Option<i64>,
    /// Completed orders.
    pub orders: Option<i64>,
}

/// What a leader has done so far, as levels count it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Achieved {
    /// What members paid for completed orders and did not get back.
    pub sales: Fen,
    /// Members whose latest leader he is.
    pub members: i64,
    /// Completed orders.
    pub orders: i64,
}

impl Asks {
    /// Whether anything is named.
    pub fn anything(&self) -> bool {
        *self != Asks::default()
    }

    /// Whether any one of what is named is reached.
    pub fn reached_by(&self, done: &Achieved) -> bool {
        self.sales.is_some_and(|least| done.sales >= least)
            || self.members.is_some_and(|least| done.members >= least)
            || self.orders.is_some_and(|least| done.orders >= least)
    }
}

impl level::Model {
    /// What lets a leader rise to this level.
    pub fn asks(&self) -> Asks {
        Asks { sales: self.from_sales_fen, members: self.from_members, orders: self.from_orders }
    }
}

/// The highest of the levels that a leader has reached and that is above the one he has. `None` leaves
/// him where he is: levels never fall by themselves.
pub fn risen<'a>(levels: &'a [level::Model], has: Option<LeaderLevelId>, done: &Achieved) -> Option<&'a level::Model> {
    let rank = has.and_then(|has| levels.iter().find(|level| level.id == has)).map(|level| level.rank);
    let above = levels.iter().filter(|level| rank.is_none_or(|rank| level.rank > rank));
    above.filter(|level| level.asks().reached_by(done)).max_by_key(|level| level.rank)
}

/// A shop's levels, the lowest first.
pub async fn list(conn: &impl ConnectionTrait, shop: ShopId) -> Result<Vec<level::Model>, LeaderError> {
    Ok(level::in_shop(shop).order_by_asc(level::Column::Rank).limit(LIST_MAX).all(conn).await?)
}

/// Every level of a shop, the lowest first.
pub async fn ladder(conn: &impl ConnectionTrait, shop: ShopId) -> Result<Vec<level::Model>, LeaderError> {
    Ok(level::in_shop(shop).order_by_asc(level::Column::Rank).limit(RANKS).all(conn).await?)
}

/// The level with this id.
pub async fn by_id(conn: &impl ConnectionTrait, shop: ShopId, id: LeaderLevelId) -> Result<level::Model, LeaderError> {
    let found = level::in_shop(shop).filter(level::Column::Id.eq(id)).one(conn).await?;
    found.ok_or(LeaderError::LevelNotFound)
}

/// The highest rate of a shop's levels.
pub async fn highest_rate(conn: &impl ConnectionTrait, shop: ShopId) -> Result<BasisPoints, LeaderError> {
    let highest = level::in_shop(shop).order_by_desc(level::Column::RateBp).one(conn).await?;
    Ok(highest.map_or(BasisPoints::ZERO, |level| level.rate_bp))
}

/// Creates a level. Errors: [`LeaderError::RankTaken`].
pub async fn create(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    draft: LevelDraft,
    now: Time,
) -> Result<level::Model, LeaderError> {
    let row = level::Model {
        id: LeaderLevelId::new(),
        shop_id: shop,
        name: draft.name,
        rank: draft.rank,
        rate_bp: draft.rate,
        from_sales_fen: draft.asks.sales,
        from_members: draft.asks.members,
        from_orders: draft.asks.orders,
        created_at: now,
    };
    match level::Entity::insert(level::ActiveModel::from(row.clone())).exec_without_returning(conn).await {
        Err(error) if is_unique_violation(&error) => Err(LeaderError::RankTaken),
        other => Ok(other.map(|_| row)?),
    }
}

/// Changes a level; orders paid before keep their snapshot. Errors: [`LeaderError::RankTaken`].
pub async fn change(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: LeaderLevelId,
    draft: LevelDraft,
) -> Result<level::Model, LeaderError> {
    let known = by_id(conn, shop, id).await?;
    let row = level::Model {
        name: draft.name,
        rank: draft.rank,
        rate_bp: draft.rate,
        from_sales_fen: draft.asks.sales,
        from_members: draft.asks.members,
        from_orders: draft.asks.orders,
        ..known
    };
    match level::Entity::update(row.clone().into_active_model().reset_all()).exec(conn).await {
        Err(error) if is_unique_violation(&error) => Err(LeaderError::RankTaken),
        other => Ok(other.map(|_| row)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(rank: i32, asks: Asks) -> level::Model {
        level::Model {
            id: LeaderLevelId::new(),
            shop_id: ShopId::new(),
            name: format!("level {rank}"),
            rank,
            rate_bp: BasisPoints::ZERO,
            from_sales_fen: asks.sales,
            from_members: asks.members,
            from_orders: asks.orders,
            created_at: chrono::Utc::now(),
        }
    }

    fn by_orders(least: i64) -> Asks {
        Asks { orders: Some(least), ..Asks::default() }
    }

    #[test]
    fn any_one_that_is_named_suffices() {
        let asks = Asks { sales: Some(Fen::from_fen(500)), members: Some(3), orders: None };
        let done = |sales, members, orders| Achieved { sales: Fen::from_fen(sales), members, orders };
        assert!(asks.reached_by(&done(500, 0, 0)));
        assert!(asks.reached_by(&done(0, 3, 0)));
        assert!(!asks.reached_by(&done(499, 2, 1_000)));
        assert!(!Asks::default().reached_by(&done(i64::MAX, i64::MAX, i64::MAX)));
        assert!(asks.anything() && !Asks::default().anything());
    }

    #[test]
    fn the_highest_reached_wins_and_nobody_falls() {
        let levels = [1, 2, 3].map(|rank| level(rank, by_orders(i64::from(rank) * 10)));
        let [one, two, three] = &levels;
        let risen = |has: Option<&level::Model>, orders| {
            let done = Achieved { orders, ..Achieved::default() };
            risen(&levels, has.map(|level| level.id), &done).map(|level| level.id)
        };
        assert_eq!(risen(None, 9), None);
        assert_eq!(risen(None, 29), Some(two.id));
        assert_eq!(risen(Some(one), 30), Some(three.id));
        assert_eq!(risen(Some(two), 29), None);
        assert_eq!(risen(Some(three), 0), None);
    }
}
