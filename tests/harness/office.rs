//! An organisation with its relay and one technician, made with the real commands.

use crate::program::{Program, binary, file_when_there, run};
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// Keys, statement, technician and a running relay in a folder of their own.
#[derive(Debug)]
pub struct Office {
    folder: PathBuf,
    /// Removes the folder with the value, where the office is for a test.
    _temporary: Option<TempDir>,
    relay: Option<Program>,
    address: String,
}

impl Office {
    /// Makes everything and waits until the relay listens on loopback.
    ///
    /// # Panics
    /// When a command fails; its words are shown.
    pub fn open() -> Self {
        Self::open_with(&[], &[])
    }

    /// As [`Office::open`] with policy settings (`KEY=VALUE`) and further arguments of `serve`.
    ///
    /// # Panics
    /// As [`Office::open`].
    pub fn open_with(policy: &[&str], serve: &[&str]) -> Self {
        let temporary = TempDir::with_prefix("deskhand-office").expect("a folder for the test");
        Self::make(temporary.path().to_path_buf(), Some(temporary), policy, serve)
    }

    /// As [`Office::open`], in a folder that stays.
    ///
    /// # Panics
    /// As [`Office::open`].
    pub fn open_at(folder: PathBuf) -> Self {
        std::fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{} can't be made: {error}", folder.display()));
        Self::make(folder, None, &[], &[])
    }

    fn make(folder: PathBuf, temporary: Option<TempDir>, policy: &[&str], serve: &[&str]) -> Self {
        let mut office = Self { folder, _temporary: temporary, relay: None, address: String::new() };
        let data = office.data().display().to_string();
        office.relay_command(&["init", "--data", &data, "--org", "Acme Support", "--no-passphrase"]);
        let public = office.new_key("technician");
        office.relay_command(&["tech", "add", "Ana Ruiz", &public, "--data", &data, "--no-passphrase"]);
        office.new_technician("colleague");
        if !policy.is_empty() {
            let mut words = vec!["policy", "set"];
            words.extend_from_slice(policy);
            words.extend(["--data", &data, "--no-passphrase"]);
            office.relay_command(&words);
        }
        office.serve_with(serve);
        office.package();
        office
    }

    /// Writes the `deskhand.toml` that hosts and viewers use.
    ///
    /// # Panics
    /// When `package` fails.
    pub fn package(&self) {
        self.package_with(&self.address);
    }

    /// As [`Office::package`], with another address of the relay: programs that start from now on come by it.
    ///
    /// # Panics
    /// When `package` fails.
    pub fn package_with(&self, address: &str) {
        let (data, out) = (self.data().display().to_string(), self.package_folder().display().to_string());
        self.relay_command(&["package", "--data", &data, "--out", &out, "--address", address, "--no-passphrase"]);
    }

    /// Starts the relay (again) on the port it had, or any.
    ///
    /// # Panics
    /// When it does not listen in time.
    pub fn serve_with(&mut self, further: &[&str]) {
        let ready = self.folder.join("ready.json");
        let _ = std::fs::remove_file(&ready);
        let listen = if self.address.is_empty() { "127.0.0.1:0".to_owned() } else { self.address.clone() };
        let mut command = Command::new(binary("deskhand-relay"));
        command.arg("serve").arg("--data").arg(self.data()).args(["--listen", &listen]).arg("--ready-file").arg(&ready).args(further);
        self.relay = Some(Program::start("relay", command));
        let said: Value = serde_json::from_str(&file_when_there(&ready)).expect("the ready file is JSON");
        self.address = said["listen"].as_str().expect("an address").to_owned();
    }

    /// The relay's folder.
    pub fn data(&self) -> PathBuf {
        self.folder.join("relay")
    }

    /// The folder that `package` wrote.
    pub fn package_folder(&self) -> PathBuf {
        self.folder.join("package")
    }

    /// The statement that hosts and viewers use.
    pub fn config(&self) -> PathBuf {
        self.package_folder().join("deskhand.toml")
    }

    /// A folder for anything.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Where the relay listens.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The running relay.
    ///
    /// # Panics
    /// When it was ended.
    pub fn relay(&mut self) -> &mut Program {
        self.relay.as_mut().expect("the relay runs")
    }

    /// The key file of a technician.
    pub fn key(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.key"))
    }

    /// Makes a technician's key; its public line.
    ///
    /// # Panics
    /// When `keygen` fails.
    pub fn new_key(&self, name: &str) -> String {
        let file = self.key(name);
        let file = file.display().to_string();
        let (code, out, err) = run("deskhand-viewer", ["keygen", "--json", "--no-passphrase", "--out", &file]);
        assert_eq!(code, 0, "keygen: {err}");
        let said: Value = serde_json::from_str(out.trim()).expect("keygen says JSON");
        said["public"].as_str().expect("a public key").to_owned()
    }

    /// Makes one more technician, known to the relay.
    ///
    /// # Panics
    /// When a command fails.
    pub fn new_technician(&self, name: &str) {
        let public = self.new_key(name);
        let data = self.data().display().to_string();
        self.relay_command(&["tech", "add", name, &public, "--data", &data, "--no-passphrase"]);
    }

