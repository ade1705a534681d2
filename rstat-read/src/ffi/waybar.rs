//! What `rstat-waybar` prints, for the plugin that draws it; `waybar/rstat_waybar.h`
//! is its documentation. Not in `librstat_read.so`: see the feature `plugin`.
//!
//! One thread asks for what is new, others may change what is shown or end the
//! asking meanwhile: they leave a note and raise the interrupt.
#![expect(unsafe_code, reason = "this file is the boundary to C")]

use std::ffi::{CStr, c_char, c_int};
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rstat_shm::Interrupt;
use rstat_shm::layout::HISTORY_POINTS;
use rstat_shm::snapshot::HistoryPoint;

use super::code::Code;
use super::memory::{check_size, copy_out, copy_text};
use super::{guard, silence};
use crate::emit::module::{Appearance, Module};
use crate::emit::module_options::OPTIONS;
use crate::emit::option::Wrong;
use crate::follow::Follower;
use crate::programs::action::{Action, Actions};
use crate::programs::pace::pause;
use crate::programs::waybar::{Interval, Options};
use crate::report::State;

/// Options that are not the module's own, but those of whoever runs it.
const RUNNING: [&str; 3] = ["interval", "on-signal", "shm"];

/// A module of a bar: `struct rstat_waybar`.
pub struct Waybar {
    actions: Actions,
    interrupt: Arc<Interrupt>,
    is_interrupted: AtomicBool,
    wishes: Mutex<Vec<Action>>,
    shown: Mutex<Shown>,
}

/// What it shows, and what that is made from.
struct Shown {
    follower: Follower,
    module: Module,
    interval: Interval,
    points: Vec<HistoryPoint>,
    /// Until when samples are skipped.
    looks_away_until: Option<Instant>,
    last: Option<Appearance>,
    strings: Strings,
}

/// The last appearance as C reads it.
#[derive(Default)]
struct Strings {
    text: Vec<u8>,
    tooltip: Vec<u8>,
    alt: Vec<u8>,
    classes: Vec<Vec<u8>>,
    list: Vec<*const c_char>,
}

// SAFETY: the pointers of `list` lead to `classes` beside it, which moves with it.
unsafe impl Send for Strings {}

/// What a module shows: `struct rstat_waybar_line`.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Line {
    text: *const c_char,
    tooltip: *const c_char,
    alt: *const c_char,
    classes: *const *const c_char,
    percentage: i32,
    reserved: u32,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sets an option of `name=value`, or of `name` alone for a switch.
fn set(options: &mut Options, path: &mut Option<PathBuf>, option: &str) -> Result<(), Wrong> {
    let (name, value) = option.split_once('=').unwrap_or((option, ""));
    let set = match name {
        "interval" => Interval::parse(value).map(|interval| options.interval = interval),
        "on-signal" => Actions::parse(value).map(|actions| options.actions = actions),
        "shm" => {
            *path = Some(value.into());
            Ok(())
        }
        _ if OPTIONS.iter().any(|known| known.name == name) => options.module.set(name, value),
        _ => {
            let known = OPTIONS.iter().map(|option| option.name).chain(RUNNING);
            return Err(Wrong::name("option", name, known));
        }
    };
    set.map_err(|why| Wrong::new(format_args!("{name}: {why}")))
}

impl Waybar {
    fn new(path: Option<&Path>, options: Options) -> Self {
        let follower = Follower::new(path);
        let interrupt = Arc::clone(follower.interrupt());
        let shown = Shown {
            follower,
            module: Module::new(options.module),
            interval: options.interval,
            points: vec![HistoryPoint::default(); HISTORY_POINTS],
            looks_away_until: None,
            last: None,
            strings: Strings::default(),
        };
        Self {
            actions: options.actions,
            interrupt,
            is_interrupted: AtomicBool::new(false),
            wishes: Mutex::default(),
            shown: Mutex::new(shown),
        }
    }

    fn wish(&self, actions: impl Iterator<Item = Action>) {
        lock(&self.wishes).extend(actions);
        self.interrupt.raise();
    }

