//! Lines of every day pass the guard of VictoriaLogs by one condition. What it lets pass, all checks together would let pass unchanged.

use kafkapipelines_core::vector::{Bootstrap, Security, render};
use kafkapipelines_crds::ConsumerSpec;
use serde_json::{Value, json};

use super::{Chain, line, now, shown};

const GUARD: &str = "_guard_store";
/// 300,000 times the letter `x`, by zstd.
const PACKED: &[u8] = b"\x28\xb5\x2f\xfd\x04\x68\x4c\x00\x00\x08\x78\x01\x00\xfc\xff\x39\x10\x02\x02\x00\x10\x78\x03\x9f\x04\x78\x8f\x72\x9b\xa2";

/// The file of a consumer of JSON with this store.
fn file(store: &Value) -> String {
    file_with(store, &json!([{"name": "parse", "remap": {"source": ". = parse_json!(.message)"}}]))
}

fn file_with(store: &Value, transforms: &Value) -> String {
    let mut store = store.clone();
    store["endpoint"] = json!("http://store:9428");
    let spec: ConsumerSpec =
        serde_json::from_value(json!({"pipeline": "logs", "topics": ["logs"], "transforms": transforms,
        "sinks": [{"name": "store", "victoriaLogs": store}], "deadLetter": {"topic": "dlq"}}))
        .unwrap();
    let bootstrap = Bootstrap { servers: "kafka:9092".to_owned(), security: Security::Plain };
    render("drain", &spec, &bootstrap).unwrap()
}

/// The same file, but each line is looked at closely.
fn thorough(file: &str) -> String {
    let mut file: Value = serde_saphyr::from_str(file).unwrap();
    let program = file["transforms"][GUARD]["source"].as_str().unwrap();
    let (before, rest) = program.split_once("\nif ").unwrap();
    let (_, checks) = rest.split_once(" {\n").unwrap();
    file["transforms"][GUARD]["source"] = format!("{before}\nif true {{\n{checks}").into();
    serde_saphyr::to_string(&file).unwrap()
}

fn times() -> Vec<Value> {
    let texts = ["", "0", "-", "m", "2026-01-10", "2026-01-10 11:59:59", "2026-01-10T11:59:59", "2026-02-30T11:59:59Z"];
    // The clock of the tests stands at 2026-01-10T12:00:00Z: around the edges of 6 days and of one, and of 3 seconds and 2.
    let moments = [
        "2026-01-04T11:59:59Z",
        "2026-01-04T12:00:00Z",
        "2026-01-04T12:00:00.999Z",
        "2026-01-04T14:00:00+02:00",
        "2026-01-04T13:59:59+02:00",
        "2026-01-11T12:00:00Z",
        "2026-01-11T12:00:00.5Z",
        "2026-01-11T12:00:01Z",
        "2026-01-10T11:59:56Z",
        "2026-01-10T11:59:57Z",
        "2026-01-10T11:59:58Z",
        "2026-01-10T12:00:01Z",
        "2026-01-10T12:00:02Z",
        "2026-01-10T12:00:03Z",
        "0001-01-01T00:00:00Z",
        "1970-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
    ];
    let others = [
        json!(null),
        json!(true),
        json!({}),
        json!([]),
        json!(0),
        json!(1_768_046_399),
        json!(1_768_046_399.5),
        json!(-1),
    ];
    texts.into_iter().chain(moments).map(Value::from).chain(others).collect()
}

fn bodies() -> Vec<Value> {
    let reserved = ["_msg", "_time", "_stream", "_stream_id"].map(|name| json!({"message": "m", name: null}));
    let sizes = [40, 60, 300, 400, 4700, 4800].map(|bytes| json!({"message": "m".repeat(bytes)}));
    let odd = [
        json!({}),
        json!({"message": null}),
        json!({"message": " "}),
        json!({"message": "m", "kubernetes": {"ts": "x"}}),
    ];
    odd.into_iter().chain(reserved).chain(sizes).collect()
}

#[test]
fn what_passes_by_the_condition_would_pass_all_checks() {
    for store in [
        json!({}),
        json!({"timeField": "_time", "msgField": "_msg"}),
        json!({"timeField": "kubernetes.ts"}),
        json!({"limits": {"maxAge": "3s", "maxAhead": "2s", "fields": 10}}),
        json!({"limits": {"lineBytes": 2800, "fields": 2}}),
        json!({"limits": {"maxAge": "2s", "maxAhead": "3s"}}),
        json!({"limits": {"maxAge": "99999999999h", "maxAhead": "99999999999h"}}),
    ] {
        let file = file(&store);
        let (mut chain, mut thorough) = (Chain::of(&file).unwrap(), Chain::of(&thorough(&file)).unwrap());
        let field = store["timeField"].as_str().unwrap_or("timestamp");
        for time in times() {
            for mut payload in bodies() {
                payload[field] = time.clone();
                let line = line(payload.to_string());
                let (quick, whole) = (shown(chain.pass(&line, now())), shown(thorough.pass(&line, now())));
                assert_eq!(quick, whole, "{store}: {}", &line_shown(&payload));
            }
        }
    }
}

/// A payload, cut.
fn line_shown(payload: &Value) -> String {
    payload.to_string().chars().take(200).collect()
}

/// Without this the comparison above would say nothing.
#[test]
fn a_line_of_every_day_passes_unseen() {
    let program = |file: &str| -> String {
        let file: Value = serde_saphyr::from_str(file).unwrap();
        file["transforms"][GUARD]["source"].as_str().unwrap().to_owned()
    };
    let whole = file(&json!({}));
    let seen = program(&whole).replacen(" {\n", " {\n  abort \"seen\"\n", 1);
    let mut file: Value = serde_saphyr::from_str(&whole).unwrap();
    file["transforms"][GUARD]["source"] = seen.into();
    let mut chain = Chain::of(&serde_saphyr::to_string(&file).unwrap()).unwrap();
    let mut sink = |payload: Value| shown(chain.pass(&line(payload.to_string()), now())).remove(0).0;
    assert_eq!(sink(json!({"message": "m", "timestamp": "2026-01-10T13:59:59.123456789+02:00"})), "store");
    assert_eq!(sink(json!({"message": "m"})), "_dead_letters");
}

/// A payload of 4 KB in which each word is a field, and one of 30 bytes that holds a long text.
#[test]
fn what_a_program_makes_of_a_small_payload_is_measured() {
    let words = (0..1000).map(|n| format!("{n:x}")).collect::<Vec<_>>().join(" ");
    for (program, payload, error) in [
        (". = parse_logfmt!(.message)", words.as_bytes(), "more than 950 fields"),
        (".message = decode_zstd!(.message)", PACKED, "the line is longer than 262000 bytes"),
    ] {
        let file = file_with(&json!({}), &json!([{"name": "parse", "remap": {"source": program}}]));
        let arrivals = shown(Chain::of(&file).unwrap().pass(&line(payload), now()));
        assert_eq!(arrivals[0].1["headers"]["dlq.error"], json!(error), "{}", arrivals[0].0);
    }
}
