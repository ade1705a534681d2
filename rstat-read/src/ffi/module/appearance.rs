//! What a module shows, as C reads it.
#![expect(unsafe_code, reason = "pointers are promised to move with what they lead to")]

use std::ffi::c_char;
use std::ptr;

use crate::module::appearance as module;

/// What a module shows: `struct rstat_appearance`.
#[repr(C)]
pub struct Appearance {
    text: *const c_char,
    tooltip: *const c_char,
    alt: *const c_char,
    classes: *const *const c_char,
    percentage: i32,
    reserved: u32,
}

/// An appearance with a zero behind each text.
#[derive(Default)]
pub struct Strings {
    text: Vec<u8>,
    tooltip: Vec<u8>,
    alt: Vec<u8>,
    /// All classes, one after the other.
    classes: Vec<u8>,
    list: Vec<*const c_char>,
}

// SAFETY: the pointers of `list` lead to the memory of `classes`, which moves with them.
unsafe impl Send for Strings {}

impl Strings {
    /// Copies an appearance. The pointers are good until the next one is copied.
    pub fn put(&mut self, appearance: &module::Appearance) -> Appearance {
        for (ours, text) in [
            (&mut self.text, &appearance.text),
            (&mut self.tooltip, &appearance.tooltip),
            (&mut self.alt, &appearance.alt),
            (&mut self.classes, &appearance.classes.join("\0")),
        ] {
            ours.clear();
            ours.extend_from_slice(text.as_bytes());
            ours.push(0);
        }
        let classes = self.classes.split_inclusive(|byte| *byte == 0);
        self.list.clear();
        self.list.extend(classes.map(|class| class.as_ptr().cast::<c_char>()));
        self.list.push(ptr::null());
        Appearance {
            text: self.text.as_ptr().cast(),
            tooltip: self.tooltip.as_ptr().cast(),
            alt: self.alt.as_ptr().cast(),
            classes: self.list.as_ptr(),
            percentage: appearance.percentage.map_or(-1, i32::from),
            reserved: 0,
        }
    }
}
