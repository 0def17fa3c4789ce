//! Outside the cage: start the process, feed it, read its answers, replace it.
//!
//! In scope: the process's life and deadlines. Not in scope: what it may do (`jail`), what it says (`answer`).

use std::{
    io,
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::process::ExitStatusExt,
    },
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use deskhand_decode::Applied;
use deskhand_screen::{MAX_UPDATE_BYTES, Pixels, Size, UpdateError};
use rustix::{
    fs::{OFlags, fcntl_getfl, fcntl_setfl},
    pipe::fcntl_setpipe_size,
};

use crate::{
    ARGUMENT, CageError,
    answer::{self, Done, MAX_ANSWER},
    caged::{READY, TRACED},
    pipe,
    shared::{self, ReadSide},
};

/// How long one update may take before the process is given up: far above any honest one on a busy machine.
const PATIENCE: Duration = Duration::from_secs(10);
/// The pipe holds this much, so that most updates go through at once, in bytes.
const PIPE_BYTES: usize = 1 << 20;
const NOTHING: Size = Size { width: 1, height: 1 };

/// A running process.
struct Inmate {
    child: Child,
    input: ChildStdin,
    output: ChildStdout,
    picture: ReadSide,
    /// The same memory, for somebody else who only reads.
    memory: OwnedFd,
}

/// The decoder in its own process.
pub struct Cage {
    inmate: Option<Inmate>,
    size: Size,
    exact: bool,
    number: u64,
    traced: bool,
}

impl Cage {
    /// Starts this program's own executable again as the cage; its `main` must call [`crate::run_if_asked`] first.
    ///
    /// # Errors
    /// [`CageError::Start`].
    pub fn spawn() -> Result<Self, CageError> {
        let inmate = start().map_err(|error| CageError::Start(error.to_string()))?;
        Ok(Self { inmate: Some(inmate), size: NOTHING, exact: false, number: 0, traced: false })
    }

    /// Whether updates from here on tell what came which way.
    pub const fn trace(&mut self, on: bool) {
        self.traced = on;
    }

    /// Applies the bytes of one update; blocks until the picture is up to date, 10 seconds at most.
    ///
    /// # Errors
    /// [`CageError::Crashed`]: call [`Cage::respawn`], then ask for a key update. Others: ask for a key update.
    pub fn apply(&mut self, update: &[u8]) -> Result<Applied, CageError> {
        if update.len() > MAX_UPDATE_BYTES {
            return Err(CageError::Decode(UpdateError::TooLong(update.len()).into()));
        }
        let inmate = self.inmate.as_mut().ok_or_else(|| CageError::Crashed("it is not running".into()))?;
        let answer = ask(inmate, update, self.traced).map_err(|error| self.lose(&error))?;
        match answer::from_bytes(&answer) {
            Ok(Done { applied, size, exact }) => {
                (self.size, self.exact, self.number) = (size, exact, applied.number);
                Ok(applied)
            }
            Err(error) if error.needs_respawn() => Err(self.lose(&io::Error::other("it answered nonsense"))),
            Err(error) => {
                self.exact = false;
                Err(error)
            }
        }
    }

    /// Shows the picture as it is after the last update; one black pixel before the first. The top byte of a pixel means nothing.
    pub fn with_frame<R>(&self, see: impl FnOnce(Pixels<'_>) -> R) -> R {
        let black = [0xFF00_0000];
        let nothing = Pixels::new(NOTHING, &black).expect("one pixel for a picture of one");
        let picture = self.inmate.as_ref().filter(|_| self.number > 0).and_then(|inmate| inmate.picture.pixels(self.size));
        see(picture.unwrap_or(nothing))
    }

    /// The memory that the picture lies in, from its start, row by row: to read, and only while no update is applied. Another one
    /// after every [`Cage::respawn`]; none when the process is gone.
    #[must_use]
    pub fn memory(&self) -> Option<BorrowedFd<'_>> {
        self.inmate.as_ref().map(|inmate| inmate.memory.as_fd())
    }

