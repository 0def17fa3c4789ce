//! `cargo xtask check`: format, lints, layers, licences, docs.

use crate::{
    run::{cargo, has, must},
    system::{self, For},
};
use std::path::Path;

/// The version of cargo-deny that `deny.toml` is written for.
const CARGO_DENY: &str = "0.20.2";

pub(crate) fn run() -> anyhow::Result<()> {
    system::prepare(For::Check)?;
    must(&mut cargo(&["fmt", "--all", "--check"]))?;
    must(&mut cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    must(&mut cargo(&["clippy", "--package", "deskhand-capture", "--features", "scrap", "--", "-D", "warnings"]))?;
    must(&mut cargo(&["test", "--package", "deskhand-tests", "--test", "scenarios", "layers::"]))?;
    // Private items are documented too, so links to them are in order.
    must(
        cargo(&["doc", "--workspace", "--no-deps", "--document-private-items"])
            .env("RUSTDOCFLAGS", "-D warnings -A rustdoc::private_intra_doc_links"),
    )?;
    if !has("cargo-deny") && !home_has_deny() {
        must(&mut cargo(&["install", "--locked", "--version", CARGO_DENY, "cargo-deny"]))?;
    }
    // Advisories come from a repository on the network: only where one can be reached, by `cargo deny check advisories`.
    must(&mut cargo(&["deny", "--workspace", "check", "licenses", "bans", "sources"]))?;
    eprintln!("format, lints, layers, docs and licences are in order");
    Ok(())
}

fn home_has_deny() -> bool {
    std::env::var_os("CARGO_HOME")
        .map(|home| Path::new(&home).join("bin/cargo-deny"))
        .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cargo/bin/cargo-deny")))
        .is_some_and(|path| path.is_file())
}
