//! The transcript hash of a pairing, recomputed from what the log keeps of it.
//!
//! In scope: the hash (protocol, section "Pairing"). Not in scope: the pairing itself.

use deskhand_identity::{Organisation, PublicKey, Relay, SessionId};
use sha2::{Digest, Sha256};

use crate::encoding::Hash;

/// `SHA-256("deskhand/pair/1" || lp(sid, nameplate, relay key, organisation key) || lp(P1) || lp(P2))`,
/// where `lp` puts a u32 big-endian length before each part. `p1` and `p2` as they were sent, each
/// shorter than 4 GiB.
pub fn transcript_hash(
    sid: &SessionId,
    nameplate: &str,
    relay: &PublicKey<Relay>,
    organisation: &PublicKey<Organisation>,
    p1: &[u8],
    p2: &[u8],
) -> Hash {
    let mut hash = Sha256::new_with_prefix(b"deskhand/pair/1");
    let parts: [&[u8]; 6] = [sid.bytes(), nameplate.as_bytes(), relay.bytes(), organisation.bytes(), p1, p2];
    for part in parts {
        hash.update((part.len() as u32).to_be_bytes());
        hash.update(part);
    }
    Hash(hash.finalize().into())
}
