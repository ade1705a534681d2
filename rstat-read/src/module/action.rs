//! Changes that signals make to a running module: they change the tooltip only.

use rstat_shm::snapshot::KernelThreads;

use crate::module::look::{Lists, Look};
use rstat_options::{OptionError, count, pairs, word};

/// A change of the tooltip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The next detail.
    Detail,
    /// Kernel threads appear in the lists or disappear.
    KernelThreads,
    /// Lists of processes become lists of applications, or the reverse.
    Processes,
}

impl Action {
    /// The spellings of `--on-signal`.
    pub const NAMES: [(&'static str, Self); 3] = [
        ("detail", Self::Detail),
        ("kernel-threads", Self::KernelThreads),
        ("processes", Self::Processes),
    ];

    /// Makes the change.
    pub(crate) fn apply(self, look: &mut Look) {
        match self {
            Self::Detail => look.detail = look.detail.next(),
            Self::KernelThreads => {
                look.kernel_threads = match look.kernel_threads {
                    KernelThreads::Hidden => KernelThreads::Shown,
                    KernelThreads::Shown => KernelThreads::Hidden,
                }
            }
            Self::Processes => {
                look.lists = match look.lists {
                    Lists::Applications => Lists::Processes,
                    Lists::Processes => Lists::Applications,
                }
            }
        }
    }
}

/// The changes and their signals: SIGRTMIN plus a number.
#[derive(Clone, Debug)]
pub struct Actions(Vec<(usize, Action)>);

impl Default for Actions {
    /// Numbers that no module of Waybar is likely to have: `pkill -RTMIN+8 waybar`
    /// reaches every program with that word in its name.
    fn default() -> Self {
        Self((21..).zip(Action::NAMES).map(|(number, (_, action))| (number, action)).collect())
    }
}

impl Actions {
    /// From `1=detail,2=kernel-threads`.
    pub fn parse(text: &str) -> Result<Self, OptionError> {
        let mut actions = Vec::new();
        for pair in pairs(text) {
            let (number, word) = pair?;
            let action = parse(number, word)?;
            // The second change would undo the first.
            if actions.contains(&action) {
                return Err(OptionError::new(format_args!("{number}={word} is there twice")));
            }
            actions.push(action);
        }
        Ok(Self(actions))
    }

    /// The changes that SIGRTMIN plus a number makes.
    pub(crate) fn of(&self, number: usize) -> impl Iterator<Item = Action> {
        self.0.iter().filter(move |(known, _)| *known == number).map(|(_, action)| *action)
    }
}

/// The last number that can be added to SIGRTMIN.
fn last_real_time_signal() -> usize {
    (libc::SIGRTMAX() - libc::SIGRTMIN()).try_into().unwrap_or(0)
}

fn parse(number: &str, action: &str) -> Result<(usize, Action), OptionError> {
    Ok((count(number, last_real_time_signal())?, word(&Action::NAMES, action)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_do_what_was_asked_for() {
        let done = |actions: &Actions, number| actions.of(number).collect::<Vec<_>>();
        let actions = Actions::default();
        assert_eq!(done(&actions, 22), [Action::KernelThreads]);
        assert_eq!(done(&actions, 8), []);
        let actions = Actions::parse("0=processes,8=detail,8=kernel-threads").unwrap();
        assert_eq!(done(&actions, 8), [Action::Detail, Action::KernelThreads]);
        assert_eq!(done(&actions, 21), []);
        for wrong in ["", "8", "8=all", "x=detail", "99=detail", "-1=detail", "8=detail,8=detail"] {
            assert!(Actions::parse(wrong).is_err(), "{wrong}");
        }
        let mut look = Look::default();
        let before = format!("{look:?}");
        for (_, action) in Action::NAMES {
            let rounds = if action == Action::Detail { 3 } else { 2 };
            for round in 0..rounds {
                assert_eq!(format!("{look:?}") == before, round == 0, "{action:?}");
                action.apply(&mut look);
            }
            assert_eq!(format!("{look:?}"), before, "{action:?}");
        }
    }
}
