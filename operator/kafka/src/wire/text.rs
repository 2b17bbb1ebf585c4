//! The codec's strings and ours.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kafka_protocol::protocol::StrBytes;
use uuid::Uuid;

/// Our text as the codec takes it.
pub(crate) fn wire(text: impl Into<String>) -> StrBytes {
    StrBytes::from_string(text.into())
}

/// The codec's text as ours.
pub(crate) fn text(text: &StrBytes) -> String {
    text.as_str().to_owned()
}

/// A Kafka id of 16 bytes, as Kafka prints it: base64url without padding. The zero id is none.
pub(crate) fn id_text(id: &Uuid) -> Option<String> {
    (!id.is_nil()).then(|| URL_SAFE_NO_PAD.encode(id.as_bytes()))
}

/// A Kafka id from its printed form.
pub(crate) fn id_wire(text: &str) -> Option<Uuid> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Uuid::from_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_they_are_printed() {
        let id = "4L6g3nShT-eMCtK--X86sw";
        assert_eq!(id_text(&id_wire(id).unwrap()).as_deref(), Some(id));
        assert_eq!(id_text(&Uuid::nil()), None);
        for wrong in ["", "4L6g3nShT-eMCtK--X86s", "4L6g3nShT-eMCtK--X86sw==", "not an id"] {
            assert_eq!(id_wire(wrong), None, "{wrong}");
        }
    }
}
