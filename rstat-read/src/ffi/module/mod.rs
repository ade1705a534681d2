//! A module of a bar: what `rstat-waybar` shows, for bars that draw it themselves.
#![expect(unsafe_code, reason = "this file is the boundary to C")]

use std::ffi::{c_char, c_int};

use super::argument::{Handle, Place, Text, Texts, check_size, put, put_some};
use super::code::Code;
use super::{guard, silence, timeout};

use crate::module::action::Action;
use crate::module::live::Live;

mod appearance;
mod options;

use appearance::{Appearance, Strings};

/// A module of a bar: `struct rstat_module`.
type Instance = Live<Strings>;

/// Makes a module.
#[unsafe(no_mangle)]
pub extern "C" fn rstat_module_open(
    options: Texts,
    count: usize,
    module: Option<&mut Handle<Instance>>,
    mut error: Place<c_char>,
    size: usize,
) -> c_int {
    silence();
    guard(|| {
        let module = module.ok_or(Code::Argument)?;
        module.write(None);
        // SAFETY: the caller has passed this count with the array.
        let options = options::parse(unsafe { options.get(count) }).map_err(|why| {
            // SAFETY: the caller has passed this size with the place.
            if let Ok(error) = unsafe { error.bytes(size) } {
                put_some(error, &why.to_string());
            }
            Code::Argument
        })?;
        module.write(Some(Box::new(Instance::new(options))));
        Ok(())
    })
}

/// Frees a module; null is none.
#[unsafe(no_mangle)]
pub extern "C" fn rstat_module_close(module: Option<Box<Instance>>) {
    guard(|| {
        drop(module);
        Ok(())
    });
}

/// Waits until the module looks other than before, and says how.
#[unsafe(no_mangle)]
pub extern "C" fn rstat_module_next(
    module: Option<&Instance>,
    timeout_ms: i64,
    mut into: Place<Appearance>,
    size: usize,
) -> c_int {
    guard(|| {
        let module = module.ok_or(Code::Argument)?;
        check_size(size, size_of::<Appearance>())?;
        // SAFETY: the caller has passed this size with the place.
        let into = unsafe { into.bytes(size) }?;
        let appearance = module.next(timeout(timeout_ms), Strings::put);
        let why = if module.is_interrupted() { Code::Interrupted } else { Code::Timeout };
        put(into, &appearance.ok_or(why)?);
        Ok(())
    })
}

/// Ends [`rstat_module_next`] for good.
#[unsafe(no_mangle)]
pub extern "C" fn rstat_module_interrupt(module: Option<&Instance>) -> c_int {
    guard(|| {
        module.ok_or(Code::Argument)?.interrupt();
        Ok(())
    })
}

/// Does what an action's name says.
#[unsafe(no_mangle)]
pub extern "C" fn rstat_module_action(module: Option<&Instance>, name: Text) -> c_int {
    guard(|| {
        let (module, name) = module.zip(name.get()).ok_or(Code::Argument)?;
        let known = Action::NAMES.iter().find(|(known, _)| known.as_bytes() == name.to_bytes());
        module.act(known.ok_or(Code::Argument)?.1);
        Ok(())
    })
}

/// Does what was asked for at that signal.
#[unsafe(no_mangle)]
pub extern "C" fn rstat_module_signal(module: Option<&Instance>, signal: c_int) -> c_int {
    guard(|| {
        let module = module.ok_or(Code::Argument)?;
        let number = signal.checked_sub(libc::SIGRTMIN()).and_then(|number| number.try_into().ok());
        if let Some(number) = number {
            module.hear(number);
        }
        Ok(())
    })
}
