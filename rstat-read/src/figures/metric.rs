//! Metrics: everything that a report contains, such as `cpu.busy`, `gpu.temp`, `top.cpu.0.name`.
//!
//! A metric has two names. The dotted name gives the figure in the displayed unit (per cent,
//! °C, GHz). The raw name is the snapshot's own, `cpu_busy_ppm`, and gives the
//! integer. A number in a name is the row of a list; without a number, the first row.

use std::fmt;

use rstat_shm::fields::{Computed, Field, List, Unit, Value};
use rstat_shm::snapshot::KernelThreads;

use crate::figures::consumer::figure;
use crate::report::Report;

/// A metric, which has a value in a report.
#[derive(Clone, Copy)]
pub struct Metric {
    pub(super) what: What,
    pub(super) unit: Unit,
    pub(super) is_raw: bool,
}

/// The place of a metric in a report, with the number of the row.
#[derive(Clone, Copy)]
pub(super) enum What {
    State,
    Age,
    Field(&'static Field),
    Computed(&'static Computed),
    Row(&'static List, usize, &'static Field),
}

/// Prints the kind, as a metric does not keep its name.
impl fmt::Debug for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, is_raw) = (self.unit, self.is_raw);
        write!(f, "Metric({unit:?}{})", if is_raw { ", raw" } else { "" })
    }
}

impl Metric {
    /// The value in a report, if it is known.
    pub fn value<'a>(
        &self,
        report: &Report<'a>,
        kernel_threads: KernelThreads,
    ) -> Option<Value<'a>> {
        match self.what {
            What::State => return Some(Value::Number(report.state as i128 + 1)),
            // A sample with figures too old to be shown has an age, too.
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
                let row = list.row(sample, index, kernel_threads)?;
                let figure = figure(&row, member, sample).filter(|_| !self.is_raw);
                figure.map(Value::Number).or_else(|| row.value(member))
            }
        }
    }

    /// The unit of the number.
    pub fn unit(&self) -> Unit {
        self.unit
    }

    /// Whether the metric is about the region, not about the machine.
    pub fn is_of_region(&self) -> bool {
        matches!(self.what, What::State | What::Age)
    }

    /// The list of the metric, and the number of the row.
    pub fn row(&self) -> Option<(&'static List, usize)> {
        match self.what {
            What::Row(list, index, _) => Some((list, index)),
            _ => None,
        }
    }

    /// Whether the metric was found by its raw name.
    pub fn is_raw(&self) -> bool {
        self.is_raw
    }

    /// Whether people see a name instead of a number.
    pub fn is_text(&self) -> bool {
        match self.unit {
            Unit::Text => true,
            Unit::Name(_) => !self.is_raw,
            _ => false,
        }
    }

    /// The same metric of another row.
    pub(super) fn at(mut self, index: usize) -> Self {
        if let What::Row(_, row, _) = &mut self.what {
            *row = index;
        }
        self
    }

    /// The bits of [`Snapshot::valid`] that the metric depends on.
    pub fn group(&self) -> u64 {
        match self.what {
            What::State | What::Age => 0,
            What::Field(field) => field.valid,
            What::Computed(computed) => computed.field.valid,
            What::Row(list, ..) => list.valid,
        }
    }
}
