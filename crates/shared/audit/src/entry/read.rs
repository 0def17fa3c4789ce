//! Reading a leaf in one pass.
//!
//! In scope: from bytes to an [`Entry`]; the envelope's members stand where they stand in every leaf, and their values are read by a
//! reader that takes one spelling of each, so that every byte counts. Not in scope: what an entry means.
//!
//! `data` comes before the `kind` that says how to read it: its extent is taken first, its content once the kind is known.

use std::collections::BTreeMap;

use deskhand_identity::rfc3339_to_ms;
use serde::{
    Deserialize, Deserializer,
    de::{
        DeserializeSeed, Error as _, MapAccess,
        value::{BorrowedStrDeserializer, CowStrDeserializer, MapAccessDeserializer},
    },
};

use super::{Entry, EntryError, MAX_LEAF_BYTES, VERSION};
use crate::{
    event::Event,
    jcs::{ReadError, Reader},
};

impl Entry {
    /// Reads a leaf; any other spelling than the one [`Entry::to_leaf`] gives is an error.
    pub fn from_leaf(bytes: &[u8]) -> Result<Self, EntryError> {
        if bytes.len() > MAX_LEAF_BYTES {
            return Err(EntryError::TooLong(bytes.len()));
        }
        let entry = read(bytes).map_err(|why| match serde_json::from_slice::<VersionOnly>(bytes) {
            Ok(VersionOnly { v }) if v != VERSION => EntryError::Version(v),
            _ => EntryError::Malformed(why.to_string()),
        })?;
        if entry.v != VERSION {
            return Err(EntryError::Version(entry.v));
        }
        debug_assert!(entry.to_leaf() == bytes, "a field's type reads another spelling than it writes");
        Ok(entry)
    }
}

#[derive(Deserialize)]
struct VersionOnly {
    v: u8,
}

fn read(bytes: &[u8]) -> Result<Entry, ReadError> {
    let mut reader = Reader::new(bytes)?;
    let from = &mut reader;
    from.expect("{\"actor\":")?;
    let actor = Deserialize::deserialize(&mut *from)?;
    from.expect(",\"data\":")?;
    let mut data = from.clone();
    from.skip_object()?;
    let end = from.place();
    from.expect(",\"kind\":")?;
    let kind = from.string()?;
    let event = Event::deserialize(MapAccessDeserializer::new(Parts { kind: Some(kind), data: Some(&mut data) }))?;
    if data.place() != end {
        return Err(ReadError::custom("its data does not end where it seems to"));
    }
    from.expect(",\"mono_ms\":")?;
    let mono_ms = Deserialize::deserialize(&mut *from)?;
    from.expect(",\"outcome\":")?;
    let outcome = Deserialize::deserialize(&mut *from)?;
    let mut pii = BTreeMap::new();
    if from.take(",\"pii\":") {
        pii = BTreeMap::deserialize(&mut *from)?;
        if pii.is_empty() {
            return Err(ReadError::custom("an entry without personal values has no place for them"));
        }
    }
    let sealed = if from.take(",\"sealed\":") { Some(Deserialize::deserialize(&mut *from)?) } else { None };
    from.expect(",\"seq\":")?;
    let seq = Deserialize::deserialize(&mut *from)?;
    from.expect(",\"severity\":")?;
    let severity = Deserialize::deserialize(&mut *from)?;
    from.expect(",\"sid\":")?;
    let sid = Deserialize::deserialize(&mut *from)?;
    from.expect(",\"src\":")?;
    let src = Deserialize::deserialize(&mut *from)?;
    from.expect(",\"t\":")?;
    let t_ms = time(&mut *from)?;
    from.expect(",\"v\":")?;
    let v = Deserialize::deserialize(&mut *from)?;
    from.expect("}")?;
    if !from.is_at_end() {
        return Err(ReadError::custom("there is more behind it"));
    }
    Ok(Entry { v, sid, seq, t_ms, mono_ms, src, actor, outcome, severity, event, sealed, pii })
}

/// An event's two members, the kind first.
struct Parts<'a, 'de> {
    kind: Option<std::borrow::Cow<'de, str>>,
    data: Option<&'a mut Reader<'de>>,
}

impl<'de> MapAccess<'de> for Parts<'_, 'de> {
    type Error = ReadError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, ReadError> {
        let key = match (&self.kind, &self.data) {
            (Some(_), _) => "kind",
            (None, Some(_)) => "data",
            (None, None) => return Ok(None),
        };
        seed.deserialize(BorrowedStrDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, ReadError> {
        if let Some(kind) = self.kind.take() {
            return seed.deserialize(CowStrDeserializer::new(kind));
        }
        let data = self.data.take().ok_or_else(|| ReadError::custom("an event has two members"))?;
        seed.deserialize(data)
    }
}

pub(super) fn time<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let text = <&str>::deserialize(from)?;
    rfc3339_to_ms(text).ok_or_else(|| D::Error::custom("not a time like 2026-01-31T23:59:59.000Z"))
}
