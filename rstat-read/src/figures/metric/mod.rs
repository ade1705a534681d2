//! Everything that a report tells, by name: `cpu.busy`, `gpu.temp`, `top.cpu.0.name`.
//!
//! Each has two names. The dotted one gives the figure as people want it: per cent,
//! degrees, gigahertz. The raw one is the snapshot's own, `cpu_busy_ppm`, and gives
//! its integer. A number in the name tells which row of a list; without it, it is
//! the first.

use std::fmt;

use rstat_shm::Snapshot;
use rstat_shm::fields::{self, Computed, Field, List, Unit, name_of};
use rstat_shm::snapshot::{KernelThreads, WordText};

use crate::report::Report;

pub mod catalogue;
pub mod figure;
pub mod name;

pub use catalogue::{Entry, catalogue};
pub use figure::{Figure, Scale};
pub use name::UnknownMetric;

/// One thing that can be asked of a report.
#[derive(Clone, Copy)]
pub struct Metric {
    what: What,
    unit: Unit,
    is_raw: bool,
}

/// Where in a report it is; the numbers are those of rows.
#[derive(Clone, Copy)]
enum What {
    State,
    Age,
    Field(&'static Field),
    Computed(&'static Computed),
    Row(&'static List, usize, &'static Field),
}

/// What a report answers.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    /// A number in the unit of the field or column.
    Number(i128),
    /// One of our own words.
    Word(&'static str),
    /// Data from outside, not to be trusted: to be shown through [`Figure`].
    Text(WordText<'a>),
}

impl<'a> From<fields::Value<'a>> for Value<'a> {
    fn from(value: fields::Value<'a>) -> Self {
        match value {
            fields::Value::Number(number) => Self::Number(number),
            fields::Value::Text(text) => Self::Text(text),
        }
    }
}

impl Value<'_> {
    /// The one of `names` that a number stands for, 1 for the first.
    pub fn name_in(self, names: &'static [&'static str]) -> Option<&'static str> {
        if let Self::Number(number) = self { name_of(names, number) } else { None }
    }
}

/// The name is not kept; what it stands for is told by kind.
impl fmt::Debug for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, is_raw) = (self.unit, self.is_raw);
        write!(f, "Metric({unit:?}{})", if is_raw { ", raw" } else { "" })
    }
}

impl Metric {
    /// The metric of a dotted or raw name.
    pub fn named(name: &str) -> Result<Self, UnknownMetric> {
        name::find(name)
    }

    /// What a report says, or nothing where it does not know.
    pub fn value<'a>(
        &self,
        report: &Report<'a>,
        kernel_threads: KernelThreads,
    ) -> Option<Value<'a>> {
        match self.what {
            What::State => return Some(Value::Word(report.state.name())),
            // Of a sample whose figures are too old to be shown, too.
            What::Age if report.sample.is_some() || !report.age.is_zero() => {
                return i128::try_from(report.age.as_nanos()).ok().map(Value::Number);
            }
            _ => {}
        }
        let sample = report.sample?;
        match self.what {
            What::State | What::Age => None,
            What::Field(field) => field.value(sample).map(Value::Number),
            What::Computed(it) => (it.value)(sample).map(|value| Value::Number(value.into())),
            What::Row(list, index, member) => {
                let value = list.row(sample, index, kernel_threads)?.value(member)?.into();
                Some(if member.name == "cpu_ppm" { self.of_all_cpus(value, sample) } else { value })
            }
        }
    }

    /// The value as it is to be shown.
    pub fn figure<'a>(&self, value: Value<'a>) -> Figure<'a> {
        Figure { value, unit: (!self.is_raw).then_some(self.unit), precision: None, scale: None }
    }

    /// What it counts.
    pub fn unit(&self) -> Unit {
        self.unit
    }

    /// Whether it tells of the region, not of the machine.
    pub fn is_of_region(&self) -> bool {
        matches!(self.what, What::State | What::Age)
    }

    /// The list that has it, and the number of the row.
    pub fn row(&self) -> Option<(&'static List, usize)> {
        match self.what {
            What::Row(list, index, _) => Some((list, index)),
            _ => None,
        }
    }

    /// Whether its name is a raw one, so that its numbers are.
    pub fn is_raw(&self) -> bool {
        self.is_raw
    }

    /// Whether its value is a name and not a number, as people see it.
    pub fn is_text(&self) -> bool {
        match self.unit {
            Unit::Text => true,
            Unit::Name(_) => !self.is_raw,
            _ => false,
        }
    }

    /// People see the share of all CPUs, as that of the whole machine is: the rows add up to it.
    fn of_all_cpus<'a>(&self, value: Value<'a>, sample: &Snapshot) -> Value<'a> {
        match value {
            Value::Number(ppm) if !self.is_raw => {
                Value::Number(ppm / i128::from(sample.cpu_count.max(1)))
            }
            value => value,
        }
    }

    /// The same of another row.
    fn at(mut self, index: usize) -> Self {
        if let What::Row(_, row, _) = &mut self.what {
            *row = index;
        }
        self
    }

    /// Bits of [`Snapshot::valid`] without which nothing of the kind is known.
    pub fn group(&self) -> u64 {
        match self.what {
            What::State | What::Age => 0,
            What::Field(field) => field.valid,
            What::Computed(computed) => computed.field.valid,
            What::Row(list, ..) => list.valid,
        }
    }
}
