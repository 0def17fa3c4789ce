//! Who belongs to this relay's organisation, as its files say now.
//!
//! In scope: the statement and the technicians' certificates, read again when the files change; an older statement, or
//! one of another organisation, never replaces a newer one. Not in scope: changing them (`admin`), and what an entry
//! allows (`admission`).

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use deskhand_identity::{SignedStatement, Successor};
use tokio::{sync::watch, task::spawn_blocking, time::sleep};

use super::entries;
use crate::{
    admin::{
        AdminError,
        store::{STATEMENT, TECHNICIANS, Technicians, load_statement, load_technicians},
    },
    clock,
    store::organisation::Ledger,
};

/// How often the files are looked at, unread. An administrator's change is in force after this long.
pub const LOOK_EVERY: Duration = Duration::from_secs(2);

/// What the files said.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The organisation's statement.
    pub statement: SignedStatement,
    /// Its technicians.
    pub technicians: Technicians,
}

/// The files and what they said last.
#[derive(Debug)]
pub struct Directory {
    data: PathBuf,
    stamp: Mutex<Stamp>,
    current: watch::Sender<Arc<Snapshot>>,
    /// Where changes are entered before they count.
    ledger: Option<Arc<Ledger>>,
}

/// What changes when a file is replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp([Option<(SystemTime, u64)>; 2]);

impl Stamp {
    fn of(data: &Path) -> Self {
        Self([STATEMENT, TECHNICIANS].map(|name| {
            let metadata = fs::metadata(data.join(name)).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        }))
    }
}

impl Directory {
    /// Reads the files of a data folder. Blocks.
    ///
    /// # Errors
    /// When there is no statement, or it is not whole.
    pub fn open(data: &Path) -> Result<Self, AdminError> {
        let stamp = Stamp::of(data);
        let snapshot = read(data, None)?;
        Ok(Self { data: data.to_owned(), stamp: Mutex::new(stamp), current: watch::Sender::new(Arc::new(snapshot)), ledger: None })
    }

    /// Enters what the files say in the organisation's log, now and whenever they change. Blocks.
    ///
    /// # Errors
    /// What the disk says.
    pub fn enter_in(&mut self, ledger: Arc<Ledger>) -> io::Result<()> {
        entries::enter(&ledger, &self.current())?;
        self.ledger = Some(ledger);
        Ok(())
    }

    /// What the files said last.
    #[must_use]
    pub fn current(&self) -> Arc<Snapshot> {
        self.current.borrow().clone()
    }

    /// Tells when something changed.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.current.subscribe()
    }

    /// Reads the files again if they changed. Blocks. What cannot be read leaves everything as it was.
    pub fn refresh(&self) {
        let now = Stamp::of(&self.data);
        let mut stamp = self.stamp.lock().unwrap_or_else(PoisonError::into_inner);
        if *stamp == now {
            return;
        }
        *stamp = now;
        let entered = |snapshot: Snapshot| match &self.ledger {
            Some(ledger) => entries::enter(ledger, &snapshot).map(|()| snapshot).map_err(|error| AdminError::Failed(error.to_string())),
            None => Ok(snapshot),
        };
        match read(&self.data, Some(&self.current().statement)).and_then(entered) {
            Ok(snapshot) => {
                tracing::info!(
                    serial = snapshot.statement.statement().serial,
                    technicians = snapshot.technicians.known.len(),
                    "statement and technicians were read again"
                );
                self.current.send_replace(Arc::new(snapshot));
            }
            Err(error) => {
                tracing::error!(%error, "a change of the data folder was not taken over");
            }
        }
    }

    fn is_stale(&self) -> bool {
        *self.stamp.lock().unwrap_or_else(PoisonError::into_inner) != Stamp::of(&self.data)
    }

    /// Keeps looking until the task is dropped.
    pub async fn keep_fresh(self: Arc<Self>) -> io::Result<()> {
        loop {
            sleep(LOOK_EVERY).await;
            // Two looks at the file system take microseconds; only reading is worth a thread.
            if self.is_stale() {
                let directory = self.clone();
                spawn_blocking(move || directory.refresh()).await?;
            }
        }
    }
}

fn read(data: &Path, held: Option<&SignedStatement>) -> Result<Snapshot, AdminError> {
    let mut statement = load_statement(data)?;
    if let Some(held) = held {
        match held.successor(&statement) {
            Ok(Successor::Newer | Successor::Same) => {}
            Err(error) => {
                tracing::error!(%error, "the new statement is refused, the one in use stays");
                statement = held.clone();
            }
        }
    }
    let technicians = load_technicians(data, statement.statement(), clock::wall_ms())?;
    for (file, reason) in &technicians.refused {
        tracing::warn!(file = %file.display(), reason, "a certificate does not count");
    }
    Ok(Snapshot { statement, technicians })
}
