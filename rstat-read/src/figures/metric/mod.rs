//! Everything that a report tells, by name: `cpu.busy`, `gpu.temp`, `top.cpu.0.name`.
//!
//! Each has two names. The dotted one gives the figure as people want it: per cent,
//! degrees, gigahertz. The raw one is the snapshot's own, `cpu_busy_ppm`, and gives
//! its integer. A number in the name tells which row of a list; without it, it is
//! the first.

use std::fmt::{self, Display};

use rstat_shm::Snapshot;
use rstat_shm::fields::{Field, Unit};
use rstat_shm::snapshot::{KernelThreads, valid};

use crate::report::Report;

pub mod catalogue;
pub mod figure;
pub mod name;
pub mod rows;

pub use catalogue::{Entry, catalogue};
pub use figure::{Figure, Scale};
pub use name::UnknownMetric;

use rows::{Column, OfConsumer, OfGpu, OfStuck, StuckList, TopList};

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
    MemoryUsed,
    SwapUsed,
    Core(usize),
    Fan(usize),
    Gpu(usize, &'static Column<OfGpu>),
    Consumer(&'static TopList, usize, &'static Column<OfConsumer>),
    Stuck(&'static StuckList, usize, &'static Column<OfStuck>),
}

/// The row of a list that a metric is of.
#[derive(Clone, Copy)]
pub enum Of {
    /// The machine as a whole.
    Machine,
    /// A CPU, by its number.
    Core(usize),
    /// A fan.
    Fan(usize),
    /// A graphics processor.
    Gpu(usize),
    /// A process or an application of a top list.
    Consumer(&'static TopList, usize),
    /// A process that is blocked, or a zombie.
    Stuck(&'static StuckList, usize),
}

/// What a report answers.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    /// A number in the unit of the field or column.
    Number(i128),
    /// One of our own words.
    Word(&'static str),
    /// Data from outside, not to be trusted: to be shown through [`Figure`].
    Text(&'a dyn Display),
}

impl Value<'_> {
    /// The one of `names` that a number stands for, 1 for the first.
    pub fn name_in(self, names: &'static [&'static str]) -> Option<&'static str> {
        let Self::Number(number) = self else {
            return None;
        };
        names.get(usize::try_from(number - 1).ok()?).copied()
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
        let number = |value: Option<u32>| value.map(|value| Value::Number(value.into()));
        match self.what {
            What::State | What::Age => None,
            What::Field(field) => field.value(sample).map(Value::Number),
            What::MemoryUsed => number(sample.memory_used_ppm()),
            What::SwapUsed => number(sample.swap_used_ppm()),
            What::Core(cpu) => number(sample.core_busy_ppm(cpu)),
            What::Fan(index) => number(sample.known_fans_rpm().get(index).copied()),
            What::Gpu(index, column) => (column.value)(sample.known_gpus().get(index)?),
            What::Consumer(list, index, column) => {
                let row = list.row(sample, index, kernel_threads)?;
                Some(self.of_all_cpus((column.value)(&row, sample)?, sample))
            }
            What::Stuck(list, index, column) => (column.value)(list.row(sample, index)?),
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

    /// What it is of.
    pub fn of(&self) -> Of {
        match self.what {
            What::Core(cpu) => Of::Core(cpu),
            What::Fan(index) => Of::Fan(index),
            What::Gpu(index, _) => Of::Gpu(index),
            What::Consumer(list, index, _) => Of::Consumer(list, index),
            What::Stuck(list, index, _) => Of::Stuck(list, index),
            _ => Of::Machine,
        }
    }

    /// Whether its name is a raw one, so that its numbers are.
    pub fn is_raw(&self) -> bool {
        self.is_raw
    }

    /// Whether its value is a name and not a number, as people see it.
    pub fn is_text(&self) -> bool {
        match self.what {
            What::State => true,
            What::Consumer(_, _, column) if column.dotted == "name" => true,
            What::Stuck(_, _, column) if column.dotted == "name" => true,
            _ => !self.is_raw && matches!(self.unit, Unit::Name(_)),
        }
    }

    /// People see the share of all CPUs, as that of the whole machine is: the rows add up to it.
    fn of_all_cpus<'a>(&self, value: Value<'a>, sample: &Snapshot) -> Value<'a> {
        match value {
            Value::Number(ppm) if self.unit == Unit::Ppm && !self.is_raw => {
                Value::Number(ppm / i128::from(sample.cpu_count.max(1)))
            }
            value => value,
        }
    }

    /// The same of another row.
    fn at(mut self, index: usize) -> Self {
        match &mut self.what {
            What::Core(row)
            | What::Fan(row)
            | What::Gpu(row, _)
            | What::Consumer(_, row, _)
            | What::Stuck(_, row, _) => *row = index,
            What::State | What::Age | What::Field(_) | What::MemoryUsed | What::SwapUsed => {}
        }
        self
    }

    /// Bits of [`Snapshot::valid`] without which nothing of the kind is known.
    pub fn group(&self) -> u64 {
        match self.what {
            What::State | What::Age => 0,
            What::Field(field) => field.valid,
            What::MemoryUsed => valid::MEMORY,
            What::SwapUsed => valid::SWAP,
            What::Core(_) => valid::CPU,
            What::Fan(_) => valid::FANS,
            What::Gpu(..) => valid::GPU,
            What::Consumer(list, ..) => list.valid,
            What::Stuck(..) => valid::PROCESS_STATES,
        }
    }
}
