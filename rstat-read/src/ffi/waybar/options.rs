//! Options as C strings `NAME=VALUE`.
#![expect(unsafe_code, reason = "this file is the boundary to C")]

use std::ffi::{CStr, c_char};
use std::path::PathBuf;

use crate::module::action::Actions;
use crate::module::options::OPTIONS;
use crate::pace::Interval;
use crate::programs::waybar::WaybarOptions;
use crate::text::option::OptionError;

/// Options that are not the module's own, but those of whoever runs it.
const RUNNING: [&str; 3] = ["interval", "on-signal", "shm"];

/// A list of C strings as options.
///
/// # Safety
///
/// `options` is null or an array of `count` pointers, each null or a C string.
pub unsafe fn parse(
    options: *const *const c_char,
    count: usize,
) -> Result<(WaybarOptions, Option<PathBuf>), OptionError> {
    let (mut parsed, mut path) = (WaybarOptions::default(), None);
    for index in 0..if options.is_null() { 0 } else { count } {
        // SAFETY: an element of the caller's array.
        let option = unsafe { options.add(index) };
        // SAFETY: as above.
        let option = unsafe { option.read() };
        if option.is_null() {
            return Err(OptionError::new(format_args!("option {index} is null")));
        }
        // SAFETY: not null, so a C string, which outlives this call.
        let text = unsafe { CStr::from_ptr(option) };
        let text = text.to_str().map_err(|_| OptionError::new("an option is not UTF-8"))?;
        set(&mut parsed, &mut path, text)?;
    }
    let check = parsed.module.check();
    check.map_err(|(name, why)| OptionError::new(format_args!("{name}: {why}")))?;
    Ok((parsed, path))
}

/// Sets an option of `name=value`, or of `name` alone for a switch.
fn set(
    options: &mut WaybarOptions,
    path: &mut Option<PathBuf>,
    option: &str,
) -> Result<(), OptionError> {
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
            return Err(OptionError::name("option", name, known));
        }
    };
    set.map_err(|why| OptionError::new(format_args!("{name}: {why}")))
}
