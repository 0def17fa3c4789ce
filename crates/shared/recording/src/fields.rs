//! Sealed fields of the log: what the relay must not read, such as the reason that a technician gives.
//!
//! In scope: opening them in the order of the log. Not in scope: sealing (`session`), whether they are the ones that the log names by hash
//! (`audit` verifies that).

use deskhand_seal::{
    RecordingKey,
    frames::{KeyId, OpenError, Opener, Order, unpad},
};
use deskhand_wire::{HOST, stream::Channel};

/// Opens the sealed fields of one session.
pub struct Fields(Opener);

/// Why a sealed field cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// Not sealed with this key, or changed.
    #[error("the sealed field does not open: {0}")]
    Sealed(OpenError),
    /// Sealed with this key, and no text.
    #[error("the sealed field is no text")]
    Text,
}

impl Fields {
    /// The fields of the session that this is the recording key of.
    #[must_use]
    pub fn new(key: &RecordingKey) -> Self {
        Self(Opener::new(&key.log(), KeyId::pairwise(HOST, Channel::Audit), Order::Increasing))
    }

    /// The text of the next field; some may be left out, none may come twice.
    ///
    /// # Errors
    /// A [`FieldError`]; later fields can still be opened.
    pub fn open(&mut self, sealed: &[u8]) -> Result<String, FieldError> {
        let padded = self.0.open(&[], sealed).map_err(FieldError::Sealed)?;
        unpad(padded).and_then(|bytes| String::from_utf8(bytes).ok()).ok_or(FieldError::Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deskhand_seal::frames::{Sealer, pad};

    #[test]
    fn fields_open_in_order_with_the_sessions_key_alone() {
        let key = RecordingKey::new([1; 32]);
        let mut sealer = Sealer::new(&key.log(), KeyId::pairwise(HOST, Channel::Audit));
        let mut seal = |text: &str| {
            let mut bytes = text.as_bytes().to_vec();
            pad(&mut bytes, 64, false);
            sealer.seal(&[], &bytes).unwrap()
        };
        let (first, second) = (seal("the printer is broken"), seal(""));
        let mut fields = Fields::new(&key);
        assert_eq!(fields.open(&first).unwrap(), "the printer is broken");
        assert_eq!(fields.open(&second).unwrap(), "");
        assert!(fields.open(&first).is_err());
        assert!(Fields::new(&RecordingKey::new([2; 32])).open(&first).is_err());
    }
}
