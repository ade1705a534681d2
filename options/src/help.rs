//! The help of a program, from the table of its options.

use std::iter::repeat;

use crate::table::{Opt, Program};

/// The column at which help texts begin.
const COLUMN: usize = 26;
/// The space between a word and its help.
const GAP: usize = 2;

impl<T> Program<T> {
    /// The text for `--help`. Options without help are left out.
    pub fn help(&self) -> String {
        let usage = self.usage.iter().zip(["Usage:"].into_iter().chain(repeat("      ")));
        let usage = usage.map(|(form, label)| format!("{label} {} {form}\n", self.name));
        let sections = self.sections.iter().flat_map(|section| {
            let title = match section.title {
                "" => String::new(),
                title => format!("\n{title}:\n"),
            };
            [title].into_iter().chain(section.options.iter().map(option))
        });
        let own = [
            entry("  -h, --help", "print this help and exit"),
            entry("  -V, --version", "print the version and exit"),
        ];
        let notes = self.notes.iter().map(|note| (*note).to_owned());
        let about = format!("{}\n\n", self.about);
        [about].into_iter().chain(usage).chain(sections).chain(own).chain(notes).collect()
    }
}

/// An option with its help and the help of its words.
fn option<T>(option: &Opt<T>) -> String {
    let words = (option.words)();
    let longest = words.iter().map(|(word, _)| word.len()).max().unwrap_or(0);
    let words = words.iter().map(|(word, help)| {
        let help = indented(help, longest + GAP);
        format!("{word:longest$}{:GAP$}{help}", "")
    });
    let help = [option.help.to_owned()].into_iter().chain(words);
    let help: Vec<_> = help.filter(|part| !part.is_empty()).collect();
    if help.is_empty() {
        return String::new();
    }
    let dashes = format!("      --{} {}", option.name, option.value);
    entry(dashes.trim_end(), &help.join("\n"))
}

/// The help beside an option, or below it where there is no room.
fn entry(dashes: &str, help: &str) -> String {
    let help = indented(help, COLUMN);
    if dashes.len() < COLUMN {
        format!("{dashes:COLUMN$}{help}\n")
    } else {
        format!("{dashes}\n{:COLUMN$}{help}\n", "")
    }
}

/// Writes lines; all but the first begin at that column.
fn indented(text: &str, column: usize) -> String {
    text.replace('\n', &format!("\n{:column$}", ""))
}

#[cfg(test)]
mod tests {
    use crate::table::{Opt, Program, Section};

    #[test]
    fn help_is_in_columns() {
        static PROGRAM: Program<()> = Program {
            name: "greet",
            about: "Greets.",
            usage: &["[OPTION]...", "--list"],
            sections: &[
                Section {
                    title: "How",
                    options: &[
                        Opt::flag("loud", "greet loudly", |()| ()),
                        Opt::flag("moved", "", |()| ()),
                        Opt::text(
                            "language-of-choice",
                            "NAME",
                            "in words of\nthat language",
                            |(), _| Ok(()),
                        )
                        .of(|| vec![("en", "English"), ("tlh", "Klingon,\nmore or less")]),
                    ],
                },
                Section { title: "What else", options: &[Opt::flag("list", "a list", |()| ())] },
            ],
            notes: &["\nBye.\n"],
        };
        assert_eq!(
            PROGRAM.help(),
            "Greets.\n\
             \n\
             Usage: greet [OPTION]...\n\
             \x20      greet --list\n\
             \n\
             How:\n\
             \x20     --loud              greet loudly\n\
             \x20     --language-of-choice NAME\n\
             \x20                         in words of\n\
             \x20                         that language\n\
             \x20                         en   English\n\
             \x20                         tlh  Klingon,\n\
             \x20                              more or less\n\
             \n\
             What else:\n\
             \x20     --list              a list\n\
             \x20 -h, --help              print this help and exit\n\
             \x20 -V, --version           print the version and exit\n\
             \n\
             Bye.\n"
        );
    }
}
