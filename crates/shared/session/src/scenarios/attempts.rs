//! Codes that are tried: by mistake, by guessing, too late, twice.

use deskhand_audit::{AttemptResult, Event, Verdict};
use deskhand_identity::{RevokedEntry, TechnicianSecret};
use deskhand_seal::code::{Code, Language};
use deskhand_wire::{
    PeerId,
    control::Denial,
    decode, encode,
    pair::{ControlFrame, PairMessage},
    relay::RelayToHost,
    text::List,
};

use super::{anomalies, viewer_said};
use crate::error::{ApiMisuse, ViewerError};
use crate::host::{CodeGone, Customer, HostInput, HostOutput, Notice};
use crate::testing::{Fate, Pair, Person, Way, World};
use crate::viewer::{Ending, ViewerOutput};

/// The shown number with other words.
fn wrong(pair: &Pair) -> Code {
    let code = pair.code();
    for words in ["zoo-zoo-zoo", "abandon-abandon-abandon"] {
        let other = Code::parse(&format!("{}-{words}", code.nameplate()), Language::English).unwrap();
        if other != code {
            return other;
        }
    }
    unreachable!("one of two codes differs")
}

fn failed_with(pair: &Pair, peer: PeerId) -> Option<ViewerError> {
    pair.viewer_out.iter().rev().find_map(|(from, output)| match output {
        ViewerOutput::Ended(Ending::Failed(error)) if *from == peer => Some(error.clone()),
        _ => None,
    })
}

fn people(world: &World) -> [Person; 4] {
    [("Ana", 20), ("Ben", 21), ("Eva", 22), ("Kim", 23)].map(|(name, seed)| world.technician(name, seed))
}

#[test]
fn three_wrong_codes_burn_it_from_one_technician_or_several_and_the_fourth_right_one_fails() {
    for several in [false, true] {
        let mut pair = Pair::new(World::default());
        let people = people(&pair.world);
        let right = pair.code();
        for n in 1..=3_u8 {
            let guess = wrong(&pair);
            let person = if several { &people[usize::from(n)] } else { &people[0] };
            pair.join_with(n, person, guess);
            let expected = if n < 3 { ViewerError::WrongCode { left: 3 - n } } else { ViewerError::CodeBurned };
            assert_eq!(failed_with(&pair, n), Some(expected));
        }
        assert!(pair.host_out.iter().any(|output| matches!(output, HostOutput::CodeGone(CodeGone::Burned))));
        pair.join_with(4, &people[0], right);
        assert!(matches!(failed_with(&pair, 4), Some(ViewerError::Claim(_))), "the nameplate is retired");
        assert!(pair.store.kinds().contains(&"code.burned"));
        assert!(!pair.store.kinds().contains(&"pair.confirmed"));
    }
}

#[test]
fn a_relay_that_lets_a_fourth_one_through_all_the_same_gets_no_answer() {
    let mut pair = Pair::new(World::default());
    let people = people(&pair.world);
    let right = pair.code();
    let session = *pair.host.session().bytes();
    for n in 1..=3 {
        let guess = wrong(&pair);
        pair.join_with(n, &people[0], guess);
    }
    let config = pair.world.viewer(&people[0], right, 77);
    let mut viewer = crate::viewer::ViewerSession::new(config, pair.now).unwrap();
    let claimed = deskhand_wire::relay::RelayToViewer::Claimed { peer: 5, session };
    viewer.handle(pair.now, crate::viewer::ViewerInput::Relay(claimed)).unwrap();
    pair.at_host(HostInput::Relay(RelayToHost::ViewerJoined { peer: 5, key: [0; 32] }));
    pair.viewers.insert(5, viewer);
    pair.run();
    assert_eq!(failed_with(&pair, 5), Some(ViewerError::CodeExpired));
    assert!(anomalies(&pair).contains(&"claim_without_code".to_owned()));
}

#[test]
fn an_attempt_is_in_the_log_before_it_is_answered() {
    let mut pair = Pair::new(World::default());
    let ana = pair.world.technician("Ana", 20);
    pair.tamper(|way, _| if matches!(way, Way::ToViewer(_)) { Fate::Drop } else { Fate::Pass });
    pair.join(1, &ana);
    let attempts: Vec<_> = pair.store.events().into_iter().filter(|event| event.kind() == "code.attempt").collect();
    assert_eq!(attempts, [Event::CodeAttempt { n: 1, left: 2, result: AttemptResult::Started }]);
    pair.wait(30_001);
    let attempts: Vec<_> = pair.store.events().into_iter().filter(|event| event.kind() == "code.attempt").collect();
    assert_eq!(attempts[1..], [Event::CodeAttempt { n: 1, left: 2, result: AttemptResult::Abandoned }]);
}

