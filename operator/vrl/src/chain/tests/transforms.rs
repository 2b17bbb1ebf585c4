//! Each transform by itself.

#![allow(clippy::needless_pass_by_value, reason = "tests pass literals")]

use super::*;
use crate::chain::ChainError;

fn remap(source: &str, more: Value) -> Value {
    let mut remap = json!({"type": "remap", "inputs": ["_kafka"], "source": source});
    remap.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    remap
}

/// What becomes of a line with this payload in one `remap`, whose dropped events have a sink.
fn remapped(source: &str, more: Value, payload: &str) -> Vec<(String, Value)> {
    let reroutes = more["reroute_dropped"] == true;
    let mut sinks = json!({"kept": {"inputs": ["step"]}});
    if reroutes {
        sinks["dropped"] = json!({"inputs": ["step.dropped"]});
    }
    let mut chain = chain(&json!({"step": remap(source, more)}), &sinks);
    shown(chain.pass(&line(payload), now()))
}

/// A condition that fields hold, told of the first event.
fn only(fields: &[&str], arrivals: &[(String, Value)]) -> Vec<(String, Value)> {
    let pick = |event: &Value| fields.iter().map(|field| ((*field).to_owned(), event[*field].clone())).collect();
    arrivals.iter().map(|(sink, event)| (sink.clone(), pick(event))).collect()
}

#[test]
fn the_source_gives_the_payload_and_where_it_came_from() {
    let found = remapped(".clock = now()\n.raw = string!(.message)", json!({}), "text");
    let event = json!({"message": "text", "raw": "text", "message_key": "key", "headers": {"team": "a"}, "topic": "logs", "partition": 3,
        "offset": 41, "timestamp": "2026-01-10T12:00:00Z", "clock": "2026-01-10T12:00:00Z", "source_type": "kafka"});
    assert_eq!(found, [("kept".to_owned(), event)]);
}

#[test]
fn an_error_or_an_abort_drops_as_the_transform_says() {
    let parse = ".changed = true\n. = parse_json!(.message)";
    let abort = ".changed = true\nabort \"not kept\"";
    let all = || json!({"drop_on_error": true, "drop_on_abort": true, "reroute_dropped": true});
    let unparsed =
        r#"function call error for "parse_json" at (20:41): unable to parse json: expected value at line 1 column 1"#;
    for (source, more, sink, message) in [
        (parse, json!({}), Some("kept"), Value::Null),
        (parse, json!({"reroute_dropped": true}), Some("kept"), Value::Null),
        (parse, json!({"drop_on_error": true}), None, Value::Null),
        (parse, all(), Some("dropped"), json!(unparsed)),
        (abort, json!({}), None, Value::Null),
        (abort, json!({"drop_on_abort": false}), Some("kept"), Value::Null),
        (abort, all(), Some("dropped"), json!("not kept")),
        ("abort", all(), Some("dropped"), json!("aborted")),
    ] {
        let found = remapped(source, more.clone(), "words");
        assert_eq!(found.first().map(|(sink, _)| sink.as_str()), sink, "{source} {more}");
        for (_, event) in found {
            assert_eq!((&event["message"], &event["changed"]), (&json!("words"), &Value::Null), "undone: {source}");
            assert_eq!(event["metadata"]["dropped"]["message"], message, "{source} {more}");
        }
    }
}

