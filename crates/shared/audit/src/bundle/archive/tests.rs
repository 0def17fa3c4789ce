//! Bundle files: they hold what the folder holds, and no byte in them could be otherwise.

use proptest::prelude::*;

use super::*;
use crate::{
    testing::{MemoryStore, Synthetic, ended_session, running_session},
    verify::{Verdict, verify},
};

/// The files of a session as a bundle holds them, with their names.
fn members(store: &MemoryStore) -> Vec<(Member, Vec<u8>)> {
    let mut members: Vec<_> = store.files.iter().filter_map(|(name, bytes)| Some((Member::of(name)?, bytes.clone()))).collect();
    members.sort();
    members
}

fn bundle(members: &[(Member, Vec<u8>)]) -> Vec<u8> {
    let mut writer = ArchiveWriter::new(Vec::new());
    for (member, bytes) in members {
        writer.add(member.clone(), bytes.len() as u64, &bytes[..]).unwrap();
    }
    writer.finish().unwrap()
}

fn of(session: &Synthetic) -> Vec<u8> {
    bundle(&members(&session.store))
}

/// Members one after another without any order, as another program could write them.
fn jumbled(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, bytes) in members {
        out.extend(ustar::header(name, bytes.len() as u64).unwrap());
        out.extend_from_slice(bytes);
        out.resize(out.len().next_multiple_of(BLOCK), 0);
    }
    out.resize(out.len() + END, 0);
    out
}

fn why(bytes: &[u8]) -> String {
    Archive::read(bytes).err().map_or_else(|| "it is one".to_owned(), |why| why.to_string())
}

#[test]
fn a_bundle_holds_the_files_of_the_folder_and_has_its_verdict() {
    for (session, expected) in [(ended_session(1), Verdict::Ok), (running_session(1), Verdict::TruncatedAt(18))] {
        let bytes = of(&session);
        let archive = Archive::read(&bytes[..]).unwrap();
        let mut files = session.store.files.clone();
        files.remove(crate::bundle::OPEN_MARKER);
        assert_eq!(archive.files().unwrap().len(), files.len());
        for (name, bytes) in &files {
            let (mut whole, mut rest) = (Vec::new(), Vec::new());
            archive.open(name).unwrap().read_to_end(&mut whole).unwrap();
            archive.open_at(name, 5).unwrap().read_to_end(&mut rest).unwrap();
            assert_eq!((&whole, &rest[..], archive.size(name)), (bytes, &bytes[5..], Some(bytes.len() as u64)), "{name}");
            assert_eq!(archive.open_at(name, u64::MAX).unwrap().read(&mut [0]).unwrap(), 0);
        }
        let report = verify(&archive, &session.options()).unwrap();
        assert_eq!(report.verdict, expected);
        assert_eq!(report, verify(&session.store, &session.options()).unwrap());
    }
}

#[test]
fn every_bit_around_the_files_and_a_bit_of_every_byte_in_them_is_noticed() {
    let session = ended_session(2);
    let bytes = of(&session);
    let archive = Archive::read(&bytes[..]).unwrap();
    let is_inside = |at: usize| archive.places.iter().any(|place| (place.offset..place.offset + place.size).contains(&(at as u64)));
    let mut changed = bytes.clone();
    let mut around = 0;
    for at in 0..bytes.len() {
        let bits = if is_inside(at) { (at * 5 % 8)..(at * 5 % 8 + 1) } else { 0..8 };
        around += usize::from(!is_inside(at));
        for bit in bits {
            changed[at] ^= 1 << bit;
            let read = Archive::read(&changed[..]);
            assert!(is_inside(at) || read.is_err(), "byte {at} bit {bit}");
            let stands = read.is_ok_and(|archive| verify(&archive, &session.options()).unwrap().verdict.stands());
            assert!(!stands, "byte {at} bit {bit}");
            changed[at] = bytes[at];
        }
    }
    assert!(around > 5_000, "{around}");
}

#[test]
fn every_byte_put_in_or_taken_out_and_every_cut_is_noticed() {
    let bytes = of(&ended_session(3));
    for at in 0..bytes.len() {
        let (mut less, mut more) = (bytes.clone(), bytes.clone());
        less.remove(at);
        more.insert(at, 0);
        for other in [&bytes[..at], &less[..], &more[..]] {
            assert!(Archive::read(other).is_err(), "at {at}");
        }
    }
    assert_eq!(why(&[&bytes[..], &[0]].concat()), "it goes on after its end");
    assert_eq!(why(&[&bytes[..], &[0; END]].concat()), "it goes on after its end");
    assert_eq!(why(&bytes[..bytes.len() - BLOCK]), "it has no end: the rest is missing");
}

