//! Verdicts of a compiler that may take long: each program is judged once, and nobody waits for it without end.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use sha2::{Digest, Sha256};

use kafkapipelines_core::program::Mistake;

use super::mistake;

/// How long one call waits. A program of 64 KiB as people write them takes a fraction of a second.
const PATIENCE: Duration = Duration::from_secs(5);
/// Room for the deepest program that is compiled. What is not touched costs nothing.
const STACK_BYTES: usize = 64 << 20;
/// Verdicts that are remembered.
const REMEMBERED: usize = 1000;

/// What is known of programs, by their hash; nothing while they are being judged.
type Verdicts = BTreeMap<[u8; 32], Option<Vec<Mistake>>>;

static VERDICTS: Mutex<Verdicts> = Mutex::new(BTreeMap::new());
static JUDGED: Condvar = Condvar::new();

/// What `judge` says of a program; `None` if it has not said so in time. Then it goes on, and a later call gets its verdict.
/// Where no thread can be had, it panics: that is no mistake of a program.
pub(super) fn verdict(program: &str, judge: fn(&str) -> Vec<Mistake>) -> Option<Vec<Mistake>> {
    let hash = Sha256::digest(program).into();
    let mut verdicts = verdicts();
    if !verdicts.contains_key(&hash) {
        if verdicts.len() >= REMEMBERED {
            verdicts.retain(|_, verdict| verdict.is_none());
        }
        start(hash, program.to_owned(), judge);
        verdicts.insert(hash, None);
    }
    let unsaid = |verdicts: &mut Verdicts| verdicts.get(&hash).is_some_and(Option::is_none);
    let waited = JUDGED.wait_timeout_while(verdicts, PATIENCE, unsaid);
    let (verdicts, _) = waited.unwrap_or_else(PoisonError::into_inner);
    verdicts.get(&hash).cloned().flatten()
}

/// Judges on a thread of its own, for the sake of its stack. A compiler that panics takes nothing else with it.
fn start(hash: [u8; 32], program: String, judge: fn(&str) -> Vec<Mistake>) {
    let work = move || {
        let found = catch_unwind(AssertUnwindSafe(|| judge(&program))).unwrap_or_else(|_| {
            vec![mistake::at(&program, 0..0, "the compiler itself fails on this program, and so would Vector's")]
        });
        verdicts().insert(hash, Some(found));
        JUDGED.notify_all();
    };
    if let Err(error) = thread::Builder::new().name("vrl".to_owned()).stack_size(STACK_BYTES).spawn(work) {
        resume_unwind(Box::new(error));
    }
}

fn verdicts() -> MutexGuard<'static, Verdicts> {
    VERDICTS.lock().unwrap_or_else(PoisonError::into_inner)
}
