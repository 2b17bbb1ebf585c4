use std::collections::{BTreeMap, BTreeSet};

use kafkapipelines_crds::DeletionPolicy;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::*;
use crate::cluster::configs::{Change, Changes, Resource};

/// A double of Kafka: it does what a plan says, as far as Kafka would.
#[derive(Clone, Debug, Default, PartialEq)]
struct Kafka {
    topics: BTreeMap<String, Topic>,
    settings: BTreeMap<String, Own>,
    moves: BTreeMap<TopicPartition, Ongoing>,
    brokers: Brokers,
    rates: BTreeSet<i32>,
}

impl Kafka {
    fn actual(&self) -> Actual<'_> {
        let Self { topics, settings, moves, brokers, .. } = self;
        Actual { topics, settings: settings.clone(), moves, brokers: brokers.clone() }
    }

    fn apply(&mut self, plan: &Plan) {
        plan.create.iter().for_each(|topic| self.create(topic));
        for (name, total) in &plan.grow {
            let topic = self.topics.get_mut(name).unwrap();
            let first = topic.partitions[0].clone();
            assert!(*total > i32::try_from(topic.partitions.len()).unwrap(), "Kafka takes no partition away");
            let from = i32::try_from(topic.partitions.len()).unwrap();
            topic.partitions.extend((from..*total).map(|index| Partition { index, ..first.clone() }));
        }
        self.alter(&plan.settings);
        if plan.throttle == Throttle::Off {
            self.rates.clear();
        }
        self.alter(&plan.marks);
        if let Throttle::On(brokers) = &plan.throttle {
            self.rates.extend(brokers);
        }
        plan.moves.iter().for_each(|(key, reassignment)| self.reassign(key, reassignment));
        for name in &plan.delete {
            self.topics.remove(name).unwrap();
            self.settings.remove(name);
        }
    }

    fn create(&mut self, new: &NewTopic) {
        let Layout::Spread { partitions, replicas } = new.layout else { panic!("{new:?}") };
        let (partitions, replicas) =
            (if partitions < 0 { 1 } else { partitions }, if replicas < 0 { 1 } else { replicas });
        let brokers: Vec<_> = self.brokers.keys().copied().take(usize::try_from(replicas).unwrap()).collect();
        assert!(!self.topics.contains_key(&new.name), "it is there already");
        self.topics.insert(new.name.clone(), topic(&vec![brokers; usize::try_from(partitions).unwrap()]));
        let own = new.configs.iter().map(|(key, value)| (key.clone(), Some(value.clone())));
        self.settings.insert(new.name.clone(), own.collect());
    }

    fn alter(&mut self, changes: &Changes) {
        for (resource, changes) in changes {
            let Resource::Topic(name) = resource else { panic!("{resource:?}") };
            let own = self.settings.entry(name.clone()).or_default();
            for (key, change) in changes {
                match change {
                    Change::Set(value) => drop(own.insert(key.clone(), Some(value.clone()))),
                    Change::Delete => assert!(own.remove(key).is_some(), "{key} is not set"),
                    other => panic!("{other:?}"),
                }
            }
        }
    }

    fn reassign(&mut self, key: &TopicPartition, reassignment: &Reassignment) {
        let Reassignment::To(to) = reassignment else { panic!("{reassignment:?}") };
        let before = self.partition(key).clone();
        let adding: Vec<_> = to.iter().filter(|id| !before.replicas.contains(id)).copied().collect();
        let removing: Vec<_> = before.replicas.iter().filter(|id| !to.contains(id)).copied().collect();
        assert!(to.contains(&before.leader.unwrap()), "the leader stays");
        self.assert_rack_aware(&before.replicas, to);
        let replicas = to.iter().chain(&removing).copied().collect::<Vec<_>>();
        let own = &self.settings[&key.topic];
        for id in &adding {
            let mark = own[MARKS[1]].as_ref().unwrap();
            assert!(mark.split(',').any(|pair| pair == format!("{}:{id}", key.partition)), "{id} is throttled: {mark}");
            assert!(self.rates.contains(id), "{id} has a rate");
        }
        self.partition(key).replicas.clone_from(&replicas);
        self.moves.insert(key.clone(), Ongoing { replicas, adding, removing });
    }

    /// New replicas go to racks that have none, as long as there are such racks.
    fn assert_rack_aware(&self, before: &[i32], after: &[i32]) {
        let racks = |ids: &[i32]| ids.iter().map(|id| &self.brokers[id]).collect::<BTreeSet<_>>().len();
        let all = self.brokers.values().collect::<BTreeSet<_>>().len();
        if after.len() > before.len() {
            assert_eq!(racks(after), all.min(racks(before) + after.len() - before.len()), "{before:?} {after:?}");
        }
    }

    fn partition(&mut self, key: &TopicPartition) -> &mut Partition {
        let index = usize::try_from(key.partition).unwrap();
        &mut self.topics.get_mut(&key.topic).unwrap().partitions[index]
    }

    /// Those moves end for whose partitions it holds; what is still copied is throttled.
    fn catch_up(&mut self, ends: impl Fn(i32) -> bool) {
        for (key, ongoing) in std::mem::take(&mut self.moves) {
            if !self.topics.contains_key(&key.topic) {
                continue;
            }
            if !ends(key.partition) {
                assert!(ongoing.adding.iter().all(|id| self.rates.contains(id)), "{key:?} {ongoing:?}");
                self.moves.insert(key, ongoing);
                continue;
            }
            let partition = self.partition(&key);
            partition.replicas.retain(|id| !ongoing.removing.contains(id));
            partition.in_sync.clone_from(&partition.replicas);
        }
    }

    /// Whether the topics are as they are to be, with nothing left over of the way there.
    fn is(&self, desired: &Desired) -> bool {
        desired.iter().all(|(name, wanted)| {
            let topic = &self.topics[name];
            let partitions = i32::try_from(topic.partitions.len()).unwrap();
            let settings: BTreeMap<_, _> =
                self.settings[name].iter().map(|(key, value)| (key.clone(), value.clone().unwrap())).collect();
            wanted.partitions.is_none_or(|wanted| partitions >= wanted)
                && topic.partitions.iter().all(|partition| {
                    wanted.replicas.is_none_or(|wanted| partition.replicas.len() == usize::try_from(wanted).unwrap())
                })
                && settings == wanted.settings
        }) && self.rates.is_empty()
    }
}

