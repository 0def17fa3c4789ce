//! The statement as the programs use it: signed once, read by everyone, replaced only by a newer one.

use deskhand_identity::{
    CERTIFICATE_LIFE_MS, Certificate, CertificateError, MAX_STATEMENT_BYTES, Organisation, OrganisationEntry, Origin, Policy, Recording,
    RelayEntry, ReviewerEntry, ReviewerPublic, RevokedEntry, STATEMENT_LIFE_MS, SecretKey, SignedStatement, Statement, StatementError,
    Successor, TechnicianSecret, WitnessEntry,
};
use proptest::prelude::*;

const NOW: u64 = 1_795_000_000_000;

fn organisation() -> SecretKey<Organisation> {
    SecretKey::from_seed([1; 32])
}

fn technician() -> TechnicianSecret {
    TechnicianSecret::from_seeds([2; 32], [3; 32])
}

fn statement() -> Statement {
    Statement {
        serial: 1,
        issued_ms: NOW,
        not_after_ms: NOW + STATEMENT_LIFE_MS,
        organisation: OrganisationEntry { name: "Acme Support".into(), domain: Some("acme.example".into()), key: organisation().public() },
        relays: vec![RelayEntry {
            addresses: vec!["relay.acme.example:4433".into()],
            key: SecretKey::from_seed([4; 32]).public(),
            cosign: SecretKey::from_seed([5; 32]).public(),
        }],
        witnesses: Vec::new(),
        quorum: 0,
        reviewers: Vec::new(),
        revoked: Vec::new(),
        policy: Policy::default(),
    }
}

/// Every list filled.
fn full() -> Statement {
    Statement {
        quorum: 2,
        witnesses: vec![WitnessEntry { name: "notary.example".into(), key: SecretKey::from_seed([6; 32]).public() }],
        reviewers: vec![ReviewerEntry {
            name: "Rev \"O'\" iewer".into(),
            keys: ReviewerPublic { tls: SecretKey::from_seed([7; 32]).public(), age: [8; 32] },
        }],
        revoked: vec![RevokedEntry {
            name: "Mal".into(),
            key: SecretKey::from_seed([9; 32]).public(),
            revoked_ms: NOW,
            not_after_ms: NOW + 1,
        }],
        policy: Policy { recording: Recording::Required, ..Policy::default() },
        ..statement()
    }
}

#[test]
fn a_signed_statement_reads_back_whole() {
    for statement in [statement(), full()] {
        let signed = statement.sign(&organisation()).unwrap();
        let read = SignedStatement::parse(signed.text()).unwrap();
        assert_eq!(read.statement(), &statement);
        assert_eq!(read, signed);
    }
}

#[test]
fn the_file_is_readable_and_ends_with_its_signature() {
    let text = full().sign(&organisation()).unwrap().text().to_owned();
    for line in [
        "version = 1",
        "serial = 1",
        "issued = \"2026-11-18T11:06:40.000Z\"",
        "name = \"Acme Support\"",
        "domain = \"acme.example\"",
        "recording = \"required\"",
        "input_age_ms = 3000",
        "[[relays]]",
        "[[reviewers]]",
        "[policy]",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
    }
    assert!(text.lines().last().unwrap().starts_with("# deskhand-statement-signature-1:"));
    toml::from_str::<toml::Table>(&text).expect("the whole file is TOML");
}

#[test]
fn an_edited_statement_is_refused() {
    let text = statement().sign(&organisation()).unwrap().text().to_owned();
    let edited = text.replace("recording = \"optional\"", "recording = \"required\"");
    assert_ne!(edited, text);
    assert_eq!(SignedStatement::parse(&edited), Err(StatementError::Edited));
    let lines_ends_changed = text.replace('\n', "\r\n");
    assert!(SignedStatement::parse(lines_ends_changed).is_err());
}

#[test]
fn an_unsigned_statement_is_refused() {
    let text = statement().sign(&organisation()).unwrap().text().to_owned();
    let unsigned: String = text.lines().filter(|line| !line.contains("signature")).map(|line| format!("{line}\n")).collect();
    assert_eq!(SignedStatement::parse(&unsigned), Err(StatementError::Unsigned));
    assert_eq!(SignedStatement::parse(""), Err(StatementError::Unsigned));
    assert_eq!(SignedStatement::parse(format!("{text}\n# more\n")), Err(StatementError::Unsigned));
}

