//! The processes that used most: arrays of fixed size on the stack, as in the article's last
//! stage. All stages in Rust use them, so no stage is slower for its ranking.

use rstatd::ranking::Top;

use super::figures::{Process, ppm, rate};

/// The number of rows in each list.
pub const ROWS: usize = 5;

/// What a process or thread used since the sample before.
#[derive(Clone, Copy, Debug, Default)]
pub struct Used {
    pub pid: u32,
    pub comm: [u8; 16],
    pub busy_ns: u64,
    pub rss_bytes: u64,
    pub io_bytes: u64,
}

/// The three lists, and the sums.
#[derive(Default)]
pub struct TopLists {
    pub cpu: Top<Used, ROWS>,
    pub memory: Top<Used, ROWS>,
    pub io: Top<Used, ROWS>,
    pub busy_ns: u64,
    pub count: u32,
}

impl TopLists {
    pub fn offer(&mut self, used: &Used) {
        self.cpu.offer(used.busy_ns, used);
        self.memory.offer(used.rss_bytes, used);
        self.io.offer(used.io_bytes, used);
        self.busy_ns += used.busy_ns;
        self.count += 1;
    }
}

impl Used {
    /// The name, without the zeros behind it.
    pub fn comm(&self) -> &[u8] {
        let end = self.comm.iter().position(|&byte| byte == 0).unwrap_or(self.comm.len());
        &self.comm[..end]
    }
}

/// The lists as the stages print them, in memory of their own.
pub fn to_rows(top: &TopLists, elapsed_ns: u64) -> [Vec<Process>; 3] {
    let rows = |list: &Top<Used, ROWS>, unit: fn(u64, u64) -> u64| {
        let row = |(amount, used): (u64, &Used)| Process {
            pid: used.pid,
            comm: String::from_utf8_lossy(used.comm()).into_owned(),
            amount: unit(amount, elapsed_ns),
        };
        list.rows().map(row).collect()
    };
    [rows(&top.cpu, ppm), rows(&top.memory, |bytes, _| bytes), rows(&top.io, rate)]
}
