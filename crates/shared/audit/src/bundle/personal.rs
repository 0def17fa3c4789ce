//! `pii.json`: the personal values that events only commit to, with their salts.
//!
//! In scope: the file's one spelling, adding a value. Not in scope: erasing, and comparing with the
//! commitments (`verify`).
//!
//! ```json
//! {"7":{"certificate":{"salt":"…base64…","value":"…base64…"}}}
//! ```

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{bundle::is_field_name, commitment::Salt, encoding::Blob, entry::canonical};

/// Longest file that is read, in bytes.
pub const MAX_PERSONAL_BYTES: usize = 4 << 20;

/// The values by entry and field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Personal {
    values: BTreeMap<u64, BTreeMap<String, PersonalValue>>,
}

/// One value and the salt of its commitment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonalValue {
    /// The salt.
    pub salt: Salt,
    /// The value.
    pub value: Vec<u8>,
}

/// Why bytes are not such a file, or a value cannot go into it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PersonalError {
    /// Longer than [`MAX_PERSONAL_BYTES`].
    #[error("it is too long")]
    TooLong,
    /// Not of this shape, or not spelled canonically.
    #[error("it is not written as personal values are")]
    Malformed,
    /// The field's name is not `a-z` and `_`.
    #[error("a field's name is made of a-z and _")]
    FieldName,
    /// There is another value for the same entry and field.
    #[error("there is another value for this entry and field")]
    Twice,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    salt: Blob,
    value: Blob,
}

impl Personal {
    /// Adds a value; the same one again changes nothing.
    pub fn add(&mut self, seq: u64, field: &str, salt: Salt, value: Vec<u8>) -> Result<(), PersonalError> {
        if !is_field_name(field) {
            return Err(PersonalError::FieldName);
        }
        let value = PersonalValue { salt, value };
        let fields = self.values.entry(seq).or_default();
        match fields.get(field) {
            Some(known) if *known == value => Ok(()),
            Some(_) => Err(PersonalError::Twice),
            None => {
                fields.insert(field.to_owned(), value);
                Ok(())
            }
        }
    }

    /// The value of an entry's field.
    pub fn value(&self, seq: u64, field: &str) -> Option<&PersonalValue> {
        self.values.get(&seq)?.get(field)
    }

    /// Whether there is nothing in it; then there is no file.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Every entry and field that has a value.
    pub fn fields(&self) -> impl Iterator<Item = (u64, &str)> {
        self.values.iter().flat_map(|(seq, fields)| fields.keys().map(move |field| (*seq, field.as_str())))
    }

    /// The file's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let form: BTreeMap<String, BTreeMap<&str, Form>> = self
            .values
            .iter()
            .map(|(seq, fields)| {
                let fields = fields.iter().map(|(field, value)| {
                    let form = Form { salt: Blob(value.salt.to_vec()), value: Blob(value.value.clone()) };
                    (field.as_str(), form)
                });
                (seq.to_string(), fields.collect())
            })
            .collect();
        canonical(&form)
    }

    /// Reads exactly what [`Personal::to_bytes`] writes for at least one value.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PersonalError> {
        if bytes.len() > MAX_PERSONAL_BYTES {
            return Err(PersonalError::TooLong);
        }
        let form: BTreeMap<String, BTreeMap<String, Form>> = serde_json::from_slice(bytes).map_err(|_| PersonalError::Malformed)?;
        let mut personal = Self::default();
        for (seq, fields) in form {
            let seq = seq.parse().map_err(|_| PersonalError::Malformed)?;
            for (field, Form { salt, value }) in fields {
                let salt = salt.0.try_into().map_err(|_| PersonalError::Malformed)?;
                personal.add(seq, &field, salt, value.0)?;
            }
        }
        if personal.is_empty() || personal.to_bytes() != bytes {
            return Err(PersonalError::Malformed);
        }
        Ok(personal)
    }
}
