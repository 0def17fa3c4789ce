//! How far it is, on standard error, and whether Ctrl+C was pressed.
//!
//! In scope: one line that is written over on a terminal, a line for each tenth elsewhere.

use std::{
    io::{self, IsTerminal as _, Write as _},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::failure::Failure;

pub(super) struct Progress {
    total: usize,
    done: usize,
    said: usize,
    terminal: bool,
    stop: Arc<AtomicBool>,
}

impl Progress {
    /// Begins with this many pictures before it. From here on Ctrl+C ends the work in order.
    ///
    /// # Errors
    /// [`Failure`] when the signal cannot be waited for.
    pub(super) fn start(total: usize) -> Result<Self, Failure> {
        let stop = Arc::new(AtomicBool::new(false));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|why| Failure::failed(format!("Ctrl+C cannot be waited for: {why}")))?;
        let seen = stop.clone();
        std::thread::spawn(move || {
            if runtime.block_on(tokio::signal::ctrl_c()).is_ok() {
                seen.store(true, Ordering::Relaxed);
            }
        });
        Ok(Self { total: total.max(1), done: 0, said: 0, terminal: io::stderr().is_terminal(), stop })
    }

    /// One picture more, of this moment of the session.
    ///
    /// # Errors
    /// [`Failure`] when Ctrl+C was pressed.
    pub(super) fn step(&mut self, session_ms: u64) -> Result<(), Failure> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(Failure::failed("stopped: nothing was kept"));
        }
        self.done += 1;
        let percent = self.done * 100 / self.total;
        let due = if self.terminal { percent > self.said } else { percent / 10 > self.said / 10 };
        if due {
            self.said = percent;
            let (start, end) = if self.terminal { ("\r", if percent == 100 { "\n" } else { "" }) } else { ("", "\n") };
            // Nobody may be reading.
            _ = write!(io::stderr(), "{start}{percent:>3} %, {} s into the session{end}", session_ms / 1000);
        }
        Ok(())
    }
}
