//! The RFC 6962 hash tree over the leaves of one log.
//!
//! In scope: appending, the root, inclusion and consistency proofs and their checking. The hashing
//! itself is `ct-merkle`'s. Not in scope: signing (`checkpoint`), what the leaves say (`entry`).
//!
//! A tree keeps its leaves (a session's log is a few hundred kilobytes).

use ct_merkle::{ConsistencyProof, InclusionProof, RootHash, digest::Output, mem_backed_tree::MemoryBackedTree};
use sha2::Sha256;

use crate::encoding::Hash;

/// The tree over some leaves.
#[derive(Default)]
pub struct Tree {
    inner: MemoryBackedTree<Sha256, Vec<u8>>,
}

/// Why a proof was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The bytes have a length no proof for these sizes has.
    #[error("the proof does not have the length that these tree sizes need")]
    Shape,
    /// The hashes do not lead to the root.
    #[error("the proof does not lead to the root that was signed")]
    Mismatch,
}

impl Tree {
    /// An empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends one leaf.
    pub fn append(&mut self, leaf: Vec<u8>) {
        self.inner.push(leaf);
    }

    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.inner.len()
    }

    /// The Merkle Tree Hash (RFC 6962, section 2.1) of all leaves.
    pub fn root(&self) -> Hash {
        let root = self.inner.root();
        Hash((*root.as_bytes()).into())
    }

    /// The bytes of leaf `index`.
    pub fn leaf(&self, index: u64) -> Option<&[u8]> {
        self.inner.get(usize::try_from(index).ok()?).map(Vec::as_slice)
    }

    /// The audit path of leaf `index` in the whole tree (RFC 6962, section 2.1.1); `None` when there
    /// is no such leaf.
    pub fn inclusion_proof(&self, index: u64) -> Option<Vec<u8>> {
        (index < self.size()).then_some(())?;
        let index = usize::try_from(index).ok()?;
        Some(self.inner.prove_inclusion(index).as_bytes().to_vec())
    }

    /// The proof that the tree of the first `from` leaves is a prefix of this one (RFC 6962, section
    /// 2.1.2); `None` unless `1 <= from <= size`. Empty when nothing was added.
    pub fn consistency_proof(&self, from: u64) -> Option<Vec<u8>> {
        if from == 0 || from > self.size() {
            return None;
        }
        if from == self.size() {
            return Some(Vec::new());
        }
        let added = usize::try_from(self.size() - from).ok()?;
        Some(self.inner.prove_consistency(added).as_bytes().to_vec())
    }

    /// Checks that `leaf` is leaf `index` of the tree with this size and root.
    pub fn check_inclusion(leaf: &[u8], index: u64, size: u64, root: Hash, proof: &[u8]) -> Result<(), ProofError> {
        if index >= size || size > MAX_SIZE {
            return Err(ProofError::Shape);
        }
        let proof = InclusionProof::<Sha256>::try_from_bytes(proof.to_vec()).map_err(|_| ProofError::Shape)?;
        root_hash(root, size).verify_inclusion(&leaf, index, &proof).map_err(|_| ProofError::Mismatch)
    }

    /// Checks that the tree `old` (size, root) is a prefix of the tree `new`.
    pub fn check_consistency(old: (u64, Hash), new: (u64, Hash), proof: &[u8]) -> Result<(), ProofError> {
        if old.0 == 0 || old.0 > new.0 || new.0 > MAX_SIZE {
            return Err(ProofError::Shape);
        }
        if old.0 == new.0 {
            return match (proof.is_empty(), old.1 == new.1) {
                (false, _) => Err(ProofError::Shape),
                (true, false) => Err(ProofError::Mismatch),
                (true, true) => Ok(()),
            };
        }
        let proof = ConsistencyProof::<Sha256>::try_from_bytes(proof.to_vec()).map_err(|_| ProofError::Shape)?;
        root_hash(new.1, new.0).verify_consistency(&root_hash(old.1, old.0), &proof).map_err(|_| ProofError::Mismatch)
    }
}

/// Largest tree that is accepted; the arithmetic below stays far from overflow.
const MAX_SIZE: u64 = 1 << 48;

fn root_hash(root: Hash, size: u64) -> RootHash<Sha256> {
    RootHash::new(Output::<Sha256>::from(root.0), size)
}
