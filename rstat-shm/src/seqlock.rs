//! One writer, any number of readers, no locks: how a record gets across.
//!
//! Each record has a sequence word: `2n - 1` while sample `n` is being written,
//! `2n` once it is complete. `head` names the latest complete sample. All
//! accesses are atomic, so a torn copy is discarded, never undefined behaviour.
//!
//! ```text
//!     writer                                  reader
//!     sequence = 2n-1   Relaxed               n = head         Relaxed
//!     fence             Release  ──┐      ┌── fence            Acquire
//!     words             Relaxed    │      │   words            Relaxed
//!     sequence = 2n     Relaxed    └──────│── fence            Acquire
//!     head     = n      Release  ─────────┘   sequence == 2n?  Relaxed
//! ```
//!
//! A reader that has seen `head = n` sees the words of sample n or later ones. So it need
//! not look at the sequence before them, as other seqlocks do: later
//! words come with a later sequence. The reader has fences instead of Acquire
//! loads because std promises only relaxed loads on read-only pages. The tests
//! below run every interleaving of a small case in a model checker. The case
//! must fail when any one of the four rules is left out.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crate::words::{self, AtomicU64, Room};

/// What a reader found in a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// The sample, whole.
    Complete,
    /// It is being written, or was overwritten meanwhile.
    Torn,
}

/// Writes sample `number` into a record. There must be one writer only.
pub fn write(sequence: &AtomicU64, words: &[AtomicU64], number: u64, payload: &[u64]) {
    sequence.store(number.wrapping_mul(2).wrapping_sub(1), Relaxed);
    // Pairs with the reader's second fence: a reader that sees one of the words sees the odd number.
    fence(Rule::WriterOpens);
    words::store(words, payload);
    sequence.store(number.wrapping_mul(2), Relaxed);
}

/// Announces sample `number` after it was written.
pub fn publish(head: &AtomicU64, number: u64) {
    // Release pairs with the fence in `latest`: a reader that sees n sees its record complete.
    head.store(number, release(Rule::HeadPublishes));
}

/// The number of the latest complete sample; 0: none yet.
pub fn latest(head: &AtomicU64) -> u64 {
    let number = head.load(Relaxed);
    // Pairs with `publish`.
    fence(Rule::ReaderFollows);
    number
}

/// Copies sample `number`, not later than [`latest`], out of its record. Only a
/// complete copy may be looked at.
pub fn read(sequence: &AtomicU64, words: &[AtomicU64], number: u64, payload: Room) -> Read {
    words::load(words, payload);
    // Pairs with the writer's fence.
    fence(Rule::ReaderCloses);
    if sequence.load(Relaxed) == number.wrapping_mul(2) { Read::Complete } else { Read::Torn }
}

/// Changes the futex word after what waiters wait for has changed.
pub fn announce(wake: &AtomicU64) {
    // Release pairs with the fence in `announced`: a reader that sees the new word sees the change.
    // One writer could load and store; loom does not explore that far enough to fail.
    wake.fetch_add(1, release(Rule::WakeAnnounces));
}

/// The futex word to sleep on, read before what is waited for. A later change alters the
/// word too. The kernel compares the word once more, and then does not let the waiter sleep.
pub fn announced(wake: &AtomicU64) -> u32 {
    let word = wake.load(Relaxed) as u32;
    // Pairs with `announce`. Without it the change could be looked for before the
    // word is read, and a wake-up between the two would be lost.
    fence(Rule::WaiterFollows);
    word
}

/// The orderings that the protocol stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    WriterOpens,
    HeadPublishes,
    ReaderFollows,
    ReaderCloses,
    WakeAnnounces,
    WaiterFollows,
}

#[cfg(not(loom))]
fn fence(rule: Rule) {
    std::sync::atomic::fence(if rule == Rule::WriterOpens { Release } else { Acquire });
}

#[cfg(not(loom))]
fn release(_: Rule) -> std::sync::atomic::Ordering {
    Release
}

#[cfg(loom)]
use model::{fence, release};

#[cfg(loom)]
mod model {
    use std::sync::Mutex;
    use std::sync::atomic::Ordering;

    use super::{Acquire, Relaxed, Release, Rule};

    /// The rule that the case at hand leaves out.
    pub static LEFT_OUT: Mutex<Option<Rule>> = Mutex::new(None);

    fn applies(rule: Rule) -> bool {
        *LEFT_OUT.lock().unwrap() != Some(rule)
    }

