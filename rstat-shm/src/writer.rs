//! The daemon's side of a region: create or adopt the file, publish, leave.
//!
//! A region that is there and fits is adopted in place, so that its readers see
//! a restarted daemon without opening anything; one that does not fit is marked
//! retired and replaced. A published file is never truncated or shrunk. Of
//! files that are not regions of ours, none is ever touched.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::{Relaxed, Release};

use crate::clock;
use crate::error::Error;
use crate::layout::{
    BOOT_ID_AT, CONSTANTS, HEAD_AT, HEADER_BYTES, MAGIC, MAGIC_AT, SEGMENT_BYTES, STATE_AT,
    WAKE_AT, WriterState,
};
use crate::segment::Segment;
use crate::seqlock;
use crate::snapshot::{HistoryPoint, Snapshot};
use crate::sys;
use crate::trust::{self, Geometry, Header, Trust};

/// Less than which no file is mapped on any machine.
const FIRST_PAGE_BYTES: usize = 4096;
/// What we say of a file that has a name of ours and a content of somebody's.
const NOT_A_REGION: &str = "it is not an rstat region; remove it or name another";
/// The sticky bit: in such a directory only a file's owner may rename it.
const STICKY: u32 = 0o1000;

/// Readers that one sample wakes. Each costs the daemon a few microseconds, and any user
/// may start as many as they like; the others are woken by later samples, or wake by
/// themselves and find the sample late.
pub const WAKE_MOST: i32 = 256;

/// A region, mapped for publishing.
pub struct Writer {
    segment: Segment,
    head: u64,
    instance: u64,
    /// Held for their locks: the region's tells readers that we live, the other
    /// keeps a second daemon out.
    _files: [File; 2],
}

impl Writer {
    /// Opens the region of that name for publishing, making it if need be.
    pub fn open(path: &Path) -> Result<Self, Error> {
        clock::ahead_ns()?;
        prepare_directory(path)?;
        let exclusive = exclude_others(path)?;
        let instance = sys::random().map_err(Error::io("number the run of region", path))?;
        let (file, segment) = match find(path)? {
            Found::Fits(file, segment) => (file, segment),
            Found::Nothing => create(path)?,
            Found::Unfit(old) => {
                let created = create(path)?;
                // Only now: who is told to open the name again must find the new file.
                retire(&old).map_err(Error::io("retire region", path))?;
                created
            }
        };
        let head = segment.word(HEAD_AT).load(Relaxed);
        let writer = Self { segment, head, instance, _files: [file, exclusive] };
        writer.tell(WriterState::Starting);
        Ok(writer)
    }

    /// Publishes a sample and wakes those who wait for it.
    pub fn publish(&mut self, sample: &mut Snapshot) {
        self.show(sample);
        self.wake();
    }

    /// Publishes a sample for those who look: numbers it, writes it where nobody does,
    /// then shows it. Those who sleep want [`Self::wake`], too.
    pub fn show(&mut self, sample: &mut Snapshot) {
        let number = self.head + 1;
        sample.sequence = number;
        sample.instance = self.instance;
        let (sequence, words) = self.segment.slot(number);
        seqlock::write(sequence, words, number, sample.as_words());
        let (sequence, words) = self.segment.point(number);
        seqlock::write(sequence, words, number, HistoryPoint::from(&*sample).as_words());
        seqlock::publish(self.segment.word(HEAD_AT), number);
        self.segment.word(STATE_AT).store(WriterState::Running as u64, Relaxed);
        self.head = number;
    }

    /// Wakes those who wait for a sample, [`WAKE_MOST`] of them.
    pub fn wake(&self) {
        wake(&self.segment, WAKE_MOST);
    }

    /// Tells readers that this daemon leaves in order.
    pub fn stop(self) {
        self.tell(WriterState::Stopped);
    }

    fn tell(&self, state: WriterState) {
        tell(&self.segment, state);
    }
}

/// Sets the state and wakes all who wait.
fn tell(segment: &Segment, state: WriterState) {
    segment.word(STATE_AT).store(state as u64, Relaxed);
    wake(segment, i32::MAX);
}

fn wake(segment: &Segment, most: i32) {
    let wake = segment.word(WAKE_AT);
    seqlock::announce(wake);
    sys::futex_wake(wake, most);
}

