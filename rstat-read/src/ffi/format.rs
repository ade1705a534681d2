//! A sample as text of the caller's own.
#![expect(unsafe_code, reason = "this file is the boundary to C")]

use std::ffi::{CStr, c_char, c_int};

use rstat_shm::Snapshot;

use super::code::Code;
use super::guard;
use super::memory::copy_some;
use crate::figures::Template;
use crate::figures::template::Rendering;
use crate::reader::Reader;
use crate::report::Report;

/// Writes a template with the figures of the latest sample.
///
/// # Safety
///
/// `reader` is null or open; `template` is null or a C string; `into` is null or has
/// `size` bytes to write to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstat_format(
    reader: *const Reader,
    template: *const c_char,
    into: *mut c_char,
    size: usize,
) -> c_int {
    guard(|| {
        // SAFETY: null, or `size` bytes that are the caller's.
        let write = |text: &str| unsafe { copy_some(text, into, size) };
        write("");
        // SAFETY: null, or a reader that is open.
        let reader = unsafe { reader.as_ref() }.ok_or(Code::Argument)?;
        if template.is_null() || into.is_null() || size == 0 {
            return Err(Code::Argument);
        }
        // SAFETY: not null, so a C string, which outlives this call.
        let template = unsafe { CStr::from_ptr(template) }.to_str();
        let template = template.map_err(|_| "it is not UTF-8".to_owned());
        let parsed = template.and_then(|text| Template::parse(text).map_err(|why| why.to_string()));
        let template = parsed.map_err(|why| {
            write(&why);
            Code::Template
        })?;

        let state = reader.state();
        let mut sample = Snapshot::EMPTY;
        reader.snapshot(&mut sample)?;
        let report = Report {
            state,
            sample: Some(&sample),
            age: reader.age().unwrap_or_default(),
            ..Report::nothing()
        };
        let mut text = String::new();
        // Writing to a string cannot fail, and none of our values does.
        let _ = template.render(&mut text, &report, Rendering::default());
        write(&text);
        Ok(())
    })
}
