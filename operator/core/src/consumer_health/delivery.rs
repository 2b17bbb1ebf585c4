//! Whether stores take lines. One that does not loses nothing: its lines wait in Kafka.

use std::collections::{BTreeMap, BTreeSet};

use super::counters::SinkCounters;
use crate::conditions::{self, DELIVERING, Finding};
use crate::vector::ids::DEAD_LETTERS;

/// Looks at which nothing went out before a store that says nothing is called silent: one request may take long.
const SILENT_AFTER: u32 = 2;
/// Looks at each of which some requests failed before it is told though others go through.
const PART_AFTER: u32 = 4;
/// Looks without any answer or error after which what was said before counts no more: longer than a request, and the pause before the next.
const MUTE_AFTER: u32 = 6;
/// Sinks that a message names.
const SHOWN: usize = 3;
/// Characters of a store's answer that are shown.
const ANSWER: usize = 200;

/// Why a sink does not get rid of its lines.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Trouble {
    /// The store answers with this status code.
    Refuses(u16),
    /// There is no connection, or it breaks.
    Unreachable,
    /// There is no answer.
    Silent,
}

/// How the requests of one sink of one member went, look by look.
#[derive(Clone, Debug, Default)]
pub struct Course {
    still: u32,
    refused: u32,
    failed: u32,
    mute: u32,
    trouble: Option<Trouble>,
}

impl Course {
    /// Takes note of what a sink counted since the last look; what is wrong with it, if anything is.
    pub fn note(&mut self, since: &SinkCounters) -> Option<Trouble> {
        let lasts = |so_long: u32, is_so: bool| if is_so { so_long.saturating_add(1) } else { 0 };
        let code = since.refused.iter().max_by_key(|(_, count)| **count).map(|(code, _)| *code);
        self.still = lasts(self.still, since.sent == 0 && since.waiting > 0);
        self.refused = lasts(self.refused, code.is_some());
        self.failed = lasts(self.failed, since.failed > 0);
        self.mute = lasts(self.mute, code.is_none() && since.failed == 0);
        let threshold = if self.still > 0 { 1 } else { PART_AFTER };
        let seen = match code {
            Some(code) if self.refused >= threshold => Some(Trouble::Refuses(code)),
            _ if self.failed >= threshold => Some(Trouble::Unreachable),
            _ if self.still == 0 => None,
            // Between two tries nothing new is counted.
            _ if self.trouble.is_some() && self.mute < MUTE_AFTER => self.trouble.clone(),
            _ => (self.still >= SILENT_AFTER).then_some(Trouble::Silent),
        };
        self.trouble.clone_from(&seen);
        seen
    }

    /// Whether it stands still, and it takes another look to say that something is wrong.
    pub fn is_undecided(&self) -> bool {
        self.still > 0 && self.trouble.is_none()
    }
}

/// What a store said to the operator's own request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The beginning of what it said, in one line.
    pub text: String,
}

impl Answer {
    /// An answer with this body.
    pub fn new(status: u16, body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
        Self { status, text: words.collect::<Vec<_>>().join(" ").chars().take(ANSWER).collect() }
    }
}

/// What is wrong, by sink.
pub type Troubles = BTreeMap<String, BTreeSet<Trouble>>;

/// The group has read everything: a store without a word was not asked for any.
pub fn nothing_waits(troubles: &mut Troubles) {
    for of in troubles.values_mut() {
        of.remove(&Trouble::Silent);
    }
}

/// Whether all sinks take lines. `answers` are what stores said when they were asked.
pub fn finding(troubles: &Troubles, answers: &BTreeMap<String, Answer>) -> Finding {
    let worst = |(sink, troubles): (&String, &BTreeSet<Trouble>)| Some((sink.clone(), troubles.first()?.clone()));
    let blocked: Vec<_> = troubles.iter().filter_map(worst).collect();
    let Some((first, trouble)) = blocked.first() else {
        return Finding::new(DELIVERING, true, "Delivering", "no store refuses lines, or is silent");
    };
    let reason = match trouble {
        _ if first == DEAD_LETTERS => "DeadLettersWait",
        Trouble::Refuses(_) => "StoreRefuses",
        Trouble::Unreachable => "StoreUnreachable",
        Trouble::Silent => "StoreSilent",
    };
    let told: Vec<_> = blocked.iter().map(|(sink, trouble)| sentence(sink, trouble, answers.get(sink))).collect();
    let message = format!(
        "{}; nothing is lost: the lines wait in Kafka, and are tried again until they are taken",
        conditions::sentence(told.iter(), SHOWN)
    );
    Finding::new(DELIVERING, false, reason, message)
}

fn sentence(sink: &str, trouble: &Trouble, answer: Option<&Answer>) -> String {
    if sink == DEAD_LETTERS {
        return "Kafka does not take dead letters".to_owned();
    }
    match (trouble, answer) {
        (Trouble::Refuses(code), Some(answer)) if answer.status == *code => {
            told(&format!("{sink} answers {code}"), answer)
        }
        (Trouble::Refuses(code), Some(answer)) => {
            told(&format!("{sink} answers {code}, and to a request without lines {}", answer.status), answer)
        }
        (Trouble::Refuses(code), None) => format!("{sink} answers {code}"),
        (Trouble::Unreachable, _) => format!("{sink} cannot be reached"),
        (Trouble::Silent, _) => format!("{sink} does not answer"),
    }
}

