//! Exports: every form against a parser of its own that takes nothing but that form, with ordinary and with hostile texts.

mod files;
mod forms;
mod hostile;
mod ocsf;
mod page;
mod reviewed;
#[path = "../stored/mod.rs"]
mod stored;
#[cfg(unix)]
mod syslog;