    /// Waits until there is something else to show than before.
    fn next(&self, timeout: Duration) -> Result<Line, Code> {
        let mut shown = lock(&self.shown);
        let deadline = Instant::now().checked_add(timeout);
        loop {
            // Before the look at what it was raised for.
            self.interrupt.clear();
            if self.is_interrupted.load(Acquire) {
                return Err(Code::Interrupted);
            }
            let mut wishes = lock(&self.wishes);
            // Before the first look there is nothing that could look other.
            let has_wishes = !wishes.is_empty() && shown.last.is_some();
            wishes.drain(..).for_each(|action| action.apply(shown.module.look()));
            drop(wishes);
            let left = deadline.map_or(Duration::MAX, |deadline| {
                deadline.saturating_duration_since(Instant::now())
            });
            let has_news =
                shown.wait(if has_wishes { Duration::ZERO } else { left }, &self.interrupt);
            if (has_news || has_wishes) && shown.render() {
                return Ok(shown.strings.line(shown.last.as_ref()));
            }
            if left.is_zero() && !self.interrupt.is_raised() {
                return Err(Code::Timeout);
            }
        }
    }
}

impl Shown {
    /// Waits for a sample or another state; not those that come too soon.
    fn wait(&mut self, timeout: Duration, interrupt: &Interrupt) -> bool {
        if let Some(until) = self.looks_away_until {
            let pause = until.saturating_duration_since(Instant::now());
            interrupt.wait(pause.min(timeout));
            if Instant::now() < until {
                return false;
            }
            self.looks_away_until = None;
            self.follower.skip();
            return false;
        }
        let Some(state) = self.follower.wait_for(timeout) else {
            return false;
        };
        if state == State::Fresh {
            let age = self.follower.age();
            let pause = self.follower.sample().and_then(|sample| {
                let period = Duration::from_nanos(sample.period_ns);
                pause(sample, age, self.interval.duration(period))
            });
            self.looks_away_until = pause.and_then(|pause| Instant::now().checked_add(pause));
        }
        true
    }

    /// Whether it looks other than before.
    fn render(&mut self) -> bool {
        let look = self.module.look();
        let points = self.follower.sample().map_or(0, |sample| look.points(sample));
        let wanted = points.min(self.points.len());
        let appearance = self.module.show(&self.follower.report(&mut self.points[..wanted]));
        if self.last.as_ref() == Some(appearance) {
            return false;
        }
        self.strings.set(appearance);
        self.last = Some(appearance.clone());
        true
    }
}

impl Strings {
    fn set(&mut self, appearance: &Appearance) {
        for (ours, text) in [
            (&mut self.text, &appearance.text),
            (&mut self.tooltip, &appearance.tooltip),
            (&mut self.alt, &appearance.alt),
        ] {
            ours.clear();
            ours.extend_from_slice(text.as_bytes());
            ours.push(0);
        }
        let with_zero = |class: &&str| class.bytes().chain([0]).collect();
        self.classes = appearance.classes.iter().map(with_zero).collect();
        self.list = self.classes.iter().map(|class| class.as_ptr().cast()).collect();
        self.list.push(ptr::null());
    }

    fn line(&self, appearance: Option<&Appearance>) -> Line {
        let percentage = appearance.and_then(|appearance| appearance.percentage);
        Line {
            text: self.text.as_ptr().cast(),
            tooltip: self.tooltip.as_ptr().cast(),
            alt: self.alt.as_ptr().cast(),
            classes: self.list.as_ptr(),
            percentage: percentage.map_or(-1, i32::from),
            reserved: 0,
        }
    }
}

/// A list of C strings as options.
///
/// # Safety
///
/// `options` is null or an array of `count` pointers, each null or a C string.
unsafe fn parse(
    options: *const *const c_char,
    count: usize,
) -> Result<(Options, Option<PathBuf>), Wrong> {
    let (mut parsed, mut path) = (Options::default(), None);
    for index in 0..if options.is_null() { 0 } else { count } {
        // SAFETY: an element of the caller's array.
        let option = unsafe { options.add(index) };
        // SAFETY: as above.
        let option = unsafe { option.read() };
        if option.is_null() {
            return Err(Wrong::new(format_args!("option {index} is null")));
        }
        // SAFETY: not null, so a C string, which outlives this call.
        let text = unsafe { CStr::from_ptr(option) };
        let text = text.to_str().map_err(|_| Wrong::new("an option is not UTF-8"))?;
        set(&mut parsed, &mut path, text)?;
    }
    let check = parsed.module.check();
    check.map_err(|(name, why)| Wrong::new(format_args!("{name}: {why}")))?;
    Ok((parsed, path))
}

/// Copies as much of a text as there is room for, in whole characters.
///
/// # Safety
///
/// `into` is null or has `size` bytes to write to.
unsafe fn copy_some(text: &str, into: *mut c_char, size: usize) {
    let length = (0..size.min(text.len() + 1)).rev().find(|&end| text.is_char_boundary(end));
    if let Some(length) = length {
        // SAFETY: as promised to us. It can fail only where there is nobody to tell.
        let _ = unsafe { copy_text(&text[..length], into, size) };
    }
}

