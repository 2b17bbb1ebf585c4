//! Seeks from request to record.

use jiff::{SignedDuration, Timestamp};
use kafkapipelines_crds::{AutoOffsetReset, Consumer, LossStatus, SeekPhase, SeekStatus};
use serde_json::json;

use super::plan::{Plan, wanted};
use super::record::{awaiting, half_done, held, is_same_step, settled, waits};
use super::request::Request;
use super::state::{Seen, Step, next};
use super::target::{self, Target};
use crate::cluster::topics::TopicPartition;
use crate::consumer_health::loss::MOST_OFFSETS;
use crate::consumer_health::reading::{Offsets, Reading};
use crate::labels::SEEK;
use crate::refusal::Refusal;

fn now() -> Timestamp {
    "2026-02-01T12:00:00Z".parse().unwrap()
}

fn consumer(annotation: Option<&str>) -> Consumer {
    serde_json::from_value(json!({"apiVersion": "kafkapipelines.io/v1alpha1", "kind": "Consumer",
        "metadata": {"name": "drain", "annotations": annotation.map(|text| json!({SEEK: text}))},
        "spec": {"pipeline": "logs", "topics": ["a", "b"], "sinks": [], "deadLetter": {"topic": "dead"}}}))
    .unwrap()
}

fn request(second: i64) -> Request {
    let id = Timestamp::from_second(second).unwrap();
    Request { id, to: Target::Earliest, topics: Vec::new(), dry_run: false, skip_lines: false }
}

fn offsets(all: &[i64]) -> Offsets {
    let known = (0..).zip(all).filter(|(_, offset)| **offset >= -1);
    known.map(|(index, offset)| (TopicPartition::new("a", index), *offset)).collect()
}

/// Read in part, read to the end, never read, deleted unread.
fn reading(reset: AutoOffsetReset) -> Reading {
    let mut committed = offsets(&[40, 100, 0, 5]);
    committed.remove(&TopicPartition::new("a", 2));
    Reading { committed, earliest: offsets(&[10, 10, 10, 20]), end: offsets(&[100, 100, 100, 100]), reset }
}

