//! The byte form of every message: postcard, strict.
//!
//! In scope: encode, decode with a limit, and the one error type. A message that has a byte too many, or whose
//! values break a named limit, is the peer's fault.

use serde::{Serialize, de::DeserializeOwned};

/// What is wrong with bytes that a peer sent.
#[derive(Debug, thiserror::Error, PartialEq, Eq, Clone)]
pub enum WireError {
    /// More bytes than the named limit of this message.
    #[error("the other side sent a message of {length} bytes where {limit} are allowed")]
    TooLong {
        /// Bytes received or announced.
        length: usize,
        /// The limit for it.
        limit: usize,
    },
    /// Not a message of this kind.
    #[error("the other side sent a message that can't be read")]
    Malformed,
    /// A readable message with bytes behind it.
    #[error("the other side sent a message with {0} bytes too many")]
    Trailing(usize),
}

/// The bytes of a message.
///
/// # Panics
/// Never for the messages of this crate: writing to memory can't fail and none of them has a length that is not known.
pub fn encode<T: Serialize>(message: &T) -> Vec<u8> {
    postcard::to_stdvec(message).expect("messages of this crate are always encodable")
}

/// Reads a message of at most `limit` bytes.
///
/// # Errors
/// [`WireError`] when it is too long, not a message of this kind, or has bytes behind it.
pub fn decode<T: DeserializeOwned>(bytes: &[u8], limit: usize) -> Result<T, WireError> {
    if bytes.len() > limit {
        return Err(WireError::TooLong { length: bytes.len(), limit });
    }
    let (message, rest) = postcard::take_from_bytes(bytes).map_err(|_| WireError::Malformed)?;
    if rest.is_empty() { Ok(message) } else { Err(WireError::Trailing(rest.len())) }
}
