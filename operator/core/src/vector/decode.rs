//! Decoding, in a transform: the source itself would skip what it cannot decode, and commit it.

use kafkapipelines_crds::DecodingCodec;

/// The program for a codec; `None` where nothing is to be parsed.
pub(super) fn program(codec: DecodingCodec) -> Option<&'static str> {
    match codec {
        DecodingCodec::Raw => None,
        DecodingCodec::Json => Some(". = parse_json!(.message)\n"),
        DecodingCodec::Logfmt => Some(". = parse_logfmt!(.message)\n"),
        DecodingCodec::Syslog => Some(". = parse_syslog!(.message)\n"),
        DecodingCodec::Cef => Some(". = parse_cef!(.message)\n"),
        DecodingCodec::Klog => Some(". = parse_klog!(.message)\n"),
    }
}
