//! The reader of leaves beside one that goes by way of a tree of values: they take and refuse the same bytes.
//!
//! In scope: seeded changes of every kind of leaf, and the spellings that JSON and field types would forgive.

use serde_json::Value;

use super::*;
use crate::{Draft, Log, event::Organisation, testing::every_kind};

/// Reads a leaf by its whole type, and writes it by way of a tree.
fn slowly(bytes: &[u8]) -> Option<Entry> {
    let entry: Entry = serde_json::from_slice(bytes).ok()?;
    (bytes.len() <= MAX_LEAF_BYTES && entry.v == VERSION && jcs::plainly(&entry).ok()? == bytes).then_some(entry)
}

/// A leaf of every kind, each with something sealed and something personal.
fn leaves() -> Vec<Vec<u8>> {
    let key = deskhand_identity::SecretKey::from_seed([1; 32]).public();
    let mut log = Log::new(SessionId::from_bytes([0; 16]), &Organisation { key, name: "A".into(), domain: None });
    let leaf = |(at, event)| {
        let mut draft = Draft::new(1_763_762_702_000 + at as u64, at as u64, Actor::technician(1), event);
        draft.src = Source::Viewer(1);
        draft.sealed = Some(SealedRef::to(b"x", "reason", "sframe-aes128gcm", 8));
        draft.pii.insert("certificate".into(), Commitment::to(&[7; 32], "certificate", b"x"));
        log.append(draft).bytes
    };
    every_kind().into_iter().enumerate().map(leaf).collect()
}

/// Whether both readers say the same; whether they take it.
fn same(bytes: &[u8]) -> bool {
    let (fast, slow) = (Entry::from_leaf(bytes).ok(), slowly(bytes));
    assert_eq!(fast, slow, "{}", String::from_utf8_lossy(bytes));
    fast.is_some()
}

/// A small generator (xorshift64*): the same changes in every run.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % n
    }
}

/// What a change puts in: what JSON is made of, and what is forgiven by some reader or other.
const BITS: [&str; 26] = [
    "\"",
    "\\",
    ",",
    ":",
    "{",
    "}",
    "[",
    "]",
    " ",
    "\n",
    "0",
    "1",
    "-",
    "+",
    ".0",
    "e0",
    "null",
    "true",
    "\\u0061",
    "\\/",
    "\u{e9}",
    "\u{0}",
    "{}",
    "[]",
    "\"\"",
    "9007199254740993",
];

fn change(leaf: &[u8], other: &[u8], random: &mut Seeded) -> Vec<u8> {
    let mut bytes = leaf.to_vec();
    for _ in 0..=random.below(2) {
        let (at, to) = (random.below(bytes.len()), random.below(bytes.len()));
        match random.below(6) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => drop(bytes.remove(at)),
            2 => drop(bytes.splice(at..at, BITS[random.below(BITS.len())].bytes())),
            3 => {
                let end = (at + random.below(12)).min(bytes.len());
                drop(bytes.splice(at..end, BITS[random.below(BITS.len())].bytes()));
            }
            4 => bytes.swap(at, to),
            _ => {
                let from = random.below(other.len());
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
        }
        if bytes.is_empty() {
            break;
        }
    }
    bytes
}

#[test]
fn both_readers_take_and_refuse_the_same_changed_leaves() {
    let leaves = leaves();
    let mut random = Seeded(7);
    let mut taken = 0;
    for leaf in &leaves {
        assert!(same(leaf));
        for _ in 0..1_500 {
            let other = &leaves[random.below(leaves.len())];
            taken += usize::from(same(&change(leaf, other, &mut random)));
        }
    }
    // Another digit in a number or a hash is another entry, and as good a one.
    assert!(taken > 100, "{taken}");
}

#[test]
fn both_readers_refuse_every_byte_removed_and_every_pair_of_members_swapped() {
    for leaf in leaves() {
        for at in 0..leaf.len() {
            let mut bytes = leaf.clone();
            bytes.remove(at);
            same(&bytes);
        }
        let Value::Object(members) = serde_json::from_slice(&leaf).unwrap() else { panic!("an entry is an object") };
        let spelled: Vec<String> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        assert_eq!(format!("{{{}}}", spelled.join(",")).as_bytes(), leaf);
        for a in 0..spelled.len() {
            for b in a + 1..spelled.len() {
                let mut swapped = spelled.clone();
                swapped.swap(a, b);
                assert!(!same(format!("{{{}}}", swapped.join(",")).as_bytes()));
            }
        }
    }
}

/// Other spellings of the value, one at a time, wherever in it.
fn respelled(value: &Value, all: &mut Vec<Value>, put: &dyn Fn(Value) -> Value) {
    match value {
        Value::Object(members) => {
            all.push(put(Value::Array(members.values().cloned().collect())));
            for name in ["extra", "domain", "peer", "detail", "last", "discarded", "checkpoints", "pii", "sealed", "type"] {
                for empty in [Value::Null, Value::Array(Vec::new()), Value::Object(serde_json::Map::new())] {
                    let mut more = members.clone();
                    more.entry(name).or_insert(empty);
                    all.push(put(Value::Object(more)));
                }
            }
            for (name, inner) in members {
                for empty in [Value::Null, Value::Array(Vec::new()), Value::Object(serde_json::Map::new()), "".into(), 0.into()] {
                    let mut members = members.clone();
                    members.insert(name.clone(), empty);
                    all.push(put(Value::Object(members)));
                }
                respelled(inner, all, &|changed| {
                    let mut members = members.clone();
                    members.insert(name.clone(), changed);
                    put(Value::Object(members))
                });
            }
        }
        Value::Array(items) => {
            for (at, inner) in items.iter().enumerate() {
                respelled(inner, all, &|changed| {
                    let mut items = items.clone();
                    items[at] = changed;
                    put(Value::Array(items))
                });
            }
        }
        Value::String(text) => {
            all.extend(
                [format!(" {text}"), format!("{text}\n"), text.to_uppercase(), text.replace(':', ":0"), text.replace(':', ":+")]
                    .map(|text| put(text.into())),
            );
            all.push(put(serde_json::json!({text: null})));
            all.push(put(serde_json::json!([text])));
        }
        Value::Number(_) => all.push(put(Value::String(value.to_string()))),
        Value::Null | Value::Bool(_) => all.push(put(Value::Null)),
    }
}

#[test]
fn both_readers_refuse_whatever_a_fields_type_would_forgive() {
    let mut count = 0;
    for leaf in leaves() {
        let value: Value = serde_json::from_slice(&leaf).unwrap();
        let mut all = Vec::new();
        respelled(&value, &mut all, &|changed| changed);
        for other in all {
            same(&serde_json::to_vec(&other).unwrap());
            count += 1;
        }
    }
    assert!(count > 5_000, "{count}");
}
