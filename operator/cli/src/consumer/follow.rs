//! Following what the status of a Consumer tells.

use std::future::pending;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use futures::{StreamExt as _, pin_mut};
use kafkapipelines_crds::Consumer;
use kube::runtime::WatchStreamExt as _;
use kube::runtime::watcher::watch_object;
use tokio::time::{Instant, sleep_until};

use crate::cluster::Scope;
use crate::terminal;

/// An operator that runs has taken a request up long before.
const TAKEN_UP_WITHIN: Duration = Duration::from_secs(20);

/// What a look at the consumer shows.
pub(super) enum Seen<T> {
    /// Nothing of what was asked for.
    Nothing,
    /// That it is being done.
    UnderWay,
    /// That it is over.
    Over(T),
}

/// Shows the consumer to `see`, now and after each change, until `see` says that it is over. Connections that are lost are made again. Who
/// interrupts it can follow again later: what was asked for goes on without.
pub(super) async fn follow<T>(
    scope: &Scope,
    name: &str,
    mut see: impl FnMut(&Consumer) -> Result<Seen<T>>,
) -> Result<T> {
    let changes = watch_object(scope.api::<Consumer>(), name).default_backoff();
    pin_mut!(changes);
    let (mut patience, mut asked) = (Some(Instant::now() + TAKEN_UP_WITHIN), false);
    loop {
        let change = tokio::select! {
            change = changes.next() => change.context("the API server has ended the watch")?,
            () = over(patience) => {
                patience = None;
                anstream::eprintln!("no operator has taken this up yet: does one run, and does it watch this namespace?");
                continue;
            }
        };
        match change {
            Ok(Some(consumer)) => {
                asked = true;
                match see(&consumer)? {
                    Seen::Over(end) => return Ok(end),
                    Seen::UnderWay => patience = None,
                    Seen::Nothing => {}
                }
            }
            Ok(None) => bail!("the Consumer {name} is gone"),
            Err(error) if !asked => return Err(error).context("the API server cannot be asked"),
            // The watch tries again with backoff.
            Err(error) => anstream::eprintln!("connection lost: {error}"),
        }
    }
}

/// Ends at that time, without one never.
async fn over(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => pending().await,
    }
}

/// Prints lines as they change, each once.
#[derive(Default)]
pub(super) struct Progress {
    shown: Option<String>,
}

impl Progress {
    /// Prints `line` unless it was the last to be printed.
    pub(super) fn show(&mut self, line: &str) -> Result<()> {
        if self.shown.as_deref() != Some(line) {
            terminal::print(&format!("{line}\n"))?;
            self.shown = Some(line.to_owned());
        }
        Ok(())
    }
}
