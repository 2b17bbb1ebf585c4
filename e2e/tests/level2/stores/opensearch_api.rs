//! OpenSearch's API: its levers, and what it has.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use kafkapipelines_e2e::cluster::until;
use serde_json::{Value, json};

use super::bed::Store;
use super::load::{is_garbage, is_mistyped};
use super::web::Web;
use crate::consumer_bed::SOON;

/// What the consumer's `lines` stands for.
const INDEX: &str = "lines-1";

/// OpenSearch, with an index that wants numbers where numbers belong, and a data stream.
pub struct OpenSearch<'a> {
    pub web: &'a Web,
}

impl OpenSearch<'_> {
    pub fn prepare(&self) -> Result<()> {
        self.is_up()?;
        let settings = json!({"number_of_replicas": 0, "max_result_window": 200_000});
        let types = json!({"number": {"type": "long"}, "status": {"type": "integer"}, "timestamp": {"type": "date"}});
        let index = json!({"settings": settings, "mappings": {"properties": types}, "aliases": {"lines": {}}});
        self.web.send("PUT", &format!("/{INDEX}"), &index)?;
        let template = json!({"index_patterns": ["logs-*"], "data_stream": {}, "template": {"settings": settings}});
        self.web.send("PUT", "/_index_template/logs", &template).map(drop)
    }

    /// Waits until it serves, as after a restart.
    pub fn is_up(&self) -> Result<()> {
        let health = "/_cluster/health?wait_for_status=yellow&timeout=20s";
        until("OpenSearch serves", SOON, || Ok(self.web.get(health).is_ok_and(|health| health["timed_out"] == false)))
    }

    /// A block of the index, set or lifted.
    pub fn block(&self, name: &str, set: bool) -> Result<()> {
        // Null, where it is lifted: with `read_only_allow_delete` nothing else is taken.
        let value = if set { json!(true) } else { Value::Null };
        let setting = json!({ format!("index.blocks.{name}"): value });
        self.web.send("PUT", &format!("/{INDEX}/_settings"), &setting).map(drop)
    }

    /// Whether the name that the consumer writes to is there; if not, nothing is made by writing.
    pub fn has_index(&self, is_there: bool) -> Result<()> {
        let create = json!({"persistent": {"action.auto_create_index": is_there.to_string()}});
        self.web.send("PUT", "/_cluster/settings", &create)?;
        let action = if is_there { "add" } else { "remove" };
        let actions = json!({"actions": [{ action: {"index": INDEX, "alias": "lines"} }]});
        self.web.send("POST", "/_aliases", &actions).map(drop)
    }

    /// The messages of the data stream.
    pub fn traces(&self) -> Result<Vec<String>> {
        let hits = self.hits("logs-traces-default", "&docvalue_fields=message.keyword,@timestamp")?;
        let message = |hit: &Value| hit["fields"]["message.keyword"][0].as_str().map(str::to_owned);
        hits.iter().map(|hit| message(hit).with_context(|| format!("a message: {hit}"))).collect()
    }

    fn hits(&self, index: &str, what: &str) -> Result<Vec<Value>> {
        self.web.send("POST", &format!("/{index}/_refresh"), &json!({}))?;
        let search = format!("/{index}/_search?size=200000&_source=false{what}&filter_path=hits.hits.fields");
        let found = self.web.get(&search)?;
        Ok(found["hits"]["hits"].as_array().cloned().unwrap_or_default())
    }
}

impl Store for OpenSearch<'_> {
    fn lines(&self) -> Result<BTreeMap<usize, usize>> {
        let mut times = BTreeMap::new();
        for hit in self.hits(INDEX, "&docvalue_fields=number")? {
            let number = hit["fields"]["number"][0].as_u64().with_context(|| format!("a number: {hit}"))?;
            *times.entry(usize::try_from(number)?).or_default() += 1;
        }
        Ok(times)
    }

    fn takes(&self, number: usize) -> bool {
        !is_garbage(number) && !is_mistyped(number)
    }
}
