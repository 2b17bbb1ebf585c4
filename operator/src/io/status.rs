//! The only writer of status: one server-side apply of `/status`, or none when nothing changed.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kafkapipelines_core::conditions::{READY, STALLED};
use kube::api::{Api, DynamicObject, ObjectMeta, Patch, PatchParams};
use kube::core::NamespaceResourceScope;
use kube::core::object::HasStatus;
use kube::discovery::ApiResource;
use kube::{Resource, ResourceExt as _};
use serde::de::DeserializeOwned;
use serde::{Deserialize as _, Serialize};
use serde_json::{Map, Value, json};

use super::Error;
use super::api_server::ApiServer;
use super::error::Call;
use super::resource_version;

/// Reason of an object that this version of the operator cannot read.
const UNREADABLE: &str = "Unreadable";

/// Whether a status was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was; these conditions have changed their status or reason.
    Written(Vec<Transition>),
    /// It was as it should be.
    Unchanged,
}

/// A condition that changed its status or its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The condition's type.
    pub condition: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// The new reason.
    pub reason: String,
    /// The new message.
    pub message: String,
}

/// What was written last for one object.
#[derive(Clone, Default)]
struct Written {
    /// The status that was sent.
    sent: Value,
    /// The status that this came to, with what others have in it.
    became: Value,
    resource_version: Option<String>,
    /// The generation that was refused as unreadable, if no status was written since.
    refused: Option<i64>,
}

impl Written {
    /// The status of `object` as observed, unless the observation is older than this.
    fn or_newer<K>(&self, object: &K) -> Result<Value, Error>
    where
        K: Resource<DynamicType = ()> + HasStatus,
        K::Status: Serialize,
    {
        if resource_version::is_older(object.meta(), self.resource_version.as_deref()) {
            return Ok(self.became.clone());
        }
        json_of(object.status())
    }
}

/// Writes the status of one kind, with the field manager `kafkapipelines-<kind>-status`.
pub struct StatusWriter {
    api: ApiServer,
    written: Mutex<HashMap<(String, String), Written>>,
}

impl StatusWriter {
    /// Nothing is remembered yet.
    pub fn new(api: ApiServer) -> Self {
        Self { api, written: Mutex::default() }
    }

    /// Makes `status` the status of `object`, which is as it was observed. A condition whose status is the same keeps
    /// its old `lastTransitionTime`, whatever `status` says.
    ///
    /// # Errors
    /// Of the one request; none when nothing changed.
    pub async fn write<K>(&self, object: &K, status: &K::Status) -> Result<Outcome, Error>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + HasStatus,
        K::Status: Serialize + DeserializeOwned,
    {
        let key = (object.namespace().unwrap_or_default(), object.name_any());
        let last = self.lock().get(&key).cloned().unwrap_or_default();
        let known = last.or_newer(object)?;
        let mut wanted = serde_json::to_value(status)?;
        keep_transition_times(&mut wanted, &known);
        if wanted == known || (wanted == last.sent && known == last.became) {
            return Ok(Outcome::Unchanged);
        }
        let manager = format!("{}-status", self.api.field_manager());
        let mut after = self.send::<K>(&key.0, &key.1, &manager, &wanted).await?;
        if was_refused(&known) {
            after = self.send::<K>(&key.0, &key.1, &self.refuser(), &json!({})).await?;
        }
        let transitions = transitions(&known, &wanted);
        let became = json_of(Option::<K::Status>::deserialize(&after.data["status"])?.as_ref())?;
        let resource_version = after.metadata.resource_version;
        self.lock().insert(key, Written { sent: wanted, became, resource_version, refused: None });
        Ok(Outcome::Written(transitions))
    }

    /// The newest known status of `object`: as observed, or as written last when the observation is older than that.
    ///
    /// # Errors
    /// [`Error::Json`] if the status cannot be read back.
    pub fn current<K>(&self, object: &K) -> Result<K::Status, Error>
    where
        K: Resource<DynamicType = ()> + HasStatus,
        K::Status: Serialize + DeserializeOwned,
    {
        let key = (object.namespace().unwrap_or_default(), object.name_any());
        let last = self.lock().get(&key).cloned().unwrap_or_default();
        Ok(serde_json::from_value(last.or_newer(object)?)?)
    }