/// The directory of the region: made if it is missing, and such that nobody
/// else can put a file of theirs in our file's place.
fn prepare_directory(path: &Path) -> Result<(), Error> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let directory = parent.unwrap_or(Path::new("."));
    match DirBuilder::new().mode(0o755).create(directory) {
        Ok(()) => admit_all(directory).map_err(Error::io("set mode of directory", directory))?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(Error::io("create directory", directory)(error)),
    }
    let metadata =
        fs::symlink_metadata(directory).map_err(Error::io("inspect directory", directory))?;
    if !metadata.is_dir() {
        return Err(Error::untrusted(path, format!("{} is not a directory", directory.display())));
    }
    let (uid, mode) = (metadata.uid(), metadata.mode());
    let foreign = uid != 0 && uid != sys::effective_uid();
    if foreign || (mode & 0o022 != 0 && mode & STICKY == 0) {
        let why = format!(
            "its directory {} lets others replace it (owner {uid}, mode {:04o})",
            directory.display(),
            mode & 0o7777
        );
        return Err(Error::untrusted(path, why));
    }
    Ok(())
}

/// Whatever the umask was: every user may look into a directory of our making.
fn admit_all(directory: &Path) -> io::Result<()> {
    OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_DIRECTORY | libc::O_NOFOLLOW)
        .open(directory)?
        .set_permissions(fs::Permissions::from_mode(0o755))
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Takes the lock that one daemon at a time can have. It is on a file that only
/// its owner can open: any reader could put a lock on the region itself.
fn exclude_others(path: &Path) -> Result<File, Error> {
    let lock_path = beside(path, ".lock");
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(&lock_path)
        .map_err(Error::io("open lock", &lock_path))?;
    let metadata = file.metadata().map_err(Error::io("inspect lock", &lock_path))?;
    if !metadata.is_file() || metadata.uid() != sys::effective_uid() {
        return Err(Error::untrusted(&lock_path, "it is not a file of this user"));
    }
    if sys::lock_for_writing(&file).map_err(Error::io("lock", &lock_path))? {
        Ok(file)
    } else {
        Err(Error::InUse { path: path.to_owned() })
    }
}

/// What has the region's name when the daemon starts.
enum Found {
    /// A region to go on in.
    Fits(File, Segment),
    /// A region to be replaced.
    Unfit(File),
    Nothing,
}

/// Takes over the region that is there, if it fits.
fn find(path: &Path) -> Result<Found, Error> {
    let Some((file, metadata)) = open_own(path)? else { return Ok(Found::Nothing) };
    let header = trust::read_header(&file, path)?;
    if header[MAGIC_AT / 8] != MAGIC {
        return Err(Error::foreign(path, NOT_A_REGION));
    }
    // Somebody may have deleted the lock file of a daemon that still publishes here.
    if sys::is_locked_for_writing(&file).map_err(Error::io("query lock of region", path))? {
        return Err(Error::InUse { path: path.to_owned() });
    }
    // Any reader can hold a read lock, which ours would meet: then the file is replaced.
    if !fits(&header, metadata.len())? || !sys::lock_for_writing(&file).unwrap_or(false) {
        return Ok(Found::Unfit(file));
    }
    let geometry = trust::check_header(path, &header, metadata.len())?;
    let segment = Segment::map_writable(&file, geometry).map_err(Error::io("map region", path))?;
    Ok(if has_latest(&segment) { Found::Fits(file, segment) } else { Found::Unfit(file) })
}

/// Opens a file of that name, if there is one; it must be ours and nobody else's.
fn open_own(path: &Path) -> Result<Option<(File, Metadata)>, Error> {
    let opened = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(path);
    let file = match opened {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.raw_os_error() == Some(libc::ELOOP) => {
            return Err(Error::untrusted(path, "it is a symbolic link"));
        }
        Err(error) => return Err(Error::io("open region", path)(error)),
    };
    let metadata = file.metadata().map_err(Error::io("inspect region", path))?;
    trust::check_file(path, &metadata, Trust::default())?;
    if metadata.uid() != sys::effective_uid() {
        return Err(Error::untrusted(path, format!("it belongs to user {}", metadata.uid())));
    }
    // Deleted since it was opened: nobody would find what is published there.
    Ok(if metadata.nlink() == 0 { None } else { Some((file, metadata)) })
}

/// Whether the sample that `head` names is complete. Only a fault leaves it
/// otherwise: a daemon killed in mid-write had not announced that sample.
fn has_latest(segment: &Segment) -> bool {
    let head = segment.word(HEAD_AT).load(Relaxed);
    let sequence = segment.slot(head).0.load(Relaxed);
    head == 0 || (head < u64::MAX / 2 && sequence == head * 2)
}

