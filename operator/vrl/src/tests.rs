//! Programs of every kind, and what is said of them.

use super::*;

/// Programs that Vector starts with, some of them with a warning.
const GOOD: [&str; 27] = [
    ". = parse_json!(.message)",
    ". = parse_json!(.message, max_depth: 5)\n.seen = now()",
    "parsed, err = parse_json(.message)\nif err == null { . = object!(parsed) } else { .parse_error = err }",
    ". = object(parse_json(.message) ?? {}) ?? {}",
    ". = merge(., parse_syslog!(.message))\ndel(.message)",
    ". |= parse_key_value!(string!(.message), key_value_delimiter: \"=\", field_delimiter: \" \")",
    ". |= parse_grok!(.message, \"%{TIMESTAMP_ISO8601:timestamp} %{LOGLEVEL:level} %{GREEDYDATA:message}\")",
    ". |= parse_groks!(.message, patterns: [\"%{common_prefix} %{_message}\"], aliases: {\"common_prefix\": \"%{LOGLEVEL:level}\", \"_message\": \"%{GREEDYDATA:message}\"})",
    ". |= parse_regex!(.message, r'^(?P<host>[\\w\\.]+) - (?P<user>\\S+) \\[(?P<at>[^\\]]+)\\] \"(?P<request>[^\"]*)\"')",
    ". |= parse_apache_log!(.message, \"combined\")",
    ". |= parse_logfmt!(.message)\n.level = downcase(string(.level) ?? \"info\")",
    "if .level == \"debug\" { abort \"debug lines are not kept\" }",
    "if exists(.kubernetes.pod_name) {\n  .pod = del(.kubernetes.pod_name)\n} else if is_string(.pod) {\n  .pod = downcase!(.pod)\n}\nelse {\n  .pod = \"unknown\"\n}",
    "for_each(object(.labels) ?? {}) -> |name, value| {\n  . = set!(., [\"label_\" + name], value)\n}\ndel(.labels)",
    ".tags = map_values(array(.tags) ?? []) -> |tag| { to_string(tag) ?? \"\" }",
    ".tags = filter(array!(.tags)) -> |_index, tag| { tag != \"internal\" }",
    ".timestamp = parse_timestamp(.ts, \"%+\") ?? parse_timestamp(.ts, \"%d/%b/%Y:%T %z\") ?? now()",
    ".duration_ms = (to_float(.duration) ?? 0.0) * 1000.0",
    ".ratio = to_int!(.a) / 4",
    "unused = \"a warning is no mistake\"\n.a = 1",
    "parse_json!(.message)",
    ".password = redact(string(.password) ?? \"\", filters: [r'.+'])\n.hash = sha2(string!(.user), variant: \"SHA-256\")",
    ".token = encrypt!(string!(.token), \"AES-256-CFB\", key: \"01234567890123456789012345678901\", iv: \"0123456789012345\")",
    ".host = dns_lookup!(string!(.ip), qtype: \"PTR\").answers[0].rData\n.name = reverse_dns!(string!(.ip))\n.extra = http_request(\"http://x/\", method: \"get\") ?? null",
    "set_semantic_meaning(.message, \"message\")\nset_secret(\"k\", \"v\")\n.s = get_secret(\"k\")\nremove_secret(\"k\")\n.d = parse_dnstap!(.message)",
    ".m = get_vector_metric(\"utilization\", tags: {\"component_id\": \"a\"})\n.n = find_vector_metrics(\"utilization\")\n.s = aggregate_vector_metrics(\"sum\", \"utilization\")",
    ".topic = %kafkapipelines.topic\n. = [{\"a\": .}, {\"b\": s'raw \\d \"#'}] # one line becomes two",
];

