//! The application of a process: its systemd scope or service, so that a browser of forty
//! processes is one row; else the process's name.
//!
//! An application is a number, one for each name. A tick only copies numbers; text is read
//! when a process, a name or a cgroup is new. A number keeps its meaning as long as some
//! process has it.

mod cgroups;
mod unit;

pub use cgroups::{CgroupId, Cgroups};

use rstat_shm::snapshot::{ApplicationName, Comm, Text};

use crate::name_index::NameIndex;

/// The most applications at a time, [`OTHERS`] included.
pub const CAPACITY: usize = 1024;
/// With less room for new names than this, unused names are forgotten.
const SPARE: usize = CAPACITY / 4;
/// The common name of all applications without room of their own. Its two numbers come first:
/// programs, then kernel threads.
const OTHERS: &[u8] = b"(others)";
const OTHERS_COUNT: usize = 2;

/// The number of an application in [`Applications`]. Programs and kernel threads of
/// the same name are two applications.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ApplicationId {
    /// Distinguishes the applications that had the index one after the other.
    generation: u32,
    index: u16,
    kernel_thread: bool,
}

impl ApplicationId {
    /// For tables by application: less than [`CAPACITY`].
    pub fn index(self) -> usize {
        self.index.into()
    }

    /// Whether its processes are kernel threads.
    pub fn is_kernel_thread(self) -> bool {
        self.kernel_thread
    }
}

/// All names that have a number. Only `new` allocates.
pub struct Applications {
    /// The names, by index. There is room for all: untouched memory costs nothing.
    known: Vec<Known>,
    /// The indices of forgotten names.
    free: Vec<u16>,
    index: NameIndex,
    /// Whether the number of [`OTHERS`] is in use.
    has_others: bool,
}

#[derive(Clone, Copy)]
struct Known {
    name: ApplicationName,
    /// The number of the name; after the name is forgotten, the number of the next name.
    id: ApplicationId,
    forgotten: bool,
}

impl Default for Applications {
    fn default() -> Self {
        let (known, free) = (Vec::with_capacity(CAPACITY), Vec::with_capacity(CAPACITY));
        let index = NameIndex::with_room_for(CAPACITY as u16);
        let mut applications = Self { known, free, index, has_others: false };
        for kernel_thread in [false, true] {
            applications.intern(OTHERS, kernel_thread);
        }
        applications
    }
}

impl Applications {
    /// Changes when there is room again for applications without room of their own: their number
    /// is no longer current.
    pub fn generation(&self) -> u32 {
        self.known[0].id.generation
    }

    /// Whether a number still has its meaning of an earlier tick. That is so if some process had
    /// the number in every tick since.
    pub fn is_current(&self, id: ApplicationId) -> bool {
        self.known.get(id.index()).is_some_and(|known| known.id == id)
    }

    /// The name of an application. The number must be current.
    pub fn name(&self, id: ApplicationId) -> ApplicationName {
        self.known[id.index()].name
    }

    /// The application of a process without a unit of its own: the process's name. A kernel
    /// thread goes by the part of its name before the CPU or device.
    pub fn of_process(&mut self, comm: Comm, kernel_thread: bool) -> ApplicationId {
        let name = comm.bytes();
        let end = name.iter().position(|byte| matches!(byte, b'/' | b':'));
        let end = end.filter(|end| kernel_thread && *end > 0).unwrap_or(name.len());
        self.intern(&name[..end], kernel_thread)
    }

    /// Ends a tick that went through all processes. When room is short, names without processes
    /// are forgotten. `processes` returns the number of an application's processes.
    pub fn forget_unused(&mut self, processes: impl Fn(ApplicationId) -> u32) {
        if self.room() < SPARE {
            self.forget(|id| processes(id) == 0);
        }
        let room = self.room();
        let others = &mut self.known[..OTHERS_COUNT];
        let waiting = others.iter().map(|others| processes(others.id) as usize).sum::<usize>();
        // A few names are not forgotten, as finding names again takes system calls.
        if self.has_others && room >= waiting.min(SPARE) {
            self.has_others = false;
            for others in others {
                others.id.generation = others.id.generation.wrapping_add(1);
            }
        }
    }

