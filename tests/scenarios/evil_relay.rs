//! A relay with the real key that is not honest gets nothing, and the host's log says that something was wrong.

use deskhand_seal::{
    code::{Code, Language},
    pairing::{PairContext, TechnicianPairing},
};
use deskhand_wire::{
    decode, encode,
    limits::MAX_CONTROL_FRAME,
    pair::{ControlFrame, PairFailure, PairMessage, SUITE_1},
    text::List,
};
use harness::{
    Host, Office, Viewer, Watch, XServer,
    evil::{EvilRelay, NAMEPLATE, Trick, Way},
    until,
};

fn has(evil: &EvilRelay, kind: &str) -> bool {
    evil.leaves().iter().any(|leaf| leaf.contains(&format!("\"kind\":\"{kind}\"")))
}

/// Plays a session through a relay that does this trick; neither a picture nor a grant comes of it.
fn comes_to_nothing(trick: Trick) -> EvilRelay {
    let screen = XServer::start(320, 240);
    let mut office = Office::open();
    let evil = EvilRelay::instead_of(&mut office, trick);
    let watch = Watch::on(&screen);
    let mut host = Host::start(&office, screen.display());
    let mut viewer = Viewer::start(&office, &host.code());
    let exit = viewer.program.exit_code();
    assert!(exit != Some(0), "{trick:?}: the viewer ended with {exit:?}");
    assert_eq!(watch.pixels(), 0, "{trick:?}: pixels were captured");
    assert_eq!(watch.input(), 0, "{trick:?}: input was injected");
    assert!(!has(&evil, "consent.granted"), "{trick:?}");
    evil
}

#[test]
fn an_honest_copy_of_the_relay_works_so_the_tricks_are_what_fails() {
    let screen = XServer::start(320, 240);
    let mut office = Office::open();
    let evil = EvilRelay::instead_of(&mut office, Trick::None);
    let mut host = Host::start(&office, screen.display());
    let mut viewer = Viewer::start(&office, &host.code());
    viewer.paired();
    host.question();
    host.answer("y");
    viewer.granted();
    viewer.wait("still");
    assert!(has(&evil, "consent.granted"));
    assert!(!has(&evil, "anomaly"));
}

#[test]
fn a_relay_that_changes_a_pairing_message_gets_no_keys_and_is_in_the_log() {
    for (way, at) in [(Way::ToHost, 0), (Way::ToHost, 1), (Way::ToViewer, 0), (Way::ToViewer, 1)] {
        let evil = comes_to_nothing(Trick::Change { way, at });
        until("an attempt or an anomaly is in the log", || (has(&evil, "anomaly") || has(&evil, "code.attempt")).then_some(()));
        assert!(!has(&evil, "tech.identified"));
    }
}

#[test]
fn a_relay_that_changes_a_sealed_message_is_noticed_and_logged() {
    let screen = XServer::start(320, 240);
    let mut office = Office::open();
    let evil = EvilRelay::instead_of(&mut office, Trick::Change { way: Way::ToHost, at: 2 });
    let mut host = Host::start(&office, screen.display());
    let _viewer = Viewer::start(&office, &host.code());
    until("the anomaly is in the log", || has(&evil, "anomaly").then_some(()));
    assert!(!has(&evil, "tech.identified") && !has(&evil, "consent.prompted"));
}

#[test]
fn a_relay_that_sends_a_sealed_message_twice_is_noticed_and_logged() {
    let screen = XServer::start(320, 240);
    let mut office = Office::open();
    let evil = EvilRelay::instead_of(&mut office, Trick::Twice { way: Way::ToHost, at: 2 });
    let mut host = Host::start(&office, screen.display());
    let _viewer = Viewer::start(&office, &host.code());
    until("the anomaly is in the log", || has(&evil, "anomaly").then_some(()));
}

/// What a technician who believes that these are the words says first.
fn opening_with(evil: &EvilRelay, words: &str, seed: u8) -> Vec<u8> {
    let code = Code::parse(&format!("{NAMEPLATE}-{words}"), Language::English).expect("words of the list");
    let context = PairContext { sid: *evil.session().bytes(), nameplate: code.nameplate(), relay: [1; 32], organisation: [2; 32] };
    let seed = deskhand_seal::Seed::new([seed; 32]);
    let (_, opening) = TechnicianPairing::<deskhand_seal::pairing::Spake2Ed25519>::start(context, &code.secret().password(), &seed);
    encode(&ControlFrame::Pair(PairMessage::P1 {
        versions: List::clipped([1]),
        suites: List::clipped([SUITE_1]),
        nonce: opening.nonce,
        pake: opening.pake,
        kem_public: opening.kem_key,
    }))
}

#[test]
fn a_technicians_words_that_overtake_the_news_of_the_technician_wait_for_it() {
    let screen = XServer::start(320, 240);
    let mut office = Office::open();
    let evil = EvilRelay::instead_of(&mut office, Trick::None);
    let mut host = Host::start(&office, screen.display());
    host.code();
    // The first goes the ordinary way, so that the second's stream is surely read before the news of it.
    let mut first = evil.come_as_viewer(1);
    let mut early = evil.open_control(2);
    early.send(&opening_with(&evil, "zoo-zone-youth", 2)).expect("sent");
    first.say(&opening_with(&evil, "zero-young-yard", 1)).expect("the host answers the first");
    evil.tell_of_viewer(2);
    early.hear().expect("the host answers the second once it knows of it");
}

#[test]
fn a_relay_that_plays_the_technician_burns_the_code_and_learns_nothing() {
    let screen = XServer::start(320, 240);
    let mut office = Office::open();
    let evil = EvilRelay::instead_of(&mut office, Trick::None);
    let mut host = Host::start(&office, screen.display());
    host.code();
    let guesses = ["zoo-zone-youth", "zebra-yellow-year", "zero-young-yard"];
    for (number, guess) in guesses.iter().enumerate() {
        let mut guest = evil.come_as_viewer(number as u8 + 1);
        let answer = guest.say(&opening_with(&evil, guess, number as u8)).expect("the host answers a well-formed guess");
        let Ok(ControlFrame::Pair(PairMessage::P2 { .. })) = decode(&answer, MAX_CONTROL_FRAME) else { panic!("expected P2") };
        let confirm = ControlFrame::Pair(PairMessage::ViewerConfirm([0x5A; 32]));
        let answer = guest.say(&encode(&confirm)).expect("the host says no");
        let failed = match decode(&answer, MAX_CONTROL_FRAME) {
            Ok(ControlFrame::Pair(PairMessage::Failed(failed))) => failed,
            other => panic!("expected a refusal, not {other:?}"),
        };
        let last = number + 1 == guesses.len();
        assert_eq!(failed == PairFailure::Burned, last, "attempt {}: {failed:?}", number + 1);
    }
    until("the burning is in the log", || has(&evil, "code.burned").then_some(()));
    assert!(!has(&evil, "pair.confirmed"));
}
