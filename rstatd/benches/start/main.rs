//! How long the daemon takes from its start to its first sample. The contender is libbpf, which
//! only loads and attaches the same object and lists the processes.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

use rstat_shm::View;
use rstat_shm::trust::Trust;
use rstat_testbed::bench::{Against, Goal, Row, Table, Unit, interleave};
use rstat_testbed::sys;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const ROUNDS: usize = 21;
/// The time between two looks for a sample: the largest error of the figure.
const LOOK: Duration = Duration::from_micros(100);
/// The time after which a start is given up.
const GIVE_UP: Duration = Duration::from_secs(10);

const DAEMON: &str = env!("CARGO_BIN_EXE_rstatd");
const LIBBPF: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/start/libbpf.c");

fn main() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("start-{}", process::id()));
    if let Err(error) = run(&directory) {
        println!("start: not measured: {error}");
    }
    // An error harms nothing: the next run's directory has another name.
    let _ = fs::remove_dir_all(&directory);
}

fn run(directory: &Path) -> Result<()> {
    fs::create_dir_all(directory)?;
    let object = directory.join("probe.bpf.o");
    fs::write(&object, rstat_probe::OBJECT)?;
    let mut table = Table::new("start");
    let mut ours = || ns(first_sample(&directory.join("region/v1")));
    match compile(directory) {
        Ok(libbpf) => {
            let rounds = interleave(ROUNDS, [&mut ours, &mut || ns(loaded(&libbpf, &object))]);
            row(&mut table, rounds.median(0), Some(rounds.against(0, 1, "libbpf, only loading")));
        }
        Err(error) => {
            println!("start: without libbpf: {error}");
            row(&mut table, interleave(ROUNDS, [&mut ours]).median(0), None);
        }
    }
    table.finish();
    Ok(())
}

fn row(table: &mut Table, ours: f64, against: Option<Against<'_>>) {
    let what = "start of the daemon to its first sample";
    let goal = Some(Goal::Ratio(1.0));
    table.row(&Row { what, unit: Unit::Nanoseconds, ours, against, goal });
}

fn ns(time: io::Result<Duration>) -> f64 {
    time.map_or(f64::NAN, |time| time.as_nanos() as f64)
}

/// Starts the daemon and waits until a reader finds a sample.
fn first_sample(region: &Path) -> io::Result<Duration> {
    let mut command = Command::new(DAEMON);
    command.args(["--source", "bpf", "--shm"]).arg(region);
    let begin = Instant::now();
    let mut daemon = start(command)?;
    let found = loop {
        let time = begin.elapsed();
        match View::open(region, Trust { uid: None }) {
            Ok(view) if view.latest() > 0 => break Ok(time),
            _ if time > GIVE_UP => break Err(io::Error::other("the daemon published no sample")),
            _ => thread::sleep(LOOK),
        }
    };
    sys::signal(daemon.id(), libc::SIGTERM);
    daemon.wait()?;
    // The next daemon makes a new region, as after the machine's own start.
    fs::remove_file(region)?;
    found
}

/// The time that the program with libbpf takes until it reports that it is ready.
fn loaded(libbpf: &Path, object: &Path) -> io::Result<Duration> {
    let mut command = Command::new(libbpf);
    command.arg(object).stdout(Stdio::piped());
    let begin = Instant::now();
    let mut process = start(command)?;
    let said = process.stdout.take().map_or(Ok(0), |mut out| out.read(&mut [0]));
    let time = begin.elapsed();
    process.wait()?;
    if said? == 1 { Ok(time) } else { Err(io::Error::other("libbpf did not load the object")) }
}

fn start(mut command: Command) -> io::Result<Child> {
    sys::ends_with_us(&mut command);
    command.stdin(Stdio::null()).spawn()
}

fn compile(directory: &Path) -> Result<PathBuf> {
    let program = directory.join("libbpf");
    let compiler = env::var("CC").unwrap_or_else(|_| "cc".into());
    let mut command = Command::new(&compiler);
    command.args(["-O2", "-o"]).arg(&program).args([LIBBPF, "-lbpf"]);
    let output = command.output().map_err(|error| format!("run {compiler}: {error}"))?;
    if output.status.success() {
        return Ok(program);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let first = said.lines().next().unwrap_or_default();
    Err(format!("compile {LIBBPF}, which needs libbpf-dev: {first}").into())
}
