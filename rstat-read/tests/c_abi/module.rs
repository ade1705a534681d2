//! A module of a bar in a C program.

use crate::compile::{run, with_library};
use crate::region::{Scratch, published};

#[test]
fn modules_check_what_they_are_given_and_free_what_they_take() {
    let scratch = Scratch::new();
    let _writer = published(&scratch);
    let Some(mut program) = with_library(&scratch, "module.c") else {
        return;
    };
    run(program.arg(scratch.region()).arg(scratch.path().join("absent")));
}
