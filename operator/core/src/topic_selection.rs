//! Which topics a consumer reads: the one place that knows it.
//!
//! A consumer lists them, or says by a pattern what they are called. A pattern never matches what Kafka keeps for itself, nor what a consumer of
//! the pipeline writes: its lines could go round for ever. Who wants to read that lists it.

use std::collections::BTreeSet;

use kafkapipelines_crds::{ConsumerSpec, SinkKind};
use regex::Regex;

use crate::cluster::topics::is_kafkas_own;
use crate::refusal::Refusal;

/// Reason: the pattern is no regular expression.
pub const INVALID_TOPIC_PATTERN: &str = "InvalidTopicPattern";

/// Which topics a consumer reads.
#[derive(Clone, Debug)]
pub enum TopicSelection {
    /// These, whether they exist or not.
    Listed(Vec<String>),
    /// Those that match.
    Matching(TopicPattern),
}

/// A pattern for names of topics, and what it does not match though its text would.
#[derive(Clone, Debug)]
pub struct TopicPattern {
    text: String,
    /// None where the text is no regular expression; then nothing matches.
    regex: Option<Regex>,
    /// What consumers of the pipeline write, as far as the text would match it.
    written: BTreeSet<String>,
}

impl TopicSelection {
    /// What a consumer reads. `beside` are the consumers of its pipeline; whether it is among them does not matter.
    pub fn of<'a>(spec: &ConsumerSpec, beside: impl IntoIterator<Item = &'a ConsumerSpec>) -> Self {
        let Some(text) = &spec.topic_pattern else { return Self::Listed(spec.topics.clone()) };
        let regex = whole(text).ok();
        let others = beside.into_iter().flat_map(written).map(str::to_owned);
        let all = others.chain(written(spec).map(str::to_owned));
        let written = all.filter(|name| regex.as_ref().is_some_and(|regex| regex.is_match(name))).collect();
        Self::Matching(TopicPattern { text: text.clone(), regex, written })
    }

    /// What is read where these topics are there. Listed ones are named also where they are not.
    pub fn among<'a>(&self, there: impl IntoIterator<Item = &'a String>) -> Vec<String> {
        match self {
            Self::Listed(topics) => topics.clone(),
            Self::Matching(pattern) => there.into_iter().filter(|name| pattern.matches(name)).cloned().collect(),
        }
    }

    /// What Vector is told to read: names, or one pattern, which begins with `^`.
    pub(crate) fn subscription(&self) -> Vec<String> {
        match self {
            Self::Listed(topics) => topics.clone(),
            Self::Matching(pattern) => vec![format!("^({})$", pattern.text)],
        }
    }

    /// What librdkafka is told to overlook: regular expressions with a comma between them. Topics of other consumers are among them only where the
    /// pattern would match them, for a change restarts the members.
    pub(crate) fn overlooked(&self) -> Option<String> {
        let Self::Matching(pattern) = self else { return None };
        let written = pattern.written.iter().map(|name| format!("^{}$", name.replace('.', "[.]")));
        Some(std::iter::once("^__".to_owned()).chain(written).collect::<Vec<_>>().join(","))
    }
}

impl TopicPattern {
    fn matches(&self, name: &str) -> bool {
        let is_readable = !is_kafkas_own(name) && !self.written.contains(name);
        is_readable && self.regex.as_ref().is_some_and(|regex| regex.is_match(name))
    }
}

/// Topics of its own pipeline that a consumer writes: dead letters, and copies of its sinks.
pub(crate) fn written(spec: &ConsumerSpec) -> impl Iterator<Item = &str> {
    let copies = spec.sinks.iter().filter_map(|sink| match sink.kind()? {
        SinkKind::Kafka(kafka) if kafka.bootstrap_servers.is_none() => Some(kafka.topic.as_str()),
        _ => None,
    });
    std::iter::once(spec.dead_letter.topic.as_str()).chain(copies)
}

/// A pattern that is no regular expression. The schema lets pass only what librdkafka understands in the same way.
pub(crate) fn refusal(spec: &ConsumerSpec) -> Option<Refusal> {
    let text = spec.topic_pattern.as_deref()?;
    let error = whole(text).err()?;
    // The last line says what is wrong; those before show where.
    let why = error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
    let message = format!("is no regular expression ({why}): correct it, or list the topics in spec.topics");
    Some(Refusal::new(INVALID_TOPIC_PATTERN, "spec.topicPattern", text, message))
}