fn topic(partitions: &[Vec<i32>]) -> Topic {
    let partition = |(index, replicas): (i32, &Vec<i32>)| Partition {
        index,
        leader: replicas.first().copied(),
        replicas: replicas.clone(),
        in_sync: replicas.clone(),
        offline: vec![],
    };
    Topic { id: None, internal: false, partitions: (0..).zip(partitions).map(partition).collect() }
}

fn names() -> impl Strategy<Value = &'static str> {
    select(vec!["audit", "logs", "metrics", "traces"])
}

fn values() -> impl Strategy<Value = BTreeMap<String, String>> {
    let key = select(vec!["retention.ms", "cleanup.policy", "segment.ms"]).prop_map(str::to_owned);
    proptest::collection::btree_map(key, select(vec!["1", "2"]).prop_map(str::to_owned), 0..3)
}

fn desired_topics(most: i16) -> impl Strategy<Value = Desired> {
    let policy = select(vec![DeletionPolicy::Retain, DeletionPolicy::Delete]);
    let wanted = (proptest::option::of(1..30_i32), proptest::option::of(1..=most), values(), policy);
    let wanted = wanted.prop_map(|(partitions, replicas, settings, deletion)| DesiredTopic {
        partitions,
        replicas,
        settings,
        deletion,
    });
    proptest::collection::btree_map(names().prop_map(str::to_owned), wanted, 0..4)
}

fn kafka(brokers: &Brokers) -> impl Strategy<Value = Kafka> + use<> {
    let ids: Vec<_> = brokers.keys().copied().collect();
    let count = ids.len();
    let replicas = subsequence(ids, 1..=count).prop_shuffle();
    let topic = (proptest::collection::vec(replicas, 1..20), values());
    let brokers = brokers.clone();
    proptest::collection::btree_map(names().prop_map(str::to_owned), topic, 0..4).prop_map(move |there| {
        let settings = |values: BTreeMap<_, _>| values.into_iter().map(|(key, value)| (key, Some(value))).collect();
        let mut kafka = Kafka { brokers: brokers.clone(), ..Kafka::default() };
        for (name, (partitions, values)) in there {
            kafka.topics.insert(name.clone(), super::tests::topic(&partitions));
            kafka.settings.insert(name, settings(values));
        }
        kafka
    })
}

