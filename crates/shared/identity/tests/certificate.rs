//! Certificates as the programs use them: made by the organisation, carried as a line, checked by everyone.

use deskhand_identity::{
    CERTIFICATE_LIFE_MS, Certificate, CertificateError, MAX_CERTIFICATE_BYTES, Organisation, SecretKey, SignedCertificate, TechnicianSecret,
};
use proptest::prelude::*;

const NOW: u64 = 1_795_000_000_000;

fn organisation() -> SecretKey<Organisation> {
    SecretKey::from_seed([1; 32])
}

fn certificate() -> Certificate {
    Certificate {
        name: "Ana Ruiz".into(),
        organisation: organisation().public(),
        organisation_name: "Acme Support".into(),
        keys: TechnicianSecret::from_seeds([2; 32], [3; 32]).public(),
        serial: 1,
        issued_ms: NOW,
        not_after_ms: NOW + CERTIFICATE_LIFE_MS,
    }
}

#[test]
fn a_signed_certificate_travels_as_one_line_and_is_accepted() {
    let line = certificate().sign(&organisation()).unwrap().to_text();
    assert!(line.starts_with("deskhand-certificate-1:") && !line.contains('\n'));
    let parsed = SignedCertificate::parse(&line).unwrap();
    assert_eq!(parsed.verify(&organisation().public(), NOW), Ok(&certificate()));
}

#[test]
fn a_certificate_of_another_organisation_is_refused() {
    let other = SecretKey::<Organisation>::from_seed([9; 32]);
    let signed = certificate().sign(&organisation()).unwrap();
    assert!(matches!(signed.verify(&other.public(), NOW), Err(CertificateError::WrongOrganisation { .. })));
    assert!(matches!(certificate().sign(&other), Err(CertificateError::WrongOrganisation { .. })));
}

#[test]
fn a_certificate_counts_only_in_its_time() {
    let signed = certificate().sign(&organisation()).unwrap();
    let key = organisation().public();
    assert!(signed.verify(&key, NOW + CERTIFICATE_LIFE_MS).is_ok());
    assert!(matches!(signed.verify(&key, NOW + CERTIFICATE_LIFE_MS + 1), Err(CertificateError::Expired { .. })));
    assert!(signed.verify(&key, NOW - 60_000).is_ok(), "clocks differ a little");
    assert!(matches!(signed.verify(&key, NOW - 600_000), Err(CertificateError::NotYetValid { .. })));
}

#[test]
fn a_flipped_bit_anywhere_is_refused() {
    let bytes = certificate().sign(&organisation()).unwrap().bytes().to_vec();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            let accepted =
                SignedCertificate::from_bytes(&changed).is_ok_and(|certificate| certificate.verify(&organisation().public(), NOW).is_ok());
            assert!(!accepted, "byte {at}, bit {bit}");
        }
    }
}

#[test]
fn a_newer_certificate_asks_for_an_update() {
    let mut bytes = certificate().sign(&organisation()).unwrap().bytes().to_vec();
    bytes[0] = 2;
    assert_eq!(SignedCertificate::from_bytes(&bytes), Err(CertificateError::Incompatible(2)));
}

#[test]
fn names_that_hide_something_are_not_signed() {
    for name in ["", "Ana\u{202e}ziuR", &"x".repeat(129)] {
        let certificate = Certificate { name: name.into(), ..certificate() };
        assert!(matches!(certificate.sign(&organisation()), Err(CertificateError::Name(_))), "{name:?}");
    }
}

#[test]
fn the_longest_names_fit_the_limit() {
    let longest = Certificate { name: "n".repeat(128), organisation_name: "o".repeat(128), ..certificate() };
    let signed = longest.sign(&organisation()).unwrap();
    assert_eq!(signed.bytes().len(), MAX_CERTIFICATE_BYTES);
    assert!(SignedCertificate::parse(&signed.to_text()).is_ok());
}

proptest! {
    #[test]
    fn any_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600), text in "\\PC{0,100}") {
        let _ = SignedCertificate::from_bytes(&bytes);
        let _ = SignedCertificate::parse(&text);
        let mut versioned = vec![1];
        versioned.extend_from_slice(&bytes);
        let _ = SignedCertificate::from_bytes(&versioned);
    }

    #[test]
    fn any_tail_after_a_true_head_never_panics(cut in 0_usize..300, tail in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mut bytes = certificate().sign(&organisation()).unwrap().bytes().to_vec();
        bytes.truncate(cut);
        bytes.extend_from_slice(&tail);
        let _ = SignedCertificate::from_bytes(&bytes);
    }

    #[test]
    fn certificates_round_trip(name in "[a-zA-Z\u{e0}-\u{ff}]{1,60}", serial: u64, issued in 0..NOW, life in 1..NOW) {
        let certificate = Certificate { name, serial, issued_ms: issued, not_after_ms: issued + life, ..certificate() };
        let signed = certificate.clone().sign(&organisation()).unwrap();
        prop_assert_eq!(SignedCertificate::parse(&signed.to_text()).unwrap(), signed.clone());
        prop_assert_eq!(signed.claimed(), &certificate);
    }
}
