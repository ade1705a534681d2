//! The exact memory of the listed processes, from `/proc/PID/statm`.
//!
//! The kernel counts a process's pages for each CPU and adds a CPU's part to the sum now and then.
//! `/proc/PID/stat` has that sum. The probe has the sum of the process's last switch, with pages
//! that a sleeping process has lost since. `statm` adds all parts up (since 82241a83cd15 in 6.16)
//! at the price of a system call. So this module reads only listed processes: when they are new to
//! the lists, when their sum has moved, and every few ticks. A process that is new, and not among
//! those with most memory, is read from its second listing on: it has just run, so its sum is new,
//! and opening and closing a file takes as long as ten readings. A file stays open and never
//! describes another process: when its process is gone, reading gives an error (ESRCH). Nothing
//! here allocates after the start.

use std::fs::File;
use std::os::unix::fs::FileExt;

use crate::source::files::Root;
use crate::source::files::directory::Directory;
use crate::source::files::value::{ValueError, parse_unsigned};
use crate::sys;
use crate::usage::Usage;

/// The most files that are open at a time: some more than there are listed processes.
const HELD: usize = 32;
/// The most ticks between two readings of a listed process.
const AGAIN_TICKS: u32 = 4;
/// The ticks that a file stays open when its process is not listed any more.
const FORGET_TICKS: u32 = 32;
/// Seven numbers of at most 20 digits.
const FILE_BYTES: usize = 160;

/// The open files of the listed processes.
#[derive(Debug)]
pub struct Resident {
    /// `/proc`; without it no process is read.
    proc: Option<Directory>,
    held: [Option<Held>; HELD],
    tick: u32,
    page_bytes: u64,
}

#[derive(Debug)]
struct Held {
    pid: u32,
    /// `None` for a process that was listed only once, and not for its memory.
    file: Option<File>,
    /// The last tick in which the process was listed.
    listed: u32,
}

impl Resident {
    /// Starts without open files. The ids of processes are global, or those in `/proc`: see
    /// [`Directory::of_processes`].
    pub fn new(root: &Root, by_global_ids: bool) -> Self {
        Self {
            proc: Directory::of_processes(root, by_global_ids),
            held: [const { None }; HELD],
            tick: 0,
            page_bytes: sys::page_bytes(),
        }
    }

    /// Starts a tick: closes files that were not used for long.
    pub fn begin_tick(&mut self) {
        self.tick = self.tick.wrapping_add(1);
        for held in &mut self.held {
            held.take_if(|held| self.tick.wrapping_sub(held.listed) > FORGET_TICKS);
        }
    }

    /// The memory of a process that is listed in this tick; `has_most` says whether it is among
    /// those with most memory. `None` where the figure of `usage` is good enough, or there is no
    /// better one.
    pub fn bytes(&mut self, usage: &Usage, has_most: bool) -> Option<u64> {
        let pid = usage.pid;
        let is_its = |held: &Option<Held>| held.as_ref().is_some_and(|held| held.pid == pid);
        let place = self.held.iter().position(is_its);
        if let Some(place) = place
            && let Some(held) = &mut self.held[place]
        {
            held.listed = self.tick;
            // The turn depends on the place, so that one tick does not read all processes.
            let its_turn = self.tick.wrapping_add(place as u32).is_multiple_of(AGAIN_TICKS);
            if usage.rss_confirmed && !its_turn {
                return None;
            }
            if let Some(pages) = held.file.as_ref().and_then(|file| pages(file).ok()) {
                return self.in_bytes(pages);
            }
            // The process has no file yet, or the file is of an older process with the same number.
            self.held[place] = None;
        } else if !has_most {
            *self.oldest() = Some(Held { pid, file: None, listed: self.tick });
            return None;
        }
        let file = self.proc.as_ref()?.open_of_process(pid, "statm").ok()?;
        let pages = pages(&file).ok()?;
        *self.oldest() = Some(Held { pid, file: Some(file), listed: self.tick });
        self.in_bytes(pages)
    }

    /// A free place, or the place that was unused for longest.
    fn oldest(&mut self) -> &mut Option<Held> {
        let age = |held: &Option<Held>| {
            held.as_ref().map_or(u32::MAX, |held| self.tick.wrapping_sub(held.listed))
        };
        // Of several places the first, so that places in use lie side by side.
        let oldest = (0..HELD).rev().max_by_key(|index| age(&self.held[*index])).unwrap_or(0);
        &mut self.held[oldest]
    }

    fn in_bytes(&self, pages: Option<u64>) -> Option<u64> {
        Some(pages?.saturating_mul(self.page_bytes))
    }
}

fn pages(file: &File) -> Result<Option<u64>, ValueError> {
    let mut buffer = [0; FILE_BYTES];
    let count = file.read_at(&mut buffer, 0)?;
    parse(&buffer[..count])
}

