//! Parses a command line into options.

use std::ffi::OsString;
use std::fmt;

use lexopt::{Arg, Parser};

use crate::table::{Opt, Program, Takes};
use crate::value::{distance, nearest};

/// What a command line asks for.
pub enum Asked<T> {
    /// The help.
    Help,
    /// The version.
    Version,
    /// The program with these options.
    Run(T),
}

/// The mistake in a command line, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageError(String);

impl UsageError {
    /// The mistake, in words.
    pub fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

impl From<lexopt::Error> for UsageError {
    fn from(error: lexopt::Error) -> Self {
        Self(error.to_string())
    }
}

impl<T> Program<T> {
    /// Reads the arguments behind the program's name into `options`.
    pub fn parse(
        &self,
        arguments: impl IntoIterator<Item = OsString>,
        mut options: T,
    ) -> Result<Asked<T>, UsageError> {
        let mut given: Vec<&Opt<T>> = Vec::new();
        let mut parser = Parser::from_args(arguments);
        while let Some(argument) = parser.next()? {
            let option = match argument {
                Arg::Short('h') | Arg::Long("help") => return Ok(Asked::Help),
                Arg::Short('V') | Arg::Long("version") => return Ok(Asked::Version),
                Arg::Long(name) => self.find(name)?,
                _ => return Err(argument.unexpected().into()),
            };
            let value = match option.takes {
                Takes::Nothing(_) => OsString::new(),
                Takes::Switch(_) => parser.optional_value().unwrap_or_default(),
                Takes::Text(_) | Takes::Os(_) => parser.value()?,
            };
            let set = option.set(&mut options, value);
            set.map_err(|error| UsageError(error.of_option(option.name)))?;
            given.push(option);
        }
        self.check(&given, &options)?;
        Ok(Asked::Run(options))
    }

    /// All options of all sections.
    pub fn options(&self) -> impl Iterator<Item = &'static Opt<T>> {
        self.sections.iter().flat_map(|section| section.options)
    }

    fn find(&self, name: &str) -> Result<&'static Opt<T>, UsageError> {
        if let Some(option) = self.options().find(|option| option.name == name) {
            return Ok(option);
        }
        let known = self.options().map(|option| option.name).chain(["help", "version"]);
        let nearest = nearest(name, known).filter(|known| is_near(name, known));
        Err(match nearest {
            Some(nearest) => {
                UsageError(format!("unknown option `--{name}`; did you mean `--{nearest}`?"))
            }
            None => Arg::Long(name).unexpected().into(),
        })
    }

    /// Checks that the options fit together: commands first, as they decide about the other
    /// options.
    fn check(&self, given: &[&Opt<T>], options: &T) -> Result<(), UsageError> {
        let is_given = |option: &&Opt<T>| given.iter().any(|given| given.name == option.name);
        let (commands, others): (Vec<_>, Vec<_>) =
            self.options().filter(is_given).partition(|option| option.is_command);
        if commands.len() > 1 {
            let all = self.options().filter(|option| option.is_command);
            let names: Vec<_> = all.map(|option| format!("--{}", option.name)).collect();
            let (last, first) = names.split_last().expect("there are two at least");
            return Err(UsageError(format!("{} and {last} exclude each other", first.join(", "))));
        }
        let mut ordered = commands.into_iter().chain(others);
        let why = ordered.find_map(|option| (option.rule)(options));
        why.map_or(Ok(()), |why| Err(UsageError(why)))
    }
}

/// Whether one name may be a misspelling of the other: half of its letters are right, and the first
/// one is.
fn is_near(typed: &str, known: &str) -> bool {
    let length = typed.chars().count();
    typed.chars().next() == known.chars().next() && distance(typed, known) <= length / 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Section;
    use crate::value::OptionError;

    #[derive(Debug, Default, PartialEq)]
    struct Options {
        loud: bool,
        polite: bool,
        name: String,
        path: OsString,
        command: Option<&'static str>,
    }

    type Opt = crate::table::Opt<Options>;

    static PROGRAM: Program<Options> = Program {
        name: "greet",
        about: "Greets.",
        usage: &[""],
        sections: &[
            Section {
                title: "How",
                options: &[
                    Opt::flag("loud", "", |it| it.loud = true)
                        .unless(|it| it.name.is_empty().then(|| "--loud needs a --name".into())),
                    Opt::switch("polite", "", |it, is| it.polite = is),
                    Opt::text("name", "NAME", "", |it, text| {
                        if text.contains(' ') {
                            return Err(OptionError::new("it is one word"));
                        }
                        text.clone_into(&mut it.name);
                        Ok(())
                    }),
                    Opt::os("card", "FILE", "", |it, path| {
                        if path.is_empty() {
                            return Err(OptionError::predicate("takes a path"));
                        }
                        it.path = path;
                        Ok(())
                    }),
                ],
            },
            Section {
                title: "What else",
                options: &[
                    Opt::flag("list", "", |it| it.command = Some("list")).command(),
                    Opt::flag("leave", "", |it| it.command = Some("leave")).command(),
                    Opt::flag("sleep", "", |it| it.command = Some("sleep"))
                        .command()
                        .unless(|it| it.loud.then(|| "--sleep is quiet".into())),
                ],
            },
        ],
        notes: &[],
    };

    fn parsed(line: &str) -> Result<Options, String> {
        let words = line.split_whitespace().map(OsString::from);
        match PROGRAM.parse(words, Options::default()) {
            Ok(Asked::Run(options)) => Ok(options),
            Ok(Asked::Help) => Err("help".to_owned()),
            Ok(Asked::Version) => Err("version".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn options_are_understood_in_any_order() {
        let options = parsed("--name=Ada --card c --loud --polite --leave").unwrap();
        assert_eq!(parsed("--leave --polite --loud --card c --name Ada").unwrap(), options);
        assert!(options.loud && options.polite);
        assert_eq!((options.name.as_str(), options.path), ("Ada", "c".into()));
        assert_eq!(options.command, Some("leave"));
        assert!(!parsed("--polite --polite=false").unwrap().polite);
        assert_eq!(parsed(""), Ok(Options::default()));
        for (line, asked) in [("--loud -h --frob", "help"), ("--version", "version")] {
            assert_eq!(parsed(line).unwrap_err(), asked);
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, expected) in [
            ("--nmae Ada", "unknown option `--nmae`; did you mean `--name`?"),
            ("--verson", "unknown option `--verson`; did you mean `--version`?"),
            ("--frob", "invalid option '--frob'"),
            ("-x", "invalid option '-x'"),
            ("Ada", "unexpected argument \"Ada\""),
            ("--name", "missing argument for option '--name'"),
            ("--card=", "--card takes a path"),
            ("--polite=very", "--polite: it is true or false, not 'very'"),
            ("--loud", "--loud needs a --name"),
            ("--list --leave", "--list, --leave and --sleep exclude each other"),
            ("--loud --sleep", "--sleep is quiet"),
        ] {
            assert_eq!(parsed(line).unwrap_err(), expected, "{line}");
        }
        let words = ["--name", "Ada Byron"].map(OsString::from);
        let error = PROGRAM.parse(words, Options::default()).err().unwrap();
        assert_eq!(error.to_string(), "--name: it is one word");
    }
}
