//! Every parser that reads what somebody else wrote, by name: for the corpus in the tests and for `cargo xtask fuzz`.
//!
//! In scope: calling each with any bytes. A target may return anything; it must not panic, hang, or take memory without bound.

use deskhand_audit::{
    bundle::{Archive, Manifest, Personal},
    note::Note,
    organisation::{OrganisationEntry, Proof, Proofs},
    receipt, tlog_witness,
    verify::{Options, verify},
};
use deskhand_decode::Decoder;
use deskhand_identity::{KeyFile, Organisation, PublicKey, ReviewerSecret, SecretKey, TechnicianSecret};
use deskhand_recording::envelope::{self, Needed};
use deskhand_screen::{Op, Update};
use deskhand_seal::code::{Code, Language};
use deskhand_wire::{
    control::{HostToViewer, ViewerToHost},
    decode,
    input::InputMessage,
    limits,
    pair::ControlFrame,
    relay::{
        AuditToHost, AuditToRelay, ClientHello, HostToRelay, RelayHello, RelayToHost, RelayToReviewer, RelayToViewer, ReviewerToRelay,
        ViewerToRelay,
    },
    stream::StreamHead,
    update::{CursorMessage, HEADER_BYTES, UpdateHeader},
};
use zeroize::Zeroizing;

/// One parser.
pub struct Target {
    /// Its name; the corpus is in `fuzz/corpus/NAME`.
    pub name: &'static str,
    /// Reads any bytes.
    pub read: fn(&[u8]),
}

fn text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "update", read: |bytes| drop(Update::from_bytes(bytes)) },
    Target {
        name: "decoder",
        read: |bytes| {
            if let Ok(update) = Update::from_bytes(bytes) {
                // A larger screen is only slow, not another path.
                if u64::from(update.size.width) * u64::from(update.size.height) <= 1 << 16 {
                    let mut decoder = Decoder::new();
                    if !update.is_key() {
                        // What it builds on: a black picture, all of it saved, so that every operation is reached.
                        let ops = vec![Op::Save { rects: vec![update.size.rect()] }];
                        drop(decoder.apply(&Update { number: update.base, base: 0, size: update.size, damaged_at: 0, ops }));
                    }
                    drop(decoder.apply(&update));
                }
            }
        },
    },
    Target { name: "recording", read: crate::tape::play },
    Target {
        name: "wire",
        read: |bytes| {
            drop(decode::<StreamHead>(bytes, limits::MAX_STREAM_HEAD));
            drop(decode::<ClientHello>(bytes, limits::MAX_RELAY_FRAME));
            drop(decode::<RelayHello>(bytes, limits::MAX_RELAY_FRAME));
            drop(decode::<HostToRelay>(bytes, limits::MAX_RELAY_FRAME));
            drop(decode::<RelayToHost>(bytes, limits::MAX_RELAY_FRAME));
            drop(decode::<ViewerToRelay>(bytes, limits::MAX_RELAY_FRAME));
            drop(decode::<ReviewerToRelay>(bytes, limits::MAX_RELAY_FRAME));
            drop(decode::<RelayToReviewer>(bytes, limits::MAX_RELAY_FRAME));
            drop(decode::<RelayToViewer>(bytes, limits::MAX_RELAY_FRAME));
            drop(decode::<AuditToRelay>(bytes, limits::MAX_AUDIT_FRAME));
            drop(decode::<AuditToHost>(bytes, limits::MAX_AUDIT_FRAME));
            drop(decode::<ControlFrame>(bytes, limits::MAX_CONTROL_FRAME));
            drop(decode::<ViewerToHost>(bytes, limits::MAX_CONTROL_FRAME));
            drop(decode::<HostToViewer>(bytes, limits::MAX_CONTROL_FRAME));
            drop(decode::<InputMessage>(bytes, limits::MAX_INPUT_FRAME));
            drop(decode::<CursorMessage>(bytes, limits::MAX_CURSOR_FRAME));
            if let Some(header) = bytes.first_chunk::<HEADER_BYTES>() {
                let _ = UpdateHeader::from_bytes(header);
            }
        },
    },
    Target { name: "statement", read: |bytes| drop(deskhand_identity::SignedStatement::parse(bytes)) },
    Target { name: "certificate", read: |bytes| drop(deskhand_identity::SignedCertificate::parse(&text(bytes))) },
    Target { name: "code", read: |bytes| drop(Code::parse(&text(bytes), Language::English)) },
    Target { name: "entry", read: |bytes| drop(deskhand_audit::Entry::from_leaf(bytes)) },
    Target { name: "note", read: |bytes| drop(Note::from_bytes(bytes)) },
    Target { name: "manifest", read: |bytes| drop(Manifest::from_bytes(bytes)) },
    Target {
        name: "organisation",
        read: |bytes| {
            drop(OrganisationEntry::from_leaf(bytes));
            drop(Proof::from_bytes(bytes));
            drop(Proofs::from_bytes(bytes));
        },
    },
    Target { name: "receipt", read: |bytes| drop(receipt::find(bytes)) },
    Target {
        name: "envelope",
        read: |bytes| {
            let secret = Zeroizing::new([7; 32]);
            drop(envelope::open(bytes, Needed::One, &secret));
            drop(envelope::open(bytes, Needed::Two, &secret));
        },
    },
    Target {
        name: "bundle",
        read: |bytes| {
            if let Ok(archive) = Archive::read(bytes) {
                drop(verify(&archive, &Options::default()));
            }
        },
    },
    Target {
        name: "witness",
        read: |bytes| {
            drop(tlog_witness::cosignatures(bytes));
            let _ = tlog_witness::other_size(bytes);
            drop(tlog_witness::witness_key(&text(bytes)));
        },
    },
    Target { name: "personal", read: |bytes| drop(Personal::from_bytes(bytes)) },
    Target {
        name: "keys",
        read: |bytes| {
            let text = text(bytes);
            drop(KeyFile::<SecretKey<Organisation>>::parse(&text));
            drop(KeyFile::<TechnicianSecret>::parse(&text));
            drop(KeyFile::<ReviewerSecret>::parse(&text));
            drop(PublicKey::<Organisation>::parse(&text));
            drop(deskhand_identity::TechnicianPublic::parse(&text));
            drop(deskhand_identity::ReviewerPublic::parse(&text));
        },
    },
];
