//! Options as C strings `NAME=VALUE`.

use rstat_options::{Opt, OptionError};

use crate::ffi::argument::Text;
use crate::module::options;
use crate::module::running::{self, RunningOptions};

static MODULE: [Opt<RunningOptions>; options::COUNT] = options::rows();
static RUNNING: [Opt<RunningOptions>; running::COUNT] = running::rows();

/// The options that the strings say.
pub fn parse(texts: &[Text]) -> Result<RunningOptions, OptionError> {
    let mut options = RunningOptions::default();
    for (index, text) in texts.iter().enumerate() {
        let text =
            text.get().ok_or_else(|| OptionError::new(format_args!("option {index} is null")))?;
        set(&mut options, text.to_str().map_err(|_| OptionError::new("an option is not UTF-8"))?)?;
    }
    let check = options.module.check();
    check.map_err(|(name, why)| OptionError::new(format_args!("{name}: {why}")))?;
    Ok(options)
}

/// Sets an option of `name=value`, or of `name` alone for a switch.
fn set(options: &mut RunningOptions, text: &str) -> Result<(), OptionError> {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    let all = || MODULE.iter().chain(&RUNNING);
    let option = all()
        .find(|option| option.name == name)
        .ok_or_else(|| OptionError::name("option", name, all().map(|option| option.name)))?;
    let set = option.set(options, value);
    set.map_err(|why| OptionError::new(format_args!("{name}: {why}")))
}
