//! A program from outside: it is started, given orders, and ended.

use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use super::{MARK, READY, VARIABLE};
use crate::sys;

/// When a program that says nothing is given up; nothing takes so long in a good run.
const GIVE_UP: Duration = Duration::from_secs(40);

/// One of the programs; it ends with this at the latest, and with it all that it has
/// started.
pub struct Program {
    process: Child,
    orders: Option<ChildStdin>,
    output: Option<BufReader<ChildStdout>>,
}

impl Program {
    /// Starts this executable as that program, and waits until it has done what it does
    /// before any order. What the kernel refuses it is an error of the kind
    /// `Unsupported`. It ends with the thread that starts it.
    pub fn start(line: &str) -> io::Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        sys::ends_with_us(&mut command);
        Self::start_as(command, line)
    }

    /// The same with a command that leads to [`super::be_one`].
    pub fn start_as(mut command: Command, line: &str) -> io::Result<Self> {
        command.env(VARIABLE, line).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.process_group(0).spawn()?;
        let orders = process.stdin.take();
        let output = process.stdout.take().map(BufReader::new);
        let mut program = Self { process, orders, output };
        match program.line()? {
            said if said == READY => Ok(program),
            said => Err(io::Error::new(io::ErrorKind::Unsupported, said)),
        }
    }

    /// The same, but it outlives us, to clean up.
    pub fn outliving(line: &str) -> io::Result<Self> {
        Self::start_as(Command::new(env::current_exe()?), line)
    }

    /// Starts a program that is none of ours, and takes no orders.
    pub fn other(mut command: Command) -> io::Result<Self> {
        sys::ends_with_us(&mut command);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.process_group(0).spawn()?;
        Ok(Self { process, orders: None, output: None })
    }

    /// Its number.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Gives an order and waits for the answer.
    pub fn order(&mut self, order: &str) -> io::Result<String> {
        if let Some(orders) = &mut self.orders {
            writeln!(orders, "{order}")?;
        }
        self.line()
    }

    /// The next line that it says.
    fn line(&mut self) -> io::Result<String> {
        let ended = || io::Error::other("a program ended before it said anything");
        let output = self.output.as_mut().ok_or_else(ended)?;
        loop {
            // It may hang, and we should not.
            if output.buffer().is_empty() && !sys::wait_readable(output.get_ref(), GIVE_UP)? {
                return Err(io::Error::other(format!("a program said nothing for {GIVE_UP:?}")));
            }
            let mut line = String::new();
            if output.read_line(&mut line)? == 0 {
                return Err(ended());
            }
            // A harness may print lines of its own, or the begin of one before ours.
            if let Some((_, said)) = line.trim_end().split_once(MARK) {
                return Ok(said.to_owned());
            }
        }
    }

    /// Closes its input and waits for its end, which follows.
    pub fn finish(mut self) {
        self.orders = None;
        // There is nobody to tell, and dropping it ends it anyway.
        let _ = self.process.wait();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if matches!(self.process.try_wait(), Ok(Some(_))) {
            return;
        }
        // It leads its group: what it has started ends with it.
        sys::signal_group(self.process.id(), libc::SIGKILL);
        let _ = self.process.wait();
    }
}
