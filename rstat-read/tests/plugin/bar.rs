//! The program beside this file, built, started and asked.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use crate::region::{self, GIVE_UP, Scratch};

/// How often is looked whether a widget is as expected.
const PAUSE: Duration = Duration::from_millis(5);

/// What can be seen of a module.
#[derive(Debug)]
pub struct Widget {
    pub text: String,
    /// In alphabetical order.
    pub classes: Vec<String>,
    pub is_seen: bool,
    pub name: String,
    pub tooltip: String,
}

impl Widget {
    pub fn has(&self, class: &str) -> bool {
        self.classes.iter().any(|other| other == class)
    }
}

/// Whether there is all that is needed to build and to run; says what is missing.
fn has_tools() -> bool {
    let runs = |program: &str, argument: &str| {
        let output = Command::new(program).arg(argument).output();
        output.is_ok()
    };
    let has_gtk = Command::new("pkg-config").args(["--exists", "gtk+-3.0"]).status();
    let tools = [
        ("make", runs("make", "--version")),
        ("cc", runs("cc", "--version")),
        ("GTK 3 (libgtk-3-dev)", has_gtk.is_ok_and(|status| status.success())),
        ("Xvfb (xvfb)", runs("Xvfb", "-help")),
    ];
    for (name, _) in tools.iter().filter(|(_, is_there)| !is_there) {
        eprintln!("SKIPPED: {name} is not installed");
    }
    tools.iter().all(|(_, is_there)| *is_there)
}

fn check(command: &mut Command) {
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
}

/// Installs the plugin for that version of Waybar's interface, once; unless tools are missing.
/// The library comes with it, in a tree that the dynamic linker does not know.
pub fn plugin(version: u32) -> Option<PathBuf> {
    static INSTALLED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());
    if !has_tools() {
        return None;
    }
    let mut installed = INSTALLED.lock().unwrap();
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("plugin-{version}"));
    let file = root.join("usr/lib/waybar/rstat.so");
    if installed.contains(&file) {
        return Some(file);
    }
    let _ = fs::remove_dir_all(&root);
    fs::create_dir_all(&root).unwrap();
    let mut make = Command::new("make");
    make.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap())
        .args(["--no-print-directory", "install-waybar-cffi", "PREFIX=/usr"])
        .arg(format!("DESTDIR={}", root.display()))
        .arg(format!("WAYBAR_PLUGIN={}", root.join("built.so").display()))
        .arg(format!("WBCFFI_ABI={version}"))
        .arg("CFLAGS=-Werror")
        .env("CARGO_TARGET_DIR", region::built().parent().unwrap())
        .env("CARGO", env!("CARGO"));
    check(&mut make);
    installed.push(file.clone());
    Some(file)
}

/// A screen without a monitor.
struct Screen {
    server: Child,
    name: String,
}

