//! `keygen`: the reviewer's two keys.
//!
//! In scope: drawing them, where the file goes, what is printed. Not in scope: the file's form
//! (`identity`), writing it safely (`link`).

use std::{io::Write, path::Path};

use deskhand_identity::{ReviewerPublic, ReviewerSecret, SecretKey};
use deskhand_link::keyfile::{self, KeyIoError};
use deskhand_recording::sealing_key;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::{
    failure::{Exit, Failure},
    keys,
    options::Passphrase,
    passphrase,
};

/// The line that scripts rely on.
#[derive(Serialize)]
struct Line {
    public: String,
    file: String,
}

pub(crate) fn run(file: Option<&Path>, wish: &Passphrase, json: bool, out: &mut dyn Write) -> Result<Exit, Failure> {
    let path = file.map_or_else(keys::default_path, |file| Ok(file.to_owned()))?;
    if path.exists() {
        return Err(KeyIoError::Exists(path).into());
    }
    let passphrase = passphrase::for_new_keys(wish)?;
    if let (None, Some(folder)) = (file, path.parent()) {
        std::fs::create_dir_all(folder).map_err(|why| Failure::failed(format!("the folder {} cannot be made: {why}", folder.display())))?;
    }
    let secret = ReviewerSecret { tls: SecretKey::from_seed(*draw()?), age: draw()? };
    keyfile::write(&path, &secret, passphrase.as_ref().map(|text| text.as_str()))?;
    let public = ReviewerPublic { tls: secret.tls.public(), age: sealing_key(&secret.age) }.to_string();
    if json {
        let line = Line { public, file: path.display().to_string() };
        serde_json::to_writer(&mut *out, &line).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        writeln!(out, "{public}")?;
        eprintln!("Your keys are in {}. Give the line above to your administrator:", path.display());
        eprintln!("  deskhand-relay reviewer add \"Your Name\" {public}");
    }
    Ok(Exit::Done)
}

fn draw() -> Result<Zeroizing<[u8; 32]>, Failure> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *bytes).map_err(|why| Failure::failed(format!("this computer gives no random numbers: {why}")))?;
    Ok(bytes)
}
