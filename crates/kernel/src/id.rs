//! Typed, time-ordered ids. Inside a UUIDv7 (16 bytes on both databases); outside a prefix and
//! 26 letters of base32: `ord_01jq…`, 30 characters, so an id fits every platform's number field.

use std::fmt;
use std::str::FromStr;

use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The text given is not an id of the kind asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id of this kind")]
pub struct NotAnId;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

fn encode(id: Uuid) -> String {
    let bits = id.as_u128();
    (0..26)
        .rev()
        .filter_map(|place| ALPHABET.get(usize::try_from((bits >> (place * 5)) & 31).unwrap_or(0)))
        .map(|letter| char::from(*letter))
        .collect()
}

fn decode(text: &str) -> Result<Uuid, NotAnId> {
    if text.len() != 26 || text.as_bytes().first().is_none_or(|b| *b > b'7') {
        return Err(NotAnId);
    }
    let mut bits: u128 = 0;
    for byte in text.bytes() {
        let value = ALPHABET.iter().position(|letter| *letter == byte).ok_or(NotAnId)?;
        bits = (bits << 5) | u128::try_from(value).map_err(|_| NotAnId)?;
    }
    Ok(Uuid::from_u128(bits))
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType)]
        pub struct $name(Uuid);

        impl $name {
            /// What the id begins with outside.
            pub const PREFIX: &'static str = $prefix;

            /// A new id, later than every earlier one of this process.
            #[expect(clippy::new_without_default, reason = "two calls differ")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            /// The id over a known number.
            pub const fn from_uuid(id: Uuid) -> Self {
                Self(id)
            }

            /// The bare number.
            pub const fn uuid(self) -> Uuid {
                self.0
            }

            /// The id without the underscore, for platforms that allow letters and digits alone.
            pub fn alphanumeric(self) -> String {
                format!("{}{}", $prefix, encode(self.0))
            }

            /// Reads what [`Self::alphanumeric`] wrote.
            pub fn from_alphanumeric(text: &str) -> Result<Self, NotAnId> {
                decode(text.strip_prefix($prefix).ok_or(NotAnId)?).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}_{}", $prefix, encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{self}")
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let rest = text.strip_prefix($prefix).and_then(|r| r.strip_prefix('_')).ok_or(NotAnId)?;
                decode(rest).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
                text.parse().map_err(|_| serde::de::Error::custom(concat!("expected an id like ", $prefix, "_…")))
            }
        }

        // A primary key must say what a database-made number would become; ours never is one.
        impl sea_orm::TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                Err(sea_orm::DbErr::ConvertFromU64(stringify!($name)))
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .pattern(Some(concat!("^", $prefix, "_[0-7][0-9a-hjkmnp-tv-z]{25}$")))
                    .into()
            }
        }
        impl utoipa::ToSchema for $name {}
    )*};
}

