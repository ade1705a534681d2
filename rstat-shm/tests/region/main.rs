//! The promises of the region, checked from outside: through files, the public
//! interface, and processes that are killed.

mod adoption;
mod directories;
mod exclusion;
mod history;
mod making;
mod protocol;
mod python;
mod reading;
mod refusal;
mod replacement;
mod roles;
mod stage;
mod versions;