    /// Says in the conditions `Ready` and `Stalled` of an object that it cannot be read; once for each version of its spec.
    ///
    /// It has a field manager of its own: with the other, all that the status says besides would be taken back. What this
    /// manager said is taken back by the next [`Self::write`].
    ///
    /// # Errors
    /// Of the one request.
    pub async fn refuse<K>(&self, metadata: &ObjectMeta, error: &str) -> Result<(), Error>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    {
        let (namespace, name) = (metadata.namespace.as_deref().unwrap_or_default(), metadata.name.as_deref());
        let name = name.unwrap_or_default();
        let key = (namespace.to_owned(), name.to_owned());
        if self.lock().get(&key).is_some_and(|known| known.refused == metadata.generation) {
            return Ok(());
        }
        let condition = |kind: &str, status: &str| {
            json!({
                "type": kind, "status": status, "reason": UNREADABLE, "observedGeneration": metadata.generation,
                "lastTransitionTime": Time(Timestamp::now()),
                "message": format!("this version of the operator cannot read the object: {error}; nothing was changed"),
            })
        };
        let status = json!({
            "observedGeneration": metadata.generation,
            "conditions": [condition(READY, "False"), condition(STALLED, "True")],
        });
        self.send::<K>(namespace, name, &self.refuser(), &status).await?;
        self.lock().entry(key).or_default().refused = metadata.generation;
        Ok(())
    }

    /// Drops what is remembered of the object `namespace`/`name`.
    pub fn forget(&self, namespace: &str, name: &str) {
        self.lock().remove(&(namespace.to_owned(), name.to_owned()));
    }

    async fn send<K>(&self, namespace: &str, name: &str, manager: &str, status: &Value) -> Result<DynamicObject, Error>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    {
        let api = Api::<DynamicObject>::namespaced_with(self.api.client(), namespace, &ApiResource::erase::<K>(&()));
        let patch = Patch::Apply(json!({
            "apiVersion": K::api_version(&()), "kind": K::kind(&()), "metadata": {"name": name}, "status": status,
        }));
        let call = Call {
            verb: "patch",
            kind: format!("{}/status", K::kind(&())),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        };
        let params = PatchParams::apply(manager).force();
        self.api.write(call, async { api.patch_status(name, &params, &patch).await }).await
    }

    /// The field manager of [`Self::refuse`].
    fn refuser(&self) -> String {
        format!("{}-unreadable", self.api.field_manager())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(String, String), Written>> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn json_of<S: Serialize>(status: Option<&S>) -> Result<Value, Error> {
    Ok(status.map(serde_json::to_value).transpose()?.unwrap_or_else(|| Map::new().into()))
}

/// Whether [`StatusWriter::refuse`] had the last word in `known`.
fn was_refused(known: &Value) -> bool {
    find(known, &json!(STALLED)).is_some_and(|stalled| stalled["reason"] == UNREADABLE)
}

/// Gives each condition of `wanted` whose status is as in `known` the time that it has there.
fn keep_transition_times(wanted: &mut Value, known: &Value) {
    let Some(conditions) = wanted.get_mut("conditions").and_then(Value::as_array_mut) else { return };
    for condition in conditions {
        let before = find(known, &condition["type"]).filter(|before| before["status"] == condition["status"]);
        if let (Some(time), Some(fields)) =
            (before.and_then(|c| c.get("lastTransitionTime")), condition.as_object_mut())
        {
            fields.insert("lastTransitionTime".to_owned(), time.clone());
        }
    }
}

/// The conditions of `wanted` whose status or reason is not as in `known`.
fn transitions(known: &Value, wanted: &Value) -> Vec<Transition> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    conditions(wanted)
        .filter(|now| {
            find(known, &now["type"])
                .is_none_or(|before| (&before["status"], &before["reason"]) != (&now["status"], &now["reason"]))
        })
        .map(|now| Transition {
            condition: text(&now["type"]),
            status: text(&now["status"]),
            reason: text(&now["reason"]),
            message: text(&now["message"]),
        })
        .collect()
}

fn find<'a>(status: &'a Value, kind: &Value) -> Option<&'a Value> {
    conditions(status).find(|condition| condition["type"] == *kind)
}

fn conditions(status: &Value) -> impl Iterator<Item = &Value> {
    status.get("conditions").and_then(Value::as_array).into_iter().flatten()
}
