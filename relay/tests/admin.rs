//! The administrator's way: init, technicians, reviewers, policy, package, status. In scope: the commands as `main` runs
//! them, parsed from words. Not in scope: serving.
#![allow(clippy::unwrap_used)] // the lint's leave for tests does not reach their helpers

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{CommandFactory as _, Parser};
use deskhand_identity::{
    CERTIFICATE_LIFE_MS, Recording, ReviewerPublic, SecretKey, SignedStatement, StatementError, TechnicianPublic, TechnicianSecret,
    well_known_names,
};
use deskhand_relay::admin::store::{self, Running, ServingLock, Standing};
use deskhand_relay::admin::{self, AdminError, Ask, Command, Context, Report};
use tempfile::TempDir;
use zeroize::Zeroizing;

const NOW: u64 = 1_795_000_000_000;

#[derive(Parser)]
struct Words {
    #[command(subcommand)]
    command: Command,
}

/// Nobody is there to ask.
struct Nobody;

impl Ask for Nobody {
    fn ask(&self, _prompt: &str) -> io::Result<Option<Zeroizing<String>>> {
        Ok(None)
    }
}

struct Office {
    folder: TempDir,
    now_ms: u64,
}

impl Office {
    /// A folder without anything.
    fn empty() -> Office {
        Office { folder: tempfile::tempdir().unwrap(), now_ms: NOW }
    }