#[test]
fn one_success_consumes_a_code() {
    let mut pair = Pair::new(World::default());
    let people = people(&pair.world);
    let code = pair.code();
    pair.join(1, &people[0]);
    assert!(pair.host.status().code.is_none());
    pair.join_with(2, &people[1], code);
    assert!(matches!(failed_with(&pair, 2), Some(ViewerError::Claim(_))));
}

#[test]
fn a_code_runs_out_and_the_customer_gets_a_new_one() {
    let mut pair = Pair::new(World::default());
    let old = pair.code();
    assert_eq!(pair.customer(Customer::NewCode), Err(ApiMisuse::CodeInUse));
    pair.wait(600_000);
    assert!(pair.host_out.iter().any(|output| matches!(output, HostOutput::CodeGone(CodeGone::Expired))));
    pair.customer(Customer::NewCode).unwrap();
    assert_ne!(pair.code(), old);
    let ana = pair.world.technician("Ana", 20);
    pair.join(1, &ana);
    assert!(pair.question().is_some());
}

#[test]
fn a_second_technician_in_the_middle_of_the_first_ones_attempt_is_told_to_wait() {
    let mut pair = Pair::new(World::default());
    let people = people(&pair.world);
    pair.tamper({
        let mut seen = 0;
        move |way, _| {
            if way == Way::ToHost(1) {
                seen += 1;
            }
            if way == Way::ToHost(1) && seen == 2 { Fate::Drop } else { Fate::Pass }
        }
    });
    let code = pair.code();
    pair.join(1, &people[0]);
    pair.join_with(2, &people[1], code);
    assert_eq!(failed_with(&pair, 2), Some(ViewerError::Busy));
}

#[test]
fn programs_that_share_no_version_say_which_one_is_older() {
    let mut pair = Pair::new(World::default());
    let ana = pair.world.technician("Ana", 20);
    pair.tamper(|way, frame| {
        if way == Way::ToHost(1)
            && let Ok(ControlFrame::Pair(PairMessage::P1 { suites, nonce, pake, kem_public, .. })) = decode(frame, 4096)
        {
            let versions = List::clipped([99]);
            *frame = encode(&ControlFrame::Pair(PairMessage::P1 { versions, suites, nonce, pake, kem_public }));
        }
        Fate::Pass
    });
    pair.join(1, &ana);
    assert_eq!(failed_with(&pair, 1), Some(ViewerError::PeerIncompatible { oldest: 1, newest: 1, ours: 1 }));
    assert!(!pair.store.kinds().contains(&"code.attempt"), "nothing was answered, so nothing is counted");
}

#[test]
fn a_technician_whose_certificate_is_revoked_expired_or_somebody_elses_is_refused() {
    let denied = |world: World, person: &Person| {
        let mut pair = Pair::new(world);
        let code = pair.code();
        pair.join_with(1, person, code);
        let why = pair.viewer_out.iter().find_map(|(_, output)| match output {
            ViewerOutput::Denied { why, .. } => Some(*why),
            _ => None,
        });
        (pair, why)
    };
    let world = World::default();
    let ana = world.technician("Ana", 20);
    let revoked = RevokedEntry { name: "Ana".into(), key: ana.keys.tls.public(), revoked_ms: 1, not_after_ms: world.start.wall_ms * 2 };
    let (pair, why) = denied(World { revoked: vec![revoked], ..World::default() }, &ana);
    assert_eq!(why, Some(Denial::RevokedTechnician));
    assert!(pair.store.kinds().contains(&"tech.rejected"));
    assert!(pair.host_out.iter().any(|output| matches!(output, HostOutput::Notice(Notice::TechnicianRejected))));
    assert!(pair.question().is_none());

    let old = Person { certificate: world.certify("Ana", &ana.keys, 3_600_000).unwrap(), ..ana.clone() };
    assert_eq!(denied(World::default(), &old).1, Some(Denial::ExpiredCertificate));

    let keys = TechnicianSecret::from_seeds([90; 32], [91; 32]);
    let stolen = Person { keys, certificate: ana.certificate.clone() };
    let (pair, why) = denied(World::default(), &stolen);
    assert_eq!(why, Some(Denial::UnknownTechnician));
    assert!(anomalies(&pair).contains(&"identity_of_somebody_else".to_owned()));

    let other = World { organisation: deskhand_identity::SecretKey::from_seed([66; 32]), ..World::default() };
    let foreign = other.technician("Ana", 20);
    assert_eq!(denied(World::default(), &foreign).1, Some(Denial::UnknownTechnician));
}