#[test]
fn every_changed_byte_is_noticed() {
    let text = statement().sign(&organisation()).unwrap().text().to_owned().into_bytes();
    for at in 0..text.len() {
        let mut changed = text.clone();
        changed[at] ^= 1;
        assert!(SignedStatement::parse(&changed).is_err(), "byte {at}");
    }
}

#[test]
fn an_unknown_field_is_refused_and_a_newer_version_asks_for_an_update() {
    let text = statement().sign(&organisation()).unwrap().text().to_owned();
    let unknown = text.replace("[policy]\n", "[policy]\nblank_screen = true\n");
    let error = SignedStatement::parse(&unknown).unwrap_err();
    assert!(matches!(&error, StatementError::Form(what) if what.contains("blank_screen")), "{error}");
    let newer = text.replace("version = 1", "version = 2").replace("[policy]\n", "[policy]\nblank_screen = true\n");
    assert_eq!(SignedStatement::parse(&newer), Err(StatementError::Incompatible { version: 2 }));
}

#[test]
fn only_the_stated_organisation_can_sign() {
    let other = SecretKey::from_seed([9; 32]);
    assert!(matches!(statement().sign(&other), Err(StatementError::NotTheOrganisation { .. })));
}

#[test]
fn the_origin_is_known_only_by_a_key_known_beforehand() {
    let signed = statement().sign(&organisation()).unwrap();
    let other = SecretKey::from_seed([9; 32]).public();
    assert_eq!(signed.origin(None), Ok(Origin::Unknown));
    assert_eq!(signed.origin(Some(&organisation().public())), Ok(Origin::Known));
    assert!(matches!(signed.origin(Some(&other)), Err(StatementError::NotTheOrganisation { .. })));
}

#[test]
fn a_newer_serial_replaces_and_an_older_one_is_refused() {
    let first = statement().sign(&organisation()).unwrap();
    let second = Statement { serial: 2, ..statement() }.sign(&organisation()).unwrap();
    assert_eq!(first.successor(&second), Ok(Successor::Newer));
    assert_eq!(first.successor(&first.clone()), Ok(Successor::Same));
    assert_eq!(second.successor(&first), Err(StatementError::Older { held: 2, offered: 1 }));
    let fork = Statement { quorum: 1, ..statement() }.sign(&organisation()).unwrap();
    assert_eq!(first.successor(&fork), Err(StatementError::Forked { serial: 1 }));
    let other_key = SecretKey::from_seed([9; 32]);
    let mut foreign = Statement { serial: 3, ..statement() };
    foreign.organisation.key = other_key.public();
    let foreign = foreign.sign(&other_key).unwrap();
    assert!(matches!(first.successor(&foreign), Err(StatementError::NotTheOrganisation { .. })));
}

#[test]
fn a_revoked_technician_is_not_admitted() {
    let certificate = Certificate {
        name: "Ana Ruiz".into(),
        organisation: organisation().public(),
        organisation_name: String::new(),
        keys: technician().public(),
        serial: 5,
        issued_ms: NOW,
        not_after_ms: NOW + CERTIFICATE_LIFE_MS,
    }
    .sign(&organisation())
    .unwrap();
    let mut statement = statement();
    assert!(statement.admit(&certificate, NOW).is_ok());
    statement.revoked.push(RevokedEntry {
        name: "Ana Ruiz".into(),
        key: technician().tls.public(),
        revoked_ms: NOW,
        not_after_ms: NOW + CERTIFICATE_LIFE_MS,
    });
    assert_eq!(statement.admit(&certificate, NOW), Err(CertificateError::Revoked { name: "Ana Ruiz".into() }));
}

#[test]
fn a_statement_counts_only_in_its_time() {
    let statement = statement();
    assert_eq!(statement.check_time(NOW), Ok(()));
    assert!(matches!(statement.check_time(NOW + STATEMENT_LIFE_MS + 1), Err(StatementError::Expired { .. })));
    assert!(matches!(statement.check_time(NOW - 600_000), Err(StatementError::NotYetValid { .. })));
}

