//! Paths of fields in VRL.

/// The paths at which a field of the store may lie in an event: `a.b` is the field `b` of `a`, or one field whose name has a dot.
/// The store reads both as the same.
pub(super) fn of_field(field: &str) -> Vec<String> {
    let nested = format!(".{}", nested(field));
    let flat = format!(".{}", quote(field));
    if nested == flat { vec![flat] } else { vec![nested, flat] }
}

/// The path of a field without its first dot, as options of Vector take it: a dot goes into a nested field.
pub(super) fn nested(field: &str) -> String {
    field.split('.').map(quote).collect::<Vec<_>>().join(".")
}

/// The value of a field in VRL, wherever it lies.
pub(super) fn value(field: &str) -> String {
    match of_field(field).as_slice() {
        [nested, flat] => format!("if exists({nested}) {{ {nested} }} else {{ {flat} }}"),
        paths => paths.concat(),
    }
}

/// A name as a segment of a path: bare where VRL allows that, else as a string.
fn quote(name: &str) -> String {
    let is_bare = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_bare { name.to_owned() } else { format!("\"{}\"", name.replace('\\', r"\\").replace('"', "\\\"")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_vrl_cannot_read_bare_are_quoted() {
        for (field, paths) in [
            ("host", vec![".host"]),
            ("_msg", vec!["._msg"]),
            ("@timestamp", vec![".\"@timestamp\""]),
            ("pod-name", vec![".\"pod-name\""]),
            ("0", vec![".\"0\""]),
            ("kubernetes.pod_name", vec![".kubernetes.pod_name", ".\"kubernetes.pod_name\""]),
            ("a.@b", vec![".a.\"@b\"", ".\"a.@b\""]),
            ("a..b", vec![".a.\"\".b", ".\"a..b\""]),
            ("a\"b\\c", vec![r#"."a\"b\\c""#]),
        ] {
            assert_eq!(of_field(field), paths, "{field}");
        }
    }
}
