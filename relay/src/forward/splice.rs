//! A bidirectional stream and its twin: each direction is copied by a task of its own.
//!
//! In scope: copying with the back pressure of both connections, passing on how a direction ends. Not in scope: which
//! streams may be opened.

use deskhand_link::{FrameReader, FrameWriter, LinkError};

/// Copies until the stream ends, one piece in hand at a time. The end is passed on: a finished stream is finished, one
/// that was given up is given up.
///
/// # Errors
/// The error of the connection that broke, either of the two.
pub async fn copy(mut from: FrameReader, mut to: FrameWriter) -> Result<(), LinkError> {
    loop {
        match from.chunk().await {
            Ok(Some(bytes)) => match to.raw(bytes).await {
                Ok(()) => {}
                Err(LinkError::StreamGivenUp) => {
                    from.stop();
                    return Ok(());
                }
                Err(error) => return Err(error),
            },
            Ok(None) => {
                to.finish();
                return Ok(());
            }
            Err(LinkError::StreamGivenUp) => {
                to.abandon();
                return Ok(());
            }
            Err(error) => {
                // The other connection is gone. What it sent is delivered, and the stream ends.
                to.finish();
                return Err(error);
            }
        }
    }
}
