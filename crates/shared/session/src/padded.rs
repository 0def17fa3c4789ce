//! Sealed messages before and after their seal: padded, and wiped when they are done with.
//!
//! In scope: the plain bytes of pairwise messages; some of them hold keys. Not in scope: the seal itself (`seal`).

use deskhand_seal::frames::{pad, unpad};
use deskhand_wire::{decode, encode, limits::INPUT_PADDING};
use serde::{Serialize, de::DeserializeOwned};
use zeroize::{Zeroize, Zeroizing};

/// The bytes of a message, padded to a multiple of 64.
pub(crate) fn padded<T: Serialize>(message: &T) -> Zeroizing<Vec<u8>> {
    let mut bytes = encode(message);
    let mut content = Zeroizing::new(Vec::with_capacity(bytes.len() + INPUT_PADDING));
    content.extend_from_slice(&bytes);
    bytes.zeroize();
    pad(&mut content, INPUT_PADDING, false);
    content
}

/// The message in opened bytes; `None` when they are no such message.
pub(crate) fn message_in<T: DeserializeOwned>(content: Vec<u8>, limit: usize) -> Option<T> {
    let content = Zeroizing::new(unpad(content)?);
    decode(&content, limit).ok()
}
