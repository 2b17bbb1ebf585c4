//! The double of VictoriaLogs as a test speaks to it: its levers, and what it has stored. `e2e/images/store-double` has more of it.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use kafkapipelines_e2e::installation::Pipeline;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The double behind the Service `store`, asked by way of the API server.
pub struct StoreDouble<'a> {
    pub pipeline: &'a Pipeline,
}

/// What the store has.
#[derive(Debug, Deserialize)]
pub struct Stored {
    /// Numbers that came at least once.
    pub distinct: usize,
    /// Lines that came again.
    pub duplicates: usize,
    /// Lines by their field `version`.
    pub versions: BTreeMap<String, usize>,
    /// Lines that the store dropped while it answered 200, or refused, by reason.
    pub dropped: BTreeMap<String, usize>,
}

#[derive(Deserialize)]
struct Met {
    requests: usize,
}

impl StoreDouble<'_> {
    /// From now on every request meets `fault`; `none` heals.
    pub fn pull(&self, fault: &str) -> Result<()> {
        self.get(&format!("fault/{fault}")).map(drop)
    }

    /// Requests that have met the fault.
    pub fn met(&self) -> Result<usize> {
        Ok(self.ask::<Met>("met")?.requests)
    }

    pub fn stored(&self) -> Result<Stored> {
        self.ask("stored")
    }

    /// The numbers below `count` that it does not have.
    pub fn missing(&self, count: usize) -> Result<Vec<usize>> {
        self.ask(&format!("missing/{count}"))
    }

    /// How often the line with this number came.
    pub fn times(&self, number: usize) -> Result<usize> {
        self.ask(&format!("times/{number}"))
    }

    fn ask<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        let text = self.get(path)?;
        serde_json::from_str(&text).with_context(|| format!("{path} of the store: {text}"))
    }

    fn get(&self, path: &str) -> Result<String> {
        let service = format!("/api/v1/namespaces/{}/services/store:9428/proxy", self.pipeline.namespace());
        self.pipeline.kubectl(&["get", "--raw", &format!("{service}/double/{path}")])
    }
}
