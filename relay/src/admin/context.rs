//! What commands take from the world: the time, where the program lies, and how a passphrase is asked for.
//! In scope: these three, so that tests can give their own. Not in scope: files of the data folder.

use std::io::{self, IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use zeroize::Zeroizing;

use super::error::AdminError;
use super::options::PassphraseOptions;

/// Longest passphrase in bytes.
const MAX_PASSPHRASE_BYTES: usize = 1024;

/// Asks a person for a passphrase.
pub trait Ask {
    /// Shows `prompt` and reads a line unseen; `None` when nobody is there to ask.
    ///
    /// # Errors
    /// What the terminal said.
    fn ask(&self, prompt: &str) -> io::Result<Option<Zeroizing<String>>>;
}

/// The terminal of this process.
#[derive(Clone, Copy, Debug)]
pub struct Terminal;

impl Ask for Terminal {
    fn ask(&self, prompt: &str) -> io::Result<Option<Zeroizing<String>>> {
        if !io::stdin().is_terminal() {
            return Ok(None);
        }
        rpassword::prompt_password(prompt).map(|text| Some(Zeroizing::new(text)))
    }
}

/// The world of one command.
pub struct Context<'a> {
    /// Wall time, milliseconds since the Unix epoch.
    pub now_ms: u64,
    /// The folder of this program, where the host program may lie too.
    pub program_folder: Option<PathBuf>,
    /// How to ask for a passphrase.
    pub ask: &'a dyn Ask,
}

impl Context<'static> {
    /// This process: its clock, its folder, its terminal.
    #[must_use]
    pub fn of_process() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Context {
            now_ms: u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX),
            program_folder: std::env::current_exe().ok().and_then(|program| program.parent().map(Path::to_owned)),
            ask: &Terminal,
        }
    }
}

impl Context<'_> {
    /// The passphrase for a key that exists. `None`: there is none to be had.
    pub(crate) fn passphrase(&self, options: &PassphraseOptions, key: &Path) -> io::Result<Option<Zeroizing<String>>> {
        if options.no_passphrase {
            return Ok(None);
        }
        match &options.passphrase_file {
            Some(file) => read_passphrase(file).map(Some),
            None => self.ask.ask(&format!("Passphrase of {}: ", key.display())),
        }
    }

    /// The passphrase for a key that is about to be made, asked for twice. `None`: it is held without one.
    pub(crate) fn new_passphrase(&self, options: &PassphraseOptions, key: &Path) -> Result<Option<Zeroizing<String>>, AdminError> {
        if options.no_passphrase {
            return Ok(None);
        }
        if let Some(file) = &options.passphrase_file {
            let passphrase = read_passphrase(file).map_err(|error| AdminError::io(file, &error))?;
            return not_empty(passphrase).map(Some);
        }
        let terminal = |error: io::Error| AdminError::Failed(format!("the terminal: {error}"));
        let first = self.ask.ask(&format!("New passphrase for {}: ", key.display())).map_err(terminal)?.ok_or_else(|| {
            AdminError::Usage(
                "the organisation key needs a passphrase, and there is no terminal to type it: give --passphrase-file FILE or --no-passphrase"
                    .into(),
            )
        })?;
        let first = not_empty(first)?;
        let second = self.ask.ask("The same again: ").map_err(terminal)?;
        if second.is_none_or(|second| *second != *first) {
            return Err(AdminError::Usage("the two passphrases are not the same: nothing was made".into()));
        }
        Ok(Some(first))
    }
}

fn not_empty(passphrase: Zeroizing<String>) -> Result<Zeroizing<String>, AdminError> {
    if passphrase.is_empty() {
        return Err(AdminError::Usage("the passphrase is empty: choose one, or say --no-passphrase".into()));
    }
    Ok(passphrase)
}

/// The first line, without its end.
fn read_passphrase(file: &Path) -> io::Result<Zeroizing<String>> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("passphrase file {}: {error}", file.display()));
    let opened = std::fs::File::open(file).map_err(named)?;
    warn_when_open(file, &opened);
    let mut text = Zeroizing::new(String::with_capacity(MAX_PASSPHRASE_BYTES + 2));
    opened.take(MAX_PASSPHRASE_BYTES as u64 + 2).read_to_string(&mut text).map_err(named)?;
    let line = text.lines().next().unwrap_or_default();
    if line.len() > MAX_PASSPHRASE_BYTES {
        return Err(named(io::Error::new(io::ErrorKind::InvalidData, "its first line is longer than 1024 bytes")));
    }
    Ok(Zeroizing::new(line.to_owned()))
}

/// A passphrase that others may read protects nothing. It is said, not refused: it may be a pipe or a mounted secret.
#[cfg(unix)]
fn warn_when_open(file: &Path, opened: &std::fs::File) {
    use std::os::unix::fs::PermissionsExt as _;
    let open = opened.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o077 != 0);
    if open {
        tracing::warn!("other users of this computer may read the passphrase in {}: run: chmod 600 {}", file.display(), file.display());
    }
}

#[cfg(not(unix))]
fn warn_when_open(_file: &Path, _opened: &std::fs::File) {}
