//! A hash tree that only grows, kept as the peaks of its whole subtrees (RFC 6962, section 2.1; "compact range").
//!
//! In scope: appending and the root, in memory that grows with the logarithm of the size; going on from somebody else's peaks. Not in
//! scope: proofs, which need the leaves (`tree`).
//!
//! Whoever appends every leaf of a log to a frontier needs no consistency proof: a root that fits is of a tree that goes on from the
//! one before.

use sha2::{Digest as _, Sha256};

use crate::{encoding::Hash, tree::leaf_hash};

/// The most peaks a tree has: one for each bit of its size.
pub const MAX_PEAKS: usize = 48;

/// The peaks, largest subtree first: one for each bit that is set in the size.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The frontier with this size and these peaks; `None` when there cannot be as many.
    pub fn from_parts(size: u64, peaks: Vec<Hash>) -> Option<Self> {
        let fits = size < 1 << MAX_PEAKS && peaks.len() == size.count_ones() as usize;
        fits.then_some(Self { size, peaks })
    }

    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the whole subtrees, largest first.
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// Appends one leaf.
    pub fn append(&mut self, leaf: &[u8]) {
        let mut hash = leaf_hash(leaf);
        // Every trailing 1 of the size is a whole subtree that the leaf completes.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                hash = node(left, hash);
            }
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// The Merkle Tree Hash of all leaves.
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev().copied();
        match peaks.next() {
            Some(last) => peaks.fold(last, |right, left| node(left, right)),
            None => Hash::of(b""),
        }
    }
}

fn node(left: Hash, right: Hash) -> Hash {
    Hash(Sha256::new().chain_update([1]).chain_update(left.0).chain_update(right.0).finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tree;

    #[test]
    fn it_has_the_root_of_the_whole_tree_at_every_size() {
        let (mut tree, mut frontier) = (Tree::new(), Frontier::default());
        assert_eq!(frontier.root(), tree.root());
        for n in 0..300_u32 {
            tree.append(n.to_be_bytes().to_vec());
            frontier.append(&n.to_be_bytes());
            assert_eq!((frontier.size(), frontier.root()), (tree.size(), tree.root()), "size {}", n + 1);
        }
    }

    #[test]
    fn it_goes_on_from_the_peaks_of_another() {
        let mut whole = Frontier::default();
        (0..37_u8).for_each(|n| whole.append(&[n]));
        let mut later = Frontier::from_parts(whole.size(), whole.peaks().to_vec()).unwrap();
        whole.append(b"next");
        later.append(b"next");
        assert_eq!(later, whole);
    }

    #[test]
    fn peaks_that_do_not_belong_to_the_size_are_refused() {
        assert_eq!(Frontier::from_parts(5, vec![Hash([0; 32])]), None);
        assert_eq!(Frontier::from_parts(1 << MAX_PEAKS, vec![Hash([0; 32])]), None);
        assert!(Frontier::from_parts(0, Vec::new()).is_some());
    }
}
