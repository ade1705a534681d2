//! What can go wrong with a region's file.

use std::path::{Path, PathBuf};
use std::{fmt, io};

/// Why a region could not be opened or created.
#[derive(Debug)]
pub enum Error {
    /// A system call failed.
    Io {
        /// What the call was for, as a verb: "open region".
        action: &'static str,
        /// The file that the call was about.
        path: PathBuf,
        /// The reason that the kernel gave.
        error: io::Error,
    },
    /// Another user could have written the file, or could delete it.
    Untrusted {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The file is no region, or one with a layout that this version cannot read.
    Foreign {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Another daemon publishes to the region.
    InUse {
        /// The file.
        path: PathBuf,
    },
}

impl Error {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self::Io { action, path, error }
    }

    pub(crate) fn untrusted(path: &Path, why: impl Into<String>) -> Self {
        Self::Untrusted { path: path.to_owned(), why: why.into() }
    }

    pub(crate) fn foreign(path: &Path, why: impl Into<String>) -> Self {
        Self::Foreign { path: path.to_owned(), why: why.into() }
    }

    /// Whether no file of that name exists, which means that no daemon runs.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Io { error, .. } if error.kind() == io::ErrorKind::NotFound)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { action, path, error } => {
                // std appends "(os error 2)", a number that helps no user.
                let text = error.to_string();
                let why = text.split(" (os error").next().unwrap_or_default();
                write!(f, "{action} {}: {why}", path.display())
            }
            Self::Untrusted { path, why } => {
                write!(f, "refuse region {}: {why}", path.display())
            }
            Self::Foreign { path, why } => write!(f, "read region {}: {why}", path.display()),
            Self::InUse { path } => {
                write!(f, "publish to region {}: another rstatd publishes there", path.display())
            }
        }
    }
}

impl std::error::Error for Error {}
