//! How far a long reading is, on standard error.
//!
//! In scope: one line that is written over, only for a person at a terminal and only once it takes long. Not in scope: results.

use std::{
    io::{self, IsTerminal as _, Write},
    time::{Duration, Instant},
};

/// Nothing is said of what is done within this time.
const SILENT: Duration = Duration::from_millis(700);
/// How often the line is written anew.
const EVERY: Duration = Duration::from_millis(200);
/// Back to the beginning of the line, and nothing on it.
const CLEAR: &str = "\r\u{1b}[K";

/// A count on its way to a total.
pub(crate) struct Progress<W: Write = io::Stderr> {
    /// Nowhere, when nobody looks.
    to: Option<W>,
    what: &'static str,
    total: u64,
    done: u64,
    next: Instant,
    said: bool,
}

impl Progress {
    /// A reading of `total` parts; `what` says what is done.
    pub(crate) fn new(what: &'static str, total: u64) -> Self {
        let to = io::stderr();
        Self::to(to.is_terminal().then_some(to), what, total, Instant::now())
    }
}

impl<W: Write> Progress<W> {
    fn to(to: Option<W>, what: &'static str, total: u64, now: Instant) -> Self {
        Self { to, what, total, done: 0, next: now + SILENT, said: false }
    }

    /// So many parts more are done.
    pub(crate) fn add(&mut self, parts: u64) {
        self.done += parts;
        if self.to.is_some() {
            self.tell(Instant::now());
        }
    }

    fn tell(&mut self, now: Instant) {
        let Some(to) = self.to.as_mut().filter(|_| now >= self.next) else { return };
        let percent = self.done.min(self.total) * 100 / self.total.max(1);
        // Whoever closed standard error does not look.
        let _ = write!(to, "{CLEAR}{} {percent} %", self.what).and_then(|()| to.flush());
        (self.next, self.said) = (now + EVERY, true);
    }
}

/// The line goes when the work is done.
impl<W: Write> Drop for Progress<W> {
    fn drop(&mut self) {
        if let Some(to) = self.to.as_mut().filter(|_| self.said) {
            let _ = write!(to, "{CLEAR}").and_then(|()| to.flush());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(steps: &[(u64, u64)]) -> String {
        let (mut out, start) = (Vec::new(), Instant::now());
        let mut progress = Progress::to(Some(&mut out), "reading", 200, start);
        for (ms, parts) in steps {
            progress.done += parts;
            progress.tell(start + Duration::from_millis(*ms));
        }
        drop(progress);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_is_soon_done_says_nothing_and_what_takes_long_counts_and_clears_its_line() {
        assert_eq!(said(&[(1, 100), (699, 100)]), "");
        let long = said(&[(1, 100), (700, 20), (710, 20), (900, 20)]);
        assert_eq!(long, format!("{CLEAR}reading 60 %{CLEAR}reading 80 %{CLEAR}"));
    }
}
