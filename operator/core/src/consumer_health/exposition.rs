//! A page of metrics in Prometheus' text format.

/// One value of a metric.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sample<'a> {
    /// Name of the metric.
    pub(super) name: &'a str,
    labels: Vec<(&'a str, String)>,
    /// The value; what is counted is whole and never negative.
    pub(super) count: u64,
}

impl Sample<'_> {
    /// The value of a label.
    pub(super) fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(label, _)| *label == name).map(|(_, value)| value.as_str())
    }
}

/// All values of a page. A line that is none is passed over.
pub(super) fn samples(page: &str) -> impl Iterator<Item = Sample<'_>> {
    page.lines().filter_map(sample)
}

fn sample(line: &str) -> Option<Sample<'_>> {
    let line = line.trim();
    if line.starts_with('#') {
        return None;
    }
    let (name, rest) = line.split_at(line.find(['{', ' ', '\t'])?);
    let (labels, rest) = rest.strip_prefix('{').map_or(Some((Vec::new(), rest)), labels)?;
    let value: f64 = rest.split_ascii_whitespace().next()?.parse().ok()?;
    Some(Sample { name, labels, count: whole(value)? })
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the conversion of floats saturates")]
fn whole(value: f64) -> Option<u64> {
    value.is_finite().then_some(value.max(0.0) as u64)
}

/// Labels and what follows the closing brace.
fn labels(mut rest: &str) -> Option<(Vec<(&str, String)>, &str)> {
    let mut labels = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', ',']);
        if let Some(after) = rest.strip_prefix('}') {
            return Some((labels, after));
        }
        let (name, after) = rest.split_once("=\"")?;
        let (value, after) = quoted(after)?;
        labels.push((name, value));
        rest = after;
    }
}

/// Text up to the closing quotation mark, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let (mut value, mut characters) = (String::new(), text.char_indices());
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, text.get(at + 1..)?)),
            '\\' => match characters.next()?.1 {
                'n' => value.push('\n'),
                escaped => value.push(escaped),
            },
            plain => value.push(plain),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_line_is_read() {
        for (line, name, labels, count) in [
            ("up 1", "up", vec![], 1),
            (
                "sent{component_id=\"store\",host=\"a\"} 12 1700000000000",
                "sent",
                vec![("component_id", "store"), ("host", "a")],
                12,
            ),
            ("  sent{ component_id=\"store\", }  1.2e3", "sent", vec![("component_id", "store")], 1200),
            (r#"errors{kind="a \"b\" {c}, \\ \n"} 3"#, "errors", vec![("kind", "a \"b\" {c}, \\ \n")], 3),
            ("lag{} -1", "lag", vec![], 0),
        ] {
            let found = sample(line).unwrap();
            assert_eq!((found.name, found.count), (name, count), "{line}");
            for (label, value) in labels {
                assert_eq!(found.label(label), Some(value), "{line}");
            }
            assert_eq!(found.label("other"), None);
        }
    }

    #[test]
    fn what_is_no_value_is_passed_over() {
        let page =
            "# HELP up 1\n# TYPE up gauge\n\nup\nup{a=\"b} 1\nup{a} 1\nup NaN\nup +Inf\nup x\nup{a=\"b\"}\ndown 2\n";
        assert_eq!(
            samples(page).map(|sample| (sample.name.to_owned(), sample.count)).collect::<Vec<_>>(),
            [("down".to_owned(), 2)]
        );
    }
}