fn whole(text: &str) -> Result<Regex, regex::Error> {
    // By itself first: `a)(b` would be one in brackets.
    Regex::new(text).and_then(|_| Regex::new(&format!("^(?:{text})$")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn spec(more: &Value) -> ConsumerSpec {
        let mut spec = json!({"pipeline": "logs", "sinks": [], "deadLetter": {"topic": "logs-dlq"}});
        spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(spec).unwrap()
    }

    fn pattern(text: &str) -> ConsumerSpec {
        spec(&json!({"topicPattern": text}))
    }

    fn among(selection: &TopicSelection, there: &[&str]) -> Vec<String> {
        let there: Vec<_> = there.iter().map(|name| (*name).to_owned()).collect();
        selection.among(&there)
    }

    #[test]
    fn listed_topics_are_named_whether_they_exist_or_not() {
        let listed = TopicSelection::of(&spec(&json!({"topics": ["b", "a"]})), []);
        assert_eq!(among(&listed, &["a", "c"]), ["b", "a"]);
        assert_eq!((listed.subscription(), listed.overlooked()), (vec!["b".to_owned(), "a".to_owned()], None));
    }

    #[test]
    fn a_pattern_matches_whole_names() {
        for (text, there, expected) in [
            ("logs-.*", &["logs-a", "my-logs-b", "logs-"][..], &["logs-a", "logs-"][..]),
            ("a|b", &["a", "b", "ab", "ba"], &["a", "b"]),
            ("(app|audit)[.]logs", &["app.logs", "audit.logs", "app-logs"], &["app.logs", "audit.logs"]),
            ("web-[0-9]+", &["web-1", "web-22", "web-x", "web-"], &["web-1", "web-22"]),
            ("web-[^0-9]?", &["web-1", "web-x", "web-"], &["web-x", "web-"]),
            ("logs", &["Logs"], &[]),
        ] {
            assert_eq!(among(&TopicSelection::of(&pattern(text), []), there), expected, "{text}");
        }
    }

    #[test]
    fn a_pattern_matches_neither_kafkas_own_topics_nor_what_a_consumer_of_the_pipeline_writes() {
        let sink = |kafka: Value| json!({"name": "copy", "kafka": kafka});
        let own = spec(&json!({"topicPattern": ".*", "sinks": [sink(json!({"topic": "copies.a"}))]}));
        let elsewhere = sink(json!({"topic": "elsewhere", "bootstrapServers": "other:9092"}));
        let other = spec(&json!({"topics": ["in"], "deadLetter": {"topic": "in-dlq"}, "sinks": [elsewhere]}));
        let selection = TopicSelection::of(&own, [&own, &other]);
        let there = ["logs", "logs-dlq", "in", "in-dlq", "copies.a", "elsewhere", "__consumer_offsets", "_audit"];
        assert_eq!(among(&selection, &there), ["logs", "in", "elsewhere", "_audit"]);
        assert_eq!(selection.subscription(), ["^(.*)$"]);
        assert_eq!(selection.overlooked().unwrap(), "^__,^copies[.]a$,^in-dlq$,^logs-dlq$");
        let unmatched = TopicSelection::of(&pattern("logs-.*"), [&other]).overlooked();
        assert_eq!(
            unmatched.unwrap(),
            "^__,^logs-dlq$",
            "what others write and the pattern leaves alone changes nothing"
        );
    }

    #[test]
    fn what_is_no_regular_expression_is_refused_by_field_value_and_way_out() {
        for (text, why) in
            [("a(b", "unclosed group"), ("a)(b", "unopened group"), ("[z-a]", "invalid character class range")]
        {
            let refused = refusal(&pattern(text)).unwrap();
            assert_eq!(
                (refused.reason, refused.field.as_str(), refused.value.as_str()),
                (INVALID_TOPIC_PATTERN, "spec.topicPattern", text)
            );
            assert!(refused.message.contains(why) && refused.message.contains("list the topics"), "{refused}");
            assert!(among(&TopicSelection::of(&pattern(text), []), &["a", "b", "ab"]).is_empty());
        }
        assert_eq!(refusal(&pattern("logs-(a|b)")), None);
        assert_eq!(refusal(&spec(&json!({"topics": ["a"]}))), None);
    }
}
