//! Reading the canonical form (RFC 8785) of plain values in one pass: bytes that would be written differently are refused where they stand.
//!
//! In scope: no space, names in order and none twice, the shortest escapes, integers without a sign or a fraction up to
//! [`MAX_SAFE_INTEGER`]; objects for types with names, names for variants, no `null`. Then what is read is written again as the same bytes,
//! as long as a field's type reads one spelling of a value and does not write what it takes for nothing. Not in scope: what the values mean.

use std::{borrow::Cow, cmp::Ordering, fmt};

use serde::{
    de::{
        self, DeserializeSeed, MapAccess, SeqAccess, Visitor,
        value::{BorrowedStrDeserializer, CowStrDeserializer},
    },
    forward_to_deserialize_any,
};

use super::MAX_SAFE_INTEGER;

/// Why a value was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReadError(String);

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ReadError {}

impl de::Error for ReadError {
    fn custom<T: fmt::Display>(why: T) -> Self {
        Self(why.to_string())
    }
}

type Read<T> = Result<T, ReadError>;

/// A text, and how much of it is read.
#[derive(Clone)]
pub(crate) struct Reader<'de> {
    text: &'de str,
    at: usize,
}

impl<'de> Reader<'de> {
    pub(crate) fn new(bytes: &'de [u8]) -> Read<Self> {
        let text = std::str::from_utf8(bytes).map_err(|why| ReadError(format!("byte {} is no text", why.valid_up_to())))?;
        Ok(Self { text, at: 0 })
    }

    /// How many bytes are read.
    pub(crate) fn place(&self) -> usize {
        self.at
    }

    /// Whether all is read.
    pub(crate) fn is_at_end(&self) -> bool {
        self.at == self.text.len()
    }

    /// Reads exactly this.
    pub(crate) fn expect(&mut self, wanted: &str) -> Read<()> {
        if self.take(wanted) { Ok(()) } else { Err(self.wrong()) }
    }

    /// Reads this if it stands here.
    pub(crate) fn take(&mut self, wanted: &str) -> bool {
        let is_here = self.rest().starts_with(wanted.as_bytes());
        self.at += if is_here { wanted.len() } else { 0 };
        is_here
    }

    /// Goes past an object, whose content is read later; it is refused then if it is none.
    pub(crate) fn skip_object(&mut self) -> Read<()> {
        let (mut depth, mut is_inside, mut is_escaped) = (0_usize, false, false);
        for (count, byte) in self.rest().iter().enumerate() {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' if is_inside => is_escaped = true,
                b'"' => is_inside = !is_inside,
                b'{' if !is_inside => depth += 1,
                b'}' if !is_inside && depth == 1 => {
                    self.at += count + 1;
                    return Ok(());
                }
                b'}' if !is_inside && depth > 1 => depth -= 1,
                _ if depth == 0 => break,
                _ => {}
            }
        }
        Err(self.wrong())
    }

    /// A string.
    pub(crate) fn string(&mut self) -> Read<Cow<'de, str>> {
        self.expect("\"")?;
        let start = self.at;
        self.at += self.run();
        if self.rest().first() == Some(&b'"') {
            let text = &self.text[start..self.at];
            self.at += 1;
            return Ok(Cow::Borrowed(text));
        }
        let mut text = self.text[start..self.at].to_owned();
        loop {
            if self.take("\"") {
                return Ok(Cow::Owned(text));
            }
            text.push(self.escape()?);
            let start = self.at;
            self.at += self.run();
            text.push_str(&self.text[start..self.at]);
        }
    }

    /// How many bytes stand for themselves in a string, from here on.
    fn run(&self) -> usize {
        let rest = self.rest();
        rest.iter().position(|byte| *byte < b' ' || *byte == b'"' || *byte == b'\\').unwrap_or(rest.len())
    }

    /// An escape, which only characters have that cannot stand for themselves, the shortest there is.
    fn escape(&mut self) -> Read<char> {
        const SHORT: [(&str, char); 7] =
            [("\\\"", '"'), ("\\\\", '\\'), ("\\n", '\n'), ("\\t", '\t'), ("\\r", '\r'), ("\\b", '\u{8}'), ("\\f", '\u{c}')];
        for (spelling, character) in SHORT {
            if self.take(spelling) {
                return Ok(character);
            }
        }
        let place = self.at;
        if self.take("\\u00")
            && let Some(digits) = self.text.get(self.at..self.at + 2)
            && let Ok(code) = u8::from_str_radix(digits, 16)
            && code < b' '
            && format!("{code:02x}") == digits
            && SHORT.iter().all(|(_, character)| *character != char::from(code))
        {
            self.at += 2;
            return Ok(char::from(code));
        }
        self.at = place;
        Err(self.wrong())
    }

    fn number(&mut self) -> Read<u64> {
        let digits = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        let text = &self.text[self.at..self.at + digits];
        let number = text.parse().ok().filter(|number| *number <= MAX_SAFE_INTEGER && (digits == 1 || !text.starts_with('0')));
        let number = number.ok_or_else(|| self.wrong())?;
        self.at += digits;
        Ok(number)
    }

    fn rest(&self) -> &'de [u8] {
        &self.text.as_bytes()[self.at..]
    }

    fn wrong(&self) -> ReadError {
        ReadError(format!("byte {} is not what the canonical form (RFC 8785) has there", self.at))
    }
}

