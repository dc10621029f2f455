//! Which platforms the server on this machine leaves alone because they do not answer.

use super::Findings;
use crate::app::App;

/// Asks the running server's metrics; a machine on which none runs has nothing to tell.
pub(super) async fn check(app: &App, findings: &mut Findings) {
    let address = format!("http://{}/metrics", app.config.server.metrics_bind);
    let Ok(answer) = app.clients.http.get(address).send().await else { return };
    let Ok(text) = answer.text().await else { return };
    let open = open_circuits(&text);
    if open.is_empty() {
        findings.good("the server here gives no platform a rest");
    }
    for circuit in open {
        findings.bad(
            &format!("the server here has had no answers lately and sends nothing for a while: {circuit}"),
            "check the network and the platform's notices; it is asked again by itself",
        );
    }
}

/// The labels of every circuit that is open.
fn open_circuits(metrics: &str) -> Vec<&str> {
    let open = |line: &&str| line.rsplit(' ').next().and_then(|value| value.parse::<f64>().ok()) == Some(1.0);
    let lines = metrics.lines().filter(|line| line.starts_with("gateway_circuit_open{")).filter(open);
    lines.filter_map(|line| line.split_once('{')?.1.rsplit_once('}')).map(|(labels, _)| labels).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_circuit_is_named_by_platform_and_account() {
        let text = "# TYPE gateway_circuit_open gauge\n\
                    gateway_circuit_open{platform=\"wechat_pay\",account=\"1\"} 0\n\
                    gateway_circuit_open{platform=\"wechat_pay\",account=\"2\"} 1\n\
                    gateway_circuit_openings_total{platform=\"wechat_pay\"} 1\n";
        assert_eq!(open_circuits(text), ["platform=\"wechat_pay\",account=\"2\""]);
        assert_eq!(open_circuits(""), Vec::<&str>::new());
    }
}
