//! What the size of a payload says of the line that it becomes.

use crate::vector::steps::Steps;

/// Functions that may make much of few bytes: they unpack, put a long text for a short one, or run a program again and again.
const GROWING: [&str; 10] = [
    "decode_gzip",
    "decode_lz4",
    "decode_snappy",
    "decode_zlib",
    "decode_zstd",
    "for_each",
    "map_keys",
    "map_values",
    "parse_yaml",
    "replace",
];
/// Functions that make a field of a letter and what ends it.
const TERSE: [&str; 6] =
    ["parse_cbor", "parse_key_value", "parse_logfmt", "parse_query_string", "parse_url", "parse_xml"];

/// How many bytes of the payload a field takes at least; `None` where a small payload may become a large line.
pub(super) fn bytes_of_field(steps: &Steps) -> Option<u32> {
    let calls = |functions: &[&str]| {
        steps.programs().any(|program| functions.iter().any(|function| program.contains(function)))
    };
    if steps.joins_lines() || calls(&GROWING) {
        return None;
    }
    // In JSON a field has a name in quotation marks, a value, and two signs.
    Some(if calls(&TERSE) { 2 } else { 5 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_makes_much_of_little_is_known_by_its_functions() {
        for (program, bytes) in [
            (". = parse_json!(.message)", Some(5)),
            (".a = decode_base64!(.message)", Some(5)),
            (". |= parse_key_value!(.message)", Some(2)),
            (". = parse_json!(decode_zlib!(.message))", None),
            (".a = replace_with(.message, r'a') -> |_found| { .message }", None),
            (".a = map_values(., recursive: true) -> |_value| { .message }", None),
        ] {
            let mut steps = Steps::after("source");
            steps.push_dropper("parse", program.to_owned());
            steps.push_dropper("other", ".b = 1".to_owned());
            assert_eq!(bytes_of_field(&steps), bytes, "{program}");
        }
    }

    #[test]
    fn of_joined_lines_no_payload_says_how_large_they_are() {
        let mut steps = Steps::after("source");
        steps.join_lines();
        assert_eq!(bytes_of_field(&steps), None);
    }
}
