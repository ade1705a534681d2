//! What `rstat-waybar` prints, for the plugin that draws it; `waybar/rstat_waybar.h`
//! is its documentation. Not in `librstat_read.so`: see the feature `plugin`.
#![expect(unsafe_code, reason = "this file is the boundary to C")]

use std::ffi::{CStr, c_char, c_int};
use std::ptr;
use std::time::Duration;

use super::code::Code;
use super::memory::{check_size, copy_out, copy_some};
use super::{guard, silence};

mod line;
mod module;
mod options;

use line::Line;
use module::Waybar;

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
        match unsafe { options::parse(options, count) } {
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
        waybar.interrupt();
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
        waybar.act(name)
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
            waybar.hear(number);
        }
        Ok(())
    })
}
