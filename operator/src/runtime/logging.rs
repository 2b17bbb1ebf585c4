//! Log lines on standard error, as text or JSON.

use std::io::IsTerminal as _;

use tracing_subscriber::filter::{Directive, EnvFilter, ParseError};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt};

use crate::args::LogFormat;

/// The client logs an answer that it cannot read, whole, as a warning: that may be a Secret. Its errors suffice.
const NO_SECRETS: &str = "kube_client::client=error";

/// Starts logging. `level` is a level or a list of directives; without it `RUST_LOG`, without that `info`.
///
/// # Errors
/// If `level` cannot be read.
pub fn init(format: LogFormat, level: Option<&str>) -> Result<(), ParseError> {
    let from_env = std::env::var(EnvFilter::DEFAULT_ENV).ok();
    let filter = filter(level.or(from_env.as_deref()).unwrap_or("info"))?;
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    let lines = match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
    };
    tracing_subscriber::registry().with(filter).with(lines).init();
    std::panic::set_hook(Box::new(|panic| tracing::error!(%panic, "panic")));
    Ok(())
}

fn filter(level: &str) -> Result<EnvFilter, ParseError> {
    let filter = EnvFilter::builder().parse(level)?;
    Ok(filter.add_directive(NO_SECRETS.parse::<Directive>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_level_lets_the_client_log_whole_answers() {
        for level in ["trace", "kube_client=trace", "kube_client::client=trace,info"] {
            let shown = filter(level).unwrap().to_string();
            assert!(shown.contains("kube_client::client=error"), "{level}: {shown}");
            assert!(!shown.contains("kube_client::client=trace"), "{level}: {shown}");
        }
        assert!(filter("info,=,").is_err() || filter("nonsense=loud").is_err());
    }
}