#[test]
fn what_was_written_is_read_and_anything_else_is_refused_as_a_whole() {
    for to in ["earliest", "latest", "loss", "2026-01-01T00:00Z", "2026-01-01T01:00:00+01:00"] {
        let wanted = Request { to: to.parse().unwrap(), topics: vec!["a".to_owned()], skip_lines: true, ..request(7) };
        assert_eq!(Request::of(&consumer(Some(&wanted.annotation()))), Ok(Some(wanted)), "{to}");
    }
    assert_eq!("2026-01-01T00:00Z".parse(), "2026-01-01T01:00:00+01:00".parse::<Target>());
    assert_eq!(Request::of(&consumer(None)), Ok(None));
    let id = r#""id": "2026-01-01T12:00:00Z""#;
    for text in [
        String::new(),
        "earliest".to_owned(),
        format!("{{{id}}}"),
        format!(r#"{{{id}, "to": "yesterday"}}"#),
        format!(r#"{{{id}, "to": "2026-01-01T00:00:00"}}"#),
        format!(r#"{{{id}, "to": "latest", "skipLine": true}}"#),
        r#"{"id": "1", "to": "latest"}"#.to_owned(),
    ] {
        let refusal = Request::of(&consumer(Some(&text))).unwrap_err();
        assert_eq!(refusal.reason, "InvalidSeek", "{text}");
        assert!(refusal.to_string().starts_with("metadata.annotations[kafkapipelines.io/seek]: "), "{refusal}");
    }
}

#[test]
fn only_topics_that_it_reads_can_be_moved() {
    let topics = |names: &[&str]| {
        let topics = names.iter().map(|name| (*name).to_owned()).collect();
        Request { topics, ..request(1) }.topics_of(&consumer(None).spec.topics)
    };
    assert_eq!(topics(&[]), Ok(vec!["a".to_owned(), "b".to_owned()]));
    assert_eq!(topics(&["b"]), Ok(vec!["b".to_owned()]));
    let named = |names: &[&str]| {
        let mut by_pattern = consumer(None);
        (by_pattern.spec.topics, by_pattern.spec.topic_pattern) = (Vec::new(), Some("a.*".to_owned()));
        Request { topics: names.iter().map(|name| (*name).to_owned()).collect(), ..request(1) }.fits(&by_pattern)
    };
    assert_eq!((named(&[]), named(&["a", "ab"])), (Ok(()), Ok(())));
    assert_eq!(named(&["a", "b"]), Err("it does not read b; its topics are a".to_owned()));
    assert_eq!(topics(&["b", "c"]), Err("it does not read c; its topics are a; b".to_owned()));
}

/// Partition, from, to.
type Move = (i32, Option<i64>, i64);

/// What is moved, in the order of partitions. Then lines again, skipped, gone.
fn planned(reset: AutoOffsetReset, to: &Offsets) -> (Vec<Move>, [i64; 3]) {
    let plan = Plan::new(&reading(reset), to);
    let moved = plan.partitions.iter().map(|of| (of.partition, of.from, of.to)).collect();
    (moved, [plan.again, plan.skipped, plan.gone])
}

#[test]
fn a_plan_says_what_is_moved_and_what_that_means_in_lines() {
    use AutoOffsetReset::{Earliest, Latest};
    let (some, none) = (Some, None);
    for (reset, to, moved, lines) in [
        (
            Earliest,
            [10, 10, 10, 20],
            vec![(0, some(40), 10), (1, some(100), 10), (2, none, 10), (3, some(5), 20)],
            [120, 0, 0],
        ),
        (
            Latest,
            [10, 10, 10, 20],
            vec![(0, some(40), 10), (1, some(100), 10), (2, none, 10), (3, some(5), 20)],
            [210, 0, 0],
        ),
        (Earliest, [100; 4], vec![(0, some(40), 100), (2, none, 100), (3, some(5), 100)], [0, 230, 0]),
        (Latest, [100; 4], vec![(0, some(40), 100), (2, none, 100), (3, some(5), 100)], [0, 140, 0]),
        (
            Earliest,
            [50, 50, 50, 50],
            vec![(0, some(40), 50), (1, some(100), 50), (2, none, 50), (3, some(5), 50)],
            [50, 80, 0],
        ),
        (Earliest, [40, 100, -9, -9], vec![(2, none, 10), (3, some(5), 20)], [0, 0, 0]),
        (Earliest, [3, 200, -9, -9], vec![(0, some(40), 10), (2, none, 10), (3, some(5), 20)], [30, 0, 7]),
    ] {
        // -9 leaves it where the group would go on anyway.
        let at: Offsets = offsets(&to.map(|to| if to == -9 { 0 } else { to }));
        let gone = if to.contains(&-9) { lines[2] + 10 + 20 } else { lines[2] };
        assert_eq!(planned(reset, &at), (moved, [lines[0], lines[1], gone]), "{reset:?} {to:?}");
    }
    let plan = Plan::new(&reading(Earliest), &offsets(&[10]));
    assert_eq!(wanted(&plan.partitions), offsets(&[10]), "partitions that are not asked for stay");
    let beyond = Reading { committed: offsets(&[150]), ..reading(Earliest) };
    assert_eq!(Plan::new(&beyond, &offsets(&[100])).again, 0, "the topic was made anew: nothing lies behind its end");
    let deleted_meanwhile = Reading { earliest: offsets(&[120]), ..reading(Earliest) };
    assert_eq!(Plan::new(&deleted_meanwhile, &offsets(&[0])).partitions[0].to, 120);
    let unknown = Offsets::from([(TopicPartition::new("other", 0), 1)]);
    assert_eq!(Plan::new(&reading(Earliest), &unknown), Plan::default());
}

#[test]
fn each_target_is_an_offset_of_each_partition() {
    let reading = reading(AutoOffsetReset::Earliest);
    let loss = |told: &[&str]| LossStatus {
        lines: 1,
        at: k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(now()),
        components: Vec::new(),
        rewind_to: told.iter().map(|told| (*told).to_owned()).collect(),
    };
    let since = offsets(&[41, -1, 50, 20]);
    let offsets_of = |target, loss: Option<&LossStatus>| target::offsets(target, &reading, &since, loss);
    assert_eq!(offsets_of(Target::Earliest, None), Ok(offsets(&[10, 10, 10, 20])));
    assert_eq!(offsets_of(Target::Latest, None), Ok(offsets(&[100; 4])));
    assert_eq!(
        offsets_of(Target::Time(now()), None),
        Ok(offsets(&[41, 100, 50, 20])),
        "where nothing is younger, the end"
    );
    let from_the_first = target::offsets(Target::Time(now()), &reading, &offsets(&[0]), None).unwrap();
    assert_eq!(from_the_first[&TopicPartition::new("a", 0)], 0);
    let told = loss(&["a-0@30", "a-1@101", "nonsense", "a-x@3", "other-0@7"]);
    assert_eq!(offsets_of(Target::Loss, Some(&told)), Ok(offsets(&[30, 100])), "never forward");
    assert!(offsets_of(Target::Loss, None).is_err() && offsets_of(Target::Loss, Some(&loss(&[]))).is_err());
}

#[test]
fn a_loss_that_does_not_name_all_partitions_is_no_target() {
    let full: Vec<String> = (0..MOST_OFFSETS).map(|index| format!("a-{index}@1")).collect();
    let loss = LossStatus {
        lines: 1,
        at: k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(now()),
        components: Vec::new(),
        rewind_to: full,
    };
    for (partitions, is_good) in [(MOST_OFFSETS, true), (MOST_OFFSETS + 1, false)] {
        let (committed, end) = (offsets(&vec![5; partitions]), offsets(&vec![9; partitions]));
        let reading =
            Reading { committed, earliest: offsets(&vec![0; partitions]), end, reset: AutoOffsetReset::Earliest };
        let found = target::offsets(Target::Loss, &reading, &Offsets::new(), Some(&loss));
        assert_eq!(found.is_ok(), is_good, "{partitions}");
    }
}

#[test]
fn what_is_told_names_the_cause_and_fits_into_a_status() {
    let waiting = waits(&recorded(1, SeekPhase::Setting, 0), "waits for a leader");
    let half = half_done(&waiting, "it took too long", now());
    assert_eq!((half.phase, half.finished_at.map(|at| at.0)), (SeekPhase::Failed, Some(now())));
    let message = half.message.unwrap();
    assert!(message.contains("took too long: it waits for a leader; ask for it again"), "{message}");
    let asked = Ok::<_, Refusal>(Some(request(1)));
    let stuck = waits(&recorded(1, SeekPhase::Stopping, 301), "waits for somebody");
    let (object, now) = (consumer(None), now() + SignedDuration::from_millis(700));
    let seen = Seen { consumer: &object, suspended: false, refused: false, members: 2, now };
    let Step::Record(late) = next(&asked, Some(&stuck), &seen) else { panic!("it is late") };
    assert_eq!(late.message.as_deref(), Some("nothing was moved: it took too long: it waits for somebody"));
    assert_eq!(late.finished_at.unwrap().0.subsec_nanosecond(), 0);
    assert!(waits(&waiting, &"long ".repeat(1000)).message.unwrap().len() <= 1024);
}

#[test]
fn what_cannot_be_done_is_told_of_what_is_under_way() {
    let under_way = recorded(1, SeekPhase::Setting, 0);
    let told = |asked: Option<&Request>, under_way| awaiting(asked, under_way, "why").map(|told| (told.id, told.phase));
    let (first, second) = (request(1), request(2));
    assert_eq!(told(Some(&second), Some(&under_way)), Some((first.id.to_string(), SeekPhase::Setting)));
    assert_eq!(told(Some(&second), None), Some((second.id.to_string(), SeekPhase::Pending)));
    assert_eq!(told(None, None), None);
}

fn recorded(second: i64, phase: SeekPhase, age: i64) -> SeekStatus {
    let began = now() - SignedDuration::from_secs(age);
    let started_at = Some(k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(began));
    SeekStatus { id: request(second).id.to_string(), phase, started_at, ..SeekStatus::default() }
}

fn name(step: &Step<'_>) -> String {
    match step {
        Step::Rest => "rest".to_owned(),
        Step::Count(_) => "count".to_owned(),
        Step::Settle(..) => "settle".to_owned(),
        Step::Set(_) => "set".to_owned(),
        Step::Record(status) => format!("{:?}", status.phase),
    }
}

#[test]
fn one_step_follows_the_other_once_it_is_on_record() {
    use SeekPhase::{Done, Failed, Pending, Planned, Setting, Stopping};
    const LATE: i64 = 301;
    const TOO_LATE: i64 = 601;
    let object = consumer(None);
    for (asked, on_record, members, expected) in [
        (Ok(None), None, 2, "rest"),
        (Err(()), None, 2, "rest"),
        (Ok(Some(1)), None, 2, "Stopping"),
        (Ok(Some(1)), Some((1, Pending, 0)), 2, "Stopping"),
        (Ok(None), Some((1, Pending, 0)), 2, "Failed"),
        (Ok(Some(1)), Some((1, Stopping, 0)), 2, "Stopping"),
        (Ok(Some(1)), Some((1, Stopping, 0)), 0, "settle"),
        (Ok(Some(1)), Some((1, Stopping, LATE - 1)), 0, "settle"),
        (Ok(Some(1)), Some((1, Stopping, LATE)), 0, "Failed"),
        (Ok(Some(2)), Some((1, Stopping, 0)), 0, "Failed"),
        (Ok(None), Some((1, Stopping, 0)), 0, "Failed"),
        (Err(()), Some((1, Stopping, 0)), 0, "Failed"),
        (Ok(Some(1)), Some((1, Setting, LATE)), 0, "set"),
        (Ok(Some(2)), Some((1, Setting, 0)), 0, "set"),
        (Err(()), Some((1, Setting, 0)), 0, "set"),
        (Ok(None), Some((1, Setting, 0)), 0, "Failed"),
        (Ok(Some(1)), Some((1, Setting, TOO_LATE)), 0, "Failed"),
        (Ok(Some(1)), Some((1, Done, 0)), 0, "rest"),
        (Ok(Some(1)), Some((1, Failed, 0)), 0, "rest"),
        (Ok(Some(1)), Some((1, Planned, 0)), 0, "rest"),
        (Ok(None), Some((1, Done, 0)), 0, "rest"),
        (Err(()), Some((1, Done, 0)), 0, "rest"),
        (Ok(Some(2)), Some((1, Done, LATE)), 2, "Stopping"),
        (Ok(Some(2)), Some((1, Failed, LATE)), 2, "Stopping"),
    ] {
        let asked = asked.map(|asked: Option<i64>| asked.map(request));
        let on_record = on_record.map(|(id, phase, age)| recorded(id, phase, age));
        let seen = Seen { consumer: &object, suspended: false, refused: false, members, now: now() };
        assert_eq!(name(&next(&asked, on_record.as_ref(), &seen)), expected, "{asked:?} {on_record:?} {members}");
    }
}

#[test]
fn it_does_not_begin_where_members_cannot_be_stopped() {
    let object = consumer(None);
    for (suspended, refused, dry_run, topic, expected) in [
        (true, false, false, "a", "Pending"),
        (false, true, false, "a", "Failed"),
        (true, true, true, "a", "count"),
        (false, false, false, "c", "Failed"),
        (false, false, true, "c", "Failed"),
    ] {
        let asked = Ok::<_, Refusal>(Some(Request { dry_run, topics: vec![topic.to_owned()], ..request(1) }));
        let seen = Seen { consumer: &object, suspended, refused, members: 2, now: now() };
        assert_eq!(name(&next(&asked, None, &seen)), expected, "{suspended} {refused} {dry_run} {topic}");
    }
    let seen = Seen { consumer: &object, suspended: false, refused: false, members: 2, now: now() };
    for (second, dry_run, expected) in [(0, false, "Stopping"), (1, false, "Failed"), (1, true, "Failed")] {
        let to = Target::Time(now() + SignedDuration::from_secs(second));
        let asked = Ok::<_, Refusal>(Some(Request { to, dry_run, ..request(1) }));
        assert_eq!(name(&next(&asked, None, &seen)), expected, "{second} seconds ahead");
    }
}

#[test]
fn what_becomes_of_the_spec_meanwhile_keeps_no_member_stopped() {
    use SeekPhase::{Setting, Stopping};
    let asked = Ok::<_, Refusal>(Some(request(1)));
    for (phase, refused, group, expected) in [
        (Stopping, false, "drain", "settle"),
        (Stopping, true, "drain", "Failed: nothing was moved: the spec"),
        (Stopping, false, "other", "Failed: nothing was moved: spec.groupId"),
        (Setting, false, "drain", "set"),
        (Setting, true, "drain", "set"),
        (Setting, false, "other", "Failed: some offsets may have been moved: spec.groupId"),
    ] {
        let mut object = consumer(None);
        object.spec.group_id = Some(group.to_owned());
        let on_record = SeekStatus { group: Some("drain".to_owned()), ..recorded(1, phase, 0) };
        let seen = Seen { consumer: &object, suspended: false, refused, members: 0, now: now() };
        let step = next(&asked, Some(&on_record), &seen);
        let told = match &step {
            Step::Record(status) => format!("{}: {}", name(&step), status.message.as_deref().unwrap_or_default()),
            _ => name(&step),
        };
        assert!(told.starts_with(expected), "{phase:?} {refused} {group}: {told}");
    }
}

#[test]
fn the_group_is_on_record_before_its_members_stop() {
    let object = consumer(None);
    let seen = Seen { consumer: &object, suspended: false, refused: false, members: 2, now: now() };
    let asked = Ok::<_, Refusal>(Some(request(1)));
    let Step::Record(status) = next(&asked, None, &seen) else { panic!("it begins") };
    assert_eq!((status.group.as_deref(), status.started_at.map(|at| at.0)), (Some("drain"), Some(now())));
}

#[test]
fn members_are_held_while_it_is_on_record_that_they_stop() {
    use SeekPhase::{Done, Failed, Pending, Planned, Setting, Stopping};
    let is_held = |phase| held(Some(&recorded(1, phase, 0))).is_some();
    assert!([Stopping, Setting].into_iter().all(is_held));
    assert!(![Pending, Done, Failed, Planned].into_iter().any(is_held) && held(None).is_none());
}

#[test]
fn a_step_is_on_record_with_its_phase_whatever_it_waits_for() {
    let told = recorded(1, SeekPhase::Setting, 0);
    let waiting = SeekStatus { message: Some("waits".to_owned()), ..told.clone() };
    assert!(is_same_step(&told, Some(&waiting)));
    for other in [recorded(2, SeekPhase::Setting, 0), recorded(1, SeekPhase::Stopping, 0)] {
        assert!(!is_same_step(&told, Some(&other)), "{other:?}");
    }
    assert!(!is_same_step(&told, None));
}

#[test]
fn what_is_settled_is_a_plan_an_end_or_what_is_set_next() {
    let reading = reading(AutoOffsetReset::Earliest);
    let (back, skip, nowhere) = (offsets(&[10]), offsets(&[90]), offsets(&[40]));
    for (to, dry_run, skip_lines, phase, partitions, lines) in [
        (&back, false, false, SeekPhase::Setting, 1, (30, 0)),
        (&back, true, false, SeekPhase::Planned, 1, (30, 0)),
        (&skip, true, false, SeekPhase::Planned, 1, (0, 50)),
        (&skip, false, false, SeekPhase::Failed, 0, (0, 50)),
        (&skip, false, true, SeekPhase::Setting, 1, (0, 50)),
        (&nowhere, false, false, SeekPhase::Done, 0, (0, 0)),
    ] {
        let asked = Request { dry_run, skip_lines, ..request(1) };
        let status = settled(&asked, &recorded(1, SeekPhase::Stopping, 9), Plan::new(&reading, to), now());
        let told = (status.phase, status.partitions.len(), (status.lines_again, status.lines_skipped));
        assert_eq!(told, (phase, partitions, lines), "{status:?}");
        assert_eq!(status.finished_at.is_some(), phase.is_final());
    }
    let gone = settled(&request(1), &recorded(1, SeekPhase::Stopping, 9), Plan::new(&reading, &offsets(&[3])), now());
    assert_eq!(gone.message.as_deref(), Some("7 lines are gone: Kafka has deleted them"));
    let many: Vec<i64> = vec![0; 1001];
    let all = Reading {
        committed: offsets(&vec![5; 1001]),
        earliest: offsets(&many),
        end: offsets(&vec![9; 1001]),
        ..reading
    };
    let status = settled(&request(1), &recorded(1, SeekPhase::Stopping, 9), Plan::new(&all, &offsets(&many)), now());
    assert_eq!((status.phase, status.partitions.len()), (SeekPhase::Failed, 0));
}