    /// Size of the picture.
    #[must_use]
    pub const fn size(&self) -> Size {
        self.size
    }

    /// Whether the picture is exactly the source as of the last update.
    #[must_use]
    pub const fn is_exact(&self) -> bool {
        self.exact
    }

    /// Number of the last applied update; 0 before the first.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// The process's id, while it runs.
    #[must_use]
    pub fn process(&self) -> Option<u32> {
        self.inmate.as_ref().map(|inmate| inmate.child.id())
    }

    /// Ends the process, if it still runs, and starts a new one, which waits for a key update.
    ///
    /// # Errors
    /// [`CageError::Start`].
    pub fn respawn(&mut self) -> Result<(), CageError> {
        *self = Self { traced: self.traced, ..Self::spawn()? };
        Ok(())
    }

    /// Ends the process after a failure and says how it ended.
    fn lose(&mut self, error: &io::Error) -> CageError {
        (self.size, self.exact, self.number) = (NOTHING, false, 0);
        let mut how = match error.kind() {
            io::ErrorKind::TimedOut => "it did not answer".to_owned(),
            io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe => "it ended".to_owned(),
            _ => error.to_string(),
        };
        if let Some(mut inmate) = self.inmate.take() {
            // An end of its own is told from the one we make.
            let ended = inmate.child.try_wait().ok().flatten();
            if let Some(signal) = ended.or_else(|| inmate.end()).and_then(|status| status.signal()) {
                how = format!("{how}, signal {signal}");
            }
        }
        tracing::warn!(%how, "the decoding process is gone");
        CageError::Crashed(how)
    }
}

impl Inmate {
    fn end(&mut self) -> Option<std::process::ExitStatus> {
        // Both fail only when it has ended already.
        _ = self.child.kill();
        self.child.wait().ok()
    }
}

impl Drop for Inmate {
    fn drop(&mut self) {
        self.end();
    }
}

fn start() -> io::Result<Inmate> {
    let file = shared::create()?;
    let picture = ReadSide::new(&file)?;
    let memory = shared::to_read(&file)?;
    // Not by its path: that may be another program by now, or none, after an upgrade.
    let mut child = Command::new("/proc/self/exe")
        .arg(ARGUMENT)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::from(file))
        .spawn()?;
    let pipes = child.stdin.take().zip(child.stdout.take());
    let (input, output) = pipes.ok_or_else(|| io::Error::other("no pipes"))?;
    let inmate = Inmate { child, input, output, picture, memory };
    fcntl_setfl(&inmate.input, fcntl_getfl(&inmate.input)? | OFlags::NONBLOCK)?;
    fcntl_setfl(&inmate.output, fcntl_getfl(&inmate.output)? | OFlags::NONBLOCK)?;
    // A smaller pipe is only slower.
    _ = fcntl_setpipe_size(&inmate.input, PIPE_BYTES);
    let mut ready = [0; READY.len()];
    pipe::read_exact(&inmate.output, &mut ready, Instant::now() + PATIENCE)?;
    if &ready != READY {
        return Err(io::Error::other("the program started is not a cage"));
    }
    Ok(inmate)
}

fn ask(inmate: &mut Inmate, update: &[u8], traced: bool) -> io::Result<Vec<u8>> {
    let deadline = Instant::now() + PATIENCE;
    let announced = update.len() as u32 | if traced { TRACED } else { 0 };
    pipe::write_all(&inmate.input, &announced.to_le_bytes(), deadline)?;
    pipe::write_all(&inmate.input, update, deadline)?;
    let mut length = [0; 4];
    pipe::read_exact(&inmate.output, &mut length, deadline)?;
    let length = u32::from_le_bytes(length) as usize;
    if length > MAX_ANSWER {
        return Err(io::Error::other("its answer is too long"));
    }
    let mut answer = vec![0; length];
    pipe::read_exact(&inmate.output, &mut answer, deadline)?;
    Ok(answer)
}
