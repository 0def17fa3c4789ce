//! Finding and reading `deskhand.toml`.
//!
//! In scope: where it is looked for, its size, its signature and its dates. Not in scope: what it says (`identity`). The signature
//! proves that the file is whole, not whose it is: see [`crate::organisation`].

use crate::failure::Failed;
use deskhand_identity::{MAX_STATEMENT_BYTES, SignedStatement};
use std::{
    fs::File,
    io::{ErrorKind, Read},
    path::{Path, PathBuf},
};

/// Its name.
pub const FILE_NAME: &str = "deskhand.toml";

/// Where it may be, in the order in which it is looked for: the one that was named and no other; else beside the program, then in
/// the folder for configuration (XDG Base Directory specification).
pub fn places(named: Option<&Path>) -> Vec<PathBuf> {
    if let Some(path) = named {
        return vec![path.to_owned()];
    }
    let beside = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.join(FILE_NAME)));
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")));
    beside.into_iter().chain(folder.map(|folder| folder.join("deskhand").join(FILE_NAME))).collect()
}

/// Reads the first one that is there and checks it at `now_ms` (wall clock, since the Unix epoch).
///
/// # Errors
/// [`Failed::NoStatement`] when there is none, [`Failed::Statement`] when it can't be used.
pub fn read(named: Option<&Path>, now_ms: u64) -> Result<SignedStatement, Failed> {
    let places = places(named);
    for path in &places {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(Failed::NoStatement { detail: format!("{} can't be opened: {error}", path.display()) }),
        };
        let refuse = |why: String| Failed::Statement { file: path.clone(), why };
        let mut bytes = Vec::new();
        // One byte more than allowed is enough to know that it is too long.
        file.take(MAX_STATEMENT_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(|error| refuse(error.to_string()))?;
        let signed = SignedStatement::parse(&bytes).map_err(|error| refuse(error.to_string()))?;
        signed.statement().check_time(now_ms).map_err(|error| refuse(error.to_string()))?;
        return Ok(signed);
    }
    let looked: Vec<String> = places.iter().map(|path| path.display().to_string()).collect();
    Err(Failed::NoStatement { detail: format!("there is no file at {}", looked.join(" nor at ")) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("deskhand-host-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        folder.join(FILE_NAME)
    }

    #[test]
    fn a_file_that_is_not_there_is_a_usage_error_that_names_the_place() {
        let error = read(Some(Path::new("/nowhere/deskhand.toml")), 0).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains("/nowhere/deskhand.toml"), "{error}");
    }

    #[test]
    fn a_named_file_is_the_only_place() {
        assert_eq!(places(Some(Path::new("a.toml"))), [PathBuf::from("a.toml")]);
        assert!(places(None).iter().all(|path| path.ends_with(FILE_NAME)));
    }

    #[test]
    fn an_unsigned_file_is_refused() {
        let path = scratch("unsigned");
        std::fs::write(&path, "serial = 1\n").unwrap();
        let error = read(Some(&path), 0).unwrap_err();
        assert_eq!(error.exit_code(), 3, "{error}");
        assert!(error.to_string().contains("not signed"), "{error}");
    }

    #[test]
    fn a_file_without_an_end_is_refused_early() {
        let path = scratch("long");
        std::fs::write(&path, vec![b'#'; MAX_STATEMENT_BYTES * 2]).unwrap();
        assert_eq!(read(Some(&path), 0).unwrap_err().exit_code(), 3);
    }
}
