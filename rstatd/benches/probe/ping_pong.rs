//! Two processes that hand a byte to and fro, the load with the most switches.

use std::env;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::process::{Command, Stdio};
use std::time::Instant;

use rstat_testbed::programs::{Program, VARIABLE, order, ready_for_order, say};
use rstat_testbed::sys;

/// A priority above ordinary tasks and the daemon.
const PRIORITY: i32 = 10;

/// The two processes, seen from the bench.
pub struct PingPong(Program);

impl PingPong {
    /// Starts the two processes, each on its CPU; both may have the same one.
    pub fn start(one: u32, other: u32) -> io::Result<Self> {
        Program::start(&format!("ping|{one}|{other}")).map(Self)
    }

    /// Lets the byte make so many round trips and returns the nanoseconds that each took.
    pub fn go(&mut self, round_trips: u32) -> io::Result<f64> {
        let answer = self.0.order(&round_trips.to_string())?;
        answer.parse().map_err(|_| io::Error::other(format!("{answer:?} is not a time")))
    }
}

/// `ping|CPU|CPU`: the process that starts the other one and sends the byte first.
pub fn ping(arguments: &[&str]) -> io::Result<()> {
    let mut command = Command::new(env::current_exe()?);
    sys::ends_with_us(&mut command);
    command.env(VARIABLE, format!("pong|{}", arguments[1]));
    let mut other = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let (Some(mut to), Some(mut from)) = (other.stdin.take(), other.stdout.take()) else {
        return Err(io::Error::other("no pipes"));
    };
    pin(arguments[0])?;
    let mut orders = ready_for_order()?;
    while let Some(round_trips) = orders.take() {
        let round_trips: u32 = round_trips.parse().map_err(io::Error::other)?;
        let begin = Instant::now();
        for _ in 0..round_trips {
            to.write_all(&[0])?;
            from.read_exact(&mut [0])?;
        }
        let ns = begin.elapsed().as_nanos() as f64 / f64::from(round_trips);
        say(&ns.to_string())?;
        orders = order()?;
    }
    drop(to);
    other.wait()?;
    Ok(())
}

/// `pong|CPU`: the process that sends each byte back.
pub fn pong(arguments: &[&str]) -> io::Result<()> {
    pin(arguments[0])?;
    let mut from = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let mut to = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    let mut byte = [0];
    while from.read(&mut byte)? > 0 {
        to.write_all(&byte)?;
    }
    std::process::exit(0)
}

/// Pins the process to a CPU, at a priority that no ordinary task can delay.
fn pin(cpu: &str) -> io::Result<()> {
    sys::pin(cpu.parse().map_err(io::Error::other)?)?;
    sys::be_real_time(PRIORITY)
}