/// Programs that Vector does not start with.
const BAD: [&str; 34] = [
    ". = parse_json(.message)",
    "\n  . = parse_json(.message)\n",
    "parse_json(.message)",
    "parsed, err = parse_json!(.message)",
    ".a, err = 1",
    "downcase(.level)",
    ".level = downcase(.level)",
    ".a = 1 + \"x\"",
    ".n = .a + .b",
    ".x = to_int(.x)\n.y = to_int(.y)",
    "if .level { .a = 1 }",
    "if downcase(.level) == \"debug\" { abort }",
    "abort 5",
    ". = parse_jsn!(.message)",
    ".a = undefined_variable",
    ".a = parse_json!()",
    ".a = parse_json!(.message, 1, true, 4)",
    ".a = parse_json!(.message, depth: 3)",
    ".a = to_string(.a) + 1",
    ".a = parse_grok!(.message, \"%{NOSUCHPATTERN:x}\")",
    ".a = parse_regex!(.message, r'(unclosed')",
    ".a = encrypt!(.message, \"ROT13\", key: \"k\", iv: \"i\")\n.b = sha2(\"a\", variant: \"SHA-1\")",
    ".a = (1 + 2",
    ".a = \"unterminated",
    ". = parse_json!(.message)\nif .a == 1 { .b = 2\n",
    ".é = 1",
    ".grüße = \"äöü\"; .b = parse_json(.c)",
    "this is no program",
    ".a = \"\u{1b}[31m\" + parse_json(\"\u{1b}[31m\")",
    "for_each(.tags) -> |tag| { .a = tag }",
    "%vector.x = 1\n%kafkapipelines.raw = \"forged\"\n% = {}",
    ".a = parse_proto!(.message, \"/etc/passwd\", \"m\")\n.b = parse_etld!(.host, psl: \"/dev/zero\")\n.c = parse_groks!(.m, [\"x\"], alias_sources: [\"/etc/passwd\"])",
    ".a = get_enrichment_table_record!(\"hosts\", {\"ip\": .ip})",
    ".a = aggregate_vector_metrics(\"median\", \"utilization\")\n.b = get_vector_metric(\"utilization\", tags: {\"a\": 1})",
];

#[test]
fn good_programs_have_no_mistakes() {
    for program in GOOD {
        assert_eq!(mistakes(program), [], "{program}");
    }
}

#[test]
fn a_condition_is_a_boolean_and_changes_nothing() {
    for good in [
        ".level == \"debug\"",
        "exists(.a) && !is_null(.b)",
        "match(string(.message) ?? \"\", r'^x')",
        "true",
        "to_bool!(.a)",
    ] {
        assert_eq!(condition_mistakes(good), [], "{good}");
    }
    for (bad, said) in [
        (".level", "a condition must be a boolean"),
        ("if .a == 1 { true }", "a condition must be a boolean"),
        ("", "a condition must be a boolean"),
        (".a = true", "E315 mutation of read-only value"),
        ("del(.a) == 1", "E610 function compilation error: error[E315]"),
        ("%a = true", "E315 mutation of read-only value"),
        ("contains(.message, \"x\")", "E"),
        ("to_bool(.a)", "E"),
        ("nonsense(.a)", "E105 call to undefined function"),
    ] {
        let found = condition_mistakes(bad);
        assert!(found.iter().any(|mistake| mistake.text.starts_with(said)), "{bad}: {found:?}");
    }
}

#[test]
fn mistakes_are_said_in_the_compilers_words() {
    let said = BAD.map(|program| {
        let found = mistakes(program);
        assert!(!found.is_empty(), "{program}");
        let lines = found.iter().map(|mistake| format!("    {}: {mistake}", mistake.excerpt));
        std::iter::once(program.replace('\u{1b}', "<ESC>")).chain(lines).collect::<Vec<_>>().join("\n")
    });
    insta::assert_snapshot!(said.join("\n\n"));
}

