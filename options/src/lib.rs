//! The options of a program as one table, from which everything else follows: the
//! parser, its errors, and `--help`.
//!
//! ```
//! use rstat_options::{Asked, Opt, Program, Section, count, put};
//!
//! #[derive(Default)]
//! struct Options {
//!     loud: bool,
//!     count: usize,
//! }
//!
//! static PROGRAM: Program<Options> = Program {
//!     name: "greet",
//!     about: "Greets.",
//!     usage: &["[OPTION]..."],
//!     sections: &[Section {
//!         title: "Options",
//!         options: &[
//!             Opt::flag("loud", "greet loudly", |options| options.loud = true),
//!             Opt::text("count", "N", "greet N times, up to 9", |options, text| {
//!                 put(&mut options.count, count(text, 9))
//!             }),
//!         ],
//!     }],
//!     notes: &[],
//! };
//!
//! let parsed = |line: &str| {
//!     PROGRAM.parse(line.split(' ').map(Into::into), Options::default())
//! };
//! assert!(matches!(parsed("--count 3 --loud"), Ok(Asked::Run(Options { loud: true, count: 3 }))));
//! assert_eq!(
//!     parsed("--laud").err().unwrap().to_string(),
//!     "unknown option `--laud`; did you mean `--loud`?"
//! );
//! ```

mod decimal;
mod help;
#[cfg(feature = "command-line")]
mod parse;
mod table;
mod value;

pub use decimal::Decimal;
#[cfg(feature = "command-line")]
pub use parse::{Asked, UsageError};
pub use table::{Opt, Program, Section};
pub use value::{
    OptionError, count, distance, nearest, number, once, pairs, path, put, switch, word,
};
