//! The message to people while no samples arrive, with a remedy.

use std::fmt::{self, Display};

use crate::report::{Freshness, Report};
use crate::text::columns::Visible;

/// One line about the region's state; empty while samples arrive.
pub struct Advice<'a>(pub &'a Report<'a>);

impl Display for Advice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.state, self.0.error) {
            (Freshness::Fresh, _) => Ok(()),
            (Freshness::Stale, _) => {
                f.write_str("no new samples, these are the last; see: systemctl status rstatd")
            }
            (Freshness::Stopped, _) => {
                f.write_str("rstatd was stopped; to start it: systemctl start rstatd")
            }
            (Freshness::Starting, _) => f.write_str("waiting for the first sample of rstatd"),
            (Freshness::Refused, Some(error)) => write!(f, "{}", Visible(error)),
            (Freshness::Absent | Freshness::Refused, _) => write!(
                f,
                "rstatd does not run: there is no {}; to start it: systemctl start rstatd",
                Visible(self.0.path.display())
            ),
        }
    }
}
