//! The failures to load, attach or run: what was being done, to what, and why it failed.

use std::fmt;
use std::io;
use std::path::Path;

use super::fault::Fault;
use super::refusal::Refusal;

/// A failure to load, attach or run.
#[derive(Debug)]
pub enum Error {
    /// The kernel refused a request.
    Refused {
        /// What was being done, and to what.
        action: String,
        /// The kernel's answer.
        refusal: Refusal,
    },
    /// Any other failure, as text for people.
    Failed(String),
}

impl Error {
    /// Any failure but a refusal of the kernel.
    pub fn new(text: impl Into<String>) -> Self {
        Self::Failed(text.into())
    }

    /// A failure to read a file, with a hint that may be empty.
    pub(super) fn read(what: &str, path: &Path, error: &io::Error, hint: &str) -> Self {
        let text = error.to_string();
        let text = text.split(" (os error").next().unwrap_or(&text);
        let hint = if hint.is_empty() { String::new() } else { format!(" ({hint})") };
        Self::Failed(format!("read {what} {}: {text}{hint}", path.display()))
    }

    /// The verifier's fault with a program, and the end of the verifier's log.
    pub(super) fn verifier(program: &str, refusal: &Refusal, log: &[String]) -> Self {
        let errno = refusal.errno;
        let mut text = format!("load program {program}: {errno} (the verifier refused it)");
        for line in log {
            text.extend(["\n    ", line]);
        }
        Self::Failed(text)
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Failed(fault.to_string())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { action, refusal } => write!(f, "{action}: {refusal}"),
            Self::Failed(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::super::refusal::Request;
    use super::super::sys::Errno;
    use super::*;

    #[test]
    fn errors_say_what_was_done_to_what_and_why_it_failed() {
        let missing = io::Error::from_raw_os_error(libc::ENOENT);
        let refusal = || Refusal::new(Request::LoadProgram, Errno(libc::ENOMEM));
        let check = |error: Error, expected| assert_eq!(error.to_string(), expected);
        check(
            Error::read("kernel types", Path::new("/sys/x"), &missing, "no BTF"),
            "read kernel types /sys/x: No such file or directory (no BTF)",
        );
        check(
            Error::verifier("on_switch", &refusal(), &["R1 invalid".to_owned()]),
            "load program on_switch: Cannot allocate memory (the verifier refused it)\n    R1 invalid",
        );
        check(
            Error::Refused { action: "create map cpus".to_owned(), refusal: refusal() },
            "create map cpus: Cannot allocate memory",
        );
    }
}
