//! The state of the screen, and how keys change it.

use std::collections::VecDeque;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use rstat_shm::Snapshot;
use rstat_shm::fields::{LISTS, List};
use rstat_shm::layout::HISTORY_POINTS;
use rstat_shm::snapshot::{KernelThreads, valid};

use crate::programs::watch::picture::Picture;

/// The numbers of samples that a column of a plot may stand for.
pub const ZOOMS: [u64; 5] = [1, 2, 5, 10, 30];

/// The order of a top list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// CPU time.
    #[default]
    Cpu,
    /// Resident memory.
    Memory,
    /// Bytes read and written.
    Io,
}

impl Order {
    /// All orders, as the keys 1, 2 and 3 choose them.
    pub const ALL: [Self; 3] = [Self::Cpu, Self::Memory, Self::Io];

    /// The top list in this order.
    ///
    /// # Panics
    ///
    /// When the table of fields lacks the list.
    pub fn list(self, is_of_applications: bool) -> &'static List {
        let [processes, applications] = match self {
            Self::Cpu => ["top_cpu", "top_cpu_applications"],
            Self::Memory => ["top_memory", "top_memory_applications"],
            Self::Io => ["top_io", "top_io_applications"],
        };
        let name = if is_of_applications { applications } else { processes };
        LISTS.iter().find(|list| list.name == name).expect("the table has every top list")
    }

    fn moved(self, by: usize) -> Self {
        Self::ALL[(self as usize + by) % Self::ALL.len()]
    }
}

/// The pressures of a sample; the region's history has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PressurePoint {
    /// CLOCK_MONOTONIC of the sample.
    pub monotonic_ns: u64,
    /// Waiting for a CPU, for memory and for I/O: shares of the last ten seconds.
    pub some_ppm: [Option<u32>; 3],
}

/// The action after an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Draw the screen.
    Draw,
    /// End.
    Quit,
    /// Stop until the shell continues the program.
    Suspend,
}

/// Everything that the screen shows.
#[derive(Default)]
pub struct View {
    /// The machine.
    pub picture: Picture,
    /// Pressures since the program was started, oldest first.
    pub pressures: VecDeque<PressurePoint>,
    /// The chosen list.
    pub order: Order,
    /// Whether lists are of applications.
    pub is_of_applications: bool,
    /// Whether lists have kernel threads.
    pub kernel_threads: KernelThreads,
    zoom: usize,
}

impl View {
    /// Samples that a column of a plot stands for.
    pub fn samples_a_column(&self) -> u64 {
        ZOOMS[self.zoom]
    }

    /// Takes the latest picture.
    pub fn see(&mut self, picture: Box<Picture>) -> Action {
        let picture = *picture;
        if let Some(sample) = &picture.sample {
            self.remember(sample);
        }
        self.picture = picture;
        Action::Draw
    }

    fn remember(&mut self, sample: &Snapshot) {
        let monotonic_ns = sample.monotonic_ns;
        if self.pressures.back().is_some_and(|last| last.monotonic_ns == monotonic_ns) {
            return;
        }
        let known = |group, ppm| sample.has(group).then_some(ppm);
        let some_ppm = [
            known(valid::PRESSURE_CPU, sample.pressure_cpu_some_ppm),
            known(valid::PRESSURE_MEMORY, sample.pressure_memory_some_ppm),
            known(valid::PRESSURE_IO, sample.pressure_io_some_ppm),
        ];
        if self.pressures.len() == HISTORY_POINTS {
            self.pressures.pop_front();
        }
        self.pressures.push_back(PressurePoint { monotonic_ns, some_ppm });
    }

    /// Handles a key.
    pub fn press(&mut self, key: KeyEvent) -> Action {
        if key.kind == KeyEventKind::Release {
            return Action::Draw;
        }
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('c') if is_control => return Action::Quit,
            KeyCode::Char('z') if is_control => return Action::Suspend,
            KeyCode::Char('q') | KeyCode::Esc => return Action::Quit,
            KeyCode::Char('1') => self.order = Order::Cpu,
            KeyCode::Char('2') => self.order = Order::Memory,
            KeyCode::Char('3') => self.order = Order::Io,
            KeyCode::Tab => self.order = self.order.moved(1),
            KeyCode::BackTab => self.order = self.order.moved(Order::ALL.len() - 1),
            KeyCode::Char('a') => self.is_of_applications = !self.is_of_applications,
            KeyCode::Char('k') => {
                self.kernel_threads = match self.kernel_threads {
                    KernelThreads::Hidden => KernelThreads::Shown,
                    KernelThreads::Shown => KernelThreads::Hidden,
                }
            }
            KeyCode::Char('-') => self.zoom = (self.zoom + 1).min(ZOOMS.len() - 1),
            KeyCode::Char('+' | '=') => self.zoom = self.zoom.saturating_sub(1),
            _ => {}
        }
        Action::Draw
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(view: &mut View, code: KeyCode, modifiers: KeyModifiers) -> Action {
        view.press(KeyEvent::new(code, modifiers))
    }

    #[test]
    fn keys_do_what_the_footer_says() {
        let mut view = View::default();
        let none = KeyModifiers::NONE;
        for (key, order, list) in [
            (KeyCode::Char('2'), Order::Memory, "top_memory"),
            (KeyCode::Tab, Order::Io, "top_io"),
            (KeyCode::Tab, Order::Cpu, "top_cpu"),
            (KeyCode::BackTab, Order::Io, "top_io"),
            (KeyCode::Char('a'), Order::Io, "top_io_applications"),
            (KeyCode::Char('1'), Order::Cpu, "top_cpu_applications"),
            (KeyCode::Char('a'), Order::Cpu, "top_cpu"),
        ] {
            assert_eq!(press(&mut view, key, none), Action::Draw);
            assert_eq!(
                (view.order, order.list(view.is_of_applications).name),
                (order, list),
                "{key:?}"
            );
        }
        press(&mut view, KeyCode::Char('k'), none);
        assert_eq!(view.kernel_threads, KernelThreads::Shown);
        press(&mut view, KeyCode::Char('k'), none);
        assert_eq!(view.kernel_threads, KernelThreads::Hidden);
        for _ in 0..9 {
            press(&mut view, KeyCode::Char('-'), none);
        }
        assert_eq!(view.samples_a_column(), 30);
        for _ in 0..9 {
            press(&mut view, KeyCode::Char('+'), none);
        }
        assert_eq!(view.samples_a_column(), 1);
        assert_eq!(press(&mut view, KeyCode::Char('q'), none), Action::Quit);
        assert_eq!(press(&mut view, KeyCode::Char('c'), none), Action::Draw);
        assert_eq!(press(&mut view, KeyCode::Char('c'), KeyModifiers::CONTROL), Action::Quit);
        assert_eq!(press(&mut view, KeyCode::Char('z'), KeyModifiers::CONTROL), Action::Suspend);
    }

    #[test]
    fn a_sample_that_is_seen_twice_is_one_point() {
        let mut view = View::default();
        let mut sample = Snapshot { valid: valid::PRESSURE_IO, ..Snapshot::EMPTY };
        sample.pressure_io_some_ppm = 5;
        for monotonic_ns in [1, 1, 2] {
            sample.monotonic_ns = monotonic_ns;
            view.see(Box::new(Picture::fresh(&sample, &[])));
        }
        let points: Vec<_> = view.pressures.iter().map(|point| point.some_ppm).collect();
        assert_eq!(points, [[None, None, Some(5)]; 2]);
    }
}
