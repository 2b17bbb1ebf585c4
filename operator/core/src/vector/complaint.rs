//! Why Vector refused its file.

/// What its own words begin with.
const ERROR: &str = "Configuration error. error=";
/// What they end with.
const END: &str = " internal_log_rate_limit";
/// Mistakes that are told with the option that they are about.
const OF_OPTIONS: [&str; 2] = ["missing field", "unknown field"];
/// Mistakes of a value, which is not repeated.
const OF_VALUES: [&str; 4] = ["unknown variant", "invalid type", "invalid value", "invalid length"];
/// Components that cannot be built: Vector says why with values.
const COMPONENTS: [&str; 3] = ["Sink ", "Source ", "Transform "];
/// The longest name that is repeated.
const NAME: usize = 63;

/// What Vector wrote at its end about its file, as far as no value is repeated, for a value may be a secret.
pub(crate) fn complaint_of(log: &str) -> Option<String> {
    let (_, words) = log.rsplit_once(ERROR)?;
    let words = words.split(END).next()?;
    let mut lines = words.lines().map(str::trim).filter(|line| !line.is_empty());
    let mistake = lines.next()?;
    let place = lines.find_map(|line| line.strip_prefix("in `")?.strip_suffix('`'));
    match place.filter(|place| is_name(place)) {
        Some(place) => Some(format!("{} in {place}", of_option(mistake).or_else(|| of_value(mistake))?)),
        None => of_component(mistake),
    }
}

fn of_option(mistake: &str) -> Option<String> {
    let kind = OF_OPTIONS.iter().find(|kind| mistake.starts_with(**kind))?;
    let name = mistake.strip_prefix(kind)?.trim().strip_prefix('`')?.split('`').next()?;
    is_name(name).then(|| format!("{kind} {name}"))
}

fn of_value(mistake: &str) -> Option<String> {
    OF_VALUES.iter().find(|kind| mistake.starts_with(**kind)).map(|kind| (*kind).to_owned())
}

fn of_component(mistake: &str) -> Option<String> {
    let kind = COMPONENTS.iter().find(|kind| mistake.starts_with(**kind))?;
    let name = mistake.strip_prefix(kind)?.strip_prefix('"')?.split('"').next()?;
    is_name(name).then(|| format!("the {}{name} cannot be built", kind.to_lowercase()))
}

/// Whether it is what options and components are called.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= NAME && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_what_is_wrong_and_where_and_no_value() {
        for (words, expected) in [
            ("missing field `endpoint`\n\nin `sinks.own`\n", Some("missing field endpoint in sinks.own")),
            ("unknown field `urii`\n\nin `sinks.own`\n", Some("unknown field urii in sinks.own")),
            (
                "unknown variant `hunter2`, expected one of `json`, `text`\n\nin `sinks.own`\n",
                Some("unknown variant in sinks.own"),
            ),
            ("invalid type: string \"hunter2\", expected u64\n\nin `sinks.own`\n", Some("invalid type in sinks.own")),
            (
                "Sink \"own\": Could not open certificate file \"/hunter2\": No such file",
                Some("the sink own cannot be built"),
            ),
            ("unknown field `hunter2: a b`\n\nin `sinks.own`\n", None),
            ("Error while retrieving secret from backend \"hunter2\": No such file", None),
        ] {
            let log = format!(
                "INFO vector::app: Loading configs.\n2026-11-22T06:07:51Z ERROR vector::cli: {ERROR}{words}{END}=false\n"
            );
            assert_eq!(complaint_of(&log).as_deref(), expected, "{words}");
        }
        assert_eq!(complaint_of("ERROR something else"), None);
    }
}
