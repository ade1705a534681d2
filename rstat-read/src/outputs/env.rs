//! A sample as variables for a shell: `eval "$(rstat-read --format env)"`.
//!
//! Names are the metrics' own in capitals: `RSTAT_CPU_BUSY` has the displayed unit,
//! `RSTAT_CPU_BUSY_PPM` the raw integer. The variable of an unknown figure or an unused row
//! is set and empty, so that no value of an earlier sample stays.

use std::collections::HashSet;
use std::fmt::{self, Display, Write};

use rstat_shm::snapshot::KernelThreads;

use crate::figures::catalogue::{Entry, ROW, catalogue};
use crate::figures::metric::Metric;
use crate::outputs::output::OutputKind;
use crate::report::Report;
use crate::text::columns::by_character;

/// The row of `env`.
pub static ENV: OutputKind = OutputKind::plain(
    "env",
    "variables for a shell's eval: RSTAT_CPU_BUSY\nas people see it, RSTAT_CPU_BUSY_PPM raw",
    |wishes| {
        let mut seen = HashSet::new();
        let mut variables: Vec<_> = catalogue().iter().flat_map(variables).collect();
        // Where both names make the same variable, the variable has the displayed unit.
        variables.retain(|variable| seen.insert(variable.name.clone()));
        Box::new(move |out, report| write(out, report, &variables, wishes.rendering.kernel_threads))
    },
);

struct Variable {
    name: String,
    metric: Metric,
}

fn write(
    out: &mut String,
    report: &Report,
    variables: &[Variable],
    kernel_threads: KernelThreads,
) -> fmt::Result {
    variables.iter().try_for_each(|Variable { name, metric }| {
        write!(out, "{name}=")?;
        if let Some(value) = metric.value(report, kernel_threads) {
            quoted(out, &metric.figure(value))?;
        }
        out.write_char('\n')
    })
}

fn variables(entry: &Entry) -> Vec<Variable> {
    if entry.rows == 0 {
        let names = [(&entry.dotted, false), (&entry.raw, true)];
        return names
            .map(|(name, is_raw)| Variable {
                name: variable_name(name),
                metric: entry.metric(0, is_raw),
            })
            .into();
    }
    let row = |row: usize| Variable {
        name: variable_name(&entry.dotted.replace(ROW, &row.to_string())),
        metric: entry.metric(row, false),
    };
    (0..entry.rows).map(row).collect()
}

fn variable_name(name: &str) -> String {
    format!("RSTAT_{}", name.to_ascii_uppercase().replace('.', "_"))
}

/// Writes a word of a POSIX shell, in single quotes: only the quotes themselves need escaping.
fn quoted(out: &mut String, word: &dyn Display) -> fmt::Result {
    out.push('\'');
    by_character(out, word, |out, character| match character {
        '\'' => out.write_str("'\\''"),
        character => out.write_char(character),
    })?;
    out.push('\'');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_one_word_whatever_is_in_it() {
        let check = |word: &str, expected: &str| {
            let mut out = String::new();
            quoted(&mut out, &word).unwrap();
            assert_eq!(out, expected);
        };
        check("23", "'23'");
        check("", "''");
        check("a'b", "'a'\\''b'");
        check("$(reboot) `x` \"\\", "'$(reboot) `x` \"\\'");
    }
}