    /// After `init` without a passphrase.
    fn ready() -> Office {
        let office = Office::empty();
        office.run(&["init", "--data", "DIR", "--org", "Acme Support", "--domain", "acme.example", "--no-passphrase"]).unwrap();
        office
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn data(&self) -> PathBuf {
        self.path("DIR")
    }

    /// Runs a command; words in capitals that name files stand for paths in the office's folder.
    fn run(&self, words: &[&str]) -> Result<Report, AdminError> {
        let words = words.iter().map(|word| {
            if ["DIR", "OUT", "USB", "FILE"].iter().any(|name| word.starts_with(name)) {
                self.path(word).display().to_string()
            } else {
                (*word).to_owned()
            }
        });
        let parsed = Words::try_parse_from(["deskhand-relay".to_owned()].into_iter().chain(words)).unwrap();
        let program_folder = Some(self.path("bin"));
        admin::run(&parsed.command, &Context { now_ms: self.now_ms, program_folder, ask: &Nobody })
    }

    fn statement(&self) -> SignedStatement {
        store::load_statement(&self.data()).unwrap()
    }

    fn add(&self, name: &str, keys: &TechnicianPublic) -> Result<Report, AdminError> {
        self.run(&["tech", "add", name, &keys.to_string(), "--data", "DIR"])
    }

    fn standing(&self, keys: &TechnicianPublic) -> Option<Standing> {
        let technicians = store::load_technicians(&self.data(), self.statement().statement(), self.now_ms).unwrap();
        technicians.find(&keys.tls).map(|technician| technician.standing)
    }
}

fn keys(seed: u8) -> TechnicianPublic {
    TechnicianSecret::from_seeds([seed; 32], [seed ^ 0xff; 32]).public()
}

fn refused<T>(result: Result<T, AdminError>) -> String {
    match result {
        Err(AdminError::Refused(text)) => text,
        Err(other) => panic!("expected a refusal, got {other:?}"),
        Ok(_) => panic!("expected a refusal"),
    }
}

#[test]
fn the_options_do_not_contradict_each_other() {
    Words::command().debug_assert();
    let parses = |words: &str| Words::try_parse_from(words.split(' ')).is_ok();
    assert!(parses("r tech add NAME KEY --data D"));
    assert!(parses("r tech add --cert C --data D"));
    assert!(!parses("r tech add NAME --data D"), "a name alone is nobody");
    assert!(!parses("r tech add NAME KEY --cert C --data D"), "either sign or import");
    assert!(!parses("r tech add --data D"));
    assert!(!parses("r tech sign NAME KEY"), "signing needs the key's file");
    assert!(!parses("r policy set --data D"));
    assert!(!parses("r init --data D --org O --passphrase-file F --no-passphrase"));
    let help = Words::command().find_subcommand_mut("init").unwrap().render_long_help().to_string();
    assert!(help.starts_with("Make the keys, the data folder and the first statement"), "{help}");
    assert!(help.contains("Example:"), "{help}");
}

#[test]
fn from_init_to_a_package() {
    let mut office = Office::ready();
    let ana = keys(1);
    let added = office.add("Ana Ruiz", &ana).unwrap();
    assert!(added.text.starts_with("Added Ana Ruiz ("), "{}", added.text);
    assert_eq!(office.standing(&ana), Some(Standing::Valid));

    let list = office.run(&["tech", "list", "--data", "DIR"]).unwrap();
    assert_eq!(list.json.len(), 1);
    assert_eq!(list.json[0]["name"], "Ana Ruiz");
    assert_eq!(list.json[0]["state"], "valid");
    assert!(list.text.contains(&ana.fingerprint()));

    let revoked = office.run(&["tech", "revoke", "Ana Ruiz", "--data", "DIR"]).unwrap();
    assert_eq!(revoked.json[0]["serial"], 2);
    assert_eq!(office.standing(&ana), Some(Standing::Revoked));

    office.now_ms += 1;
    let set = office.run(&["policy", "set", "recording=required", "retention_days=2192", "--data", "DIR"]).unwrap();
    assert_eq!(set.json[0]["changes"]["recording"]["now"], "required");
    let statement = office.statement();
    assert_eq!(statement.statement().serial, 3);
    assert_eq!(statement.statement().policy.recording, Recording::Required);
    assert!(statement.statement().is_revoked(&ana.tls), "a revocation outlives later statements");
    let shown = office.run(&["policy", "show", "--data", "DIR"]).unwrap();
    assert!(shown.text.contains("retention_days = 2192"), "{}", shown.text);

    fs::create_dir(office.path("bin")).unwrap();
    fs::write(office.path("bin").join(format!("deskhand-host{}", std::env::consts::EXE_SUFFIX)), b"the program").unwrap();
    let packaged = office.run(&["package", "--data", "DIR", "--out", "OUT", "--address", "relay.acme.example:4433"]).unwrap();
    assert_eq!(packaged.json[0]["serial"], 4);
    let given = fs::read_to_string(office.path("OUT").join("deskhand.toml")).unwrap();
    assert_eq!(given, office.statement().text(), "relay and customers hold the same statement");
    let given = SignedStatement::parse(given).unwrap();
    assert_eq!(given.statement().relays[0].addresses, ["relay.acme.example:4433"]);
    let published = fs::read_to_string(packaged.json[0]["well_known"].as_str().unwrap()).unwrap();
    assert!(well_known_names(&published, &given.statement().organisation.key));
    assert!(packaged.text.contains("https://acme.example/.well-known/deskhand"), "{}", packaged.text);
    assert_eq!(fs::read(packaged.json[0]["host"].as_str().unwrap()).unwrap(), b"the program");
}

#[test]
fn init_makes_private_files_and_says_what_is_next() {
    let office = Office::empty();
    let made = office.run(&["init", "--data", "DIR", "--org", "Acme Support", "--no-passphrase"]).unwrap();
    assert!(made.text.contains(&format!("Next: deskhand-relay serve --data {}", office.data().display())), "{}", made.text);
    assert_eq!(made.json[0]["serial"], 1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&office.data()), 0o700);
        for key in ["org.key", "relay.key", "relay-cosign.key"] {
            assert_eq!(mode(&office.data().join(key)), 0o600, "{key}");
        }
    }
}

#[test]
fn init_never_replaces_a_relay() {
    let office = Office::ready();
    let before = office.statement();
    let text = refused(office.run(&["init", "--data", "DIR", "--org", "Other", "--no-passphrase"]));
    assert!(text.contains("is there already and nothing was changed"), "{text}");
    assert_eq!(office.statement(), before);
}

#[test]
fn init_asks_for_a_passphrase_or_says_how_to_give_one() {
    let office = Office::empty();
    let error = office.run(&["init", "--data", "DIR", "--org", "Acme Support"]).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    assert!(error.to_string().contains("--passphrase-file"), "{error}");
    assert!(!office.data().exists(), "nothing was made");
}

