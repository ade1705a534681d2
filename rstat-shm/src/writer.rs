//! The daemon's side of a region: create or adopt the file, publish, leave.
//!
//! A restarted daemon adopts a file that fits in place, so that readers go on without
//! opening anything. A region that does not fit is marked retired and replaced. The
//! writer never truncates or shrinks a published file, and never touches a file that
//! is no region of this user.

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

/// The smallest page size of any machine.
const FIRST_PAGE_BYTES: usize = 4096;
/// The reason given for a file that has a region's name and another content.
const NOT_A_REGION: &str = "it is not an rstat region; remove it or name another";
/// The sticky bit. In a directory with this bit only a file's owner may rename the file.
const STICKY: u32 = 0o1000;

/// The most readers that one sample wakes. Each wake-up costs the daemon a few microseconds,
/// and any user may start any number of readers. Later samples wake the other readers, or a
/// reader's own timeout does.
pub const WAKE_MOST: i32 = 256;

/// A region, mapped for publishing.
pub struct Writer {
    segment: Segment,
    head: u64,
    instance: u64,
    /// Open files that hold locks. The region's lock shows readers that the daemon lives,
    /// the lock file's lock keeps a second daemon out.
    _files: [File; 2],
}

impl Writer {
    /// Opens the region of that name for publishing, and makes a region where none fits.
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
                // The old region is retired after `create`: its readers then open the name
                // again, and must find the new file.
                retire(&old).map_err(Error::io("retire region", path))?;
                created
            }
        };
        let head = segment.word(HEAD_AT).load(Relaxed);
        let writer = Self { segment, head, instance, _files: [file, exclusive] };
        writer.set_state(WriterState::Starting);
        Ok(writer)
    }

    /// Publishes a sample and wakes the readers that wait for it, [`WAKE_MOST`] of them.
    pub fn publish(&mut self, sample: &mut Snapshot) {
        self.show(sample);
        self.wake();
    }

    /// Numbers a sample, writes it to the slot of that number and then shows it. Sleeping
    /// readers also need [`Self::wake`].
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

    /// Wakes the readers that wait for a sample, [`WAKE_MOST`] of them.
    pub fn wake(&self) {
        wake(&self.segment, WAKE_MOST);
    }

    /// Shows readers that this daemon leaves in order.
    pub fn stop(self) {
        self.set_state(WriterState::Stopped);
    }

    fn set_state(&self, state: WriterState) {
        set_state(&self.segment, state);
    }
}

/// Sets the state and wakes all waiting readers.
fn set_state(segment: &Segment, state: WriterState) {
    segment.word(STATE_AT).store(state as u64, Relaxed);
    wake(segment, i32::MAX);
}

fn wake(segment: &Segment, most: i32) {
    let wake = segment.word(WAKE_AT);
    seqlock::announce(wake);
    sys::futex_wake(wake, most);
}

/// Makes the region's directory if it is missing. Checks that no other user can put
/// another file in the region's place.
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

/// Lets every user look into a directory that this process has made, whatever its umask.
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

/// Takes the lock that one daemon at a time can have. The lock has a file of its own, which
/// only the owner can open: any reader could lock the region itself.
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

/// The file that has the region's name when the daemon starts.
enum Found {
    /// A region that the daemon adopts.
    Fits(File, Segment),
    /// A region that the daemon replaces.
    Unfit(File),
    /// No file.
    Nothing,
}

/// Adopts the region of that name, if there is one and it fits.
fn find(path: &Path) -> Result<Found, Error> {
    let Some((file, metadata)) = open_own(path)? else { return Ok(Found::Nothing) };
    let header = trust::read_header(&file, path)?;
    if header[MAGIC_AT / 8] != MAGIC {
        return Err(Error::foreign(path, NOT_A_REGION));
    }
    // A user may have deleted the lock file of a daemon that still publishes here.
    if sys::is_locked_for_writing(&file).map_err(Error::io("query lock of region", path))? {
        return Err(Error::InUse { path: path.to_owned() });
    }
    // Any reader can hold a read lock, which excludes the writer's: then the daemon replaces
    // the file.
    if !fits(&header, metadata.len())? || !sys::lock_for_writing(&file).unwrap_or(false) {
        return Ok(Found::Unfit(file));
    }
    let geometry = trust::check_header(path, &header, metadata.len())?;
    let segment = Segment::map_writable(&file, geometry).map_err(Error::io("map region", path))?;
    Ok(if has_latest(&segment) { Found::Fits(file, segment) } else { Found::Unfit(file) })
}

/// Opens the file of that name, if there is one. The file must belong to this user, and no
/// other user may write to it.
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
    // A file deleted after the open: no reader would find samples in it.
    Ok(if metadata.nlink() == 0 { None } else { Some((file, metadata)) })
}

/// Whether the sample that `head` names is complete. Only a fault leaves that sample
/// incomplete: a daemon that is killed in mid-write has not yet announced the sample.
fn has_latest(segment: &Segment) -> bool {
    let head = segment.word(HEAD_AT).load(Relaxed);
    let sequence = segment.slot(head).0.load(Relaxed);
    head == 0 || (head < u64::MAX / 2 && sequence == head * 2)
}

/// Whether a region has this layout and was made in this boot.
fn fits(header: &Header, bytes: u64) -> Result<bool, Error> {
    let constants = CONSTANTS.iter().all(|(offset, word)| header[offset / 8] == *word);
    let boot = boot_id()?;
    let same_boot = header[BOOT_ID_AT / 8..BOOT_ID_AT / 8 + 2] == boot;
    Ok(constants && same_boot && bytes == SEGMENT_BYTES as u64)
}

/// Makes the readers of a replaced region open its name again. Every version keeps the state
/// and the wake counter at the same offsets of the file's first page. That page exists,
/// since the header was read from it.
fn retire(file: &File) -> io::Result<()> {
    let first_page = Geometry { segment_bytes: FIRST_PAGE_BYTES, ..Geometry::default() };
    set_state(&Segment::map_writable(file, first_page)?, WriterState::Retired);
    Ok(())
}

/// Makes a new region under a temporary name, and renames the complete region.
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
            // An incomplete file does not stay. The caller gets the first error, not this one.
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
            // Other users may open the file only when it is locked: they could lock it first.
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

/// Checks that a file is what a daemon leaves when it is killed between create and rename:
/// empty, without its magic, or complete. This process holds the lock, so that daemon is
/// gone. Any other file of that name belongs to a user.
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
    // Release: a reader that sees the magic also sees the header behind it.
    segment.word(MAGIC_AT).store(MAGIC, Release);
    // Whatever the umask, every user may read and only the owner may write.
    file.set_permissions(fs::Permissions::from_mode(0o644))
        .map_err(Error::io("set mode of region", new_path))?;
    Ok(segment)
}

/// Reads `/proc/sys/kernel/random/boot_id`: 32 hexadecimal digits with dashes.
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
