//! A stream's writing end on a task of its own, so that no decision ever waits for a window to open.
//!
//! In scope: order, a bound, knowing that something was written. Not in scope: what the frames say.

use deskhand_link::{FrameWriter, LinkError};
use std::time::Duration;
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

/// How long the end of a session waits for its last words to arrive.
const LAST_WORDS: Duration = Duration::from_millis(500);

enum Job {
    Frame(Vec<u8>),
    Written(oneshot::Sender<()>),
}

/// The way to a stream.
pub(crate) struct Outgoing {
    jobs: mpsc::Sender<Job>,
    task: JoinHandle<()>,
}

impl Outgoing {
    /// Frames for `writer`, at most `bound` of them waiting.
    pub(crate) fn start(mut writer: FrameWriter, bound: usize) -> Self {
        let (jobs, mut inbox) = mpsc::channel(bound);
        let task = tokio::spawn(async move {
            while let Some(job) = inbox.recv().await {
                match job {
                    Job::Frame(frame) => {
                        if let Err(error) = writer.send_bytes(&frame).await {
                            tracing::debug!(%error, "a stream can't be written any more");
                            return;
                        }
                    }
                    Job::Written(answer) => drop(answer.send(())),
                }
            }
            writer.finish();
            let _late: Result<Result<(), LinkError>, _> = tokio::time::timeout(LAST_WORDS, writer.delivered()).await;
        });
        Self { jobs, task }
    }

    /// Frames that may be sent now.
    #[must_use]
    pub(crate) fn room(&self) -> usize {
        self.jobs.capacity()
    }

    /// Sends a frame; false when the stream is gone or no room is left, which is the same to a session.
    #[must_use]
    pub(crate) fn send(&self, frame: Vec<u8>) -> bool {
        self.jobs.try_send(Job::Frame(frame)).is_ok()
    }

    /// Answers when everything sent so far is written to the stream.
    pub(crate) fn written(&self) -> oneshot::Receiver<()> {
        let (answer, written) = oneshot::channel();
        if let Err(mpsc::error::TrySendError::Full(job)) = self.jobs.try_send(Job::Written(answer)) {
            let jobs = self.jobs.clone();
            tokio::spawn(async move { jobs.send(job).await });
        }
        written
    }

    /// Ends the stream when everything was written, and waits a moment for its arrival.
    pub(crate) async fn finish(self) {
        drop(self.jobs);
        let _late = tokio::time::timeout(2 * LAST_WORDS, self.task).await;
    }
}