#[test]
fn init_names_a_folder_for_the_key_that_is_not_there() {
    let office = Office::empty();
    let words = ["init", "--data", "DIR", "--org", "Acme", "--org-key", "USB/org.key", "--no-passphrase"];
    let error = office.run(&words).unwrap_err();
    assert!(error.to_string().contains("the folder of --org-key is not there"), "{error}");
    assert!(!office.data().exists(), "nothing was made");
}

#[test]
fn a_key_under_a_passphrase_signs_only_with_it() {
    let office = Office::empty();
    fs::write(office.path("FILE-right"), "correct horse\n").unwrap();
    fs::write(office.path("FILE-wrong"), "correct house\n").unwrap();
    office.run(&["init", "--data", "DIR", "--org", "Acme", "--org-key", "USB.key", "--passphrase-file", "FILE-right"]).unwrap();
    assert!(fs::read_to_string(office.path("USB.key")).unwrap().starts_with("deskhand-organisation-sealed-1:"));
    assert!(!office.data().join("org.key").exists());
    let set = |more: &[&str]| office.run(&[&["policy", "set", "two_person=true", "--data", "DIR"], more].concat());

    let missing = set(&[]).unwrap_err();
    assert!(matches!(&missing, AdminError::Failed(text) if text.contains("--org-key")), "{missing}");
    let unasked = set(&["--org-key", "USB.key"]).unwrap_err();
    assert!(matches!(&unasked, AdminError::Usage(text) if text.contains("--passphrase-file")), "{unasked}");
    let wrong = refused(set(&["--org-key", "USB.key", "--passphrase-file", "FILE-wrong"]));
    assert!(wrong.contains("passphrase does not open"), "{wrong}");
    assert_eq!(office.statement().statement().serial, 1);
    set(&["--org-key", "USB.key", "--passphrase-file", "FILE-right"]).unwrap();
    assert!(office.statement().statement().policy.two_person);
}

#[test]
fn what_serve_reads_needs_no_organisation_key() {
    let office = Office::ready();
    office.add("Ana Ruiz", &keys(1)).unwrap();
    fs::remove_file(office.data().join("org.key")).unwrap();
    let statement = store::load_statement(&office.data()).unwrap();
    let relay = store::load_relay_keys(&office.data()).unwrap();
    assert_eq!(relay.entry(statement.statement()).unwrap().key, relay.relay.public());
    let technicians = store::load_technicians(&office.data(), statement.statement(), NOW).unwrap();
    assert_eq!(technicians.known.len(), 1);
    office.run(&["status", "--data", "DIR"]).unwrap();
    office.run(&["policy", "show", "--data", "DIR"]).unwrap();
}

