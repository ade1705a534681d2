//! Programs on a terminal: the colours of `rstat-read`, and `rstat-watch`, which draws,
//! obeys keys and signals, and leaves the terminal as it was.
#![cfg(feature = "watch")]
#![expect(unsafe_code, reason = "pseudo-terminals are opened by C functions")]

mod region;
mod samples;

use std::fs::File;
use std::io::{self, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::ptr;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use region::{GIVE_UP, LONG, Scratch, published};
use rstat_testbed::sys::with_default_signals;

const ENTER: &str = "\x1b[?1049h";
const LEAVE: &str = "\x1b[?1049l";
const HIDE_CURSOR: &str = "\x1b[?25l";
const SHOW_CURSOR: &str = "\x1b[?25h";

/// A terminal of a given size, and the only program on it.
struct Terminal {
    master: File,
    /// This end stays open, so that the terminal's settings outlive the program.
    slave: Option<OwnedFd>,
    child: Child,
    pieces: Receiver<Vec<u8>>,
    /// Printed text that the test has not expected yet.
    output: String,
    settings: Settings,
}

/// The settings of a terminal that programs change.
#[derive(Debug, PartialEq, Eq)]
struct Settings([libc::tcflag_t; 4]);

impl Settings {
    fn of(terminal: &OwnedFd) -> Self {
        let mut settings = MaybeUninit::uninit();
        // SAFETY: the terminal is open, and there is room for its settings.
        let result = unsafe { libc::tcgetattr(terminal.as_raw_fd(), settings.as_mut_ptr()) };
        assert_eq!(result, 0);
        // SAFETY: the call has succeeded, so the settings are filled in.
        let settings: libc::termios = unsafe { settings.assume_init() };
        Self([settings.c_iflag, settings.c_oflag, settings.c_cflag, settings.c_lflag])
    }
}

fn size(columns: u16, lines: u16) -> libc::winsize {
    libc::winsize { ws_row: lines, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}

impl Terminal {
    fn start(columns: u16, lines: u16, command: &mut Command) -> Self {
        let (mut master, mut slave) = (-1, -1);
        let mut size = size(columns, lines);
        // SAFETY: the call writes to two integers and reads a size; null stands for the rest.
        let result = unsafe {
            libc::openpty(
                &raw mut master,
                &raw mut slave,
                ptr::null_mut(),
                ptr::null_mut(),
                &raw mut size,
            )
        };
        assert_eq!(result, 0, "{}", io::Error::last_os_error());
        // SAFETY: the call has just opened the descriptor for us alone.
        let master = unsafe { File::from_raw_fd(master) };
        // SAFETY: as above.
        let slave = unsafe { OwnedFd::from_raw_fd(slave) };
        let settings = Settings::of(&slave);
        let end = || slave.try_clone().unwrap();
        command.stdin(end()).stdout(end()).stderr(end());
        with_default_signals(command);
        // SAFETY: both calls may be made between fork and exec.
        unsafe { command.pre_exec(take_terminal) };
        let child = command.spawn().unwrap();
        // Only the program has the terminal's other end, and its output ends with it.
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut reader = master.try_clone().unwrap();
        let (sender, pieces) = mpsc::channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self { master, slave: Some(slave), child, pieces, output: String::new(), settings }
    }

    /// Waits until `part` was printed, and drops all text up to its end. Blanks on the screen
    /// are not printed, so expect single words.
    #[track_caller]
    fn expect(&mut self, part: &str) {
        let start = Instant::now();
        loop {
            if let Some(at) = self.output.find(part) {
                self.output.drain(..at + part.len());
                return;
            }
            assert!(start.elapsed() < GIVE_UP, "{part:?} in {:?}", self.output);
            self.take(Duration::from_millis(50));
        }
    }

    /// Takes all that was printed: the output ends when no process has the terminal any more.
    fn take_rest(&mut self) {
        self.slave = None;
        while self.take(GIVE_UP) {}
    }

    fn take(&mut self, patience: Duration) -> bool {
        match self.pieces.recv_timeout(patience) {
            Ok(piece) => {
                self.output.push_str(&String::from_utf8_lossy(&piece));
                true
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => false,
        }
    }

    fn press(&mut self, keys: &str) {
        self.master.write_all(keys.as_bytes()).unwrap();
    }

    fn resize(&self, columns: u16, lines: u16) {
        let size = size(columns, lines);
        // SAFETY: the terminal is open, and the call reads a size.
        let result =
            unsafe { libc::ioctl(self.master.as_raw_fd(), libc::TIOCSWINSZ, &raw const size) };
        assert_eq!(result, 0);
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }

    /// Waits for the program's end. The terminal must then have its old settings.
    #[track_caller]
    fn end(&mut self) -> ExitStatus {
        let status = self.status();
        assert_eq!(Settings::of(self.slave.as_ref().unwrap()), self.settings);
        self.take_rest();
        // The last printed sequence of each pair restores the terminal.
        for (before, after) in [(ENTER, LEAVE), (HIDE_CURSOR, SHOW_CURSOR)] {
            let after = self.output.rfind(after).expect(after);
            assert!(self.output.rfind(before).is_none_or(|at| at < after), "{:?}", self.output);
        }
        status
    }

    #[track_caller]
    fn status(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(start.elapsed() < GIVE_UP, "still running");
            self.take(Duration::from_millis(5));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Makes the standard input the controlling terminal, from which Ctrl-C and a change of size
/// come as signals.
fn take_terminal() -> io::Result<()> {
    // SAFETY: the call takes no memory and changes none.
    if unsafe { libc::setsid() } < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the standard input is a terminal, and the argument a number.
    if unsafe { libc::ioctl(0, libc::TIOCSCTTY, 0) } < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

fn command(program: &str, region: &Path) -> Command {
    let mut command = Command::new(program);
    command.env("RSTAT_SHM", region).env("TERM", "xterm-256color").env_remove("NO_COLOR");
    command
}

#[test]
fn text_has_colours_for_those_who_want_them() {
    let scratch = Scratch::new();
    let _writer = published(&scratch);
    let check = |variable: (&str, &str), is_coloured: bool| {
        let mut command = command(env!("CARGO_BIN_EXE_rstat-read"), &scratch.region());
        command.arg("--dump").env(variable.0, variable.1);
        let mut terminal = Terminal::start(80, 24, &mut command);
        terminal.expect("sample 1 is ");
        let colour = if is_coloured { "\x1b[32mfresh\x1b[0m, " } else { "fresh, " };
        terminal.expect(colour);
        terminal.expect("Hyprland");
        assert_eq!(terminal.status().code(), Some(0));
        terminal.take_rest();
        assert!(is_coloured || !terminal.output.contains('\x1b'), "{variable:?}");
    };
    check(("NO_COLOR", ""), true);
    check(("NO_COLOR", "1"), false);
    check(("TERM", "dumb"), false);
}

mod watch {
    use super::*;

    fn watch(region: &Path) -> Command {
        command(env!("CARGO_BIN_EXE_rstat-watch"), region)
    }

    #[test]
    fn keys_change_the_view_and_q_ends_it() {
        let scratch = Scratch::new();
        let _writer = published(&scratch);
        for (columns, lines) in [(80, 24), (40, 10), (200, 60)] {
            let mut terminal = Terminal::start(columns, lines, &mut watch(&scratch.region()));
            terminal.expect(ENTER);
            terminal.expect("rstat");
            terminal.expect("fresh");
            terminal.expect("23 %");
            terminal.expect("firefox");
            terminal.expect("q quit");
            terminal.press("k");
            terminal.expect("kworker/u16:3");
            // A large screen has all lists already. The view prints only letters that have
            // changed, and these words differ in every letter.
            if columns < 200 {
                terminal.press("3");
                terminal.expect("systemd-journal");
                terminal.press("1a");
                terminal.expect("×153");
            }
            terminal.press("q");
            assert_eq!(terminal.end().code(), Some(0), "{columns}x{lines}");
        }
    }

    #[test]
    fn another_size_is_another_screen() {
        let scratch = Scratch::new();
        let _writer = published(&scratch);
        let mut terminal = Terminal::start(200, 60, &mut watch(&scratch.region()));
        terminal.expect("q quit");
        for (columns, lines) in [(40, 10), (1, 1), (300, 100), (80, 24)] {
            terminal.resize(columns, lines);
            terminal.expect(if columns > 1 { "q quit" } else { "r" });
        }
        terminal.press("\x1b");
        assert_eq!(terminal.end().code(), Some(0));
    }

    #[test]
    fn of_a_terminal_larger_than_any_screen_a_part_is_drawn() {
        let scratch = Scratch::new();
        let _writer = published(&scratch);
        let largest = u16::MAX;
        let mut terminal = Terminal::start(largest, largest, &mut watch(&scratch.region()));
        terminal.expect("q quit");
        for (columns, lines) in [(80, 24), (largest, largest)] {
            terminal.resize(columns, lines);
            terminal.expect("q quit");
        }
        terminal.press("q");
        assert_eq!(terminal.end().code(), Some(0));
    }

    #[test]
    fn a_signal_ends_it_and_leaves_the_terminal_as_it_was() {
        let scratch = Scratch::new();
        let _writer = published(&scratch);
        for (name, number) in [("-TERM", libc::SIGTERM), ("-INT", libc::SIGINT)] {
            let mut terminal = Terminal::start(80, 24, &mut watch(&scratch.region()));
            terminal.expect("q quit");
            terminal.signal(name);
            assert_eq!(terminal.end().signal(), Some(number));
        }
    }

    #[test]
    fn control_c_ends_it_and_control_z_stops_it() {
        let scratch = Scratch::new();
        let _writer = published(&scratch);
        let mut terminal = Terminal::start(80, 24, &mut watch(&scratch.region()));
        terminal.expect("q quit");
        // The program leads a session of its own. The kernel does not stop it, as no shell could
        // continue it.
        terminal.press("\x1a");
        terminal.expect(LEAVE);
        terminal.expect(ENTER);
        terminal.expect("q quit");
        terminal.press("\x03");
        assert_eq!(terminal.end().code(), Some(0));
    }

    #[test]
    fn it_waits_for_a_daemon_and_for_the_next_one() {
        let scratch = Scratch::new();
        let mut terminal = Terminal::start(160, 24, &mut watch(&scratch.region()));
        terminal.expect("systemctl");
        let mut writer = published(&scratch);
        terminal.expect("firefox");
        writer.publish(&mut samples::fresh(LONG));
        writer.stop();
        terminal.expect("systemctl");
        let _writer = published(&scratch);
        terminal.expect("fresh");
        terminal.press("q");
        assert_eq!(terminal.end().code(), Some(0));
    }

    #[test]
    fn it_ends_with_its_terminal() {
        let scratch = Scratch::new();
        let _writer = published(&scratch);
        let mut terminal = Terminal::start(80, 24, &mut watch(&scratch.region()));
        terminal.expect("q quit");
        let Terminal { master, .. } = &mut terminal;
        // Drops our copy of the master's end; the reading thread's copy goes with the terminal.
        let null = File::open("/dev/null").unwrap();
        drop(std::mem::replace(master, null));
        terminal.signal("-HUP");
        assert_eq!(terminal.status().signal(), Some(libc::SIGHUP));
    }

    #[test]
    fn it_needs_a_terminal() {
        let output = watch(Path::new("/nowhere")).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(
            String::from_utf8(output.stderr).unwrap(),
            "rstat-watch: it needs a terminal for its input and output (see rstat-watch --help)\n"
        );
    }
}
