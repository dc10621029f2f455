//! What the engine does for merchants' stores.

use super::super::account::Setup;
use super::super::authorise::{Grant, Identity, TokenStep};
use super::super::error::{ApiError, ErrorClass};
use super::super::model::{Cursor, RemoteGoods, Window};
use super::super::order::{RemoteOrder, Revealed};
use super::super::ship::{RemoteCarrier, Shipment, Shipped};
use super::super::stock::{LineOutcome, LineResult, StockLine};
use super::super::tokens::TokenSet;
use super::channel::Channel;
use super::{Engine, Walk};

/// What became of a push of stock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// The lines that were answered, refused ones among them.
    pub results: Vec<LineResult>,
    /// What ended the push before its last line; lines without a result were not told, or it is not
    /// known whether they were.
    pub ended_by: Option<ApiError>,
}

impl Engine {
    /// Exchanges a grant for tokens and refuses those of another merchant or site than asked for.
    ///
    /// `former` are the tokens of a renewal, which fill in what its answer leaves out.
    pub async fn obtain(
        &self,
        channel: &Channel,
        setup: &Setup,
        grant: &Grant,
        former: Option<&TokenSet>,
    ) -> Result<TokenSet, ApiError> {
        // A token is asked for by the app, not by the merchant whose former one may have ended.
        let channel = &channel.clone().for_the_app();
        let auth = channel.connector.auth().ok_or_else(|| ApiError::unsupported("authorisation"))?;
        let tokens = match auth.token(setup, grant)? {
            TokenStep::Have(tokens) => *tokens,
            TokenStep::Ask(request) => {
                self.call(channel, &request, |reply| auth.read_token(setup, grant, reply)).await?
            }
        };
        let tokens = match former {
            Some(former) => tokens.after(former),
            None => tokens,
        };
        tokens.belongs_to(setup)?;
        Ok(tokens)
    }

    /// Whom the channel's token speaks for; `None` where the platform has no such question.
    pub async fn who(&self, channel: &Channel) -> Result<Option<Identity>, ApiError> {
        let auth = channel.connector.auth().ok_or_else(|| ApiError::unsupported("authorisation"))?;
        match auth.who(channel.account()?) {
            Some(question) => self.first(channel, question).await,
            None => Ok(None),
        }
    }