#[test]
fn values_out_of_their_limits_are_not_signed() {
    let refused = |change: fn(&mut Statement)| {
        let mut statement = full();
        change(&mut statement);
        assert!(matches!(statement.sign(&organisation()), Err(StatementError::Content(_))), "{statement:?}");
    };
    refused(|statement| statement.serial = 0);
    refused(|statement| statement.serial = u64::MAX);
    refused(|statement| statement.not_after_ms = statement.issued_ms);
    refused(|statement| statement.not_after_ms = u64::MAX);
    refused(|statement| statement.organisation.name = "Acme\u{202e}".into());
    refused(|statement| statement.organisation.domain = Some("https://acme.example".into()));
    refused(|statement| statement.relays.clear());
    refused(|statement| statement.relays[0].addresses = vec!["relay".into()]);
    refused(|statement| statement.relays.push(statement.relays[0].clone()));
    refused(|statement| statement.quorum = 3);
    refused(|statement| statement.reviewers.push(statement.reviewers[0].clone()));
    refused(|statement| statement.revoked.push(statement.revoked[0].clone()));
    refused(|statement| statement.policy.unknown_pause_ms = 0);
}

#[test]
fn a_signed_statement_with_values_out_of_their_limits_is_refused_by_the_reader() {
    use deskhand_identity::Label;
    let text = statement().sign(&organisation()).unwrap().text().replace("unknown_pause_ms = 5000", "unknown_pause_ms = 0");
    let body = &text[..text.rfind("# deskhand-statement-signature-1:").unwrap()];
    let signature = organisation().sign(Label::STATEMENT, body.as_bytes());
    let resigned = format!("{body}# deskhand-statement-signature-1:{}\n", signature.to_base64());
    let error = SignedStatement::parse(&resigned).unwrap_err();
    assert!(matches!(&error, StatementError::Content(what) if what.contains("unknown_pause_ms")), "{error}");
}

#[test]
fn the_most_revoked_technicians_fit_the_file() {
    let mut statement = statement();
    statement.revoked = (0..deskhand_identity::MAX_REVOKED)
        .map(|at| {
            let mut seed = [0xaa; 32];
            seed[..8].copy_from_slice(&(at as u64).to_le_bytes());
            RevokedEntry {
                name: format!("technician number {at}"),
                key: SecretKey::from_seed(seed).public(),
                revoked_ms: NOW,
                not_after_ms: NOW + 1,
            }
        })
        .collect();
    let signed = statement.sign(&organisation()).unwrap();
    assert!(signed.text().len() <= MAX_STATEMENT_BYTES, "{}", signed.text().len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), text in "\\PC{0,200}") {
        let _ = SignedStatement::parse(&bytes);
        let _ = SignedStatement::parse(&text);
    }

    #[test]
    fn any_body_above_a_signature_line_never_panics(text in "([a-z_]{1,9} = (1|\"x\"|\\[\\]|\\{\\})\n|\\[[a-z]{1,9}\\]\n|\\[\\[relays\\]\\]\n|\\PC{0,9}\n){0,20}") {
        let line = format!("# deskhand-statement-signature-1:{}==\n", "A".repeat(86));
        let whole = format!("version = 1\n{text}{line}");
        prop_assert!(SignedStatement::parse(whole).is_err());
    }

    #[test]
    fn a_damaged_statement_never_panics(at in 0_usize..2000, byte: u8) {
        let mut bytes = full().sign(&organisation()).unwrap().text().as_bytes().to_vec();
        let at = at % bytes.len();
        let same = bytes[at] == byte;
        bytes[at] = byte;
        prop_assert_eq!(SignedStatement::parse(&bytes).is_ok(), same);
    }

    #[test]
    fn statements_round_trip(serial in 1..(1_u64 << 53), issued in 0..NOW, name in "[a-z\"'\\\\#=\\[\\]{}]{1,60}", days in 1_u32..36_500) {
        let mut statement = Statement { serial, issued_ms: issued, ..full() };
        statement.organisation.name = name;
        statement.policy.retention_days = days;
        let signed = statement.sign(&organisation()).unwrap();
        let read = SignedStatement::parse(signed.text()).unwrap();
        prop_assert_eq!(read.statement(), &statement);
    }
}
