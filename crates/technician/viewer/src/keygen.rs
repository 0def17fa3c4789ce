//! `keygen`: the technician's two keys.
//!
//! In scope: drawing them, asking for a passphrase, the file, what is printed. Not in scope: the file's form (`identity`).

use crate::{
    failure::{Exit, Failure},
    passphrase, place,
};
use deskhand_identity::TechnicianSecret;
use deskhand_link::keyfile;
use std::path::Path;
use zeroize::Zeroizing;

/// Shortest passphrase that is taken, characters.
const MIN_PASSPHRASE: usize = 8;

/// How the key file is kept.
pub(crate) struct Wish<'a> {
    pub(crate) out: Option<&'a Path>,
    pub(crate) passphrase_file: Option<&'a Path>,
    pub(crate) no_passphrase: bool,
    pub(crate) json: bool,
}

/// Makes the keys and prints the public line.
///
/// # Errors
/// [`Failure`]: no passphrase to be had, the file is there already or can't be written.
pub(crate) fn run(wish: &Wish<'_>) -> Result<(), Failure> {
    let path = place::key(wish.out)?;
    if path.exists() {
        return Err(keyfile::KeyIoError::Exists(path).into());
    }
    let passphrase = passphrase_for(wish)?;
    if let (None, Some(folder)) = (wish.out, path.parent()) {
        std::fs::create_dir_all(folder)
            .map_err(|error| Failure::local(format!("the folder {} can't be made: {error}", folder.display())))?;
    }
    let mut seeds = Zeroizing::new([[0_u8; 32]; 2]);
    for seed in seeds.iter_mut() {
        getrandom::fill(seed).map_err(|error| Failure::local(format!("this computer gives no random numbers: {error}")))?;
    }
    let secret = TechnicianSecret::from_seeds(seeds[0], seeds[1]);
    keyfile::write(&path, &secret, passphrase.as_ref().map(|text| text.as_str()))?;
    let public = secret.public().to_string();
    if wish.json {
        println!("{}", serde_json::json!({ "public": public, "file": path.display().to_string() }));
    } else {
        println!("{public}");
        eprintln!("Your keys are in {}. Give the line above to your administrator:", path.display());
        eprintln!("  deskhand-relay tech add \"Your Name\" {public}");
    }
    Ok(())
}

fn passphrase_for(wish: &Wish<'_>) -> Result<Option<Zeroizing<String>>, Failure> {
    if wish.no_passphrase {
        return Ok(None);
    }
    if let Some(file) = wish.passphrase_file {
        return passphrase::from_file(file).map(Some);
    }
    let terminal = |error: std::io::Error| Failure::new(Exit::Failed, format!("the terminal can't be read: {error}"));
    let nobody = || Failure::usage("a key needs a passphrase: run this on a terminal, or give --passphrase-file FILE or --no-passphrase");
    let first = passphrase::ask("Passphrase for the new keys: ").map_err(terminal)?.ok_or_else(nobody)?;
    if first.chars().count() < MIN_PASSPHRASE {
        return Err(Failure::usage(format!("the passphrase is too short: at least {MIN_PASSPHRASE} characters")));
    }
    let second = passphrase::ask("The same again: ").map_err(terminal)?.ok_or_else(nobody)?;
    if *first != *second {
        return Err(Failure::usage("the two passphrases are not the same; nothing was made"));
    }
    Ok(Some(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(out: &Path) -> Wish<'_> {
        Wish { out: Some(out), passphrase_file: None, no_passphrase: true, json: true }
    }

    #[test]
    fn keys_are_written_once_and_never_over_others() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.key");
        run(&wish(&file)).unwrap();
        let kept = std::fs::read(&file).unwrap();
        assert!(run(&wish(&file)).is_err());
        assert_eq!(std::fs::read(&file).unwrap(), kept);
    }

    #[test]
    fn an_empty_passphrase_file_is_a_wrong_usage() {
        let folder = tempfile::tempdir().unwrap();
        let (file, words) = (folder.path().join("a.key"), folder.path().join("words"));
        std::fs::write(&words, "\nsecond line\n").unwrap();
        let error = run(&Wish { passphrase_file: Some(&words), no_passphrase: false, ..wish(&file) }).unwrap_err();
        assert_eq!(error.exit, Exit::Usage);
        assert!(!file.exists());
    }
}
