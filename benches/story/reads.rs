//! Catalogue reads of signed-in members against a static actix answer of the same size.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::children::{self, Process};
use crate::load::{self, Connection, Extent};
use crate::place::{Place, Setup};
use crate::record;
use crate::report::{Figure, Report, Run};
use crate::world::{Keys, World};
use crate::{CONNECTIONS, cpu};

const MEASURED: Duration = Duration::from_secs(4);
const WARM_UP: Duration = Duration::from_millis(500);

/// The goods list and the goods' page.
pub async fn measure(folder: &Path, rounds: usize, report: &mut Report) {
    let keys = Keys::generate();
    let stand_in = children::stand_in(&keys);
    let place = Place::empty(Setup::Sqlite, folder, "reads.db").await;
    let config = record::config(&place, stand_in.address);
    let world = record::inside(config, async |app| World::fill(app, &keys).await).await;
    let server = children::serve(&place, stand_in.address);
    let detail = format!("/api/v1/goods/{}", world.goods[0]);
    for (name, path) in [("Goods list, a page of 20", "/api/v1/goods?limit=20"), ("Goods detail", &detail)] {
        let requests: Arc<[Bytes]> = world.read(path).into();
        let mut connection = Connection::open(server.address).await.unwrap();
        let body = connection.call(&requests[0]).await.unwrap().1.to_vec();
        let floor = children::static_answer(&body, folder);
        let mut figure = Figure {
            what: format!("{name} ({:.1} KB)", body.len() as f64 / 1e3),
            floor_is: "reads: an actix server whose only answer has the same size",
            aim: Some(60),
            product: Vec::new(),
            floor: Vec::new(),
        };
        for _ in 0..rounds {
            figure.add(read(&server, &requests).await, read(&floor, &requests).await);
        }
        report.figures.push(figure);
        floor.stop();
    }
    server.stop();
    place.remove(folder).await;
}

async fn read(server: &Process, requests: &Arc<[Bytes]>) -> Run {
    load::drive(server.address, requests.clone(), CONNECTIONS, Extent::For(WARM_UP)).await;
    let before = cpu::used(server.pid());
    let outcome = load::drive(server.address, requests.clone(), CONNECTIONS, Extent::For(MEASURED)).await;
    Run { outcome, cpu: cpu::used(server.pid()) - before }
}