/// Whether a region was written by this layout, in this boot.
fn fits(header: &Header, bytes: u64) -> Result<bool, Error> {
    let constants = CONSTANTS.iter().all(|(offset, word)| header[offset / 8] == *word);
    let boot = boot_id()?;
    let same_boot = header[BOOT_ID_AT / 8..BOOT_ID_AT / 8 + 2] == boot;
    Ok(constants && same_boot && bytes == SEGMENT_BYTES as u64)
}

/// Tells the readers of a region that was replaced to open its name again.
/// State and wake are where every version has them, in the file's first page;
/// that page exists, since the header was read from it.
fn retire(file: &File) -> io::Result<()> {
    let first_page = Geometry { segment_bytes: FIRST_PAGE_BYTES, ..Geometry::default() };
    tell(&Segment::map_writable(file, first_page)?, WriterState::Retired);
    Ok(())
}

/// Makes a new region under another name and gives it its own when it is complete.
fn create(path: &Path) -> Result<(File, Segment), Error> {
    let new_path = beside(path, ".new");
    let file = create_exclusively(&new_path)?;
    let made = fill(&file, &new_path).and_then(|segment| {
        fs::rename(&new_path, path).map_err(Error::io("publish region", path))?;
        Ok(segment)
    });
    match made {
        Ok(segment) => Ok((file, segment)),
        Err(error) => {
            // Nothing half-made stays behind; the first error is the one to tell.
            let _ = fs::remove_file(&new_path);
            Err(error)
        }
    }
}

fn create_exclusively(new_path: &Path) -> Result<File, Error> {
    let open = || {
        OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            // Until it is locked nobody else may open it: they could lock it first.
            .mode(0o600)
            .custom_flags(libc::O_NOFOLLOW)
            .open(new_path)
    };
    let first = open();
    let result = match first {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            check_leftover(new_path)?;
            fs::remove_file(new_path).and_then(|()| open())
        }
        other => other,
    };
    result.map_err(Error::io("create region", new_path))
}

/// Whether a file is what a daemon leaves that is killed between creating and
/// renaming: empty, without its magic, or complete. We hold the lock, so that
/// daemon is gone; any other file of that name is somebody's.
fn check_leftover(new_path: &Path) -> Result<(), Error> {
    let Some((file, _)) = open_own(new_path)? else { return Ok(()) };
    let mut first = [0; 8];
    let got = file.read_at(&mut first, 0).map_err(Error::io("read region", new_path))?;
    let word = u64::from_le_bytes(first);
    if got == 0 || word == 0 || word == MAGIC {
        Ok(())
    } else {
        Err(Error::foreign(new_path, NOT_A_REGION))
    }
}

fn fill(file: &File, new_path: &Path) -> Result<Segment, Error> {
    if !sys::lock_for_writing(file).map_err(Error::io("lock region", new_path))? {
        return Err(Error::InUse { path: new_path.to_owned() });
    }
    sys::allocate(file, SEGMENT_BYTES).map_err(Error::io("allocate region", new_path))?;
    let boot = boot_id()?;
    let mut header = [0; HEADER_BYTES / 8];
    for (offset, word) in CONSTANTS {
        header[offset / 8] = word;
    }
    header[BOOT_ID_AT / 8..BOOT_ID_AT / 8 + 2].copy_from_slice(&boot);
    header[MAGIC_AT / 8] = MAGIC;
    let geometry = trust::check_header(new_path, &header, SEGMENT_BYTES as u64)?;
    let segment =
        Segment::map_writable(file, geometry).map_err(Error::io("map region", new_path))?;
    for (index, word) in header.iter().enumerate().skip(1) {
        segment.word(index * 8).store(*word, Relaxed);
    }
    // Release: who sees the magic sees the header behind it.
    segment.word(MAGIC_AT).store(MAGIC, Release);
    // Whatever the umask was: every user may read, only the owner may write.
    file.set_permissions(fs::Permissions::from_mode(0o644))
        .map_err(Error::io("set mode of region", new_path))?;
    Ok(segment)
}

/// `/proc/sys/kernel/random/boot_id`: 32 hexadecimal digits with dashes.
fn boot_id() -> Result<[u64; 2], Error> {
    const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";
    let path = Path::new(BOOT_ID);
    let text = fs::read_to_string(path).map_err(Error::io("read", path))?;
    let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
    let half = |range| digits.get(range).and_then(|half| u64::from_str_radix(half, 16).ok());
    match (half(0..16), half(16..32)) {
        (Some(first), Some(second)) => Ok([first, second]),
        _ => Err(Error::foreign(path, "it is not a boot id")),
    }
}
