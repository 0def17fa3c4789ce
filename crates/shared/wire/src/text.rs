//! Text whose length is bounded by its type, and lists whose length is.
//!
//! In scope: the bound, checked when a message is read as well as when it is made. Not in scope: what may be shown on a
//! terminal or in a window; whoever shows it escapes it.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// UTF-8 text of at most `MAX` bytes.
#[derive(Clone, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Text<const MAX: usize>(String);

/// Text longer than its bound.
#[derive(Debug, thiserror::Error, PartialEq, Eq, Clone, Copy)]
#[error("the text has {length} bytes, {limit} are allowed")]
pub struct TextTooLong {
    /// Bytes it has.
    pub length: usize,
    /// Bytes it may have.
    pub limit: usize,
}

impl<const MAX: usize> Text<MAX> {
    /// Takes `text` when it is short enough.
    ///
    /// # Errors
    /// [`TextTooLong`] otherwise.
    pub fn new(text: impl Into<String>) -> Result<Self, TextTooLong> {
        let text = text.into();
        if text.len() > MAX {
            return Err(TextTooLong { length: text.len(), limit: MAX });
        }
        Ok(Self(text))
    }

    /// Takes as much of `text` as fits, cut at a character's end.
    pub fn clipped(text: &str) -> Self {
        let mut end = text.len().min(MAX);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        Self(text[..end].to_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> std::fmt::Debug for Text<MAX> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<const MAX: usize> std::fmt::Display for Text<MAX> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<const MAX: usize> Serialize for Text<MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Text<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// A list of at most `MAX` items, in the order given.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct List<T, const MAX: usize>(Vec<T>);

impl<T, const MAX: usize> List<T, MAX> {
    /// The first `MAX` items.
    pub fn clipped(items: impl IntoIterator<Item = T>) -> Self {
        Self(items.into_iter().take(MAX).collect())
    }

    /// The items.
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }
}

impl<T, const MAX: usize> Default for List<T, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for List<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let items = Vec::<T>::deserialize(deserializer)?;
        if items.len() > MAX { Err(D::Error::custom("too many items")) } else { Ok(Self(items)) }
    }
}