impl Screen {
    fn new() -> Self {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "640x480x24", "-nolisten", "tcp"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
        assert!(!number.is_empty(), "Xvfb does not start");
        Self { server, name: format!(":{}", number.trim()) }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// The program with its plugin, on a screen of its own.
pub struct Bar {
    program: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    _screen: Screen,
}

/// The program once, with the screen that it needs.
pub struct Once(Command, Screen);

impl Once {
    /// Runs it; it ends as soon as it finds no orders.
    pub fn output(&mut self) -> std::io::Result<std::process::Output> {
        self.0.stdin(Stdio::null()).output()
    }
}

impl Bar {
    /// The program, to be run with that configuration.
    pub fn command(scratch: &Scratch, plugin: &Path, entries: &[(&str, &str)]) -> Once {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plugin/host.c");
        let program = scratch.path().join("host");
        let flags = Command::new("pkg-config").args(["--cflags", "--libs", "gtk+-3.0"]).output();
        let flags = String::from_utf8(flags.unwrap().stdout).unwrap();
        let mut compiler = Command::new("cc");
        compiler.args(["-std=gnu99", "-Wall", "-Wextra", "-Werror", "-O1"]);
        compiler.arg(source).arg("-o").arg(&program).args(flags.split_whitespace()).arg("-ldl");
        check(&mut compiler);
        let screen = Screen::new();
        let mut command = Command::new(program);
        command.arg(plugin).arg(scratch.region());
        command.args(entries.iter().flat_map(|(key, value)| [key, value]));
        command.env("DISPLAY", &screen.name).env("GDK_BACKEND", "x11").env("NO_AT_BRIDGE", "1");
        // cargo sets this variable, and an installed bar has to do without it.
        command.env_remove("LD_LIBRARY_PATH");
        command.env("RSTAT_SHM", scratch.region()).env("GSETTINGS_BACKEND", "memory");
        Once(command, screen)
    }

    /// Starts it, unless tools are missing.
    pub fn start(scratch: &Scratch, version: u32, entries: &[(&str, &str)]) -> Option<Self> {
        let Once(mut command, screen) = Self::command(scratch, &plugin(version)?, entries);
        let mut program = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let orders = program.stdin.take();
        let answers = BufReader::new(program.stdout.take().unwrap());
        let mut bar = Self { program, orders, answers, _screen: screen };
        assert_eq!(bar.answer(), format!("version {version}"));
        Some(bar)
    }

    /// Gives an order and returns the answer.
    pub fn order(&mut self, order: &str) -> String {
        writeln!(self.orders.as_mut().unwrap(), "{order}").unwrap();
        self.answer()
    }

    fn answer(&mut self) -> String {
        let mut text = String::new();
        loop {
            let mut line = String::new();
            assert!(self.answers.read_line(&mut line).unwrap() > 0, "the bar has ended: {text}");
            if line == ".\n" {
                return text.trim_end_matches('\n').to_owned();
            }
            text += &line;
        }
    }

    pub fn widgets(&mut self) -> Vec<Widget> {
        let answer = self.order("show");
        let widgets = answer.lines().map(|line| {
            let parts: Vec<_> = line.split('\t').collect();
            let &[text, classes, seen, name, tooltip] = parts.as_slice() else {
                panic!("{line}");
            };
            let mut classes: Vec<_> = classes.split_whitespace().map(str::to_owned).collect();
            classes.sort_unstable();
            Widget {
                text: text.to_owned(),
                classes,
                is_seen: seen == "seen",
                name: name.to_owned(),
                tooltip: tooltip.replace('\u{b}', "\n"),
            }
        });
        widgets.collect()
    }

    /// Waits until both instances are as expected.
    #[track_caller]
    pub fn expect(&mut self, expected: impl Fn(&Widget) -> bool) {
        let start = Instant::now();
        loop {
            let widgets = self.widgets();
            if widgets.len() == 2 && widgets.iter().all(&expected) {
                return;
            }
            assert!(start.elapsed() < GIVE_UP, "{widgets:#?}");
            thread::sleep(PAUSE);
        }
    }

    /// How often each of the plugin's threads has gone to sleep.
    pub fn wakes_of_threads(&self) -> Vec<String> {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.program.id())).unwrap();
        let read = |task: &Path, file: &str| fs::read_to_string(task.join(file)).unwrap();
        tasks
            .map(|task| task.unwrap().path())
            .filter(|task| read(task, "comm") == "rstat\n")
            .map(|task| {
                let status = read(&task, "status");
                let line = status.lines().find(|line| line.starts_with("voluntary_ctxt"));
                format!("{} {}", task.display(), line.unwrap())
            })
            .collect()
    }

    /// The files that the program has mapped, as the kernel lists them.
    pub fn maps(&self) -> String {
        fs::read_to_string(format!("/proc/{}/maps", self.program.id())).unwrap()
    }

    /// How many processes it has started.
    pub fn children(&self) -> usize {
        let id = self.program.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
        children.split_whitespace().count()
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        drop(self.orders.take());
        // It ends by itself; not in a test that fails while it does not.
        let start = Instant::now();
        while start.elapsed() < GIVE_UP {
            if let Ok(Some(status)) = self.program.try_wait() {
                assert!(status.success() || thread::panicking(), "{status:?}");
                return;
            }
            thread::sleep(PAUSE);
        }
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}