#[test]
fn files_twice_in_another_order_or_of_other_names_are_refused() {
    let session = ended_session(4);
    let all: Vec<(String, Vec<u8>)> = members(&session.store).into_iter().map(|(member, bytes)| (member.name().unwrap(), bytes)).collect();
    let all: Vec<(&str, &[u8])> = all.iter().map(|(name, bytes)| (&name[..], &bytes[..])).collect();
    assert_eq!(jumbled(&all), of(&session), "in order it is one");
    for at in 0..all.len() {
        let mut twice = all.clone();
        twice.insert(at, all[at]);
        assert!(why(&jumbled(&twice)).contains("stands where a bundle does not have it"), "{}", all[at].0);
        for to in at + 1..all.len() {
            let mut swapped = all.clone();
            swapped.swap(at, to);
            assert_ne!(why(&jumbled(&swapped)), "it is one");
        }
    }
    for name in ["notes.txt", "open", "index.json", "../events.jsonl", "/etc/passwd", "media/01.sfr", "media/", "zz", "./media/2.sfr"] {
        let mut more = all.clone();
        more.push((name, b"x"));
        assert_eq!(why(&jumbled(&more)), format!("it holds {name:?}, which no session has"));
    }
    assert_eq!(why(&jumbled(&all[1..])), "it does not begin as the bundle of a session does");
    for foreign in [&b""[..], b"\x89PNG", &[0; END], &[b'x'; 4096]] {
        assert_eq!(why(foreign), "it does not begin as the bundle of a session does");
    }
}

#[test]
fn sizes_that_it_does_not_have_and_a_later_form_say_what_is_wrong() {
    let bytes = of(&ended_session(5));
    let manifest = Archive::read(&bytes[..]).unwrap().size(MANIFEST).unwrap();
    let next = BLOCK + (manifest as usize).next_multiple_of(BLOCK);
    for size in [1 << 20, 1 << 40, u64::MAX - 600, u64::MAX] {
        let mut other = bytes.clone();
        other[next..next + BLOCK].copy_from_slice(&ustar::header("events.jsonl", size).unwrap());
        assert_eq!(why(&other), "it ends within events.jsonl: the rest is missing");
    }
    let mut other = bytes.clone();
    other[next..next + BLOCK].copy_from_slice(&ustar::header("events.jsonl", 1).unwrap());
    assert_eq!(why(&other), "the bytes after events.jsonl are not zero");
    let text = String::from_utf8(bytes[BLOCK..BLOCK + manifest as usize].to_vec()).unwrap();
    let later = text.replace("\"format\":\"deskhand-session-1\"", "\"format\":\"deskhand-session-2\"");
    let later = jumbled(&[(MANIFEST, later.as_bytes()), ("something.new", b"x")]);
    assert!(why(&later).contains("use a newer one"), "{}", why(&later));
}

#[test]
fn a_writer_takes_files_in_order_and_as_long_as_they_were_said_to_be() {
    let mut writer = ArchiveWriter::new(Vec::new());
    assert!(writer.add(Member::Events, 0, &b""[..]).is_err(), "the manifest comes first");
    writer.add(Member::Manifest, 1, &b"x"[..]).unwrap();
    assert!(writer.add(Member::Manifest, 1, &b"x"[..]).is_err());
    assert!(ArchiveWriter::new(Vec::new()).add(Member::Manifest, 2, &b"x"[..]).is_err(), "it became shorter");
    assert!(ArchiveWriter::new(Vec::new()).add(Member::Manifest, 1, &b"xy"[..]).is_err(), "it became longer");
}

proptest! {
    #[test]
    fn any_bytes_are_a_bundle_with_a_verdict_or_an_error(bytes: Vec<u8>, changes: Vec<(usize, u8)>, block in 0..40_usize, name in "[a-z/.]{1,20}", size: u64) {
        let session = ended_session(6);
        let mut near = of(&session);
        let at = block * BLOCK % near.len();
        for other in [bytes, jumbled(&[("manifest.json", &near[BLOCK..2 * BLOCK]), (&name, b"x")])] {
            drop(Archive::read(&other[..]));
        }
        for (at, value) in changes.into_iter().take(3) {
            let at = at % near.len();
            near[at] = value;
        }
        near[at..at + BLOCK].copy_from_slice(&ustar::header(&name, size).unwrap());
        if let Ok(archive) = Archive::read(&near[..]) {
            prop_assert!(!verify(&archive, &session.options()).unwrap().verdict.stands());
        }
    }
}
