//! Shipments as they are told to a store, and carriers.

use serde_json::Value;

use super::account::Account;
use super::connector::BoxFeed;

/// A parcel to be told to the platform.
#[derive(Clone, Debug, PartialEq)]
pub struct Shipment {
    /// The order's number there.
    pub order_id: String,
    /// The carrier as the platform names it ([`RemoteCarrier::id`]).
    pub carrier: RemoteCarrier,
    /// The parcel's number.
    pub tracking_number: String,
    /// What is in it; empty: everything.
    pub lines: Vec<ShippedLine>,
    /// Whether this parcel completes the order.
    pub completes: bool,
    /// Whether it corrects a parcel told before.
    pub correction: bool,
    /// [`super::RemoteOrder::extra`] as stored.
    pub extra: Value,
}

/// A line, or a part of one, in a parcel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShippedLine {
    /// [`super::RemoteOrderLine::line_key`].
    pub line_key: String,
    /// Pieces.
    pub quantity: i64,
}

/// What the platform said to a shipment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipped {
    /// The platform's id of the parcel, where it gives one.
    pub external_id: Option<String>,
}

/// A carrier as a platform names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RemoteCarrier {
    /// Its id or code there.
    pub id: String,
    /// Its code among carriers (`SF`), where told.
    pub code: Option<String>,
    /// Its name.
    pub name: String,
}

/// Tells a store what was sent.
pub trait ShipSink: Send + Sync {
    /// The carriers the platform knows; `None` where it takes [`COMMON`]'s codes as they are.
    fn carriers<'a>(&'a self, account: &'a Account) -> Option<BoxFeed<'a, RemoteCarrier>>;

    /// Tells one parcel, in as many steps as the platform needs; exactly one row at the end.
    ///
    /// Not repeatable unless the platform recognises a parcel: after a timeout read the order first.
    fn ship<'a>(&'a self, account: &'a Account, shipment: &'a Shipment) -> BoxFeed<'a, Shipped>;
}

/// A carrier everybody knows.
#[derive(Debug)]
pub struct CommonCarrier {
    /// The code that most Chinese systems share; what our own shipments are stored with.
    pub code: &'static str,
    /// How names of it begin or read.
    pub names: &'static [&'static str],
}

/// The carriers of most parcels in China. The codes are those of WeChat's list of couriers.
pub const COMMON: &[CommonCarrier] = &[
    CommonCarrier { code: "SF", names: &["顺丰", "sf express", "shunfeng"] },
    CommonCarrier { code: "ZTO", names: &["中通"] },
    CommonCarrier { code: "YTO", names: &["圆通"] },
    CommonCarrier { code: "STO", names: &["申通"] },
    CommonCarrier { code: "YD", names: &["韵达", "yunda"] },
    CommonCarrier { code: "JTSD", names: &["极兔", "j&t"] },
    CommonCarrier { code: "JD", names: &["京东", "jd logistics"] },
    CommonCarrier { code: "EMS", names: &["ems", "邮政特快"] },
    CommonCarrier { code: "YZPY", names: &["邮政", "china post"] },
    CommonCarrier { code: "DBL", names: &["德邦", "deppon"] },
    CommonCarrier { code: "UC", names: &["优速"] },
    CommonCarrier { code: "HHTT", names: &["天天"] },
];

/// The platform's carrier for ours, by code or name: `carrier` is what our shipment says. `None`:
/// an operator must choose, because a wrong carrier is worse than none.
pub fn carrier_of<'a>(carrier: &str, known: &'a [RemoteCarrier]) -> Option<&'a RemoteCarrier> {
    let wanted = carrier.trim().to_lowercase();
    if wanted.is_empty() {
        return None;
    }
    let code_of = |one: &RemoteCarrier| one.code.as_deref().unwrap_or(&one.id).to_lowercase();
    let exact = known.iter().find(|one| code_of(one) == wanted || one.name.to_lowercase() == wanted);
    exact.or_else(|| {
        let speaks_of = |text: &str, common: &CommonCarrier| common.names.iter().any(|name| text.starts_with(name));
        let is_meant = |common: &&CommonCarrier| common.code.to_lowercase() == wanted || speaks_of(&wanted, common);
        let common = COMMON.iter().find(is_meant)?;
        known
            .iter()
            .find(|one| code_of(one) == common.code.to_lowercase())
            .or_else(|| known.iter().find(|one| speaks_of(&one.name.to_lowercase(), common)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Vec<RemoteCarrier> {
        let one = |id: &str, code: Option<&str>, name: &str| RemoteCarrier {
            id: id.into(),
            code: code.map(str::to_owned),
            name: name.into(),
        };
        vec![one("44", Some("SF"), "顺丰快递"), one("121", Some("YUNDA"), "韵达快递"), one("115", None, "中通快递")]
    }

    #[test]
    fn a_carrier_is_found_by_code_by_name_and_by_what_its_name_begins_with() {
        let known = known();
        let id = |carrier| carrier_of(carrier, &known).map(|one| one.id.as_str());
        for (carrier, found) in [
            ("SF", "44"),
            ("顺丰速运", "44"),
            ("YD", "121"),
            ("韵达", "121"),
            ("zto", "115"),
            ("中通快递", "115"),
            ("115", "115"),
        ] {
            assert_eq!(id(carrier), Some(found), "{carrier}");
        }
        assert_eq!((id("极兔速递"), id(""), id("某某物流")), (None, None, None));
    }
}