#[test]
fn a_host_that_does_not_know_the_code_is_found_out() {
    let mut pair = Pair::new(World::default());
    let ana = pair.world.technician("Ana", 20);
    pair.tamper(|way, frame| {
        if matches!(way, Way::ToViewer(_))
            && let Ok(ControlFrame::Pair(PairMessage::HostConfirm(mac))) = decode::<ControlFrame>(frame, 4096)
        {
            let mut wrong = mac;
            wrong[0] ^= 1;
            *frame = encode(&ControlFrame::Pair(PairMessage::HostConfirm(wrong)));
        }
        Fate::Pass
    });
    pair.join(1, &ana);
    assert_eq!(failed_with(&pair, 1), Some(ViewerError::HostNotConfirmed));
    assert!(!viewer_said(&pair, |output| matches!(output, ViewerOutput::Paired { .. })));
}

#[test]
fn wrong_attempts_leave_a_log_that_verifies() {
    let mut pair = Pair::new(World::default());
    let people = people(&pair.world);
    for n in 1..=2 {
        let guess = wrong(&pair);
        pair.join_with(n, &people[1], guess);
    }
    pair.join(3, &people[0]);
    pair.customer(Customer::Stop { how: deskhand_audit::AnswerInput::Terminal }).unwrap();
    let report = pair.store.verify();
    assert_eq!(report.verdict, Verdict::Ok, "{:?}", report.reasons);
}

#[test]
fn a_host_whose_key_is_not_the_sessions_is_refused() {
    let mut pair = Pair::new(World::default());
    let ana = pair.world.technician("Ana", 20);
    pair.tamper(|way, frame| {
        if matches!(way, Way::ToViewer(_))
            && let Ok(ControlFrame::Pair(PairMessage::P2 { version, suite, nonce, pake, kem_ciphertext, .. })) = decode(frame, 4096)
        {
            let session_key = *deskhand_identity::SecretKey::<deskhand_identity::Session>::from_seed([9; 32]).public().bytes();
            let p2 = PairMessage::P2 { version, suite, nonce, pake, kem_ciphertext, session_key };
            *frame = encode(&ControlFrame::Pair(p2));
        }
        Fate::Pass
    });
    pair.join(1, &ana);
    assert!(matches!(failed_with(&pair, 1), Some(ViewerError::PeerMisbehaved(_))));
}

#[test]
fn a_session_does_not_start_with_an_old_statement_a_foreign_relay_or_nothing_to_ask_for() {
    use crate::error::StartError;
    use crate::host::HostSession;
    let world = World::default();
    let late = world.start.plus(400 * 24 * 3_600_000);
    assert_eq!(HostSession::new(world.host(1), late).err(), Some(StartError::StatementExpired));
    let mut config = world.host(1);
    config.relay = deskhand_identity::SecretKey::from_seed([99; 32]).public();
    assert_eq!(HostSession::new(config, world.start).err(), Some(StartError::UnknownRelay));
    let mut config = world.host(1);
    config.scopes = deskhand_wire::control::Scopes::NONE;
    assert_eq!(HostSession::new(config, world.start).err(), Some(StartError::NothingAllowed));
}

#[test]
fn a_customer_machine_that_does_not_answer_is_given_up_after_half_a_minute() {
    let mut pair = Pair::new(World::default());
    let ana = pair.world.technician("Ana", 20);
    pair.tamper(|_, _| Fate::Drop);
    pair.join(1, &ana);
    pair.wait(30_000);
    assert_eq!(failed_with(&pair, 1), Some(ViewerError::NoAnswer));
}

#[test]
fn a_technician_behind_another_key_than_the_certificates_is_refused() {
    let mut pair = Pair::new(World::default());
    let (ana, ben) = (pair.world.technician("Ana", 20), pair.world.technician("Ben", 21));
    pair.claim_key(1, *ben.keys.tls.public().bytes());
    pair.join(1, &ana);
    assert!(pair.question().is_none());
    assert!(viewer_said(&pair, |output| matches!(output, ViewerOutput::Denied { why: Denial::UnknownTechnician, .. })));
    assert!(anomalies(&pair).contains(&"identity_of_somebody_else".to_owned()));
}

#[test]
fn a_certificate_without_its_key_is_refused_even_when_the_relay_vouches_for_it() {
    let mut pair = Pair::new(World::default());
    let ana = pair.world.technician("Ana", 20);
    pair.claim_key(1, *ana.keys.tls.public().bytes());
    let thief = Person { keys: TechnicianSecret::from_seeds([90; 32], [91; 32]), certificate: ana.certificate.clone() };
    pair.join(1, &thief);
    assert!(pair.question().is_none());
    assert!(viewer_said(&pair, |output| matches!(output, ViewerOutput::Denied { why: Denial::UnknownTechnician, .. })));
    assert!(anomalies(&pair).contains(&"identity_of_somebody_else".to_owned()));
}
