//! Running commands, loudly when they fail.

use anyhow::{Context, bail};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// The checkout's folder.
pub(crate) fn root() -> &'static Path {
    // crates/dev/xtask is three folders below it.
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(3).unwrap_or(Path::new("."))
}

/// `cargo` with these arguments, in the checkout.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    command
}

/// The folder that cargo builds into.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Runs it to its end.
///
/// # Errors
/// When it can't be started or fails; the command is named.
pub(crate) fn must(command: &mut Command) -> anyhow::Result<()> {
    let shown = shown(command);
    eprintln!("$ {shown}");
    let status = command.status().with_context(|| format!("{shown} can't be started"))?;
    if !status.success() {
        bail!("{shown} failed ({status})");
    }
    Ok(())
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| {
            word.to_string_lossy().rsplit_once("/bin/").map_or_else(|| word.to_string_lossy().into_owned(), |(_, name)| name.to_owned())
        })
        .collect::<Vec<_>>()
        .join(" ")
}

/// Whether a program of this name is on the path.
pub(crate) fn has(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}
