//! The RFC 6962 hash tree over the leaves of one log.
//!
//! In scope: appending, the root, inclusion and consistency proofs and their checking. The hashing
//! itself is `ct-merkle`'s. Not in scope: signing (`checkpoint`), what the leaves say (`entry`).
//!
//! A tree keeps its leaves (a session's log is a few hundred kilobytes); a frontier (`frontier`) gives roots alone, and keeps none.

use ct_merkle::{ConsistencyProof, InclusionProof, RootHash, digest::Output, mem_backed_tree::MemoryBackedTree};
use sha2::{Digest as _, Sha256};

use crate::encoding::Hash;

/// The hash of one leaf (RFC 6962, section 2.1): SHA-256 over a zero byte and the leaf.
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    Hash(Sha256::new().chain_update([0]).chain_update(leaf).finalize().into())
}

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

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    /// The leaves and roots of the reference implementation's test (certificate-transparency,
    /// `merkle_tree_test.cc`), sizes 1 to 8.
    const LEAVES: [&str; 8] = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    const ROOTS: [&str; 8] = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    fn leaf(index: usize) -> Vec<u8> {
        HEXLOWER.decode(LEAVES[index].as_bytes()).unwrap()
    }

    fn tree(size: usize) -> Tree {
        let mut tree = Tree::new();
        (0..size).for_each(|index| tree.append(leaf(index)));
        tree
    }

    #[test]
    fn the_roots_are_those_of_rfc_6962() {
        assert_eq!(tree(0).root(), Hash::of(b""), "an empty tree hashes nothing");
        for size in 1..=8 {
            assert_eq!(tree(size).root().to_string(), ROOTS[size - 1], "size {size}");
        }
    }

    #[test]
    fn known_proofs_of_rfc_6962_come_out() {
        let path = tree(8).inclusion_proof(5).unwrap();
        let known = [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ];
        assert_eq!(HEXLOWER.encode(&path), known.concat());
        let proof = tree(8).consistency_proof(6).unwrap();
        let known = [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ];
        assert_eq!(HEXLOWER.encode(&proof), known.concat());
    }

    #[test]
    fn proofs_lead_to_their_own_root_and_to_no_other() {
        for size in 1..=8_u64 {
            let whole = tree(size as usize);
            let root = whole.root();
            for index in 0..size {
                let proof = whole.inclusion_proof(index).unwrap();
                let leaf = leaf(index as usize);
                assert_eq!(Tree::check_inclusion(&leaf, index, size, root, &proof), Ok(()));
                assert!(Tree::check_inclusion(b"other", index, size, root, &proof).is_err());
                assert!(Tree::check_inclusion(&leaf, index + 1, size, root, &proof).is_err());
                let old = tree(index as usize + 1).root();
                let proof = whole.consistency_proof(index + 1).unwrap();
                assert_eq!(Tree::check_consistency((index + 1, old), (size, root), &proof), Ok(()));
                assert!(Tree::check_consistency((index + 1, Hash::of(b"x")), (size, root), &proof).is_err());
            }
            assert_eq!(whole.inclusion_proof(size), None);
            assert_eq!(whole.consistency_proof(0), None);
            assert_eq!(whole.consistency_proof(size + 1), None);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_proof_never_panics(
            proof in proptest::collection::vec(proptest::num::u8::ANY, 0..300),
            index: u64, old: u64, size: u64, root: [u8; 32],
        ) {
            let _ = Tree::check_inclusion(b"leaf", index, size, Hash(root), &proof);
            let _ = Tree::check_inclusion(b"leaf", index % 1000, size % 1000, Hash(root), &proof);
            let _ = Tree::check_consistency((old, Hash(root)), (size, Hash(root)), &proof);
            let _ = Tree::check_consistency((old % 1000, Hash(root)), (size % 1000, Hash([1; 32])), &proof);
        }
    }
}