    fn forget(&mut self, is_unused: impl Fn(ApplicationId) -> bool) {
        let free_before = self.free.len();
        for known in &mut self.known[OTHERS_COUNT..] {
            if !known.forgotten && is_unused(known.id) {
                known.forgotten = true;
                known.id.generation = known.id.generation.wrapping_add(1);
                self.free.push(known.id.index);
            }
        }
        if self.free.len() == free_before {
            return;
        }
        self.index.clear();
        for index in 0..self.known.len() {
            let Known { name, id, forgotten } = self.known[index];
            if !forgotten && let Err(place) = self.find(&name, id.kernel_thread) {
                self.index.set(place, id.index);
            }
        }
    }

    /// The number of names that there is still room for.
    fn room(&self) -> usize {
        CAPACITY - self.known.len() + self.free.len()
    }

    /// The number of a name; without room, the number of [`OTHERS`].
    fn intern(&mut self, name: &[u8], kernel_thread: bool) -> ApplicationId {
        let name = cut(name);
        let place = match self.find(&name, kernel_thread) {
            Ok(index) => return self.known[index].id,
            Err(place) => place,
        };
        let id = if let Some(index) = self.free.pop() {
            let known = &mut self.known[usize::from(index)];
            known.id.kernel_thread = kernel_thread;
            (known.name, known.forgotten) = (name, false);
            known.id
        } else if self.known.len() < CAPACITY {
            let id = ApplicationId { generation: 0, index: self.known.len() as u16, kernel_thread };
            self.known.push(Known { name, id, forgotten: false });
            id
        } else {
            self.has_others = true;
            return self.known[usize::from(kernel_thread)].id;
        };
        self.index.set(place, id.index);
        id
    }

    /// The index of a name, or the place for it.
    fn find(&self, name: &ApplicationName, kernel_thread: bool) -> Result<usize, usize> {
        self.index.find(&name.0, |index| {
            let known = &self.known[index];
            (known.name, known.id.kernel_thread) == (*name, kernel_thread)
        })
    }
}

