//! Bytes that swap space delivers and takes, from `/proc/vmstat`.
//!
//! The kernel adds up a hundred counters of all CPUs for that file, so it is read every two
//! seconds, and only while `/proc/swaps` lists a swap area.

use std::io;

use rstat_shm::snapshot::valid;

use crate::rate::per_second;
use crate::source::entry::{Draft, Entry, Source, no_devices, tried};
use crate::source::files::Root;
use crate::source::files::counter::{Clock, Counter, advance_both};
use crate::source::files::value::{ValueError, ValueFile, parse_lines, parse_unsigned};
use crate::sys::page_bytes;

/// Traffic of all swap areas together.
pub const ENTRY: Entry = Entry {
    name: "swap",
    groups: valid::SWAP_RATE,
    period_ms: 2000,
    discover,
    devices: no_devices,
    files: &[("proc", &["swaps", "vmstat"])],
    check: "{swap_in_bytes_per_s} in, {swap_out_bytes_per_s} out",
};

const AREAS: &str = "/proc/swaps";
const PATH: &str = "/proc/vmstat";

struct Swap {
    /// The kernel reports when an area comes or goes (`swaps_poll`).
    areas: ValueFile,
    file: ValueFile,
    buffer: Vec<u8>,
    clock: Clock,
    /// Pages in and out.
    pages: [Counter; 2],
    page_bytes: u64,
}

/// Opens the file, if there is a swap area.
fn discover(root: &Root) -> Result<Box<dyn Source>, String> {
    let mut swap = Swap {
        areas: root.open(AREAS).map_err(|_| format!("no swap space: no {AREAS}"))?,
        file: root.open(PATH).map_err(|error| error.to_string())?,
        buffer: Vec::new(),
        clock: Clock::default(),
        pages: Default::default(),
        page_bytes: page_bytes(),
    };
    swap.check_areas().map_err(|error| error.to_string())?;
    tried(swap)
}

impl Swap {
    /// Returns an error when there is no swap area.
    fn check_areas(&mut self) -> io::Result<()> {
        let text = self.areas.whole(&mut self.buffer).map_err(|error| self.areas.failure(error))?;
        // The first line is the title of the columns.
        if text.trim_ascii_end().contains(&b'\n') {
            return Ok(());
        }
        Err(io::Error::new(io::ErrorKind::NotFound, format!("no swap space: none in {AREAS}")))
    }
}

impl Source for Swap {
    fn read(&mut self, now_ns: u64, draft: &mut Draft) -> io::Result<u64> {
        if self.areas.has_changed() {
            self.check_areas()?;
        }
        let pages = self.file.whole(&mut self.buffer).and_then(parse);
        let pages = self.file.known(pages)?;
        let elapsed_ns = self.clock.advance(now_ns);
        let added = advance_both(&mut self.pages, pages);
        let Some((pages, elapsed_ns)) = added.zip(elapsed_ns) else { return Ok(0) };
        let rate = |pages: u64| per_second(pages.saturating_mul(self.page_bytes), elapsed_ns);
        [draft.sample.swap_in_bytes_per_s, draft.sample.swap_out_bytes_per_s] = pages.map(rate);
        Ok(valid::SWAP_RATE)
    }

    fn forget(&mut self) {
        self.clock = Clock::default();
    }

    fn origin(&self) -> String {
        format!("{PATH} (pswpin, pswpout)")
    }
}

/// Pages that came back and pages that went, since the machine was started.
fn parse(bytes: &[u8]) -> Result<[u64; 2], ValueError> {
    match parse_lines(bytes, ["pswpin ", "pswpout "], parse_unsigned)? {
        [Some(came), Some(went)] => Ok([came, went]),
        _ => Err(ValueError::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use std::{env, fs, process};

    use super::*;

    const AREA: &str = "Filename Type Size Used Priority\n/dev/zram0 partition 8 0 100\n";

    #[test]
    fn rates_are_over_the_source_s_own_interval_while_there_is_an_area() {
        let path = env::temp_dir().join(format!("rstatd-swap-{}", process::id()));
        fs::create_dir_all(path.join("proc")).unwrap();
        let write = |file: &str, text: &str| fs::write(path.join("proc").join(file), text).unwrap();
        let root = Root::new(&path);
        write("vmstat", "pswpin 0\npswpout 0\n");
        write("swaps", AREA.lines().next().unwrap());
        assert_eq!(discover(&root).err().unwrap(), "no swap space: none in /proc/swaps");
        write("swaps", AREA);
        let (mut source, mut draft) = (discover(&root).unwrap(), Draft::EMPTY);
        let mut read = |seconds: u64, text: &str| {
            write("vmstat", text);
            let known = source.read(seconds * 1_000_000_000, &mut draft).unwrap();
            let sample = &draft.sample;
            (known == valid::SWAP_RATE)
                .then_some((sample.swap_in_bytes_per_s, sample.swap_out_bytes_per_s))
        };
        assert_eq!(read(1, "pswpin 10\npswpout 20\n"), None, "nothing to compare with");
        let pages = |came, went| Some((came * page_bytes(), went * page_bytes()));
        assert_eq!(read(3, "pswpin 12\npswpout 26\n"), pages(1, 3));
        assert_eq!(read(5, "pswpin 0\npswpout 26\n"), None, "a counter that started again");
        assert_eq!(read(6, "pswpin 5\npswpout 26\n"), pages(5, 0));
        fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    fn both_counters_are_found_by_name() {
        let check = |text: &str, expected| assert_eq!(parse(text.as_bytes()), expected, "{text:?}");
        check("nr_free_pages 1\npswpin 12\npswpout 345\npgpgin 6\n", Ok([12, 345]));
        check("pswpout 0\npswpin 1\n", Ok([1, 0]));
        check("pswpin 12\n", Err(ValueError::Malformed));
        check("", Err(ValueError::Malformed));
        check("pswpin -1\npswpout 2\n", Err(ValueError::Negative));
        check("pswpin 1 2\npswpout 2\n", Err(ValueError::Malformed));
    }
}
