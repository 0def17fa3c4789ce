//! The relay's words to one client, in order. In scope: one writer for all tasks that have something to say. Not in
//! scope: what is said.

use deskhand_link::{FrameWriter, LinkError};
use serde::Serialize;
use tokio::sync::mpsc;

/// Sends what is queued until the connection ends, or nobody can say anything more.
///
/// # Errors
/// Why the connection ended.
pub(crate) async fn speak<T: Serialize>(mut writer: FrameWriter, mut queue: mpsc::Receiver<T>) -> Result<(), LinkError> {
    while let Some(message) = queue.recv().await {
        writer.send(&message).await?;
    }
    writer.finish();
    writer.delivered().await
}
