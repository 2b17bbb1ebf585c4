//! What a person asks for once: an annotation of the object, in JSON, written by the plugin.

use kube::ResourceExt;
use serde::de::DeserializeOwned;

use crate::refusal::Refusal;

/// Characters of what cannot be read that are shown.
const SHOWN: usize = 100;

/// What the annotation `key` asks for. `reason` is the refusal's, `way_out` its last words.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn read<R: DeserializeOwned>(
    object: &impl ResourceExt,
    key: &str,
    reason: &'static str,
    way_out: &str,
) -> Result<Option<R>, Refusal> {
    let Some(text) = object.annotations().get(key) else { return Ok(None) };
    serde_json::from_str(text).map(Some).map_err(|error| {
        let field = format!("metadata.annotations[{key}]");
        let shown: String = text.chars().take(SHOWN).collect();
        Refusal::new(reason, field, shown, format!("cannot be read: {error}; {way_out}"))
    })
}
