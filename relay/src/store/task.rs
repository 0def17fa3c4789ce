//! The asynchronous side of a session's folder: a bounded queue before it, progress behind it.
//!
//! In scope: group commit (everything that waits goes to the disk together, on a blocking thread), bounds of the queue.
//! Not in scope: what is written (`folder`).

use std::sync::Arc;

use bytes::Bytes;
use deskhand_wire::{limits::MAX_SEALED_UPDATE, relay::StoreFailure};
use tokio::{
    sync::{Semaphore, mpsc, watch},
    task::spawn_blocking,
};

use super::{Folder, Item, Place, Progress, StoreError};

/// Items that wait at most. A leaf has at most 64 KiB.
const MAX_QUEUE: usize = 64;

/// Recorded bytes that wait for the disk at most: the largest update and half as much again.
const MAX_WAITING_KIB: usize = (MAX_SEALED_UPDATE / 1024) * 3 / 2;

/// The store of one session.
#[derive(Debug)]
pub struct Store {
    /// Puts items into the queue.
    pub writer: Writer,
    /// What is on disk.
    pub progress: watch::Receiver<Progress>,
}

/// Puts items into a session's queue. When the last one is dropped, the folder is closed.
#[derive(Debug, Clone)]
pub struct Writer {
    items: mpsc::Sender<Item>,
    memory: Arc<Semaphore>,
}

impl Store {
    /// Starts the task of a session's folder. Nothing is written before the first item.
    #[must_use]
    pub fn start(place: Place) -> Self {
        let (items, queue) = mpsc::channel(MAX_QUEUE);
        let (said, progress) = watch::channel(Progress::default());
        tokio::spawn(run(place, queue, said));
        Self { writer: Writer { items, memory: Arc::new(Semaphore::new(MAX_WAITING_KIB)) }, progress }
    }
}

impl Writer {
    /// Queues an item; waits while the queue is full. Cancel safe: a dropped call queued nothing.
    pub async fn put(&self, item: Item) {
        // The task outlives every writer.
        let _gone = self.items.send(item).await;
    }

    /// Queues an update; waits while too many bytes wait for the disk. Cancel safe.
    pub async fn record(&self, epoch: u32, number: u64, parts: Vec<Bytes>) {
        let bytes: usize = parts.iter().map(Bytes::len).sum();
        let kib = bytes.div_ceil(1024).clamp(1, MAX_WAITING_KIB);
        let kib = u32::try_from(kib).unwrap_or(u32::MAX);
        if let Ok(held) = self.memory.clone().acquire_many_owned(kib).await {
            self.put(Item::Media { epoch, number, parts, held }).await;
        }
    }
}

async fn run(place: Place, mut queue: mpsc::Receiver<Item>, said: watch::Sender<Progress>) {
    let mut folder = None;
    let mut waiting = Vec::new();
    loop {
        let over = queue.recv_many(&mut waiting, MAX_QUEUE).await == 0;
        if over {
            waiting.push(Item::Close);
        }
        let batch = std::mem::take(&mut waiting);
        let place = place.clone();
        let opened = folder.take();
        let work = spawn_blocking(move || commit(opened, place, batch));
        let progress = match work.await {
            Ok((again, progress)) => {
                folder = again;
                progress
            }
            Err(error) => {
                tracing::error!(%error, "storing failed in an unexpected way");
                Progress { failed: Some(StoreFailure::Broken), ..said.borrow().clone() }
            }
        };
        said.send_if_modified(|known| {
            let news = *known != progress;
            *known = progress;
            news
        });
        if over {
            return;
        }
    }
}

/// Commits a batch, in the folder that it opens when it has to.
fn commit(folder: Option<Folder>, place: Place, batch: Vec<Item>) -> (Option<Folder>, Progress) {
    let only_close = batch.iter().all(|item| matches!(item, Item::Close));
    let mut folder = match folder {
        Some(folder) => folder,
        None if only_close => {
            let progress = Progress { closed: true, ..Progress::default() };
            return (None, progress);
        }
        None => {
            let session = place.manifest.sid;
            match Folder::open(place) {
                Ok(folder) => folder,
                Err(error) => {
                    tracing::error!(%session, %error, "the session's folder cannot be opened");
                    return (None, unopened(&error));
                }
            }
        }
    };
    folder.commit(batch);
    let progress = folder.progress().clone();
    (Some(folder), progress)
}

fn unopened(error: &StoreError) -> Progress {
    let failure = error.told();
    Progress { failed: Some(failure), media_failed: Some(failure), ..Progress::default() }
}
