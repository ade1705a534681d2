//! A program as its caller sees it: the caller starts it, gives orders, and ends it.

use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use super::{MARK, READY, VARIABLE};
use crate::sys;

/// How long the caller waits for a program's line. In a good run every line comes sooner.
const GIVE_UP: Duration = Duration::from_secs(40);

/// A running program. Dropping the value ends the program and all processes of its group.
pub struct Program {
    process: Child,
    orders: Option<ChildStdin>,
    output: Option<BufReader<ChildStdout>>,
}

impl Program {
    /// Starts this executable as the program of that line, and waits until the program is
    /// ready. A refusal of the kernel is an error of the kind `Unsupported`. The program
    /// ends with the thread that calls this function.
    pub fn start(line: &str) -> io::Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        sys::ends_with_us(&mut command);
        Self::start_as(command, line)
    }

    /// Starts a program by a command that leads to [`super::be_one`].
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

    /// Starts a program that outlives this process, to clean up afterwards.
    pub fn outliving(line: &str) -> io::Result<Self> {
        Self::start_as(Command::new(env::current_exe()?), line)
    }

    /// Starts any other executable, which takes no orders.
    pub fn other(mut command: Command) -> io::Result<Self> {
        sys::ends_with_us(&mut command);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.process_group(0).spawn()?;
        Ok(Self { process, orders: None, output: None })
    }

    /// The process id.
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

    /// The program's next line.
    fn line(&mut self) -> io::Result<String> {
        let ended = || io::Error::other("a program ended before it said anything");
        let output = self.output.as_mut().ok_or_else(ended)?;
        loop {
            // A program that hangs must not hang its caller.
            if output.buffer().is_empty() && !sys::wait_readable(output.get_ref(), GIVE_UP)? {
                return Err(io::Error::other(format!("a program said nothing for {GIVE_UP:?}")));
            }
            let mut line = String::new();
            if output.read_line(&mut line)? == 0 {
                return Err(ended());
            }
            // A harness may print lines of its own, also on the same line before the mark.
            if let Some((_, said)) = line.trim_end().split_once(MARK) {
                return Ok(said.to_owned());
            }
        }
    }

    /// Closes the program's input, which ends the program, and waits for its end.
    pub fn finish(mut self) {
        self.orders = None;
        // An error needs no handling: dropping the value ends the program as well.
        let _ = self.process.wait();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if matches!(self.process.try_wait(), Ok(Some(_))) {
            return;
        }
        // The program leads its process group, so the signal also ends its children.
        sys::signal_group(self.process.id(), libc::SIGKILL);
        let _ = self.process.wait();
    }
}