/// The beginning of a name, as long as fits, without half a character at its end.
fn cut(name: &[u8]) -> ApplicationName {
    let mut text = ApplicationName::default();
    let mut end = name.len().min(text.0.len());
    // A byte 10xxxxxx belongs to the character before it.
    while end < name.len() && end > 0 && name[end] & 0xc0 == 0x80 {
        end -= 1;
    }
    text.0[..end].copy_from_slice(&name[..end]);
    Text(text.0)
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use super::*;

    fn comm(name: &str) -> Comm {
        let mut comm = Comm::default();
        comm.0[..name.len()].copy_from_slice(name.as_bytes());
        comm
    }

    #[test]
    fn a_name_keeps_its_number_and_others_get_others() {
        let mut applications = Applications::default();
        let bash = applications.of_process(comm("bash"), false);
        let sh = applications.of_process(comm("sh"), false);
        assert_ne!(bash, sh);
        assert_eq!(applications.of_process(comm("bash"), false), bash);
        assert_eq!(applications.name(sh).bytes(), b"sh");
    }

    #[test]
    fn kernel_threads_go_by_what_they_have_in_common() {
        let check = |name: &str, kernel_thread: bool, expected: &str| {
            let mut applications = Applications::default();
            let id = applications.of_process(comm(name), kernel_thread);
            assert_eq!(applications.name(id).to_string(), expected, "{name}");
        };
        check("kworker/u8:3", true, "kworker");
        check("migration/0", true, "migration");
        check("kswapd0", true, "kswapd0");
        check("sd-pam/x:1", false, "sd-pam/x:1");
    }

    #[test]
    fn a_program_that_is_called_as_a_kernel_thread_is_another_application() {
        let mut applications = Applications::default();
        let thread = applications.of_process(comm("kworker/0:1"), true);
        let program = applications.of_process(comm("kworker"), false);
        assert_ne!(thread, program);
        assert_eq!(applications.name(thread), applications.name(program));
        assert!(thread.is_kernel_thread() && !program.is_kernel_thread());
    }

    /// The numbers of names made of these, in their order.
    fn named(applications: &mut Applications, numbers: Range<usize>) -> Vec<ApplicationId> {
        numbers.map(|number| applications.of_process(comm(&format!("p{number}")), false)).collect()
    }

    /// Ends a tick. Each of these applications had a process.
    fn end_tick(applications: &mut Applications, used: &[ApplicationId]) {
        let count = |id| used.iter().filter(|other| **other == id).count() as u32;
        applications.forget_unused(count);
    }

    #[test]
    fn names_that_are_in_use_keep_their_numbers_whoever_else_comes_and_goes() {
        const ALIVE: usize = 3 * SPARE;
        let mut applications = Applications::default();
        let alive = named(&mut applications, 0..ALIVE);
        for tick in 1..=100 {
            let first = tick * CAPACITY;
            let brief = named(&mut applications, first..first + 100);
            assert!(brief.iter().all(|id| applications.name(*id).bytes() != OTHERS));
            end_tick(&mut applications, &[&*alive, &*brief].concat());
            assert!(alive.iter().all(|id| applications.is_current(*id)), "tick {tick}");
            assert_eq!(named(&mut applications, 0..ALIVE), alive, "tick {tick}");
        }
    }

    #[test]
    fn a_number_that_was_forgotten_is_never_current_again() {
        let mut applications = Applications::default();
        let names = named(&mut applications, 0..CAPACITY - OTHERS_COUNT);
        end_tick(&mut applications, &names[..1]);
        assert!(applications.is_current(names[0]));
        let later = named(&mut applications, CAPACITY..2 * CAPACITY);
        for name in &names[1..] {
            assert!(!applications.is_current(*name) && !later.contains(name), "{name:?}");
        }
    }

    #[test]
    fn who_finds_no_room_is_among_others_until_there_is_room() {
        let mut applications = Applications::default();
        let mut used = named(&mut applications, 0..CAPACITY + 10);
        let alone = CAPACITY - OTHERS_COUNT;
        for (number, id) in used.iter().enumerate() {
            let name = applications.name(*id).to_string();
            let own = format!("p{number}");
            assert_eq!(name, if number < alone { own.as_str() } else { "(others)" });
        }
        let kernel = applications.of_process(comm("kthreadd"), true);
        assert!(kernel.is_kernel_thread() && kernel.index() < OTHERS_COUNT, "{kernel:?}");
        // They are not asked again while there is no room for all of them.
        let generation = applications.generation();
        let others = used.split_off(alone);
        used[..5].fill(others[0]);
        end_tick(&mut applications, &[&*used, &*others].concat());
        assert_eq!(applications.generation(), generation);
        assert!(others.iter().all(|id| applications.is_current(*id)));
        end_tick(&mut applications, &[&used[5 + others.len()..], &*others].concat());
        assert_ne!(applications.generation(), generation);
        assert!(others.iter().all(|id| !applications.is_current(*id)));
        let found = named(&mut applications, alone..CAPACITY + 10);
        assert!(found.iter().all(|id| applications.name(*id).bytes() != OTHERS));
        // A program whose own name is "(others)" does not change the generation.
        let generation = applications.generation();
        let called_so = applications.of_process(comm("(others)"), false);
        end_tick(&mut applications, &[called_so]);
        assert_eq!(applications.generation(), generation);
    }

    #[test]
    fn a_long_name_is_cut_at_a_character() {
        assert_eq!(cut(&[b'a'; 40]).bytes(), [b'a'; 32]);
        let name = format!("{}é", "a".repeat(31));
        assert_eq!(cut(name.as_bytes()).bytes(), [b'a'; 31]);
    }
}
