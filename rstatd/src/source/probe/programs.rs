//! The probe's programs by name.

/// Programs to attach, in this order: `on_free` before `on_fork`, so that no process is
/// listed whose end goes unnoticed.
pub const PROGRAMS: [&str; 5] = ["on_free", "on_rename", "on_move", "on_fork", IDLE];
/// The iterator over all tasks. It runs when the programs that list new processes are attached, and
/// lists all others.
pub const SEED: &str = "seed";
/// Attached last: then every process that the program meets is listed or counted as unlisted.
pub const SWITCH: &str = "on_switch";
/// The end of an idle CPU's interrupt.
pub const IDLE: &str = "on_idle";
/// Finds the tick of a CPU.
pub const FIND_TICK: &str = "find_tick";
