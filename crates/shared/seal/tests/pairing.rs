//! Two ends that share a code, and everybody else.

use deskhand_seal::code::{Code, Language, Nameplate, Password};
use deskhand_seal::frames::{KeyId, Opener, Order, Sealer};
use deskhand_seal::pairing::{HostPairing, MalformedExchange, NotConfirmed, PairContext, TechnicianPairing, Unconfirmed};
use deskhand_seal::{Direction, Seed};
use deskhand_wire::stream::Channel;

fn password(code: &str) -> Password {
    Code::parse(code, Language::English).expect("a code").secret().password()
}

fn context() -> PairContext {
    PairContext { sid: [1; 16], nameplate: Nameplate::new(48213).expect("in range"), relay: [2; 32], organisation: [3; 32] }
}

/// A whole pairing; `tamper` may change P1 and P2 as the host and the technician see them.
fn pair(host: (PairContext, &str), technician: (PairContext, &str)) -> (Unconfirmed, Unconfirmed) {
    let (state, opening) =
        TechnicianPairing::<deskhand_seal::pairing::Spake2Ed25519>::start(technician.0, &password(technician.1), &Seed::new([7; 32]));
    let p1 = [&opening.nonce[..], &opening.pake, &opening.kem_key].concat();
    let (answering, reply) = HostPairing::<deskhand_seal::pairing::Spake2Ed25519>::answer(
        host.0,
        &password(host.1),
        &Seed::new([8; 32]),
        &opening.pake,
        &opening.kem_key,
    )
    .expect("well-formed messages");
    let p2 = [&reply.nonce[..], &reply.pake, &reply.kem_ciphertext].concat();
    let at_technician = state.finish(&p1, &p2, &reply.pake, &reply.kem_ciphertext).expect("well-formed messages");
    (answering.finish(&p1, &p2).expect("well-formed messages"), at_technician)
}

const CODE: &str = "48213-velvet-anchor-oxygen";

#[test]
fn the_same_code_gives_both_ends_the_same_keys() {
    let (host, technician) = pair((context(), CODE), (context(), CODE));
    let (from_host, from_technician) = (host.confirmation(), technician.confirmation());
    assert_ne!(from_host, from_technician);
    let host = host.confirm(&from_technician).unwrap();
    let technician = technician.confirm(&from_host).unwrap();
    assert_eq!(host.transcript(), technician.transcript());
    let id = KeyId::pairwise(1, Channel::Control);
    let mut sealer = Sealer::new(&host.frame_key(Direction::HostToViewer, id), id);
    let sealed = sealer.seal(b"", b"hello").unwrap();
    let mut opener = Opener::new(&technician.frame_key(Direction::HostToViewer, id), id, Order::Next);
    assert_eq!(opener.open(b"", &sealed).unwrap(), b"hello");
    let mut wrong_direction = Opener::new(&technician.frame_key(Direction::ViewerToHost, id), id, Order::Next);
    assert!(wrong_direction.open(b"", &sealed).is_err());
}

#[test]
fn another_code_gives_another_key_and_nothing_else() {
    let (host, technician) = pair((context(), CODE), (context(), "48213-velvet-anchor-orchard"));
    assert_eq!(host.confirm(&technician.confirmation()).unwrap_err(), NotConfirmed);
}

#[test]
fn a_difference_in_anything_they_should_agree_on_is_noticed() {
    let others = [
        PairContext { sid: [9; 16], ..context() },
        PairContext { nameplate: Nameplate::new(48214).unwrap(), ..context() },
        PairContext { relay: [9; 32], ..context() },
        PairContext { organisation: [9; 32], ..context() },
    ];
    for other in others {
        let (host, technician) = pair((context(), CODE), (other, CODE));
        assert_eq!(host.confirm(&technician.confirmation()).unwrap_err(), NotConfirmed);
    }
}

#[test]
fn a_reflected_confirmation_is_no_confirmation() {
    let (host, _) = pair((context(), CODE), (context(), CODE));
    let own = host.confirmation();
    assert_eq!(host.confirm(&own).unwrap_err(), NotConfirmed);
    let (host, _) = pair((context(), CODE), (context(), CODE));
    assert_eq!(host.confirm(&[]).unwrap_err(), NotConfirmed);
}

#[test]
fn malformed_fields_are_refused_without_a_panic() {
    type Host = HostPairing<deskhand_seal::pairing::Spake2Ed25519>;
    let (_, opening) = TechnicianPairing::<deskhand_seal::pairing::Spake2Ed25519>::start(context(), &password(CODE), &Seed::new([7; 32]));
    let seed = Seed::new([8; 32]);
    let answer = |pake: &[u8], kem: &[u8]| Host::answer(context(), &password(CODE), &seed, pake, kem);
    assert!(answer(&opening.pake, &opening.kem_key).is_ok());
    assert!(matches!(answer(&opening.pake[1..], &opening.kem_key), Err(MalformedExchange)));
    assert!(matches!(answer(&opening.pake, &opening.kem_key[1..]), Err(MalformedExchange)));
    assert!(matches!(answer(&opening.pake, &[0xff; 1184]), Err(MalformedExchange)), "coefficients out of range");
    let mut reflected = opening.pake.clone();
    reflected[0] = 0x42;
    let (state, _) = answer(&reflected, &opening.kem_key).unwrap();
    assert!(state.finish(b"p1", b"p2").is_err(), "the host's own role");
}

#[test]
fn a_resumed_key_differs_from_the_first_and_is_the_same_at_both_ends() {
    let (host, technician) = pair((context(), CODE), (context(), CODE));
    let (from_host, from_technician) = (host.confirmation(), technician.confirmation());
    let (host, technician) = (host.confirm(&from_technician).unwrap(), technician.confirm(&from_host).unwrap());
    let proof = host.resume_proof(Direction::HostToViewer, &[1; 32], &[2; 32]);
    assert_eq!(proof, technician.resume_proof(Direction::HostToViewer, &[1; 32], &[2; 32]));
    assert_ne!(proof, host.resume_proof(Direction::HostToViewer, &[1; 32], &[3; 32]));
    let id = KeyId::pairwise(1, Channel::Control);
    let seal = |master: &deskhand_seal::Master| Sealer::new(&master.frame_key(Direction::HostToViewer, id), id).seal(b"", b"x").unwrap();
    let resumed = host.resumed(&[1; 32], &[2; 32]);
    assert_eq!(seal(&resumed), seal(&technician.resumed(&[1; 32], &[2; 32])));
    assert_ne!(seal(&resumed), seal(&host));
}