#[test]
fn a_mistake_fits_in_a_condition() {
    let program = format!(".ä = parse_json(.{})", "a".repeat(5000));
    for mistake in
        [mistakes(&program), mistakes(&"x ".repeat(3000)), mistakes(&format!(".a = {}", "[".repeat(200)))].concat()
    {
        assert!(mistake.text.len() <= 900 && mistake.excerpt.len() <= 60, "{mistake}");
    }
    assert_eq!(mistakes(&"parse_json(.a)\n".repeat(4000)).len(), TOLD);
}

/// What would overflow the compiler's stack, or keep it busy for ever, never gets to it. What is nearly so does, and returns.
#[test]
fn deep_programs_are_refused_before_they_are_compiled() {
    let around =
        |open: &str, middle: &str, close: &str, n: usize| format!(".a = {}{middle}{}", open.repeat(n), close.repeat(n));
    let shapes: [&dyn Fn(usize) -> String; 13] = [
        &|n| around("(", "1", ")", n),
        &|n| around("[", "1", "]", n),
        &|n| around("{\"a\":", "1", "}", n),
        &|n| around("{ ", "1", " }", n),
        &|n| around("!", "true", "", n),
        &|n| around("1 +\n", "1", "", n),
        &|n| around("1\n+ ", "1", "", n),
        &|n| around("to_int(.a) ?? ", "1", "", n),
        &|n| around("upcase!(", ".a", ")", n),
        &|n| around(".a = ", "1", "", n),
        &|n| around("if true { ", "1", " }", n),
        &|n| format!("if .a == 0 {{ .b = 1 }}{}", " else if .a == 1 { .b = 1 }".repeat(n)),
        &|n| format!(".a{} = 1", ".b[0]".repeat(n)),
    ];
    for shape in shapes {
        let said = mistakes(&shape(5000));
        assert!(said.len() == 1 && said[0].text.starts_with("more than 600 operators"), "{said:?}");
        let most = (1..600).rev().step_by(9).find(|n| shape::too_deep(&shape(*n)).is_none()).unwrap();
        assert!(most > 50, "{}", shape(2));
        let said = mistakes(&shape(most));
        assert!(said.iter().all(|mistake| !mistake.text.contains("fails on this program")), "{said:?}");
    }
}

#[test]
fn a_compiler_that_panics_or_takes_too_long_harms_nobody() {
    static DOUBLES: Verdicts<Vec<Mistake>> = Verdicts::new();
    let panics = verdict(&DOUBLES, "panics", |_| panic!("a double of a compiler with a fault"));
    assert!(panics[0].text.starts_with("the compiler itself fails"));
    let stuck = verdict(&DOUBLES, "stuck", |_| {
        loop {
            std::thread::park();
        }
    });
    assert!(stuck[0].text.starts_with("the compiler takes more than 5 seconds"));
    assert_eq!(mistakes(". = {}"), []);
}

#[test]
fn closures_inside_one_another_are_counted() {
    let nested = |n: usize| format!("{}.b = 1{}", "for_each([1]) -> |_i, _v| { ".repeat(n), " }".repeat(n));
    assert_eq!(mistakes(&nested(4)), []);
    assert!(mistakes(&nested(9))[0].text.starts_with("more than 8 closures"));
    assert_eq!(mistakes(&"for_each([1]) -> |_i, _v| { .b = 1 }\n".repeat(20)), []);
}

#[test]
fn length_alone_makes_no_program_deep() {
    let line = ".a.b = string(.c.d) ?? downcase(\"# ((( '\") # ((((\n.e = match(.f, r'\\((((')\n";
    assert_eq!(shape::too_deep(&line.repeat(800)), None);
    let object = format!(".a = {{ {} }}", (0..2000).map(|n| format!("\"k{n}\": .k{n}")).collect::<Vec<_>>().join(", "));
    assert_eq!(shape::too_deep(&object), None);
    // A quotation mark that begins no literal hides nothing.
    assert!(shape::too_deep(&format!("' {}", "(".repeat(600))).is_some());
}
