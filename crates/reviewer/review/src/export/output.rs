//! A file that is there whole or not at all.
//!
//! In scope: writing under a temporary name beside it, renaming, taking the temporary file away when it fails or somebody presses
//! Ctrl-C. Not in scope: what is written. Only what no program can notice, such as `kill -9`, leaves the temporary file; never a half
//! file under the name that was asked for.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    thread,
};

use crate::failure::{Exit, Failure};

/// Temporary files that are being written.
static PARTS: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn parts() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    PARTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lets `write` fill a file that was not there before. From now on Ctrl-C takes unfinished files away before it ends the program.
///
/// # Errors
/// [`Failure`]: it is there or cannot be written; then nothing is left of it.
pub(super) fn to_new_file<T>(path: &Path, write: impl FnOnce(&mut dyn Write) -> Result<T, Failure>) -> Result<T, Failure> {
    let cannot = |why: &dyn std::fmt::Display| Failure::failed(format!("{} cannot be written: {why}", path.display()));
    let name = path.file_name().ok_or_else(|| cannot(&"it names no file"))?;
    refuse_old(path)?;
    watch();
    let part = Part::new(path.with_file_name(format!(".{}.{}.part", name.to_string_lossy(), std::process::id())));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = BufWriter::new(options.open(&part.0).map_err(|why| cannot(&why))?);
    let made = write(&mut file)?;
    let file = file.into_inner().map_err(|why| cannot(why.error()))?;
    file.sync_all().map_err(|why| cannot(&why))?;
    refuse_old(path)?;
    fs::rename(&part.0, path).map_err(|why| cannot(&why))?;
    Ok(made)
}

fn refuse_old(path: &Path) -> Result<(), Failure> {
    match path.symlink_metadata() {
        Ok(_) => Err(Failure::failed(format!("{} is there already: name a new file", path.display()))),
        Err(_) => Ok(()),
    }
}

/// A temporary file; gone with this, unless it was renamed.
struct Part(PathBuf);

impl Part {
    fn new(path: PathBuf) -> Self {
        parts().insert(path.clone());
        Self(path)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // It is not there when it was renamed or never made.
        let _ = fs::remove_file(&self.0);
        parts().remove(&self.0);
    }
}

/// Waits for Ctrl-C beside the work. Where that is impossible Ctrl-C ends the program as usual, and a temporary file stays.
fn watch() {
    static WATCHING: OnceLock<()> = OnceLock::new();
    WATCHING.get_or_init(|| {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_io().build() else { return };
        // The handler is in place before anything is written.
        let pressed = {
            let _inside = runtime.enter();
            signals()
        };
        thread::spawn(move || {
            runtime.block_on(pressed);
            for part in parts().iter() {
                let _ = fs::remove_file(part);
            }
            eprintln!("deskhand-review: interrupted: nothing was written");
            std::process::exit(Exit::Failed as i32);
        });
    });
}

/// Ends at the first Ctrl-C or polite request to end.
#[cfg(unix)]
fn signals() -> impl Future<Output = ()> + Send {
    use tokio::signal::unix::{SignalKind, signal};
    let both = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    async move {
        match both {
            (Ok(mut interrupt), Ok(mut terminate)) => {
                tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
            }
            _ => std::future::pending().await,
        }
    }
}

/// Ends at the first Ctrl-C.
#[cfg(not(unix))]
fn signals() -> impl Future<Output = ()> + Send {
    async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
