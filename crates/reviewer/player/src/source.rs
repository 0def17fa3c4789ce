//! Where the files of a session are read from, at any place.
//!
//! In scope: the trait. Not in scope: folders (`review`).

use std::io::{self, Read};

use deskhand_audit::verify::Store;

/// A session's files, which can be read from the middle too.
pub trait Source: Store {
    /// Opens a file at `offset` bytes; at its end when it is shorter.
    ///
    /// # Errors
    /// As [`Store::open`].
    fn open_at(&self, name: &str, offset: u64) -> io::Result<Box<dyn Read + '_>>;
}
