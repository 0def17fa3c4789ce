//! Where the technician's files lie when nothing else is said.
//!
//! In scope: the configuration folder (XDG Base Directory Specification 0.8) and the names in it. Not in scope: reading.

use crate::failure::Failure;
use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

/// The folder for this program's configuration.
///
/// # Errors
/// When neither `XDG_CONFIG_HOME` nor `HOME` is an absolute path.
pub(crate) fn folder() -> Result<PathBuf, Failure> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_CONFIG_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".config")))
        .map(|base| base.join("deskhand"))
        .ok_or_else(|| Failure::usage("there is no home folder (HOME is not set): name the files with --config and --key"))
}

/// The organisation's statement.
///
/// # Errors
/// As [`folder`].
pub(crate) fn statement(given: Option<&Path>) -> Result<PathBuf, Failure> {
    given.map_or_else(|| Ok(folder()?.join("deskhand.toml")), |path| Ok(path.to_owned()))
}

/// The key file.
///
/// # Errors
/// As [`folder`].
pub(crate) fn key(given: Option<&Path>) -> Result<PathBuf, Failure> {
    given.map_or_else(|| Ok(folder()?.join("technician.key")), |path| Ok(path.to_owned()))
}

/// The certificate beside a key: its name with `.cert` behind it.
#[must_use]
pub(crate) fn certificate(key: &Path) -> PathBuf {
    let mut name = OsString::from(key);
    name.push(".cert");
    name.into()
}
