//! Verdicts that may take long: each question is judged once, and nobody waits for an answer without end.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use sha2::{Digest, Sha256};

/// How long one call waits. A program of 64 KiB as people write them takes a fraction of a second.
const PATIENCE: Duration = Duration::from_secs(5);
/// Room for the deepest program that is compiled. What is not touched costs nothing.
const STACK_BYTES: usize = 64 << 20;
/// Verdicts that are remembered.
const REMEMBERED: usize = 1000;

type Hash = [u8; 32];
/// What a judge said; nothing where it panicked.
type Said<V> = Option<V>;

/// What is known of questions of one kind.
pub(super) struct Verdicts<V> {
    /// By the hash of the question; nothing while it is being judged.
    known: Mutex<BTreeMap<Hash, Option<Said<V>>>>,
    judged: Condvar,
}

/// Why there is no verdict.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Unsaid {
    /// The judge goes on, and a later call gets its verdict.
    TooSlow,
    /// The judge panicked.
    Panicked,
}

impl<V: Clone + Send + 'static> Verdicts<V> {
    pub(super) const fn new() -> Self {
        Self { known: Mutex::new(BTreeMap::new()), judged: Condvar::new() }
    }

    /// What `judge` says of a question. Where no thread can be had, it panics: that is no mistake of the question.
    pub(super) fn of(&'static self, question: &str, judge: fn(&str) -> V) -> Result<V, Unsaid> {
        let hash = Sha256::digest(question).into();
        let mut known = self.known();
        if !known.contains_key(&hash) {
            if known.len() >= REMEMBERED {
                known.retain(|_, verdict| verdict.is_none());
            }
            self.start(hash, question.to_owned(), judge);
            known.insert(hash, None);
        }
        let unsaid = |known: &mut BTreeMap<_, Option<_>>| known.get(&hash).is_some_and(Option::is_none);
        let waited = self.judged.wait_timeout_while(known, PATIENCE, unsaid);
        let (known, _) = waited.unwrap_or_else(PoisonError::into_inner);
        match known.get(&hash) {
            Some(Some(said)) => said.clone().ok_or(Unsaid::Panicked),
            _ => Err(Unsaid::TooSlow),
        }
    }

    /// Judges on a thread of its own, for the sake of its stack. A judge that panics takes nothing else with it.
    fn start(&'static self, hash: Hash, question: String, judge: fn(&str) -> V) {
        let work = move || {
            let said = catch_unwind(AssertUnwindSafe(|| judge(&question))).ok();
            self.known().insert(hash, Some(said));
            self.judged.notify_all();
        };
        if let Err(error) = thread::Builder::new().name("vrl".to_owned()).stack_size(STACK_BYTES).spawn(work) {
            resume_unwind(Box::new(error));
        }
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<Hash, Option<Said<V>>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