#[test]
fn a_dropped_event_says_who_dropped_it_beside_its_own_metadata() {
    let all = json!({"drop_on_error": true, "drop_on_abort": true, "reroute_dropped": true});
    let found = remapped(". = parse_json!(.message)\nabort \"x\"", all.clone(), r#"{"metadata": {"own": 1}}"#);
    let dropped = json!({"reason": "abort", "message": "x", "component_id": "step", "component_type": "remap", "component_kind": "transform"});
    assert_eq!(found[0].1["metadata"], json!({ "dropped": dropped }), "the event is as it came");
    let mut second = remap("abort \"y\"", all);
    second["inputs"] = json!(["first"]);
    let transforms = json!({"first": remap(". = parse_json!(.message)", json!({})), "second": second});
    let mut chain = chain(&transforms, &json!({"dropped": {"inputs": ["second.dropped"]}}));
    for (payload, own) in [(r#"{"metadata": {"own": 1}}"#, json!(1)), (r#"{"metadata": "text"}"#, Value::Null)] {
        let found = shown(chain.pass(&line(payload), now()));
        assert_eq!(found[0].1["metadata"]["own"], own);
        assert_eq!(found[0].1["metadata"]["dropped"]["component_id"], "second");
    }
}

#[test]
fn an_array_is_an_event_for_each_item_and_a_scalar_is_a_message() {
    let parse = ". = parse_json!(.message)";
    for (payload, events) in [
        (r#"[{"a": 1}, 2, [3]]"#, vec![json!({"a": 1}), json!({"message": 2}), json!({"message": [3]})]),
        ("[]", vec![]),
        ("5", vec![json!({"message": 5})]),
        ("null", vec![json!({"message": null})]),
        (r#"{"a": {}}"#, vec![json!({"a": {}})]),
    ] {
        let found: Vec<_> = remapped(parse, json!({}), payload).into_iter().map(|(_, event)| event).collect();
        assert_eq!(found, events, "{payload}");
    }
}

#[test]
fn metadata_outlives_the_event_and_goes_to_each_of_its_parts() {
    let transforms = json!({
        "a": remap("%kafkapipelines.raw = .message\n. = [{\"n\": 1}, {\"n\": 2}]", json!({})),
        "b": {"type": "remap", "inputs": ["a"], "source": ".raw = %kafkapipelines.raw"},
    });
    let found = shown(chain(&transforms, &json!({"all": {"inputs": ["b"]}})).pass(&line("x"), now()));
    let events: Vec<_> = found.into_iter().map(|(_, event)| event).collect();
    assert_eq!(events, [json!({"n": 1, "raw": "x"}), json!({"n": 2, "raw": "x"})]);
}

#[test]
fn a_filter_keeps_what_its_condition_holds_for() {
    for condition in [json!(".message == \"a\""), json!({"type": "vrl", "source": "string!(.message) == \"a\""})] {
        let transforms = json!({"keep": {"type": "filter", "inputs": ["_kafka"], "condition": condition}});
        let mut chain = chain(&transforms, &json!({"all": {"inputs": ["keep"]}}));
        assert_eq!((chain.pass(&line("a"), now()).len(), chain.pass(&line("b"), now()).len()), (1, 0));
    }
    let fails = json!({"keep": {"type": "filter", "inputs": ["_kafka"], "condition": "parse_json!(.message) == 1"}});
    assert_eq!(chain(&fails, &json!({"all": {"inputs": ["keep"]}})).pass(&line("no JSON"), now()), []);
}

#[test]
fn a_route_leads_to_all_that_match_and_an_exclusive_one_to_the_first() {
    let sinks = json!({"a": {"inputs": ["r.a"]}, "b": {"inputs": ["r.b"]}, "rest": {"inputs": ["r._unmatched"]}});
    let (is_a, is_b) = ("contains(string!(.message), \"a\")", "contains(string!(.message), \"b\")");
    let all = json!({"r": {"type": "route", "inputs": ["_kafka"], "route": {"a": is_a, "b": {"type": "vrl", "source": is_b}}}});
    let first = json!({"r": {"type": "exclusive_route", "inputs": ["_kafka"],
        "routes": [{"name": "b", "condition": is_b}, {"name": "a", "condition": is_a}]}});
    for (transforms, both) in [(all, vec!["a", "b"]), (first, vec!["b"])] {
        let mut chain = chain(&transforms, &sinks);
        for (payload, expected) in [("ab", both), ("a", vec!["a"]), ("c", vec!["rest"])] {
            let found = chain.pass(&line(payload), now());
            assert_eq!(found.iter().map(|arrival| &*arrival.sink).collect::<Vec<_>>(), expected, "{payload}");
        }
    }
    let none = json!({"r": {"type": "route", "inputs": ["_kafka"], "route": {"a": is_a}, "reroute_unmatched": false}});
    assert_eq!(chain(&none, &json!({"a": {"inputs": ["r.a"]}})).pass(&line("c"), now()), []);
}

#[test]
fn of_events_that_are_alike_the_first_passes() {
    let dedupe = |more: Value| {
        let mut dedupe = json!({"type": "dedupe", "inputs": ["_kafka"]});
        dedupe.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        chain(&json!({ "once": dedupe }), &json!({"all": {"inputs": ["once"]}}))
    };
    for (more, expected) in [
        (json!({}), [1, 0, 1, 0]),
        (json!({"fields": {"match": ["message"]}}), [1, 0, 1, 0]),
        (json!({"fields": {"match": [".headers.team"]}}), [1, 0, 0, 0]),
        (json!({"fields": {"ignore": ["message"]}}), [1, 0, 0, 0]),
        (json!({"cache": {"num_events": 1}}), [1, 0, 1, 1]),
    ] {
        let mut chain = dedupe(more.clone());
        assert_eq!(["a", "a", "b", "a"].map(|payload| chain.pass(&line(payload), now()).len()), expected, "{more}");
    }
}

#[test]
fn reduce_makes_one_event_of_a_group() {
    let parse = remap(". = parse_json!(.message)", json!({}));
    let reduce = json!({"type": "reduce", "inputs": ["parse"], "group_by": ["id"], "ends_when": ".last == true",
        "merge_strategies": {"text": "concat_newline", "tags": "array", "most": "max", "in.last": "retain"}});
    let mut chain = chain(&json!({"parse": parse, "reduce": reduce}), &json!({"all": {"inputs": ["reduce"]}}));
    let mut pass = |payload: Value| shown(chain.pass(&line(payload.to_string()), now()));
    assert_eq!(
        pass(json!({"id": 1, "n": 1, "text": "a", "tags": "x", "most": 2, "in": {"first": 1, "last": 1}, "word": "w"})),
        []
    );
    assert_eq!(pass(json!({"id": 2, "n": 5})), []);
    let found = pass(
        json!({"id": 1, "n": 2, "text": "b", "tags": "y", "most": 1, "in": {"last": 2}, "word": "v", "last": true}),
    );
    let one = json!({"id": 2, "n": 3, "text": "a\nb", "tags": ["x", "y"], "most": 2, "in": {"first": 1, "last": 2}, "word": "w", "last": true});
    assert_eq!(
        only(&["n", "text", "tags", "most", "in", "word"], &found),
        only(&["n", "text", "tags", "most", "in", "word"], &[("all".to_owned(), one)])
    );
    assert_eq!(shown(chain.finish()), [("all".to_owned(), json!({"id": 2, "n": 5}))]);
    assert_eq!(chain.finish(), []);
}

#[test]
fn what_drops_by_time_or_by_chance_lets_everything_pass() {
    for transform in [
        json!({"type": "throttle", "inputs": ["_kafka"], "threshold": 1, "window_secs": 1}),
        json!({"type": "sample", "inputs": ["_kafka"], "rate": 100}),
    ] {
        let mut chain = chain(&json!({ "some": transform }), &json!({"all": {"inputs": ["some"]}}));
        assert_eq!([1, 2, 3].map(|_| chain.pass(&line("a"), now()).len()), [1, 1, 1]);
    }
}

#[test]
fn what_only_vector_can_do_says_so() {
    let all = json!({"drop_on_error": true, "reroute_dropped": true});
    let found = remapped(".a = reverse_dns!(string!(.message))", all, "10.0.0.1");
    assert!(found[0].1["metadata"]["dropped"]["message"].as_str().unwrap().contains("reverse_dns runs in Vector only"));
}

#[test]
fn a_file_that_vector_would_not_start_with_is_refused() {
    let of = |transforms: Value, input: &str| {
        let sources = json!({"_kafka": {"type": "kafka"}});
        let file = json!({"sources": sources, "transforms": transforms, "sinks": {"all": {"inputs": [input]}}});
        Chain::of(&file.to_string()).err().map(|error| error.to_string()).unwrap_or_default()
    };
    assert_eq!(of(json!({}), "_kafka"), "");
    assert_eq!(of(json!({}), "gone"), "all: there is no output gone");
    let (a, b) =
        (json!({"type": "sample", "inputs": ["b"], "rate": 1}), json!({"type": "sample", "inputs": ["a"], "rate": 1}));
    assert_eq!(of(json!({"a": a, "b": b}), "a"), "a: its lines come back to it");
    let broken = json!({"a": remap(". = parse_json(.message)", json!({}))});
    assert!(of(broken, "a").starts_with("a: line 1, column 5: E103"));
    assert!(of(json!({"a": {"type": "lua", "inputs": ["_kafka"]}}), "a").contains("unknown variant `lua`"));
    assert!(matches!(Chain::of("{"), Err(ChainError::Unreadable(_))));
    let json = json!({"sources": {"k": {"type": "kafka", "decoding": {"codec": "json"}}}, "sinks": {}});
    assert!(matches!(Chain::of(&json.to_string()), Err(ChainError::Source(0))));
}