/// Makes a module.
///
/// # Safety
///
/// `options` is null or an array of `count` pointers, each null or a C string; `waybar`
/// is null or points to a pointer to write to; `error` is null or has `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstat_waybar_open(
    options: *const *const c_char,
    count: usize,
    waybar: *mut *mut Waybar,
    error: *mut c_char,
    size: usize,
) -> c_int {
    silence();
    guard(|| {
        if waybar.is_null() {
            return Err(Code::Argument);
        }
        // SAFETY: not null, and the caller's to write to.
        unsafe { waybar.write(ptr::null_mut()) };
        // SAFETY: as promised to us.
        match unsafe { parse(options, count) } {
            Ok((options, path)) => {
                let opened = Box::new(Waybar::new(path.as_deref(), options));
                // SAFETY: as above.
                unsafe { waybar.write(Box::into_raw(opened)) };
                Ok(())
            }
            Err(wrong) => {
                // SAFETY: null, or `size` bytes that are the caller's.
                unsafe { copy_some(&wrong.to_string(), error, size) };
                Err(Code::Argument)
            }
        }
    })
}

/// Frees a module; null is none.
///
/// # Safety
///
/// `waybar` is null or came from [`rstat_waybar_open`] and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstat_waybar_close(waybar: *mut Waybar) {
    guard(|| {
        if !waybar.is_null() {
            // SAFETY: a box that `rstat_waybar_open` gave away and now gets back, once.
            drop(unsafe { Box::from_raw(waybar) });
        }
        Ok(())
    });
}

/// Waits until the module looks other than before, and says how.
///
/// # Safety
///
/// `waybar` is null or open; `line` is null or has `size` bytes to write to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstat_waybar_next(
    waybar: *const Waybar,
    timeout_ms: i64,
    line: *mut Line,
    size: usize,
) -> c_int {
    guard(|| {
        // SAFETY: null, or a module that is open.
        let waybar = unsafe { waybar.as_ref() }.ok_or(Code::Argument)?;
        check_size(size, size_of::<Line>())?;
        if line.is_null() {
            return Err(Code::Argument);
        }
        // Negative: without end.
        let timeout = u64::try_from(timeout_ms).map_or(Duration::MAX, Duration::from_millis);
        let next = waybar.next(timeout)?;
        // SAFETY: the caller's structure is not null and has `size` bytes; ours has no padding.
        unsafe { copy_out(&next, line, size) };
        Ok(())
    })
}

/// Ends [`rstat_waybar_next`] for good.
///
/// # Safety
///
/// `waybar` is null or open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstat_waybar_interrupt(waybar: *const Waybar) -> c_int {
    guard(|| {
        // SAFETY: null, or a module that is open.
        let waybar = unsafe { waybar.as_ref() }.ok_or(Code::Argument)?;
        // Pairs with the Acquire in `next`, like the interrupt.
        waybar.is_interrupted.store(true, Release);
        waybar.interrupt.raise();
        Ok(())
    })
}

/// Does what an action's name says.
///
/// # Safety
///
/// `waybar` is null or open; `name` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstat_waybar_action(waybar: *const Waybar, name: *const c_char) -> c_int {
    guard(|| {
        // SAFETY: null, or a module that is open.
        let waybar = unsafe { waybar.as_ref() }.ok_or(Code::Argument)?;
        if name.is_null() {
            return Err(Code::Argument);
        }
        // SAFETY: not null, so a C string, which outlives this call.
        let name = unsafe { CStr::from_ptr(name) }.to_bytes();
        let known = Action::NAMES.iter().find(|(known, _)| known.as_bytes() == name);
        let (_, action) = known.ok_or(Code::Argument)?;
        waybar.wish([*action].into_iter());
        Ok(())
    })
}

/// Does what was asked for at that signal.
///
/// # Safety
///
/// `waybar` is null or open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstat_waybar_signal(waybar: *const Waybar, signal: c_int) -> c_int {
    guard(|| {
        // SAFETY: null, or a module that is open.
        let waybar = unsafe { waybar.as_ref() }.ok_or(Code::Argument)?;
        let number = signal.checked_sub(libc::SIGRTMIN()).and_then(|number| number.try_into().ok());
        if let Some(number) = number {
            waybar.wish(waybar.actions.of(number));
        }
        Ok(())
    })
}
