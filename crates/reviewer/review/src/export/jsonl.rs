//! The stored events themselves, one JSON object a line.
//!
//! ```json
//! {"leaf":{…},"leaf_hash":"…64 hex digits…","personal":{"certificate":{"salt":"…base64…","value":"…base64…"}}}
//! ```
//!
//! `leaf` is byte for byte what is stored (RFC 8785), so that whoever has the line recomputes `leaf_hash`, SHA-256 over a zero byte and
//! those bytes (RFC 6962), and each commitment in `leaf.pii` from `personal`. With --open there is `opened`, with --purpose `purpose`.
//! In scope: that form. Not in scope: names and sentences, which follow from what is there.

use std::io::{self, Write};

use deskhand_audit::Blob;
use serde_json::{Map, Value, json};

use super::{Context, Format, Row};
use crate::escape::json_line;

pub(super) struct Jsonl;

impl Format for Jsonl {
    fn row(&mut self, context: &Context, row: &Row<'_>, out: &mut dyn Write) -> io::Result<()> {
        let fields = row.entry.pii.keys().filter_map(|field| {
            let value = row.personal.value(row.entry.seq, field)?;
            let (salt, value) = (Blob(value.salt.to_vec()), Blob(value.value.clone()));
            Some((field.clone(), json!({"salt": salt, "value": value})))
        });
        let personal: Map<String, Value> = fields.collect();
        out.write_all(b"{\"leaf\":")?;
        out.write_all(row.leaf)?;
        write!(out, ",\"leaf_hash\":\"{}\"", row.leaf_hash())?;
        if let Some(opened) = &row.opened {
            write!(out, ",\"opened\":{}", json_line(&json!({&opened.field: opened.shown()}))?)?;
        }
        write!(out, ",\"personal\":{}", json_line(&personal)?)?;
        if let Some(purpose) = &context.purpose {
            write!(out, ",\"purpose\":{}", json_line(purpose)?)?;
        }
        out.write_all(b"}\n")
    }
}