impl<'de> de::Deserializer<'de> for &mut Reader<'de> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        match self.rest().first() {
            Some(b'"') => match self.string()? {
                Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
                Cow::Owned(text) => visitor.visit_string(text),
            },
            Some(b'0'..=b'9') => visitor.visit_u64(self.number()?),
            Some(b't') => self.expect("true").and_then(|()| visitor.visit_bool(true)),
            Some(b'f') => self.expect("false").and_then(|()| visitor.visit_bool(false)),
            Some(b'[') => {
                self.at += 1;
                let value = visitor.visit_seq(Items { reader: self, is_first: true })?;
                self.expect("]").map(|()| value)
            }
            Some(b'{') => {
                self.at += 1;
                let value = visitor.visit_map(Members { reader: self, last: None })?;
                self.expect("}").map(|()| value)
            }
            _ => Err(self.wrong()),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Read<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(self, _: &'static str, _: &'static [&'static str], visitor: V) -> Read<V::Value> {
        match self.string()? {
            Cow::Borrowed(name) => visitor.visit_enum(BorrowedStrDeserializer::new(name)),
            name @ Cow::Owned(_) => visitor.visit_enum(CowStrDeserializer::new(name)),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(self, _: &'static str, _: &'static [&'static str], visitor: V) -> Read<V::Value> {
        if self.rest().first() == Some(&b'{') { self.deserialize_any(visitor) } else { Err(self.wrong()) }
    }

    /// What nobody reads would not be written again.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, _: V) -> Read<V::Value> {
        Err(ReadError(format!("before byte {} there is a name that does not belong there", self.at)))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map identifier
    }
}

struct Items<'a, 'de> {
    reader: &'a mut Reader<'de>,
    is_first: bool,
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = ReadError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Read<Option<T::Value>> {
        if self.reader.rest().first() == Some(&b']') {
            return Ok(None);
        }
        if !std::mem::take(&mut self.is_first) {
            self.reader.expect(",")?;
        }
        seed.deserialize(&mut *self.reader).map(Some)
    }
}

struct Members<'a, 'de> {
    reader: &'a mut Reader<'de>,
    last: Option<Cow<'de, str>>,
}

impl<'de> MapAccess<'de> for Members<'_, 'de> {
    type Error = ReadError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Read<Option<K::Value>> {
        if self.reader.rest().first() == Some(&b'}') {
            return Ok(None);
        }
        if self.last.is_some() {
            self.reader.expect(",")?;
        }
        let place = self.reader.at;
        let name = self.reader.string()?;
        if self.last.as_ref().is_some_and(|last| order(last, &name) != Ordering::Less) {
            self.reader.at = place;
            return Err(self.reader.wrong());
        }
        self.last = Some(name.clone());
        let key = match name {
            Cow::Borrowed(name) => seed.deserialize(BorrowedStrDeserializer::new(name)),
            Cow::Owned(_) => seed.deserialize(CowStrDeserializer::new(name)),
        };
        key.map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Read<V::Value> {
        self.reader.expect(":")?;
        seed.deserialize(&mut *self.reader)
    }
}

/// The order of names: that of their UTF-16 units.
fn order(a: &str, b: &str) -> Ordering {
    if a.is_ascii() && b.is_ascii() { a.cmp(b) } else { a.encode_utf16().cmp(b.encode_utf16()) }
}

/// For lists that are left out when they are empty.
pub(crate) fn not_empty<'de, D: de::Deserializer<'de>, T: de::Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    let list: Vec<T> = de::Deserialize::deserialize(from)?;
    if list.is_empty() { Err(de::Error::custom("an empty list is left out here")) } else { Ok(list) }
}

#[cfg(test)]
mod tests;
