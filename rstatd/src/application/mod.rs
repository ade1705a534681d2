//! Which application a process belongs to: its systemd scope or service, so that a
//! browser of forty processes is one row; else its name.
//!
//! An application is a number, given out once for each name. A tick only copies
//! numbers; text is looked at when a process, a name or a cgroup is seen first.

mod cgroups;
mod unit;

pub use cgroups::{CgroupId, Cgroups};

use rstat_shm::snapshot::{ApplicationName, Comm, Text};

/// Applications that are told apart. When there are more, all are forgotten.
pub const CAPACITY: usize = 1024;
/// Places of the table: twice as many, so that searches stay short.
const PLACES: usize = 2 * CAPACITY;

/// The number of an application in [`Applications`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ApplicationId(u16);

impl ApplicationId {
    /// For tables by application.
    pub fn index(self) -> usize {
        self.0.into()
    }
}

/// All names that were given a number. Allocates nothing after it was made.
pub struct Applications {
    names: Vec<ApplicationName>,
    /// Open addressing by hash; 0 is empty, else a number plus 1.
    places: Box<[u16; PLACES]>,
    generation: u32,
}

impl Default for Applications {
    fn default() -> Self {
        let places = vec![0; PLACES].into_boxed_slice().try_into().expect("as many places");
        Self { names: Vec::with_capacity(CAPACITY), places, generation: 0 }
    }
}

impl Applications {
    /// Applications that have a number now.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether none has a number yet.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Changes when all numbers are forgotten: those of another generation mean nothing.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// Starts a tick: forgets all numbers if the table is almost full, so that
    /// none changes its meaning within the tick.
    pub fn begin_tick(&mut self) {
        if self.names.len() > CAPACITY / 2 {
            self.names.clear();
            self.places.fill(0);
            self.generation = self.generation.wrapping_add(1);
        }
    }

    /// The name of an application.
    pub fn name(&self, id: ApplicationId) -> ApplicationName {
        self.names.get(id.index()).copied().unwrap_or_default()
    }

    /// The application of a process that has no unit of its own: its name. The
    /// kernel's threads go by what comes before the CPU or device in theirs.
    pub fn of_process(&mut self, comm: Comm, kernel_thread: bool) -> ApplicationId {
        let name = comm.bytes();
        let end = name.iter().position(|byte| matches!(byte, b'/' | b':'));
        let end = end.filter(|end| kernel_thread && *end > 0).unwrap_or(name.len());
        self.intern(&name[..end])
    }

    /// The number of a name; the last one when the table is full within a tick.
    fn intern(&mut self, name: &[u8]) -> ApplicationId {
        let name = cut(name);
        let mut place = (hash(&name.0) as usize) % PLACES;
        while let Some(index) = self.places[place].checked_sub(1) {
            if self.names[usize::from(index)] == name {
                return ApplicationId(index);
            }
            place = (place + 1) % PLACES;
        }
        if self.names.len() == CAPACITY {
            return ApplicationId(CAPACITY as u16 - 1);
        }
        self.names.push(name);
        self.places[place] = self.names.len() as u16;
        ApplicationId(self.names.len() as u16 - 1)
    }
}

/// As much of a name as fits, not ending inside a character.
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

/// FNV-1a.
fn hash(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

#[cfg(test)]
mod tests {
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
    fn a_full_table_is_forgotten_between_ticks_never_within_one() {
        let mut applications = Applications::default();
        let generation = applications.generation();
        for number in 0..2 * CAPACITY {
            applications.of_process(comm(&format!("p{number}")), false);
        }
        assert_eq!(applications.len(), CAPACITY);
        assert_eq!(applications.generation(), generation);
        applications.begin_tick();
        assert!(applications.is_empty());
        assert_ne!(applications.generation(), generation);
    }

    #[test]
    fn a_long_name_is_cut_at_a_character() {
        assert_eq!(cut(&[b'a'; 40]).bytes(), [b'a'; 32]);
        let name = format!("{}é", "a".repeat(31));
        assert_eq!(cut(name.as_bytes()).bytes(), [b'a'; 31]);
    }
}
