//! Options as C strings `NAME=VALUE`.

use std::path::PathBuf;

use crate::ffi::argument::Text;
use crate::module::ModuleOptions;
use crate::module::action::Actions;
use crate::module::options::OPTIONS;
use crate::pace::Interval;
use crate::text::option::OptionError;

/// Options that are not about what the module shows.
const RUNNING: [&str; 3] = ["interval", "on-signal", "shm"];

/// What a module is made with.
pub struct Options {
    pub module: ModuleOptions,
    /// Time between two appearances at least.
    pub interval: Interval,
    pub actions: Actions,
    /// The region, unless it is the ordinary one.
    pub path: Option<PathBuf>,
}

impl Options {
    /// The options that the strings say.
    pub fn parse(texts: &[Text]) -> Result<Self, OptionError> {
        let mut options = Self {
            module: ModuleOptions::default(),
            interval: Interval::default(),
            actions: Actions::default(),
            path: None,
        };
        for (index, text) in texts.iter().enumerate() {
            let text = text
                .get()
                .ok_or_else(|| OptionError::new(format_args!("option {index} is null")))?;
            options.set(text.to_str().map_err(|_| OptionError::new("an option is not UTF-8"))?)?;
        }
        let check = options.module.check();
        check.map_err(|(name, why)| OptionError::new(format_args!("{name}: {why}")))?;
        Ok(options)
    }

    /// Sets an option of `name=value`, or of `name` alone for a switch.
    fn set(&mut self, option: &str) -> Result<(), OptionError> {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        let set = match name {
            "interval" => Interval::parse(value).map(|interval| self.interval = interval),
            "on-signal" => Actions::parse(value).map(|actions| self.actions = actions),
            "shm" => {
                self.path = Some(value.into());
                Ok(())
            }
            _ if OPTIONS.iter().any(|known| known.name == name) => self.module.set(name, value),
            _ => {
                let known = OPTIONS.iter().map(|option| option.name).chain(RUNNING);
                return Err(OptionError::name("option", name, known));
            }
        };
        set.map_err(|why| OptionError::new(format_args!("{name}: {why}")))
    }
}