    pub fn fence(rule: Rule) {
        if applies(rule) {
            loom::sync::atomic::fence(if rule == Rule::WriterOpens { Release } else { Acquire });
        }
    }

    pub fn release(rule: Rule) -> Ordering {
        if applies(rule) { Release } else { Relaxed }
    }
}

#[cfg(all(test, loom))]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Mutex;

    use loom::sync::Arc;
    use loom::thread;

    use super::*;

    const RULES: [Rule; 4] =
        [Rule::WriterOpens, Rule::HeadPublishes, Rule::ReaderFollows, Rule::ReaderCloses];

    /// [`model::LEFT_OUT`] belongs to one test at a time.
    static TESTS: Mutex<()> = Mutex::new(());

    struct Region {
        head: AtomicU64,
        sequence: AtomicU64,
        words: [AtomicU64; 2],
    }

    /// Two samples through one record: the second overwrites the first. A reader must
    /// get one of the two whole. The last one must be readable at the first attempt, since no
    /// write follows.
    fn two_samples_one_reader() {
        let region = Arc::new(Region {
            head: AtomicU64::new(0),
            sequence: AtomicU64::new(0),
            words: [AtomicU64::new(0), AtomicU64::new(0)],
        });
        let writer = {
            let region = Arc::clone(&region);
            thread::spawn(move || {
                for number in 1..=2 {
                    write(&region.sequence, &region.words, number, &[number, number]);
                    publish(&region.head, number);
                }
            })
        };
        let number = latest(&region.head);
        if number != 0 {
            let mut payload = [0; 2];
            let read = read(&region.sequence, &region.words, number, Room::from(&mut payload[..]));
            if read == Read::Complete {
                assert_eq!(payload, [number, number], "torn");
            } else {
                assert_ne!(number, 2, "the last sample was not readable");
            }
        }
        writer.join().unwrap();
    }

    /// A sample and its wake-up, one waiter. A waiter that would sleep on the last value of
    /// the futex word, which does not change any more, must have seen the sample.
    fn one_sample_one_waiter() {
        let words = Arc::new([AtomicU64::new(0), AtomicU64::new(0)]);
        let writer = {
            let words = Arc::clone(&words);
            thread::spawn(move || {
                let [head, wake] = &*words;
                publish(head, 1);
                announce(wake);
            })
        };
        let [head, wake] = &*words;
        let word = announced(wake);
        let seen = latest(head);
        writer.join().unwrap();
        let sleeps = seen == 0 && u64::from(word) == wake.load(Relaxed);
        assert!(!sleeps, "a wake-up was lost");
    }

    fn holds(left_out: Option<Rule>, case: fn()) -> bool {
        *model::LEFT_OUT.lock().unwrap() = left_out;
        catch_unwind(AssertUnwindSafe(|| loom::model(case))).is_ok()
    }

    #[test]
    fn no_interleaving_tears_a_sample_and_every_rule_is_needed() {
        let _one_at_a_time = TESTS.lock().unwrap();
        assert!(holds(None, two_samples_one_reader), "the protocol itself");
        for rule in RULES {
            let holds = holds(Some(rule), two_samples_one_reader);
            assert!(!holds, "nothing fails without {rule:?}: it is not needed");
        }
    }

    #[test]
    fn no_interleaving_loses_a_wake_up_and_both_rules_are_needed() {
        let _one_at_a_time = TESTS.lock().unwrap();
        assert!(holds(None, one_sample_one_waiter), "the protocol itself");
        for rule in [Rule::WakeAnnounces, Rule::WaiterFollows] {
            let holds = holds(Some(rule), one_sample_one_waiter);
            assert!(!holds, "nothing fails without {rule:?}: it is not needed");
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_record_in_the_middle_of_a_write_is_torn_and_a_finished_one_is_not() {
        let sequence = AtomicU64::new(0);
        let words = [AtomicU64::new(0), AtomicU64::new(0)];
        let mut payload = [0; 2];
        write(&sequence, &words, 7, &[1, 2]);
        assert_eq!(read(&sequence, &words, 7, Room::from(&mut payload[..])), Read::Complete);
        assert_eq!(payload, [1, 2]);
        // As a writer leaves it that is killed in mid-write.
        sequence.store(2 * 11 - 1, Relaxed);
        assert_eq!(read(&sequence, &words, 7, Room::from(&mut payload[..])), Read::Torn);
        assert_eq!(read(&sequence, &words, 11, Room::from(&mut payload[..])), Read::Torn);
    }
}
