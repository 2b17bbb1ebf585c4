//! Functions that reach the network. Their code is left out of the operator; a program may call them all the same.

use std::collections::BTreeMap;

use vrl::compiler::prelude::{Collection, Field, Kind, Parameter, kind};
use vrl::compiler::{Function, TypeDef};

use super::signature::Signature;

/// What VRL's feature `enable_network_functions` would add.
pub(super) fn signatures() -> impl Iterator<Item = Box<dyn Function>> {
    let text = || TypeDef::bytes().fallible();
    let answer = || TypeDef::object(dns_answer()).fallible();
    [
        Signature { name: "dns_lookup", parameters: DNS_LOOKUP, returns: answer, accepts: None },
        Signature { name: "http_request", parameters: HTTP_REQUEST, returns: text, accepts: None },
        Signature { name: "reverse_dns", parameters: REVERSE_DNS, returns: text, accepts: None },
    ]
    .into_iter()
    .map(Signature::boxed)
}

const DNS_LOOKUP: &[Parameter] = &[
    Parameter::required("value", kind::BYTES, ""),
    Parameter::optional("qtype", kind::BYTES, ""),
    Parameter::optional("class", kind::BYTES, ""),
    Parameter::optional("options", kind::OBJECT, ""),
];
const HTTP_REQUEST: &[Parameter] = &[
    Parameter::required("url", kind::BYTES, ""),
    Parameter::optional("method", kind::BYTES, ""),
    Parameter::optional("headers", kind::OBJECT, ""),
    Parameter::optional("body", kind::BYTES, ""),
    Parameter::optional("http_proxy", kind::BYTES, ""),
    Parameter::optional("https_proxy", kind::BYTES, ""),
    Parameter::optional("redact_headers", kind::BOOLEAN, ""),
];
const REVERSE_DNS: &[Parameter] = &[Parameter::required("value", kind::BYTES, "")];

fn dns_answer() -> BTreeMap<Field, Kind> {
    let records = || list_of(DNS_RECORD.map(|(name, kind)| (name, kind())));
    let question = DNS_QUESTION.map(|(name, kind)| (name, kind()));
    fields([
        ("fullRcode", Kind::integer()),
        ("rcodeName", Kind::bytes().or_null()),
        ("time", Kind::bytes().or_null()),
        ("timePrecision", Kind::bytes().or_null()),
        ("answers", records()),
        ("authority", records()),
        ("additional", records()),
        ("header", Kind::object(fields(DNS_HEADER.map(|(name, kind)| (name, kind()))))),
        ("question", list_of(question)),
    ])
}

/// A field and its kind.
type Named = (&'static str, fn() -> Kind);

const DNS_RECORD: [Named; 6] = [
    ("class", Kind::bytes),
    ("domainName", Kind::bytes),
    ("rData", Kind::bytes),
    ("recordType", Kind::bytes),
    ("recordTypeId", Kind::integer),
    ("ttl", Kind::integer),
];
const DNS_QUESTION: [Named; 4] = [
    ("class", Kind::bytes),
    ("domainName", Kind::bytes),
    ("questionType", Kind::bytes),
    ("questionTypeId", Kind::integer),
];
const DNS_HEADER: [Named; 13] = [
    ("aa", Kind::boolean),
    ("ad", Kind::boolean),
    ("anCount", Kind::integer),
    ("arCount", Kind::integer),
    ("cd", Kind::boolean),
    ("nsCount", Kind::integer),
    ("opcode", Kind::integer),
    ("qdCount", Kind::integer),
    ("qr", Kind::integer),
    ("ra", Kind::boolean),
    ("rcode", Kind::integer),
    ("rd", Kind::boolean),
    ("tc", Kind::boolean),
];

fn list_of<const N: usize>(record: [(&str, Kind); N]) -> Kind {
    Kind::array(Collection::from_unknown(Kind::object(fields(record))))
}

fn fields<const N: usize>(kinds: [(&str, Kind); N]) -> BTreeMap<Field, Kind> {
    kinds.map(|(name, kind)| (Field::from(name), kind)).into()
}