fn told(what: &str, answer: &Answer) -> String {
    if answer.text.is_empty() { what.to_owned() } else { format!("{what}: {}", answer.text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(sent: u64, refused: &[(u16, u64)], failed: u64, waiting: u64) -> SinkCounters {
        SinkCounters { sent, refused: refused.iter().copied().collect(), failed, waiting }
    }

    fn course(looks: &[SinkCounters]) -> Vec<Option<Trouble>> {
        let mut course = Course::default();
        looks.iter().map(|look| course.note(look)).collect()
    }

    #[test]
    fn a_sink_that_stands_still_is_told_with_the_reason() {
        let (answered_429, failed, still) =
            (counted(0, &[(503, 2), (429, 5)], 0, 500), counted(0, &[], 3, 500), counted(0, &[], 0, 500));
        let (flows, idle) = (counted(90, &[], 0, 200), counted(0, &[], 0, 0));
        let (refuses, unreachable, silent) =
            (Some(Trouble::Refuses(429)), Some(Trouble::Unreachable), Some(Trouble::Silent));
        for (looks, expected) in [
            (vec![&flows, &answered_429, &still, &flows], vec![None, refuses.clone(), refuses.clone(), None]),
            (vec![&failed, &still, &answered_429], vec![unreachable.clone(), unreachable.clone(), refuses.clone()]),
            (vec![&still, &still, &still, &flows, &still], vec![None, silent.clone(), silent.clone(), None, None]),
            (vec![&idle, &idle, &idle], vec![None, None, None]),
            (
                [vec![&answered_429], vec![&still; 7]].concat(),
                [vec![refuses.clone(); 6], vec![silent.clone(); 2]].concat(),
            ),
        ] {
            let looks: Vec<_> = looks.into_iter().cloned().collect();
            assert_eq!(course(&looks), expected);
        }
    }

    #[test]
    fn a_request_that_is_refused_again_and_again_is_told_though_others_go_through() {
        let look = counted(90, &[(400, 2)], 0, 500);
        let looks = vec![look; 5];
        assert_eq!(course(&looks), [None, None, None, Some(Trouble::Refuses(400)), Some(Trouble::Refuses(400))]);
        let passing = [counted(90, &[(500, 1)], 0, 0), counted(90, &[], 0, 0)];
        assert_eq!(course(&[passing.clone(), passing.clone(), passing].concat()), [const { None }; 6]);
    }

    #[test]
    fn an_answer_is_one_short_line() {
        let answer = Answer::new(503, b"  disk\tis\r\n\0full \xff\n");
        assert_eq!(answer.text, "disk is full \u{fffd}");
        assert_eq!(Answer::new(500, "ä".repeat(999).as_bytes()).text.chars().count(), 200);
    }

    #[test]
    fn silence_is_no_trouble_where_nothing_waits() {
        let of = |troubles: &[Trouble]| Troubles::from([("store".to_owned(), troubles.iter().cloned().collect())]);
        let mut troubles = of(&[Trouble::Silent]);
        nothing_waits(&mut troubles);
        assert_eq!(finding(&troubles, &BTreeMap::new()).reason, "Delivering");
        let mut troubles = of(&[Trouble::Silent, Trouble::Refuses(401)]);
        nothing_waits(&mut troubles);
        assert_eq!(finding(&troubles, &BTreeMap::new()).reason, "StoreRefuses");
    }

    #[test]
    fn what_blocks_is_told_with_the_stores_own_answer() {
        let said = |sink: &str, trouble: &Trouble, answer: Option<Answer>| {
            let troubles = Troubles::from([(sink.to_owned(), BTreeSet::from([Trouble::Silent, trouble.clone()]))]);
            let answers = answer.map(|answer| (sink.to_owned(), answer)).into_iter().collect();
            let Finding { reason, message, .. } = finding(&troubles, &answers);
            format!("{reason}: {}", message.split("; nothing").next().unwrap())
        };
        let full = || Some(Answer::new(503, b"disk full"));
        for (sink, trouble, answer, expected) in [
            ("store", Trouble::Refuses(503), full(), "StoreRefuses: store answers 503: disk full"),
            (
                "store",
                Trouble::Refuses(400),
                full(),
                "StoreRefuses: store answers 400, and to a request without lines 503: disk full",
            ),
            ("store", Trouble::Refuses(401), None, "StoreRefuses: store answers 401"),
            ("store", Trouble::Refuses(401), Some(Answer::new(401, b"")), "StoreRefuses: store answers 401"),
            ("store", Trouble::Unreachable, None, "StoreUnreachable: store cannot be reached"),
            ("store", Trouble::Silent, full(), "StoreSilent: store does not answer"),
            (DEAD_LETTERS, Trouble::Silent, None, "DeadLettersWait: Kafka does not take dead letters"),
        ] {
            assert_eq!(said(sink, &trouble, answer), expected);
        }
        assert_eq!(finding(&Troubles::new(), &BTreeMap::new()).reason, "Delivering");
        assert_eq!(
            finding(&Troubles::from([("store".to_owned(), BTreeSet::new())]), &BTreeMap::new()).reason,
            "Delivering"
        );
    }
}
