//! Logs and metrics.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{Log, LogFormat};

/// Starts logging, to the standard error: the standard output of a command is its result, which
/// scripts read. A second call in the same process (tests) changes nothing.
pub fn start_logging(log: &Log) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&log.level)?;
    let started = match log.format {
        LogFormat::Json => json_lines(filter, std::io::stderr).try_init(),
        LogFormat::Pretty => {
            let lines = tracing_subscriber::fmt().with_env_filter(filter).with_target(false);
            lines.with_writer(std::io::stderr).compact().finish().try_init()
        }
    };
    if started.is_err() {
        tracing::debug!("logging was started before");
    }
    Ok(())
}

/// One JSON object a line.
pub(crate) fn json_lines(
    filter: EnvFilter,
    writer: impl for<'w> MakeWriter<'w> + Send + Sync + 'static,
) -> impl Subscriber + Send + Sync {
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_target(false).with_writer(writer);
    // The list of spans begins with the request's, whose id every line has to show.
    lines.json().flatten_event(true).with_current_span(false).with_span_list(true).finish()
}

static METRICS: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Starts collecting metrics and answers what renders them; `None` when another recorder is in place.
pub fn start_metrics() -> Option<PrometheusHandle> {
    METRICS
        .get_or_init(|| {
            PrometheusBuilder::new()
                .set_buckets_for_metric(
                    Matcher::Suffix("_seconds".to_owned()),
                    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0],
                )
                .and_then(PrometheusBuilder::install_recorder)
                .inspect_err(|error| tracing::warn!(%error, "metrics are off"))
                .ok()
        })
        .clone()
}
