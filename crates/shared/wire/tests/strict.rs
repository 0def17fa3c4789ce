//! Every reader is strict: whatever a peer sends, it is a message or a clear error.
use deskhand_wire::{
    WireError,
    control::{HostToViewer, Scope, Scopes, ViewerToHost},
    decode, encode,
    input::{InputEvent, InputMessage, NamedKey},
    limits::{MAX_CONTROL_FRAME, MAX_PAIR_FRAME, MAX_RELAY_FRAME},
    pair::ControlFrame,
    relay::{AuditToRelay, ClientHello, HostToRelay, RelayToHost, RelayToViewer, ViewerToRelay},
    stream::{Channel, StreamHead},
    text::{List, Text},
    update::{CursorMessage, HEADER_BYTES, HeaderError, UpdateHeader},
};
use proptest::prelude::*;

fn read_everything(bytes: &[u8]) {
    let _ = decode::<StreamHead>(bytes, 32);
    let _ = decode::<ClientHello>(bytes, MAX_RELAY_FRAME);
    let _ = decode::<HostToRelay>(bytes, MAX_RELAY_FRAME);
    let _ = decode::<RelayToHost>(bytes, MAX_RELAY_FRAME);
    let _ = decode::<ViewerToRelay>(bytes, MAX_RELAY_FRAME);
    let _ = decode::<RelayToViewer>(bytes, MAX_RELAY_FRAME);
    let _ = decode::<AuditToRelay>(bytes, MAX_RELAY_FRAME);
    let _ = decode::<ControlFrame>(bytes, MAX_PAIR_FRAME);
    let _ = decode::<ViewerToHost>(bytes, MAX_CONTROL_FRAME);
    let _ = decode::<HostToViewer>(bytes, MAX_CONTROL_FRAME);
    let _ = decode::<InputMessage>(bytes, 2048);
    let _ = decode::<CursorMessage>(bytes, MAX_CONTROL_FRAME);
    if let Ok(header) = <[u8; HEADER_BYTES]>::try_from(bytes) {
        let _ = UpdateHeader::from_bytes(&header);
    }
}

proptest! {
    #[test]
    fn any_bytes_are_a_message_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        read_everything(&bytes);
    }

    #[test]
    fn a_header_that_reads_writes_the_same_bytes(bytes in any::<[u8; HEADER_BYTES]>(), channel in 1u8..=2, flags in 0u8..4, number in 1u64..) {
        let mut bytes = bytes;
        (bytes[0], bytes[1], bytes[2], bytes[3]) = (1, channel, flags, 0);
        bytes[20] = 0;
        bytes[32] = 0;
        bytes[24..32].copy_from_slice(&number.to_be_bytes());
        if let Ok(header) = UpdateHeader::from_bytes(&bytes) {
            prop_assert_eq!(header.to_bytes(), bytes);
        }
    }
}

#[test]
fn an_update_larger_than_the_limit_is_refused_by_its_header() {
    let header = UpdateHeader {
        channel: Channel::Screen,
        key: true,
        discardable: false,
        recorded: false,
        session: [7; 16],
        epoch: 1,
        number: 1,
        size: u32::MAX,
    };
    assert_eq!(UpdateHeader::from_bytes(&header.to_bytes()), Err(HeaderError::TooLarge(u32::MAX)));
}

#[test]
fn a_message_with_a_byte_too_many_is_refused() {
    let mut bytes = encode(&HostToRelay::Nameplate);
    bytes.push(0);
    assert_eq!(decode::<HostToRelay>(&bytes, 100), Err(WireError::Trailing(1)));
}

#[test]
fn a_text_longer_than_its_type_allows_is_refused_and_a_clipped_one_ends_at_a_character() {
    assert_eq!(decode::<Text<4>>(&encode(&"hello"), 100), Err(WireError::Malformed));
    assert_eq!(Text::<4>::clipped("abcé").as_str(), "abc");
    assert_eq!(decode::<List<u16, 2>>(&encode(&vec![1u16, 2, 3]), 100), Err(WireError::Malformed));
}

#[test]
fn a_scope_that_does_not_exist_is_refused() {
    assert_eq!(decode::<Scopes>(&[0b1000_0000], 1), Err(WireError::Malformed));
    let both = Scopes::of([Scope::Control, Scope::View]);
    assert_eq!(decode::<Scopes>(&encode(&both), 1), Ok(both));
    assert_eq!(format!("{both:?}"), r#"{"view", "control"}"#);
}

#[test]
fn every_key_has_a_name_that_finds_it() {
    for key in NamedKey::ALL {
        assert_eq!(NamedKey::by_name(&key.name().to_uppercase()), Some(*key));
    }
    assert_eq!(NamedKey::by_name("del"), Some(NamedKey::Delete));
    assert_eq!(NamedKey::by_name("nonsense"), None);
}

#[test]
fn an_input_message_survives_the_way() {
    let message = InputMessage { grant: 3, tick: 9, seen: 12, event: InputEvent::Text(Text::clipped("Zażółć 你好")) };
    assert_eq!(decode::<InputMessage>(&encode(&message), 2048), Ok(message));
}
