//! Sealed fields, personal values and keys that wait for the leaf that commits to them.
//!
//! In scope: holding a few of them, checking each against its leaf. Not in scope: writing them (`folder`). Nothing goes
//! to disk that no leaf points to.

use deskhand_audit::{
    Entry, Event, Hash,
    bundle::{MAX_KEYS_BYTES, half_commitment},
};

use super::StoreError;

/// Fields that may wait for one leaf.
const MAX_WAITING: usize = 8;

/// A field on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Field {
    /// Ciphertext.
    Sealed(Vec<u8>),
    /// A salt and a value.
    Personal([u8; 32], Vec<u8>),
    /// The key envelope and the second half of the key.
    Keys(Vec<u8>, [u8; 32]),
}

/// The fields that wait for the next leaf.
#[derive(Debug, Default)]
pub(super) struct Beside {
    waiting: Vec<(u64, String, Field)>,
}

impl Beside {
    /// Keeps a field of leaf `seq`, while `next` is the next leaf to come. One of a leaf that is stored already is a
    /// repetition and is dropped.
    pub(super) fn keep(&mut self, next: u64, seq: u64, name: String, field: Field) -> Result<(), StoreError> {
        if seq < next {
            return Ok(());
        }
        if self.waiting.len() >= MAX_WAITING {
            return Err(StoreError::fault("too many fields wait for their leaf"));
        }
        self.waiting.push((seq, name, field));
        Ok(())
    }

    /// The fields of `entry`, each exactly what the entry commits to; an entry whose fields are missing, and fields
    /// that no entry commits to, are the host's fault.
    pub(super) fn take(&mut self, entry: &Entry) -> Result<Vec<(String, Field)>, StoreError> {
        let keys = if let Event::KeysSealed { envelope_sha256, half_sha256, .. } = &entry.event {
            Some((*envelope_sha256, *half_sha256))
        } else {
            None
        };
        let mut expected = entry.pii.len() + usize::from(entry.sealed.is_some()) + usize::from(keys.is_some());
        let mut fields = Vec::new();
        for (seq, name, field) in self.waiting.drain(..) {
            let right = seq == entry.seq
                && match &field {
                    Field::Sealed(bytes) => entry
                        .sealed
                        .as_ref()
                        .is_some_and(|sealed| sealed.field == name && sealed.len == bytes.len() as u64 && sealed.sha256 == Hash::of(bytes)),
                    Field::Keys(envelope, half) => {
                        envelope.len() <= MAX_KEYS_BYTES && keys == Some((Hash::of(envelope), half_commitment(half)))
                    }
                    Field::Personal(salt, value) => entry.pii.get(&name).is_some_and(|commitment| commitment.opens_to(salt, &name, value)),
                };
            if !right {
                return Err(StoreError::fault(format!("the field {name:?} is not what leaf {} commits to", entry.seq)));
            }
            if fields
                .iter()
                .any(|(known, other): &(String, Field)| *known == name && std::mem::discriminant(other) == std::mem::discriminant(&field))
            {
                return Err(StoreError::fault(format!("the field {name:?} came twice")));
            }
            expected -= 1;
            fields.push((name, field));
        }
        if expected == 0 { Ok(fields) } else { Err(StoreError::fault(format!("leaf {} commits to fields that did not come", entry.seq))) }
    }
}