ids! {
    /// One tenant: a mini-program and its merchant account.
    ShopId = "shp";
    /// A console user.
    OperatorId = "opr";
    /// An operator's signed-in session.
    OperatorSessionId = "ops";
    /// A shopper of one shop.
    MemberId = "mem";
    /// A member's signed-in session.
    SessionId = "ses";
    /// An entry of a member's address book.
    AddressId = "adr";
    /// A category of goods.
    CategoryId = "cat";
    /// Goods: what is shown and sold, with one or more SKUs.
    GoodsId = "gds";
    /// One variant of goods, what stock is kept of.
    SkuId = "sku";
    /// One movement of stock.
    StockMovementId = "stm";
    /// A warning that stock runs low.
    StockWarningId = "stw";
    /// Units of one SKU set aside for one order.
    HoldId = "hld";
    /// An order.
    OrderId = "ord";
    /// One line of an order.
    OrderLineId = "orl";
    /// One entry of an order's timeline.
    OrderEventId = "ore";
    /// One attempt to collect an order's money; its text is the `out_trade_no`.
    PaymentId = "pay";
    /// Orders of one basket, placed together.
    CheckoutId = "cho";
    /// One attempt to collect several orders' money at once; its text is the `combine_out_trade_no`.
    CombinationId = "cmb";
    /// A stored notification of a platform.
    NoticeId = "ntc";
    /// Money going back; its text is the `out_refund_no`.
    RefundId = "rfd";
    /// What an operator did about a refund that could not go the way it came.
    RemedyId = "rfr";
    /// A complaint a member filed at WeChat.
    ComplaintId = "cpl";
    /// What the shop says or does about a complaint.
    ComplaintActionId = "cpa";
    /// Shipping information of one payment, as WeChat is told it.
    ShippingUploadId = "shu";
    /// An after-sale ticket.
    TicketId = "ast";
    /// One entry of a ticket's timeline.
    TicketEventId = "ase";
    /// A group leader.
    LeaderId = "ldr";
    /// An application to become a leader.
    ApplicationId = "app";
    /// A pickup point.
    PickupPointId = "pkp";
    /// A person who may redeem for a leader.
    VerifierId = "vrf";
    /// One redemption of a pickup code.
    RedemptionId = "rdm";
    /// A delivery list: goods on their way to one leader.
    DeliveryListId = "dlv";
    /// A leader's earning on one order line.
    CommissionId = "com";
    /// A leader's request to be paid.
    WithdrawalId = "wdr";
    /// Where a leader is paid outside WeChat.
    PayoutAccountId = "pac";
    /// A sheet of withdrawals that a bank or Alipay pays.
    PayoutBatchId = "pbt";
    /// One transfer to a person's wallet; without underscore its text is the `out_bill_no`.
    TransferId = "trf";
    /// One profit-sharing request; its text is the `out_order_no`.
    SharingId = "shr";
    /// One receiver within a profit-sharing request.
    SharingPartId = "shq";
    /// A receiver's part on its way back; its text is the `out_return_no`.
    SharingReturnId = "shb";
    /// A receiver to be taken off the platform's list.
    ReceiverRemovalId = "rrm";
    /// A balanced journal of the ledger.
    JournalId = "jnl";
    /// One entry of a journal.
    EntryId = "ent";
    /// An outside effect waiting to be delivered.
    EffectId = "eff";
    /// A run of a marketplace import.
    ImportId = "imp";
    /// Goods as a marketplace shows them.
    RemoteGoodsId = "rmt";
    /// A merchant's store at a marketplace, as a shop has bound it.
    StoreId = "sto";
    /// A message that a platform has pushed about a store.
    StoreNoticeId = "stn";
    /// One variant of goods as a store lists it.
    StoreSkuId = "sts";
    /// A change of a SKU's free units that stores have to hear of.
    StockNewsId = "skn";
    /// A difference between what a store showed and what it should.
    StockDriftId = "sdr";
    /// An order of a merchant's store at a marketplace.
    MarketOrderId = "mko";
    /// One line of such an order.
    MarketOrderLineId = "mkl";
    /// One entry of such an order's timeline.
    MarketOrderEventId = "mke";
    /// A parcel of such an order, as the marketplace is told of it.
    MarketShipmentId = "mks";
    /// One line of an order that a marketplace served through our links.
    AffiliateLineId = "afl";
    /// One change of what such a line earns.
    AffiliateBookingId = "afb";
    /// A supplier.
    SupplierId = "spl";
    /// A supplier's part of an order line.
    SupplierPartId = "spp";
    /// One change of what a supplier has available.
    SupplierMovementId = "spm";
    /// What a supplier earned in a period.
    SupplierStatementId = "sps";
    /// A coupon a member holds.
    CouponId = "cpn";
    /// A coupon campaign.
    CouponCampaignId = "cpc";
    /// A spend-and-save campaign.
    SpendAndSaveId = "sas";
    /// A freight template.
    FreightTemplateId = "frt";
    /// A leader level.
    LeaderLevelId = "lvl";
    /// An uploaded picture.
    UploadId = "upl";
    /// One bill of WeChat Pay, of one day.
    BillRunId = "blr";
    /// One line of such a bill.
    BillLineId = "bll";
    /// One booking of a fee that a bill told.
    BillFeeId = "blf";
    /// A case an operator has to look at.
    CaseId = "cas";
    /// An entry of the audit log.
    AuditId = "aud";
    /// An operator's change of a member's balance or points.
    AdjustmentId = "adj";
    /// A recharge plan.
    RechargePlanId = "rcp";
    /// A recharge.
    RechargeId = "rch";
    /// Goods that an import did not take.
    ImportRefusalId = "imr";
    /// A picture to be copied from a marketplace.
    PictureCopyId = "pcc";
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ids_are_thirty_characters_and_ordered_by_time() {
        let (first, second) = (OrderId::new(), OrderId::new());
        assert_eq!(first.to_string().len(), 30);
        assert!(first.to_string() < second.to_string());
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let order = OrderId::new().to_string();
        assert_eq!(order.parse::<MemberId>(), Err(NotAnId));
        for bad in ["", "ord", "ord_", "ord_zz", "ord_81jq0000000000000000000000", "ord_01jq000000000000000000000u"] {
            assert_eq!(bad.parse::<OrderId>(), Err(NotAnId), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn every_id_comes_back_from_its_text(bits: u128) {
            let id = PaymentId::from_uuid(Uuid::from_u128(bits));
            prop_assert_eq!(id.to_string().parse::<PaymentId>(), Ok(id));
            prop_assert_eq!(PaymentId::from_alphanumeric(&id.alphanumeric()), Ok(id));
        }
    }
}