fn racks() -> impl Strategy<Value = Brokers> {
    let rack = select(vec![None, Some("a"), Some("b"), Some("c")]).prop_map(|rack| rack.map(str::to_owned));
    proptest::collection::vec(rack, 1..7).prop_map(|racks| (0..).zip(racks).collect())
}

fn cases() -> impl Strategy<Value = (Kafka, Desired, Vec<String>)> {
    racks().prop_flat_map(|brokers| {
        let most = i16::try_from(brokers.len()).unwrap();
        let recorded = subsequence(vec!["audit".to_owned(), "logs".into(), "traces".into()], 0..3);
        (kafka(&brokers), desired_topics(most), recorded)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_plan_makes_what_is_desired_and_then_there_is_nothing_left_to_do(
        (mut kafka, desired, recorded) in cases(),
        // After so many steps of each plan the operator is killed.
        steps in proptest::collection::vec(0..10_usize, 64),
    ) {
        let before = kafka.clone();
        let removal = Removal { recorded: &recorded, used: BTreeMap::new() };
        let mut turns = 0;
        loop {
            let plan = plan(&desired, &kafka.actual(), &removal);
            if plan.is_empty() && kafka.moves.is_empty() {
                break;
            }
            kafka.apply(&cut(plan, steps.get(turns).copied().unwrap_or(usize::MAX)));
            prop_assert!(kafka.moves.values().filter(|ongoing| !ongoing.adding.is_empty()).count() <= 10);
            turns += 1;
            kafka.catch_up(|partition| usize::try_from(partition).unwrap() % 3 == turns % 3);
            prop_assert!(turns < 500, "it never ends");
        }
        prop_assert!(kafka.is(&desired), "{kafka:#?}");
        for (name, topic) in &before.topics {
            if desired.contains_key(name) {
                continue;
            }
            prop_assert_eq!(kafka.topics.get(name), Some(topic).filter(|_| !recorded.contains(name)), "{}", name);
        }
    }
}

/// The first steps of a plan.
fn cut(mut plan: Plan, steps: usize) -> Plan {
    let (marks, throttle) = if plan.throttle == Throttle::Off { (5, 4) } else { (4, 5) };
    let later = |step: usize| step > steps;
    plan.create.retain(|_| !later(1));
    plan.grow.retain(|_, _| !later(2));
    plan.settings.retain(|_, _| !later(3));
    plan.marks.retain(|_, _| !later(marks));
    plan.throttle = if later(throttle) { Throttle::Keep } else { plan.throttle };
    plan.moves.retain(|_, _| !later(6));
    plan.delete.retain(|_| !later(7));
    plan
}

fn wanted(partitions: i32, replicas: i16) -> DesiredTopic {
    DesiredTopic { partitions: Some(partitions), replicas: Some(replicas), ..DesiredTopic::default() }
}

fn of(name: &str, wanted: DesiredTopic) -> Desired {
    [(name.to_owned(), wanted)].into()
}

fn three_brokers() -> Brokers {
    (0..3).map(|id| (id, None)).collect()
}

fn with(name: &str, partitions: &[Vec<i32>]) -> Kafka {
    Kafka {
        topics: [(name.to_owned(), topic(partitions))].into(),
        settings: [(name.to_owned(), Own::new())].into(),
        brokers: three_brokers(),
        ..Kafka::default()
    }
}

fn plan_of(desired: &Desired, kafka: &Kafka) -> Plan {
    plan(desired, &kafka.actual(), &Removal::default())
}

#[test]
fn one_setting_of_one_of_a_thousand_topics_is_one_change() {
    let names = (0..1000).map(|index| format!("topic-{index:04}"));
    let setting = |value: &str| BTreeMap::from([("retention.ms".to_owned(), value.to_owned())]);
    let mut desired: Desired =
        names.map(|name| (name, DesiredTopic { settings: setting("1"), ..wanted(1, 1) })).collect();
    let mut kafka = Kafka { brokers: three_brokers(), ..Kafka::default() };
    let first = plan_of(&desired, &kafka);
    assert_eq!(first.create.len(), 1000);
    kafka.apply(&first);
    assert!(plan_of(&desired, &kafka).is_empty());
    desired.get_mut("topic-0500").unwrap().settings = setting("2");
    let change = BTreeMap::from([("retention.ms".to_owned(), Change::Set("2".to_owned()))]);
    let expected = Plan { settings: [(Resource::Topic("topic-0500".to_owned()), change)].into(), ..Plan::default() };
    assert_eq!(plan_of(&desired, &kafka), expected);
}

#[test]
fn partitions_are_never_taken_away_and_the_rest_is_carried_out() {
    let kafka = with("logs", &vec![vec![0]; 12]);
    let settings = BTreeMap::from([("retention.ms".to_owned(), "1".to_owned())]);
    let plan = plan_of(&of("logs", DesiredTopic { settings, ..wanted(6, 1) }), &kafka);
    assert_eq!((plan.grow.len(), plan.settings.len()), (0, 1));
    let problem = &plan.problems["logs"];
    assert_eq!(problem.reason, "PartitionsDecreaseRefused");
    assert!(problem.message.contains("set partitions to 12"), "{}", problem.message);
}

#[test]
fn a_few_partitions_are_copied_at_a_time_and_marked_before() {
    let mut kafka = with("logs", &vec![vec![0]; 12]);
    let desired = of("logs", wanted(12, 3));
    let plan = plan_of(&desired, &kafka);
    assert_eq!((plan.moves.len(), &plan.problems["logs"].message[..]), (10, "0 of 12 partitions have 3 replicas"));
    assert_eq!(plan.throttle, Throttle::On([0, 1, 2].into()));
    kafka.apply(&plan);
    let waiting = plan_of(&desired, &kafka);
    assert!(waiting.is_empty() && waiting.problems.contains_key("logs"), "{waiting:?}");
    kafka.catch_up(|_| true);
    let rest = plan_of(&desired, &kafka);
    assert_eq!((rest.moves.len(), &rest.problems["logs"].message[..]), (2, "10 of 12 partitions have 3 replicas"));
}

#[test]
fn what_is_left_of_a_throttle_goes_and_that_of_a_move_stays() {
    let mut kafka = with("logs", &[vec![0, 1]]);
    let desired = of("logs", wanted(1, 2));
    kafka.settings.insert("logs".into(), [(MARKS[1].to_owned(), Some("0:1".to_owned()))].into());
    let plan = plan_of(&desired, &kafka);
    let unmark = BTreeMap::from([(MARKS[1].to_owned(), Change::Delete)]);
    let marks: Changes = [(Resource::Topic("logs".to_owned()), unmark)].into();
    assert_eq!(plan, Plan { marks, throttle: Throttle::Off, ..Plan::default() });
    let ongoing = Ongoing { replicas: vec![0, 1], adding: vec![1], removing: vec![] };
    kafka.moves.insert(TopicPartition::new("logs", 0), ongoing);
    assert!(plan_of(&desired, &kafka).is_empty());
}

#[test]
fn brokers_keep_their_rate_until_the_last_topic_has_moved() {
    let mut kafka = with("audit", &[vec![0, 1]]);
    kafka.topics.insert("logs".to_owned(), topic(&[vec![0, 1]]));
    let marked: Own = [(MARKS[1].to_owned(), Some("0:1".to_owned()))].into();
    kafka.settings = ["audit", "logs"].map(|name| (name.to_owned(), marked.clone())).into();
    kafka
        .moves
        .insert(TopicPartition::new("logs", 0), Ongoing { replicas: vec![0, 1], adding: vec![1], removing: vec![] });
    let desired = ["audit", "logs"].map(|name| (name.to_owned(), wanted(1, 2))).into();
    let plan = plan_of(&desired, &kafka);
    assert_eq!((plan.marks.len(), plan.throttle), (1, Throttle::Keep), "audit is not marked any more");
    kafka.moves.clear();
    let plan = plan_of(&desired, &kafka);
    assert_eq!((plan.marks.len(), plan.throttle), (2, Throttle::Off));
}

#[test]
fn what_goes_on_is_not_begun_again() {
    let mut kafka = with("logs", &[vec![0, 1, 2]]);
    let shrinking = Ongoing { replicas: vec![0, 1, 2], adding: vec![], removing: vec![2] };
    kafka.moves.insert(TopicPartition::new("logs", 0), shrinking);
    let plan = plan_of(&of("logs", wanted(1, 2)), &kafka);
    assert!(plan.is_empty() && plan.problems.contains_key("logs"), "{plan:?}");
}

#[test]
fn a_change_of_mind_is_followed_while_partitions_move() {
    let mut kafka = with("logs", &[vec![0, 1, 2]]);
    let ongoing = Ongoing { replicas: vec![0, 1, 2], adding: vec![1, 2], removing: vec![] };
    kafka.moves.insert(TopicPartition::new("logs", 0), ongoing);
    kafka.topics.get_mut("logs").unwrap().partitions[0].in_sync = vec![0];
    let back = plan_of(&of("logs", wanted(1, 1)), &kafka);
    assert_eq!(back.moves[&TopicPartition::new("logs", 0)], Reassignment::To(vec![0]));
    assert_eq!(back.throttle, Throttle::Keep, "nothing is copied");
}

#[test]
fn too_few_brokers_and_a_partition_without_a_leader_wait() {
    let mut kafka = with("logs", &[vec![0]]);
    let problem = |kafka: &Kafka, replicas| plan_of(&of("logs", wanted(1, replicas)), kafka).problems["logs"].clone();
    assert_eq!(problem(&kafka, 4).reason, "NotEnoughBrokers");
    kafka.topics.get_mut("logs").unwrap().partitions[0].leader = None;
    let plan = plan_of(&of("logs", wanted(1, 2)), &kafka);
    assert!(plan.is_empty());
    assert_eq!(problem(&kafka, 2).reason, "Reassigning");
}

#[test]
fn only_recorded_topics_are_deleted_and_none_that_is_used_or_kafkas_own() {
    let there = ["recorded", "used", "stranger", "listed", "__consumer_offsets", "internal"];
    let mut kafka = Kafka { brokers: three_brokers(), ..Kafka::default() };
    kafka.topics = there.iter().map(|name| ((*name).to_owned(), topic(&[vec![0]]))).collect();
    kafka.topics.get_mut("internal").unwrap().internal = true;
    let recorded = ["recorded", "used", "listed", "__consumer_offsets", "internal", "gone"].map(str::to_owned);
    let removal = Removal { recorded: &recorded, used: [("used", "reader".to_owned())].into() };
    let desired = of("listed", DesiredTopic::default());
    let plan = plan(&desired, &kafka.actual(), &removal);
    assert_eq!(plan.delete, ["recorded"]);
    assert_eq!(plan.problems.keys().collect::<Vec<_>>(), ["used"]);
    assert!(plan.problems["used"].message.contains("Consumer reader"));
    // What is retained again leaves the list; what waits stays on it until it is gone.
    assert_eq!(removal.record(&desired, &kafka.topics), ["recorded", "used"]);
    let deletable = of("listed", DesiredTopic { deletion: DeletionPolicy::Delete, ..DesiredTopic::default() });
    assert_eq!(removal.record(&deletable, &kafka.topics), ["listed", "recorded", "used"]);
}

#[test]
fn a_status_counts_what_is_as_it_should_be() {
    let desired: Desired = ["a", "b", "c"].map(|name| (name.to_owned(), DesiredTopic::default())).into();
    let said = |problems: &[&str], pending: &[&str]| {
        let problem = |name: &&str| {
            let problem = Problem { reason: "PartitionsDecreaseRefused", message: "no".to_owned() };
            ((*name).to_owned(), problem)
        };
        let problems = problems.iter().map(problem).collect();
        let status = status(&desired, &problems, &pending.iter().map(|name| (*name).to_owned()).collect(), vec![]);
        let finding = finding(&status).unwrap();
        (status.ready, finding.reason, finding.message)
    };
    assert_eq!(said(&[], &[]), (3, "AllTopicsReady".into(), "3 topics are as the spec says".into()));
    assert_eq!(said(&[], &["b"]).1, "TopicsPending");
    assert_eq!(said(&["a"], &["b"]), (1, "PartitionsDecreaseRefused".into(), "a: no".into()));
    let none = status(&Desired::new(), &BTreeMap::new(), &BTreeSet::new(), vec![]);
    assert_eq!(finding(&none), None);
}
