//! Shipments, and the services that the platform knows.

use super::super::account::Account;
use super::super::connector::BoxFeed;
use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::HttpReply;
use super::super::feeds::Once;
use super::super::model::{Page, SkippedRow};
use super::super::ship::{RemoteCarrier, ShipSink, Shipment, Shipped};
use super::answer::result;
use super::types::{Fulfilled, Service, Services};
use super::{AliExpress, read};

const FULFILL: &str = "aliexpress.solution.order.fulfill";
/// Unconfirmed.
const SERVICES: &str = "aliexpress.logistics.redefining.listlogisticsservice";

impl ShipSink for AliExpress {
    fn carriers<'a>(&'a self, _: &'a Account) -> Option<BoxFeed<'a, RemoteCarrier>> {
        Some(Box::new(Once {
            ask: || Ok(read(SERVICES)),
            read: |reply: &HttpReply| {
                let body: Services = result(reply, SERVICES)?;
                let list = body.result_list.ok_or_else(|| ApiError::malformed("no result_list"))?;
                Ok(Page::collect(list.0.iter().map(carrier)))
            },
        }))
    }

    /// A second sending of the same parcel fails over there, so it is never repeated.
    fn ship<'a>(&'a self, _: &'a Account, shipment: &'a Shipment) -> BoxFeed<'a, Shipped> {
        Box::new(Once {
            ask: move || {
                if shipment.correction {
                    return Err(ApiError::unsupported("a parcel that has been told is corrected at the platform"));
                }
                Ok(read(FULFILL)
                    .with("out_ref", &shipment.order_id)
                    .with("send_type", if shipment.completes { "all" } else { "part" })
                    .with("service_name", &shipment.carrier.id)
                    .with("logistics_no", &shipment.tracking_number)
                    .once())
            },
            read: |reply: &HttpReply| {
                let body: Fulfilled = result(reply, FULFILL)?;
                let told = body.result_success.text().or(body.success.text());
                match told {
                    Some("true") => Ok(Page::of(vec![Shipped { external_id: None }])),
                    Some(_) => {
                        let code = body.result_error_code.text().unwrap_or("not_sent");
                        let said = body.result_error_desc.text().unwrap_or_default();
                        Err(ApiError::new(ErrorClass::Business, code, said))
                    }
                    None => Err(ApiError::malformed("no outcome")),
                }
            },
        })
    }
}

fn carrier(row: &Service) -> Result<RemoteCarrier, SkippedRow> {
    let id = row.service_name.owned();
    let id = id.ok_or_else(|| SkippedRow { external_id: None, reason: "a service without name".to_owned() })?;
    let name = row.display_name.owned().or_else(|| row.logistics_company.owned()).unwrap_or_else(|| id.clone());
    Ok(RemoteCarrier { code: None, id, name })
}