    /// Makes a reviewer of the organisation and gives the key file. Packages that were written before know nothing of it.
    ///
    /// # Panics
    /// When a command fails.
    pub fn new_reviewer(&self, name: &str) -> PathBuf {
        let (file, public) = self.new_reviewer_key(name);
        let data = self.data().display().to_string();
        self.relay_command(&["reviewer", "add", name, &public, "--data", &data, "--no-passphrase"]);
        self.package();
        file
    }

    /// Makes a reviewer's key that the organisation knows nothing of; the key file and the public line.
    ///
    /// # Panics
    /// When `keygen` fails.
    pub fn new_reviewer_key(&self, name: &str) -> (PathBuf, String) {
        let file = self.key(name);
        let path = file.display().to_string();
        let (code, out, err) = run("deskhand-review", ["keygen", "--json", "--no-passphrase", "--out", &path]);
        assert_eq!(code, 0, "keygen: {err}");
        let said: Value = serde_json::from_str(out.trim()).expect("keygen says JSON");
        (file, said["public"].as_str().expect("a public key").to_owned())
    }

    /// Runs a command of the relay's program to its end; its output.
    ///
    /// # Panics
    /// When it fails.
    pub fn relay_command(&self, arguments: &[&str]) -> String {
        let (code, out, err) = run("deskhand-relay", arguments);
        assert_eq!(code, 0, "deskhand-relay {arguments:?}: {out}{err}");
        out
    }

    /// Waits until the relay has closed the session's folder: nothing is written there any more.
    ///
    /// # Panics
    /// When it does not.
    pub fn closed(&self, session: &str) {
        let marker = self.session_folder(session).join("open");
        crate::until("the relay closes the session's folder", || (!marker.exists()).then_some(()));
    }

    /// `deskhand-review verify` of a session in the relay's store: exit code and what it says.
    ///
    /// # Panics
    /// When it says no JSON.
    pub fn verify(&self, session: &str) -> (i32, Value) {
        let data = self.data().display().to_string();
        let (code, out, err) = run("deskhand-review", ["verify", session, "--store", &data, "--json"]);
        (code, serde_json::from_str(out.trim()).unwrap_or_else(|_| panic!("verify said {out:?} {err:?}")))
    }

    /// `deskhand-review organisation` of the relay's store: exit code and what it says.
    ///
    /// # Panics
    /// When it can't be started.
    pub fn organisation(&self) -> (i32, Value) {
        let data = self.data().display().to_string();
        let (code, out, err) = run("deskhand-review", ["organisation", "--store", &data, "--json"]);
        (code, serde_json::from_str(out.trim()).unwrap_or_else(|_| serde_json::json!({"error": err})))
    }

    /// The organisation's log as the relay stores it, an entry a line.
    ///
    /// # Panics
    /// When there is none.
    pub fn organisation_log(&self) -> String {
        std::fs::read_to_string(self.data().join("organisation/events.jsonl")).expect("the organisation's log")
    }

    /// The events of a session in the relay's store.
    ///
    /// # Panics
    /// When `show` fails.
    pub fn events(&self, session: &str) -> Vec<Value> {
        let data = self.data().display().to_string();
        let (code, out, err) = run("deskhand-review", ["show", session, "--store", &data, "--json"]);
        assert_eq!(code, 0, "show: {err}");
        out.lines().map(|line| serde_json::from_str(line).expect("an event is JSON")).collect()
    }

    /// The certificate of the first technician, as the relay has it.
    ///
    /// # Panics
    /// When there is none.
    pub fn certificate(&self) -> String {
        let files = std::fs::read_dir(self.data().join("technicians")).expect("certificates").flatten();
        let mut texts = files.filter_map(|file| std::fs::read_to_string(file.path()).ok());
        let named = |text: &String| {
            let certificate = deskhand_identity::SignedCertificate::parse(text.trim());
            certificate.is_ok_and(|certificate| certificate.claimed().name == "Ana Ruiz")
        };
        texts.find(named).expect("a certificate").trim().to_owned()
    }

    /// The kinds of a session's events, in order.
    pub fn kinds(&self, session: &str) -> Vec<String> {
        self.events(session).iter().map(|event| event["kind"].as_str().unwrap_or("?").to_owned()).collect()
    }

    /// The stored folder of a session.
    ///
    /// # Panics
    /// When there is none.
    pub fn session_folder(&self, session: &str) -> PathBuf {
        fn find(folder: &Path, name: &str) -> Option<PathBuf> {
            std::fs::read_dir(folder).ok()?.flatten().find_map(|entry| {
                let path = entry.path();
                if !path.is_dir() {
                    None
                } else if entry.file_name() == name {
                    Some(path)
                } else {
                    find(&path, name)
                }
            })
        }
        find(&self.data(), session).unwrap_or_else(|| panic!("no folder of session {session}"))
    }
}
