//! An output that another program has made non-blocking.
//!
//! `O_NONBLOCK` belongs to the open file, which a program shares with the programs that it
//! starts. Such a pipe or terminal gets all of the text, as soon as there is room. Clearing
//! the flag would clear it for the other program, too.

use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::retry_on_intr;

/// Waits for room in the output, instead of failing.
#[derive(Debug)]
pub struct Patient<W>(pub W);

impl<W: Write + AsFd> Patient<W> {
    /// Repeats an action until the output has room. When it fails, std's outputs keep the part
    /// of a text that they have taken.
    fn wait_for<T>(&mut self, mut act: impl FnMut(&mut W) -> io::Result<T>) -> io::Result<T> {
        loop {
            match act(&mut self.0) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    let mut polled = [PollFd::new(&self.0, PollFlags::OUT)];
                    retry_on_intr(|| poll(&mut polled, None))?;
                }
                result => return result,
            }
        }
    }
}

impl<W: Write + AsFd> Write for Patient<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.wait_for(|output| output.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.wait_for(W::flush)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::net::UnixStream;
    use std::thread;
    use std::time::Duration;

    use super::*;

    const MOMENT: Duration = Duration::from_millis(50);

    #[test]
    fn nothing_is_lost_where_there_is_no_room() {
        const LINES: usize = 100_000;
        let (mut reader, writer) = UnixStream::pair().unwrap();
        writer.set_nonblocking(true).unwrap();
        let mut text = Vec::new();
        (0..LINES).for_each(|line| writeln!(text, "{line}").unwrap());
        // It begins to read when the other side has nowhere left to write to.
        let reader = thread::spawn(move || {
            thread::sleep(MOMENT);
            let mut found = Vec::new();
            reader.read_to_end(&mut found).map(|_| found)
        });
        let mut output = Patient(writer);
        output.write_all(&text).unwrap();
        drop(output);
        assert!(reader.join().unwrap().unwrap() == text);
    }

    #[test]
    fn who_has_nobody_to_write_to_does_not_wait() {
        let (reader, writer) = UnixStream::pair().unwrap();
        writer.set_nonblocking(true).unwrap();
        let fill = thread::spawn(move || {
            let mut output = Patient(writer);
            output.write_all(&vec![b'x'; 16 << 20])
        });
        thread::sleep(MOMENT);
        drop(reader);
        assert_eq!(fill.join().unwrap().unwrap_err().kind(), ErrorKind::BrokenPipe);
    }
}
