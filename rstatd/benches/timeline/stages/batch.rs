//! Stage 5, the article's last: one system call reads the probe's map, two sorted vectors change
//! places, and JSON is written by hand into reused memory. A sample allocates nothing.

use std::fmt::{Display, Write};
use std::io;
use std::mem;
use std::rc::Rc;
use std::time::Duration;

use rstat_testbed::{sys, truth};
use rstatd::ranking::Top;

use super::article::{MAX_THREADS, Probe, ThreadStats, look_up, look_up_batch, next_key};
use super::figures::{Figures, Machine, ppm, rate};
use super::hash_map::used;
use super::machine::Interval;
use super::output::Output;
use super::top::{ROWS, Used};
use super::{MachineFiles, Stage, TopLists};

pub struct ZeroAllocation {
    probe: Rc<Probe>,
    keys: Vec<u32>,
    values: Vec<ThreadStats>,
    now: Vec<(u32, ThreadStats)>,
    before: Vec<(u32, ThreadStats)>,
    machine: MachineFiles,
    interval: Interval,
    cpus: u64,
    page_bytes: u64,
    output: Output,
}

impl ZeroAllocation {
    pub fn new(probe: Rc<Probe>) -> io::Result<Self> {
        Ok(Self {
            probe,
            keys: vec![0; MAX_THREADS],
            values: vec![ThreadStats::default(); MAX_THREADS],
            now: Vec::with_capacity(MAX_THREADS),
            before: Vec::with_capacity(MAX_THREADS),
            machine: MachineFiles::discover(),
            interval: Interval::default(),
            cpus: truth::cpus().len() as u64,
            page_bytes: sys::page_bytes(),
            output: Output::open()?,
        })
    }

    /// Fills in `now`. Kernels before 5.6 have no batches: they are read an entry at a time.
    fn read_map(&mut self) -> io::Result<()> {
        self.now.clear();
        match self.read_batches() {
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => self.read_each()?,
            other => other?,
        }
        self.now.sort_unstable_by_key(|(pid, _)| *pid);
        Ok(())
    }

    fn read_batches(&mut self) -> io::Result<()> {
        let (mut count, mut from) = (0, None);
        while count < MAX_THREADS {
            let (keys, values) = (&mut self.keys[count..], &mut self.values[count..]);
            let batch = look_up_batch(&self.probe.stats, from, keys, values)?;
            count += batch.count;
            from = batch.next;
            if from.is_none() {
                break;
            }
        }
        self.now
            .extend(self.keys[..count].iter().copied().zip(self.values[..count].iter().copied()));
        Ok(())
    }

    fn read_each(&mut self) -> io::Result<()> {
        let map = &self.probe.stats;
        let mut key = next_key(map, None)?;
        while let Some(pid) = key.filter(|_| self.now.len() < MAX_THREADS) {
            let mut stats = ThreadStats::default();
            if look_up(map, pid, &mut stats)? {
                self.now.push((pid, stats));
            }
            key = next_key(map, Some(&pid))?;
        }
        Ok(())
    }

    fn rank(&self) -> TopLists {
        let mut top = TopLists::default();
        for (pid, stats) in &self.now {
            let place = self.before.binary_search_by_key(pid, |(pid, _)| *pid);
            let before = place.map_or_else(|_| ThreadStats::default(), |at| self.before[at].1);
            top.offer(&used(*pid, stats, &before, self.page_bytes));
        }
        top
    }
}

impl Stage for ZeroAllocation {
    fn name(&self) -> &'static str {
        "5 BPF, zero allocation"
    }

    fn sample(&mut self) -> io::Result<Duration> {
        let elapsed_ns = self.interval.next_ns();
        self.read_map()?;
        let top = self.rank();
        mem::swap(&mut self.now, &mut self.before);
        let (machine, machine_time) = self.machine.read();
        let cpu_busy_ppm = ppm(top.busy_ns, elapsed_ns * self.cpus);
        self.output.print_written(|line| {
            // Writing to a string does not fail.
            let _ = write_json(line, cpu_busy_ppm, &machine, &top, elapsed_ns);
        })?;
        Ok(machine_time)
    }

    fn figures(&self) -> io::Result<Figures> {
        self.output.figures()
    }
}

fn write_json(
    line: &mut String,
    cpu_busy_ppm: u64,
    machine: &Machine,
    top: &TopLists,
    elapsed_ns: u64,
) -> std::fmt::Result {
    write!(line, r#"{{"cpu_busy_ppm":{cpu_busy_ppm},"machine":"#)?;
    write_machine(line, machine)?;
    write!(line, r#","processes":{},"top_cpu":"#, top.count)?;
    write_rows(line, &top.cpu, |busy_ns| ppm(busy_ns, elapsed_ns))?;
    line.push_str(r#","top_memory":"#);
    write_rows(line, &top.memory, |bytes| bytes)?;
    line.push_str(r#","top_io":"#);
    write_rows(line, &top.io, |bytes| rate(bytes, elapsed_ns))?;
    line.push('}');
    Ok(())
}

fn write_machine(line: &mut String, machine: &Machine) -> std::fmt::Result {
    let mut separator = '{';
    let mut field = |name: &str, value: Option<&dyn Display>| {
        line.push(separator);
        separator = ',';
        match value {
            Some(value) => write!(line, r#""{name}":{value}"#),
            None => write!(line, r#""{name}":null"#),
        }
    };
    macro_rules! fields {
        ($($name:ident)*) => {
            $(field(stringify!($name), machine.$name.as_ref().map(|value| value as _))?;)*
        };
    }
    fields!(memory_total_bytes memory_available_bytes memory_cached_bytes);
    fields!(swap_total_bytes swap_used_bytes zram_stored_bytes zram_used_bytes);
    fields!(load_1m_milli load_5m_milli load_15m_milli);
    fields!(pressure_cpu_ppm pressure_memory_ppm pressure_io_ppm);
    fields!(disk_read_bytes_per_s disk_write_bytes_per_s);
    fields!(cpu_temperature_mc cpu_frequency_khz platform_profile);
    line.push('}');
    Ok(())
}

fn write_rows(
    line: &mut String,
    list: &Top<Used, ROWS>,
    unit: impl Fn(u64) -> u64,
) -> std::fmt::Result {
    let mut separator = '[';
    for (amount, used) in list.rows() {
        write!(line, r#"{separator}{{"pid":{},"comm":""#, used.pid)?;
        write_escaped(line, used.comm());
        write!(line, r#"","amount":{}}}"#, unit(amount))?;
        separator = ',';
    }
    line.push_str(if separator == '[' { "[]" } else { "]" });
    Ok(())
}

/// Writes a name. Control characters are left out; a byte beyond ASCII becomes a question mark.
fn write_escaped(line: &mut String, text: &[u8]) {
    for &byte in text {
        match byte {
            b'"' => line.push_str("\\\""),
            b'\\' => line.push_str("\\\\"),
            0x20..0x7f => line.push(byte.into()),
            0x7f.. => line.push('?'),
            _ => {}
        }
    }
}
