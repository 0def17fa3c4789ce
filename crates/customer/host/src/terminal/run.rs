//! The terminal front's threads: one reads standard input, this one prints.
//!
//! In scope: reading, printing, order. A line counts for what was printed before it was read.

use super::{Front, Style, Told};
use crate::{
    board::{Commands, Publish},
    snapshot::{Command, Page, Snapshot},
};
use std::{
    io::{BufRead, Read, Write},
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::Instant,
};

/// Bytes of a line that are looked at; a longer one is no answer.
const MAX_LINE: u64 = 4_096;
/// What waits to be printed. The conductor waits when a reader of our output is that slow.
const MAX_WAITING: usize = 256;

enum Happened {
    Snapshot(Arc<Snapshot>),
    Line(String),
    EndOfInput,
}

/// The front's two ends: where snapshots go, and the loop that [`Terminal::run`] is.
pub struct Terminal {
    sender: SyncSender<Happened>,
    happened: Receiver<Happened>,
}

impl Default for Terminal {
    fn default() -> Self {
        let (sender, happened) = sync_channel(MAX_WAITING);
        Self { sender, happened }
    }
}

impl Terminal {
    /// Where the conductor publishes.
    pub fn publish(&self) -> Publish {
        let sender = self.sender.clone();
        // The loop ends only after the last snapshot, so nothing is lost.
        Box::new(move |snapshot| drop(sender.send(Happened::Snapshot(snapshot))))
    }

    /// Prints and reads until the last snapshot. `input` is read on a thread of its own, which is left behind at the end: a read
    /// from a terminal can't be taken back.
    pub fn run(self, style: &dyn Style, commands: &Commands, input: impl BufRead + Send + 'static, output: &mut dyn Write) {
        let sender = self.sender;
        if let Err(error) = thread::Builder::new().name("stdin".into()).spawn(move || read(input, &sender)) {
            tracing::error!(%error, "standard input can't be read");
        }
        let mut front = Front::default();
        while let Ok(happened) = self.happened.recv() {
            let now = Instant::now();
            let (told, command) = match happened {
                Happened::Snapshot(snapshot) => {
                    if snapshot.page == Page::Closed {
                        return;
                    }
                    front.snapshot(&snapshot, now)
                }
                Happened::Line(line) => front.line(&line, style.is_for_people(), now),
                Happened::EndOfInput => (Vec::new(), front.end_of_input()),
            };
            print(style, &told, output);
            if let Some(command) = command.filter(|command| *command != Command::Quit) {
                commands.send(command);
            }
        }
    }
}

/// Publishes as `publish` does, and prints what happens besides: for scripts that watch a program with a window. Answers come from the
/// window alone; standard input is not read.
pub fn tell(style: &'static (dyn Style + Sync), mut publish: Publish) -> Publish {
    let mut front = Front::default();
    Box::new(move |snapshot| {
        let (told, _) = front.snapshot(&snapshot, Instant::now());
        print(style, &told, &mut std::io::stdout());
        publish(snapshot);
    })
}

fn print(style: &dyn Style, told: &[Told], output: &mut dyn Write) {
    for line in told.iter().flat_map(|told| style.lines(told)) {
        if let Err(error) = writeln!(output, "{line}") {
            tracing::debug!(%error, "nobody reads the output");
        }
    }
    if let Err(error) = output.flush() {
        tracing::debug!(%error, "nobody reads the output");
    }
}

fn read(mut input: impl BufRead, happened: &SyncSender<Happened>) {
    loop {
        let mut bytes = Vec::new();
        let read = (&mut input).take(MAX_LINE).read_until(b'\n', &mut bytes);
        let over = read.is_err() || bytes.is_empty();
        let what = if over { Happened::EndOfInput } else { Happened::Line(String::from_utf8_lossy(&bytes).into_owned()) };
        if happened.send(what).is_err() || over {
            return;
        }
    }
}
