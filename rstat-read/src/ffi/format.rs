//! A sample as text of the caller's own.
#![expect(unsafe_code, reason = "this file is the boundary to C")]

use std::ffi::{c_char, c_int};

use rstat_shm::Snapshot;

use super::argument::{Place, Text, put_some};
use super::code::Code;
use super::guard;
use crate::figures::Template;
use crate::figures::template::Rendering;
use crate::reader::Reader;
use crate::report::Report;

/// Writes a template with the figures of the latest sample.
#[unsafe(no_mangle)]
pub extern "C" fn rstat_format(
    reader: Option<&Reader>,
    template: Text,
    mut into: Place<c_char>,
    size: usize,
) -> c_int {
    guard(|| {
        // SAFETY: the caller has passed this size with the place.
        let into = unsafe { into.bytes(size) }?;
        put_some(into, "");
        let (reader, template) = reader.zip(template.get()).ok_or(Code::Argument)?;
        if into.is_empty() {
            return Err(Code::Argument);
        }
        let template = template.to_str().map_err(|_| "it is not UTF-8".to_owned());
        let parsed = template.and_then(|text| Template::parse(text).map_err(|why| why.to_string()));
        let template = parsed.map_err(|why| {
            put_some(into, &why);
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
        put_some(into, &text);
        Ok(())
    })
}