    /// A store's goods, all or those changed within a window.
    pub fn store_goods<'a>(
        &'a self,
        channel: &'a Channel,
        changed: Option<&'a Window>,
        resume: Option<Cursor>,
    ) -> Result<Walk<'a, RemoteGoods>, ApiError> {
        let items = channel.connector.store_items().ok_or_else(|| ApiError::unsupported("store goods"))?;
        Ok(self.walk(channel, items.all(channel.account()?, changed), resume))
    }

    /// A store's goods by their ids.
    pub fn store_goods_by_ids<'a>(
        &'a self,
        channel: &'a Channel,
        ids: &'a [String],
        resume: Option<Cursor>,
    ) -> Result<Walk<'a, RemoteGoods>, ApiError> {
        let items = channel.connector.store_items().ok_or_else(|| ApiError::unsupported("store goods"))?;
        Ok(self.walk(channel, items.by_ids(channel.account()?, ids), resume))
    }

    /// A store's orders changed within `window`.
    pub fn orders<'a>(
        &'a self,
        channel: &'a Channel,
        window: &'a Window,
        resume: Option<Cursor>,
    ) -> Result<Walk<'a, RemoteOrder>, ApiError> {
        let source = channel.connector.orders().ok_or_else(|| ApiError::unsupported("orders"))?;
        Ok(self.walk(channel, source.changed(channel.account()?, window), resume))
    }

    /// A store's orders by their numbers.
    pub fn orders_by_ids<'a>(
        &'a self,
        channel: &'a Channel,
        ids: &'a [String],
        resume: Option<Cursor>,
    ) -> Result<Walk<'a, RemoteOrder>, ApiError> {
        let source = channel.connector.orders().ok_or_else(|| ApiError::unsupported("orders"))?;
        Ok(self.walk(channel, source.by_ids(channel.account()?, ids), resume))
    }

    /// Sealed data of one order, opened.
    pub async fn reveal(
        &self,
        channel: &Channel,
        order_id: &str,
        ciphers: &[String],
    ) -> Result<Vec<Revealed>, ApiError> {
        let source = channel.connector.orders().ok_or_else(|| ApiError::unsupported("orders"))?;
        let question = source.reveal(channel.account()?, order_id, ciphers);
        let mut walk = self.walk(channel, question.ok_or_else(|| ApiError::unsupported("opening data"))?, None);
        let mut opened = Vec::new();
        while let Some(page) = walk.next_page().await? {
            opened.extend(page.rows);
        }
        Ok(opened)
    }

    /// Tells a store its stock, in as many calls as its platform wants. A refusal that concerns the
    /// lines of one call is theirs and the push goes on; anything else ends it.
    pub async fn push_stock(&self, channel: &Channel, lines: &[StockLine]) -> Result<Pushed, ApiError> {
        let sink = channel.connector.stock().ok_or_else(|| ApiError::unsupported("stock"))?;
        let facts = channel.connector.descriptor().store.as_ref();
        let most = facts.map_or(1, |facts| facts.stock.max_batch).max(1);
        let account = channel.account()?;
        let mut pushed = Pushed { results: Vec::new(), ended_by: None };
        let mut rest = lines;
        while !rest.is_empty() {
            let fitting = sink.fitting(rest, most).clamp(1, most).min(rest.len());
            let (batch, later) = rest.split_at(fitting);
            rest = later;
            let outcome = match sink.push(account, batch) {
                Ok(request) => self.call(channel, &request, |reply| sink.read(batch, reply)).await,
                Err(error) => Err(error),
            };
            match outcome {
                Ok(results) => pushed.results.extend(results),
                Err(error) if concerns_lines(&error) => {
                    let refused = batch.iter().map(|line| LineResult::refused(line, error.clone()));
                    pushed.results.extend(refused);
                }
                Err(error) => {
                    pushed.ended_by = Some(error);
                    return Ok(pushed);
                }
            }
        }
        Ok(pushed)
    }

    /// Tells a store of a parcel. After [`ErrorClass::Upstream`] read the order before telling again:
    /// the platform may have heard it.
    pub async fn ship(&self, channel: &Channel, shipment: &Shipment) -> Result<Shipped, ApiError> {
        let sink = channel.connector.ship().ok_or_else(|| ApiError::unsupported("shipments"))?;
        let told = self.first(channel, sink.ship(channel.account()?, shipment)).await?;
        told.ok_or_else(|| ApiError::malformed("no outcome in the answer"))
    }

    /// The carriers a store's platform knows; empty where it takes common codes.
    pub async fn carriers(&self, channel: &Channel) -> Result<Vec<RemoteCarrier>, ApiError> {
        let sink = channel.connector.ship().ok_or_else(|| ApiError::unsupported("shipments"))?;
        let Some(question) = sink.carriers(channel.account()?) else { return Ok(Vec::new()) };
        let mut walk = self.walk(channel, question, None);
        let mut known = Vec::new();
        while let Some(page) = walk.next_page().await? {
            known.extend(page.rows);
        }
        Ok(known)
    }
}

/// Whether a refusal is about the lines of its call and not about us or the platform.
fn concerns_lines(error: &ApiError) -> bool {
    matches!(
        error.class,
        ErrorClass::Business
            | ErrorClass::BadRequest
            | ErrorClass::NotFound
            | ErrorClass::Conflict
            | ErrorClass::Unsupported
    )
}

impl Pushed {
    /// The lines that were refused.
    pub fn refused(&self) -> impl Iterator<Item = (&str, &ApiError)> {
        self.results.iter().filter_map(|line| match &line.outcome {
            LineOutcome::Refused(error) => Some((line.key.as_str(), error)),
            LineOutcome::Applied | LineOutcome::Accepted => None,
        })
    }
}
