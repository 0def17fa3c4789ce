//! The canonical form (RFC 8785) of plain values, written in one pass; [`read`] reads it in one.
//!
//! In scope: members in order however a type declares them, integers that JSON carries exactly. Not in scope: fractions and negative
//! numbers, which nothing here has; they are refused.

mod read;

use std::{io, ops::Range};

pub(crate) use read::{ReadError, Reader, not_empty};

use serde::Serialize;
use serde_json::{
    Number, Value,
    ser::{CharEscape, CompactFormatter, Formatter, Serializer},
};

/// The largest integer JSON carries exactly (RFC 7493, section 2.2).
pub(crate) const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// The JCS bytes of a plain value; integers above [`MAX_SAFE_INTEGER`] come out as that.
///
/// # Errors
/// When there is a fraction or a negative number in it.
pub(crate) fn to_vec<T: Serialize>(value: &T) -> serde_json::Result<Vec<u8>> {
    let mut sorter = Sorter { out: Vec::with_capacity(512), ..Sorter::default() };
    value.serialize(&mut Serializer::with_formatter(Nowhere, &mut sorter))?;
    if sorter.unusual {
        return plainly(value);
    }
    Ok(sorter.out)
}

/// The same by way of a tree, for names of any characters.
pub(crate) fn plainly<T: Serialize>(value: &T) -> serde_json::Result<Vec<u8>> {
    let mut value = serde_json::to_value(value)?;
    saturate(&mut value);
    serde_json_canonicalizer::to_vec(&value)
}

fn saturate(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if number.as_u64().is_some_and(|n| n > MAX_SAFE_INTEGER) {
                *number = Number::from(MAX_SAFE_INTEGER);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(saturate),
        Value::Object(fields) => fields.values_mut().for_each(saturate),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// Writes members as they come and puts them in order where an object ends.
#[derive(Default)]
struct Sorter {
    out: Vec<u8>,
    /// The members of all objects that are open, the innermost last.
    members: Vec<Member>,
    /// For each open object, how many members those around it have.
    objects: Vec<usize>,
    scratch: Vec<u8>,
    /// A name has other characters than ASCII ones, or escapes: its order is not that of its bytes here.
    unusual: bool,
}

/// Where a member lies in the output, without the comma before it.
struct Member {
    whole: Range<usize>,
    /// Where its name ends, quote included.
    name_end: usize,
}

impl Member {
    fn name<'a>(&self, out: &'a [u8]) -> &'a [u8] {
        out.get(self.whole.start + 1..self.name_end - 1).unwrap_or_default()
    }
}

impl Sorter {
    /// Puts the members of the innermost object in order.
    fn sort(&mut self) {
        let base = self.objects.pop().unwrap_or_default();
        let (out, members) = (&mut self.out, &mut self.members[base..]);
        let Some(first) = members.first().map(|member| member.whole.start) else { return };
        if !members.is_sorted_by(|a, b| a.name(out) < b.name(out)) {
            members.sort_by(|a, b| a.name(out).cmp(b.name(out)));
            self.scratch.clear();
            for member in &*members {
                self.scratch.extend_from_slice(&out[member.whole.clone()]);
                self.scratch.push(b',');
            }
            self.scratch.pop();
            out.truncate(first);
            out.extend_from_slice(&self.scratch);
        }
        self.members.truncate(base);
    }
}

/// Integers: written as they are.
macro_rules! integers {
    ($($name:ident: $kind:ty),*) => {$(
        fn $name<W: ?Sized + io::Write>(&mut self, _: &mut W, value: $kind) -> io::Result<()> {
            CompactFormatter.$name(&mut self.out, value)
        }
    )*};
}

/// Everything goes to the sorter's own output; what is not named here would go to [`Nowhere`] and is refused.
impl Formatter for &mut Sorter {
    integers!(write_u8: u8, write_u16: u16, write_u32: u32);

    fn write_u64<W: ?Sized + io::Write>(&mut self, _: &mut W, value: u64) -> io::Result<()> {
        CompactFormatter.write_u64(&mut self.out, value.min(MAX_SAFE_INTEGER))
    }