#[test]
fn an_edited_statement_is_refused_by_every_command() {
    let office = Office::ready();
    let file = office.data().join("deskhand.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("unknown_pause_ms = 5000", "unknown_pause_ms = 5001")).unwrap();
    for words in [
        &["status", "--data", "DIR"][..],
        &["policy", "show", "--data", "DIR"],
        &["policy", "set", "recording=off", "--data", "DIR"],
        &["tech", "list", "--data", "DIR"],
        &["package", "--data", "DIR", "--out", "OUT", "--address", "a.example:1"],
    ] {
        let text = refused(office.run(words));
        assert!(text.ends_with(&StatementError::Edited.to_string()), "{text}");
    }
    assert!(!office.path("OUT").exists());
}

#[test]
fn a_certificate_signed_elsewhere_is_imported_without_the_key() {
    let office = Office::ready();
    fs::create_dir(office.path("USB")).unwrap();
    fs::rename(office.data().join("org.key"), office.path("USB/org.key")).unwrap();
    let keys = keys(1);
    office.run(&["tech", "sign", "Ana Ruiz", &keys.to_string(), "--org-key", "USB/org.key", "--out", "FILE.cert"]).unwrap();
    office.run(&["tech", "add", "--cert", "FILE.cert", "--data", "DIR"]).unwrap();
    assert_eq!(office.standing(&keys), Some(Standing::Valid));

    let line = office.run(&["tech", "sign", "Ana Ruiz", &keys.to_string(), "--org-key", "USB/org.key"]).unwrap();
    assert!(line.text.starts_with("deskhand-certificate-1:"), "{}", line.text);
}

#[test]
fn a_certificate_of_another_organisation_is_refused() {
    let (office, other) = (Office::ready(), Office::ready());
    let keys = keys(1).to_string();
    other.run(&["tech", "sign", "Mal", &keys, "--org-key", "DIR/org.key", "--out", "FILE.cert"]).unwrap();
    fs::copy(other.path("FILE.cert"), office.path("FILE.cert")).unwrap();
    let text = refused(office.run(&["tech", "add", "--cert", "FILE.cert", "--data", "DIR"]));
    assert!(text.contains("of another organisation"), "{text}");

    // Laid into the folder by hand, it does not count either and does not disturb the others.
    office.add("Ana Ruiz", &self::keys(2)).unwrap();
    let slipped = office.data().join("technicians").join(format!("{}.cert", self::keys(1).fingerprint()));
    fs::copy(other.path("FILE.cert"), slipped).unwrap();
    let technicians = store::load_technicians(&office.data(), office.statement().statement(), NOW).unwrap();
    assert_eq!((technicians.known.len(), technicians.refused.len()), (1, 1));
    assert!(technicians.refused[0].1.contains("of another organisation"));
}

#[test]
fn the_key_of_another_organisation_signs_nothing_here() {
    let (office, other) = (Office::ready(), Office::ready());
    fs::copy(other.data().join("org.key"), office.path("USB.key")).unwrap();
    let text = refused(office.run(&["policy", "set", "recording=off", "--data", "DIR", "--org-key", "USB.key"]));
    assert!(text.contains("the key of another organisation"), "{text}");
    assert_eq!(office.statement().statement().serial, 1);
}

#[test]
fn a_name_is_never_a_path() {
    let office = Office::ready();
    office.add("../../evil", &keys(1)).unwrap();
    let files: Vec<String> =
        fs::read_dir(office.data().join("technicians")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(files, [format!("{}.cert", keys(1).fingerprint())]);
}

#[test]
fn a_secret_key_in_place_of_a_public_one_is_named_as_such() {
    let office = Office::ready();
    let error = office.run(&["tech", "add", "Ana", "deskhand-technician-secret-1:AAAA", "--data", "DIR"]).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    assert!(error.to_string().contains("secret key"), "{error}");
}

#[test]
fn a_revoked_key_cannot_be_added_again() {
    let office = Office::ready();
    office.add("Ana Ruiz", &keys(1)).unwrap();
    let held = fs::read(office.data().join("technicians").join(format!("{}.cert", keys(1).fingerprint()))).unwrap();
    fs::write(office.path("FILE.cert"), held).unwrap();
    office.run(&["tech", "revoke", &keys(1).fingerprint(), "--data", "DIR"]).unwrap();
    assert!(refused(office.add("Ana Ruiz", &keys(1))).contains("revoked"));
    assert!(refused(office.run(&["tech", "add", "--cert", "FILE.cert", "--data", "DIR"])).contains("revoked"));
    office.add("Ana Ruiz", &keys(2)).unwrap();
    assert_eq!(office.standing(&keys(2)), Some(Standing::Valid));

    let again = office.run(&["tech", "revoke", &keys(1).fingerprint(), "--data", "DIR"]).unwrap();
    assert_eq!(again.json[0]["serial"], 2, "nothing new was signed");
}

#[test]
fn a_certificate_that_was_never_imported_is_revoked_by_its_key() {
    let office = Office::ready();
    office.run(&["tech", "revoke", &keys(7).to_string(), "--data", "DIR"]).unwrap();
    assert!(office.statement().statement().is_revoked(&keys(7).tls));
    let nobody = office.run(&["tech", "revoke", "Nobody", "--data", "DIR"]).unwrap_err();
    assert_eq!(nobody.exit_code(), 1);
}

#[test]
fn certificates_end_and_their_revocations_leave_the_statement() {
    let mut office = Office::ready();
    office.add("Ana Ruiz", &keys(1)).unwrap();
    office.add("Ben Oda", &keys(2)).unwrap();
    office.run(&["tech", "revoke", "Ana Ruiz", "--data", "DIR"]).unwrap();
    office.now_ms += CERTIFICATE_LIFE_MS + 1;
    assert_eq!(office.standing(&keys(2)), Some(Standing::Expired));
    office.run(&["policy", "set", "recording=off", "--data", "DIR"]).unwrap();
    assert!(office.statement().statement().revoked.is_empty());
    assert_eq!(office.standing(&keys(1)), Some(Standing::Expired));
}

#[test]
fn a_renewed_certificate_takes_the_place_of_the_old_one_and_not_the_other_way() {
    let mut office = Office::ready();
    office.run(&["tech", "sign", "Ana", &keys(1).to_string(), "--org-key", "DIR/org.key", "--out", "FILE.old"]).unwrap();
    office.now_ms += 1000;
    office.add("Ana", &keys(1)).unwrap();
    assert!(refused(office.run(&["tech", "add", "--cert", "FILE.old", "--data", "DIR"])).contains("newer certificate"));
    let technicians = store::load_technicians(&office.data(), office.statement().statement(), office.now_ms).unwrap();
    assert_eq!(technicians.known.len(), 1);
}

#[test]
fn reviewers_exist_in_the_statement_alone() {
    let office = Office::ready();
    let reviewer = ReviewerPublic { tls: SecretKey::from_seed([5; 32]).public(), age: [6; 32] };
    office.run(&["reviewer", "add", "Rev One", &reviewer.to_string(), "--data", "DIR"]).unwrap();
    assert_eq!(office.statement().statement().reviewers[0].keys, reviewer);
    let twice = refused(office.run(&["reviewer", "add", "Rev Two", &reviewer.to_string(), "--data", "DIR"]));
    assert!(twice.contains("Rev One already"), "{twice}");
    let list = office.run(&["reviewer", "list", "--data", "DIR"]).unwrap();
    assert_eq!(list.json[0]["name"], "Rev One");
    let removed = office.run(&["reviewer", "remove", "Rev One", "--data", "DIR"]).unwrap();
    assert_eq!(removed.json[0]["serial"], 3);
    assert!(office.statement().statement().reviewers.is_empty());
}

#[test]
fn a_wrong_policy_names_what_is_allowed_and_changes_nothing() {
    let office = Office::ready();
    let error = office.run(&["policy", "set", "retention_days=7", "recording=always", "--data", "DIR"]).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    assert!(error.to_string().contains("required|optional|off"), "{error}");
    assert_eq!(office.statement().statement().policy.retention_days, 400);
    let same = office.run(&["policy", "set", "recording=optional", "--data", "DIR"]).unwrap();
    assert_eq!(same.json[0]["serial"], 1);
}

#[test]
fn a_statement_signed_elsewhere_is_imported_when_it_is_newer_and_ours() {
    let office = Office::ready();
    fs::create_dir(office.path("DIR-away")).unwrap();
    fs::copy(office.data().join("deskhand.toml"), office.path("DIR-away/deskhand.toml")).unwrap();
    fs::rename(office.data().join("org.key"), office.path("USB.key")).unwrap();
    let old = office.statement();
    office.run(&["policy", "set", "recording=off", "--data", "DIR-away", "--org-key", "USB.key"]).unwrap();
    assert_eq!(office.statement(), old);
    office.run(&["policy", "import", "DIR-away/deskhand.toml", "--data", "DIR"]).unwrap();
    assert_eq!(office.statement().statement().policy.recording, Recording::Off);

    fs::write(office.path("FILE.toml"), old.text()).unwrap();
    let text = refused(office.run(&["policy", "import", "FILE.toml", "--data", "DIR"]));
    assert!(text.contains("older"), "{text}");
    let other = Office::ready();
    fs::copy(other.data().join("deskhand.toml"), office.path("FILE.toml")).unwrap();
    let text = refused(office.run(&["policy", "import", "FILE.toml", "--data", "DIR"]));
    assert!(text.contains("another organisation"), "{text}");
    assert_eq!(office.statement().statement().serial, 2);
}

#[test]
fn a_package_needs_an_address_and_a_new_one_needs_the_key() {
    let office = Office::ready();
    let unknown = office.run(&["package", "--data", "DIR", "--out", "OUT"]).unwrap_err();
    assert!(matches!(&unknown, AdminError::Usage(text) if text.contains("--address HOST:PORT")), "{unknown}");
    office.run(&["package", "--data", "DIR", "--out", "OUT", "--address", "127.0.0.1:4433"]).unwrap();
    fs::rename(office.data().join("org.key"), office.path("USB.key")).unwrap();
    office.run(&["package", "--data", "DIR", "--out", "OUT2", "--address", "127.0.0.1:4433"]).unwrap();
    let again = office.run(&["package", "--data", "DIR", "--out", "OUT3"]).unwrap();
    assert_eq!(again.json[0]["serial"], 2, "the address is stated already: nothing was signed");
    let new = office.run(&["package", "--data", "DIR", "--out", "OUT4", "--address", "127.0.0.1:4434"]).unwrap_err();
    assert!(new.to_string().contains("--org-key FILE") && new.to_string().contains("policy import"), "{new}");
    assert!(!office.path("OUT4").exists());
    let words = ["package", "--data", "DIR", "--out", "OUT4", "--address", "127.0.0.1:4434", "--org-key", "USB.key"];
    assert_eq!(office.run(&words).unwrap().json[0]["serial"], 3);
}

#[test]
fn without_an_address_the_one_it_listens_on_is_packaged() {
    let office = Office::ready();
    let running = |listen: &str| Running { pid: 1, listen: listen.into(), started_ms: NOW, live_sessions: 0, capacity: 10 };
    store::write_running(&office.data(), &running("0.0.0.0:4433")).unwrap();
    assert_eq!(office.run(&["package", "--data", "DIR", "--out", "OUT"]).unwrap_err().exit_code(), 2);
    store::write_running(&office.data(), &running("127.0.0.1:40123")).unwrap();
    let packaged = office.run(&["package", "--data", "DIR", "--out", "OUT"]).unwrap();
    assert_eq!(packaged.json[0]["addresses"][0], "127.0.0.1:40123");
}

#[test]
fn status_tells_a_running_relay_from_one_that_was_killed() {
    let office = Office::ready();
    let running = Running { pid: 7, listen: "127.0.0.1:4433".into(), started_ms: NOW, live_sessions: 3, capacity: 10 };
    store::write_running(&office.data(), &running).unwrap();
    assert_eq!(office.run(&["status", "--data", "DIR"]).unwrap().json[0]["running"], false);

    let serving = ServingLock::take(&office.data()).unwrap();
    let status = office.run(&["status", "--data", "DIR"]).unwrap();
    assert_eq!(status.json[0]["running"], true);
    assert_eq!(status.json[0]["live_sessions"], 3);
    assert!(status.text.contains("3 live of at most 10"), "{}", status.text);
    assert!(refused(ServingLock::take(&office.data())).contains("another relay serves"));
    drop(serving);
    assert_eq!(office.run(&["status", "--data", "DIR"]).unwrap().json[0]["running"], false);
}

#[test]
fn status_counts_what_is_stored() {
    let office = Office::ready();
    let session = office.data().join("a".repeat(26)).join("media");
    fs::create_dir_all(&session).unwrap();
    fs::write(session.join("1.sfr"), [0; 1000]).unwrap();
    fs::create_dir(office.data().join("other")).unwrap();
    let status = office.run(&["status", "--data", "DIR"]).unwrap();
    assert_eq!(status.json[0]["stored_sessions"], 1);
    assert_eq!(status.json[0]["stored_bytes"], 1000);
    assert_eq!(status.json[0]["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn two_changes_at_once_both_count() {
    let office = Office::ready();
    std::thread::scope(|scope| {
        for seed in 1..=8 {
            let office = &office;
            scope.spawn(move || office.run(&["tech", "revoke", &keys(seed).to_string(), "--data", "DIR"]).unwrap());
        }
    });
    let statement = office.statement();
    assert_eq!(statement.statement().serial, 9);
    assert_eq!(statement.statement().revoked.len(), 8);
}

#[test]
fn a_folder_without_a_statement_says_what_to_run() {
    let office = Office::empty();
    let error = office.run(&["status", "--data", "DIR"]).unwrap_err();
    assert!(error.to_string().contains("deskhand-relay init --data"), "{error}");
}
