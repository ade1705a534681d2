//! One figure of rstat compared with the kernel's: the error, and its bound.

use std::{fmt, io};

/// How a figure is printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Percent,
    Milliseconds,
    Microseconds,
    Mebibytes,
    Count,
}

impl Unit {
    fn show(self, value: f64) -> String {
        match self {
            Self::Percent => format!("{value:.2} %"),
            Self::Milliseconds => format!("{value:.0} ms"),
            Self::Microseconds => format!("{value:.1} µs"),
            Self::Mebibytes => format!("{value:.2} MiB"),
            Self::Count => format!("{value:.0}"),
        }
    }
}

/// The allowed error, in the figure's own unit unless a variant says otherwise.
#[derive(Clone, Copy)]
pub enum Bound {
    /// rstat may be higher or lower by this distance.
    Distance(f64),
    /// The error may be this percentage of the truth, or this distance if that is more.
    Share(f64, f64),
    /// rstat may be lower by anything, and higher by this distance.
    Above(f64),
    /// rstat may be higher by anything, and lower by this distance.
    Below(f64),
    /// Truth and this are a lower and an upper limit, and rstat has to be between them; or
    /// outside by percent of the upper one, or by a distance if that is more.
    Between(f64, f64, f64),
}

/// One row of a table.
#[derive(Clone)]
pub struct Finding {
    pub metric: String,
    pub truth: String,
    pub reported: String,
    /// The error, in the unit of `bound`.
    pub error: f64,
    pub bound: f64,
    pub is_share: bool,
    /// The percentage of all CPUs that a hypervisor took meanwhile.
    pub stolen: Option<f64>,
    /// Why there is nothing to compare.
    pub cannot: Option<String>,
}

impl Finding {
    pub fn new(
        metric: impl Into<String>,
        unit: Unit,
        truth: f64,
        reported: f64,
        bound: Bound,
    ) -> Self {
        let distance = (reported - truth).abs();
        let (error, limit, is_share) = match bound {
            Bound::Distance(limit) => (distance, limit, false),
            Bound::Above(limit) => ((reported - truth).max(0.0), limit, false),
            Bound::Below(limit) => ((truth - reported).max(0.0), limit, false),
            Bound::Share(percent, least) => {
                let whole = truth.abs().max(f64::MIN_POSITIVE);
                (100.0 * distance / whole, percent.max(100.0 * least / whole), true)
            }
            Bound::Between(upper, percent, least) => {
                let outside = (truth - reported).max(reported - upper).max(0.0);
                let limit = percent.max(100.0 * least / upper.max(f64::MIN_POSITIVE));
                (100.0 * outside / upper.max(f64::MIN_POSITIVE), limit, true)
            }
        };
        Self {
            metric: metric.into(),
            truth: unit.show(truth),
            reported: unit.show(reported),
            error,
            bound: limit,
            is_share,
            stolen: None,
            cannot: None,
        }
    }

    /// A figure that cannot be compared here.
    pub fn missing(metric: impl Into<String>, why: impl Into<String>) -> Self {
        let mut finding = Self::new(metric, Unit::Count, 0.0, 0.0, Bound::Distance(0.0));
        finding.cannot = Some(why.into());
        finding
    }

    pub fn with_stolen(mut self, percent: f64) -> Self {
        self.stolen = Some(percent);
        self
    }

    pub fn named(mut self, metric: &str) -> Self {
        metric.clone_into(&mut self.metric);
        self
    }

    /// An error that is not a number is within no bound.
    pub fn is_within(&self) -> bool {
        self.cannot.is_some() || self.error <= self.bound
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { metric, truth, reported, error, bound, .. } = self;
        if let Some(why) = &self.cannot {
            return write!(f, "{metric} not compared: {why}");
        }
        let sign = if self.is_share { " %" } else { "" };
        write!(f, "{metric} {reported}/{truth}, {error:.2}{sign} of {bound:.2}{sign}")
    }
}

/// Why a case has no findings.
#[derive(Debug)]
pub enum Trouble {
    /// The case cannot run on this machine.
    Cannot(String),
    /// The case broke, or a sample was impossible.
    Failed(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cannot(why) | Self::Failed(why) => f.write_str(why),
        }
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            // A load that the kernel refuses cannot run here.
            io::ErrorKind::Unsupported => Self::Cannot(error.to_string()),
            _ => Self::Failed(error.to_string()),
        }
    }
}
