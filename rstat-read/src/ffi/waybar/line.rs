//! What a module shows, as C reads it.
#![expect(unsafe_code, reason = "pointers are promised to move with what they lead to")]

use std::ffi::c_char;
use std::ptr;

use crate::module::appearance::Appearance;

/// The last appearance as C reads it.
#[derive(Default)]
pub struct Strings {
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

impl Strings {
    pub fn set(&mut self, appearance: &Appearance) {
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

    pub fn line(&self, appearance: Option<&Appearance>) -> Line {
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
