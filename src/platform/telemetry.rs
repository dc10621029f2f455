//! Logs and metrics.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;

use crate::config::{Log, LogFormat};

/// Where a process writes its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogTo {
    /// A server's output is its log.
    Output,
    /// A command's output is its answer, so that its log goes beside it.
    Errors,
}

/// Starts logging. A second call in the same process (tests) changes nothing.
pub fn start_logging(log: &Log, to: LogTo) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&log.level)?;
    let writer = match to {
        LogTo::Output => BoxMakeWriter::new(std::io::stdout),
        LogTo::Errors => BoxMakeWriter::new(std::io::stderr),
    };
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_target(false).with_writer(writer);
    let started = match log.format {
        LogFormat::Json => {
            subscriber.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init()
        }
        LogFormat::Pretty => subscriber.compact().try_init(),
    };
    if started.is_err() {
        tracing::debug!("logging was started before");
    }
    Ok(())
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