/// `29718 25366 336 1 0 29186 0`: all pages, the resident ones, and so on (proc(5)). Where all are
/// 0, the first thread has ended, and the file says nothing about the others.
fn parse(text: &[u8]) -> Result<Option<u64>, ValueError> {
    let mut numbers = text.trim_ascii_end().split(|byte| *byte == b' ');
    let mut number = || parse_unsigned(numbers.next().ok_or(ValueError::Malformed)?);
    let (size, resident) = (number()?, number()?);
    Ok((size > 0).then_some(resident))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::process::{Child, Command, Stdio};

    #[test]
    fn resident_is_the_second_number() {
        let check = |text: &str, expected| assert_eq!(parse(text.as_bytes()), expected, "{text:?}");
        check("29718 25366 336 1 0 29186 0\n", Ok(Some(25366)));
        check("7 0 0 0 0 0 0\n", Ok(Some(0)));
        check("0 0 0 0 0 0 0\n", Ok(None));
        check("5 6\n", Ok(Some(6)));
        check("5\n", Err(ValueError::Malformed));
        check("", Err(ValueError::Empty));
        check("5 -6 0\n", Err(ValueError::Negative));
        check("5  6\n", Err(ValueError::Empty));
    }

    fn listed(pid: u32, rss_confirmed: bool) -> Usage {
        Usage { pid, rss_confirmed, ..Usage::default() }
    }

    fn asleep() -> Child {
        Command::new("cat").stdin(Stdio::piped()).spawn().unwrap()
    }

    fn ended(mut process: Child) -> u32 {
        process.kill().unwrap();
        process.wait().unwrap();
        process.id()
    }

    /// The processes whose files are open, ascending.
    fn held(resident: &Resident) -> Vec<u32> {
        let mut pids: Vec<u32> = resident.held.iter().flatten().map(|held| held.pid).collect();
        pids.sort_unstable();
        pids
    }

    #[test]
    fn a_process_is_asked_when_new_when_its_sum_moved_and_in_its_turn() {
        let process = asleep();
        let mut resident = Resident::new(&Root::default(), true);
        let mut tick = |rss_confirmed| {
            resident.begin_tick();
            resident.bytes(&listed(process.id(), rss_confirmed), true).is_some()
        };
        assert!(tick(true), "new");
        let turns = (0..8 * AGAIN_TICKS).filter(|_| tick(true)).count();
        assert_eq!(turns, 8);
        assert!((0..8).all(|_| tick(false)), "its sum has moved");
        ended(process);
    }

    #[test]
    fn a_process_that_just_ran_is_asked_when_it_is_listed_again() {
        let process = asleep();
        let mut resident = Resident::new(&Root::default(), true);
        let mut tick = || {
            resident.begin_tick();
            resident.bytes(&listed(process.id(), false), false)
        };
        assert_eq!(tick(), None, "its sum is as new as an answer would be");
        assert!(tick().is_some());
        assert!(tick().is_some());
        ended(process);
    }

    #[test]
    fn a_process_that_is_gone_says_nothing_and_its_file_is_closed() {
        let mut resident = Resident::new(&Root::default(), true);
        let (one, other) = (asleep(), asleep());
        resident.begin_tick();
        assert!(resident.bytes(&listed(one.id(), false), true).is_some());
        assert!(resident.bytes(&listed(other.id(), false), true).is_some());
        assert_eq!(held(&resident).len(), 2);
        let (one, other) = (ended(one), ended(other));
        // The file is closed at once if the process is still listed, else after a while.
        resident.begin_tick();
        assert_eq!(resident.bytes(&listed(one, false), true), None);
        assert_eq!(held(&resident), [other]);
        for _ in 0..FORGET_TICKS {
            resident.begin_tick();
        }
        assert_eq!(held(&resident), [0; 0]);
    }

    /// The state when a number is used again while the file of the first process is open.
    #[test]
    fn a_number_that_is_used_again_is_the_new_process() {
        let mut resident = Resident::new(&Root::default(), true);
        let (first, second) = (asleep(), asleep());
        resident.begin_tick();
        resident.bytes(&listed(first.id(), false), true);
        ended(first);
        resident.held.iter_mut().flatten().next().unwrap().pid = second.id();
        resident.begin_tick();
        assert!(resident.bytes(&listed(second.id(), false), true).is_some());
        assert_eq!(held(&resident), [second.id()]);
        ended(second);
    }

    #[test]
    fn files_are_bounded_and_the_oldest_goes_first() {
        let tree = std::env::temp_dir().join(format!("rstatd-{}-statm", std::process::id()));
        for pid in 1..=2 * HELD {
            let directory = tree.join(format!("proc/{pid}"));
            fs::create_dir_all(&directory).unwrap();
            fs::write(directory.join("statm"), format!("1000 {pid} 0 0 0 0 0\n")).unwrap();
        }
        let mut resident = Resident::new(&Root::new(&tree), false);
        for pid in 1..=2 * HELD as u32 {
            resident.begin_tick();
            // A process that is always listed keeps its file.
            assert!(resident.bytes(&listed(1, false), true).is_some());
            let bytes = resident.bytes(&listed(pid, false), true);
            assert_eq!(bytes, Some(u64::from(pid) * sys::page_bytes()));
        }
        let newest = HELD as u32 + 2..=2 * HELD as u32;
        assert_eq!(held(&resident), [1].into_iter().chain(newest).collect::<Vec<_>>());
        // A file that is refused or absent gives no figure.
        assert_eq!(resident.bytes(&listed(999, false), true), None);
        fs::remove_dir_all(&tree).unwrap();
    }
}
