//! Options as C strings `NAME=VALUE`.

use rstat_options::OptionError;

use crate::ffi::argument::Text;
use crate::module::options::{ModuleOptions, find};

/// The options that the strings say.
pub fn parse(texts: &[Text]) -> Result<ModuleOptions, OptionError> {
    let mut options = ModuleOptions::default();
    for (index, text) in texts.iter().enumerate() {
        let text =
            text.get().ok_or_else(|| OptionError::new(format_args!("option {index} is null")))?;
        let text = text.to_str().map_err(|_| OptionError::new("an option is not UTF-8"))?;
        // The name alone is enough for a switch.
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        find(name)?.set(&mut options, value.into()).map_err(|why| of_option(name, &why))?;
    }
    options.check().map_err(|(name, why)| of_option(name, &why))?;
    Ok(options)
}

fn of_option(name: &str, why: &OptionError) -> OptionError {
    OptionError::new(format_args!("{name}: {why}"))
}