    fn write_null<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        CompactFormatter.write_null(&mut self.out)
    }

    fn write_bool<W: ?Sized + io::Write>(&mut self, _: &mut W, value: bool) -> io::Result<()> {
        CompactFormatter.write_bool(&mut self.out, value)
    }

    fn begin_string<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.out.push(b'"');
        Ok(())
    }

    fn end_string<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.out.push(b'"');
        Ok(())
    }

    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, _: &mut W, fragment: &str) -> io::Result<()> {
        self.out.extend_from_slice(fragment.as_bytes());
        Ok(())
    }

    fn write_char_escape<W: ?Sized + io::Write>(&mut self, _: &mut W, escape: CharEscape) -> io::Result<()> {
        CompactFormatter.write_char_escape(&mut self.out, escape)
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.out.push(b'[');
        Ok(())
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, _: &mut W, first: bool) -> io::Result<()> {
        if !first {
            self.out.push(b',');
        }
        Ok(())
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.out.push(b']');
        Ok(())
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.objects.push(self.members.len());
        self.out.push(b'{');
        Ok(())
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, _: &mut W, first: bool) -> io::Result<()> {
        if !first {
            self.out.push(b',');
        }
        let start = self.out.len();
        self.members.push(Member { whole: start..start, name_end: start });
        Ok(())
    }

    fn end_object_key<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        let end = self.out.len();
        if let Some(member) = self.members.last_mut() {
            member.name_end = end;
            self.unusual |= member.name(&self.out).iter().any(|byte| *byte == b'\\' || !byte.is_ascii());
        }
        Ok(())
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.out.push(b':');
        Ok(())
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        // Objects within it have taken their members away.
        let end = self.out.len();
        if let Some(member) = self.members.last_mut() {
            member.whole.end = end;
        }
        Ok(())
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.sort();
        self.out.push(b'}');
        Ok(())
    }
}

/// Takes nothing.
struct Nowhere;

impl io::Write for Nowhere {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::Error::other("a plain value has no fractions and no negative numbers"))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_order_of_names_is_that_of_rfc_8785() {
        for names in [["b", "a!", "a", "a\"", ""], ["\u{20ac}", "\r", "\u{1f600}", "\u{fb33}", "1"], ["A", "\n", "B", "\\", "_"]] {
            let value: BTreeMap<&str, Value> = names.iter().map(|name| (*name, json!({"z": [1, true], "y": {(*name): "x"}}))).collect();
            assert_eq!(to_vec(&value).unwrap(), plainly(&value).unwrap(), "{names:?}");
        }
    }

    #[test]
    fn fractions_and_negative_numbers_are_refused() {
        assert!(to_vec(&json!({"a": 0.5})).is_err() && to_vec(&json!([-1])).is_err());
        assert_eq!(to_vec(&json!([u64::MAX])).unwrap(), b"[9007199254740991]");
    }

    /// Any plain value.
    fn plain() -> impl Strategy<Value = Value> {
        let leaf =
            prop_oneof![any::<u64>().prop_map(Value::from), any::<bool>().prop_map(Value::from), any::<String>().prop_map(Value::from)];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::vec(("[ -~]{0,3}|\\PC{0,2}", inner), 0..6)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    /// Members in the order of this list, as a type may declare them.
    struct Declared<'a>(&'a [(String, Value)]);

    impl Serialize for Declared<'_> {
        fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            to.collect_map(self.0.iter().map(|(name, value)| (name, value)))
        }
    }

    proptest! {
        #[test]
        fn it_is_what_the_canonicalizer_writes_in_whatever_order_members_come(
            members in proptest::collection::hash_map("[ -~]{0,4}|\\PC{0,2}", plain(), 0..8),
        ) {
            let members: Vec<(String, Value)> = members.into_iter().collect();
            let declared = Declared(&members);
            prop_assert_eq!(to_vec(&declared).unwrap(), plainly(&declared).unwrap());
        }
    }
}
