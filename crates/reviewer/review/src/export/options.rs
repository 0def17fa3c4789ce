//! The command line of `export`.
//!
//! In scope: parsing. Not in scope: what a form looks like.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::options::{KeyChoice, Session};

/// What is written, and where.
#[derive(Args, Debug)]
pub(crate) struct Export {
    #[command(flatten)]
    pub(crate) session: Session,
    /// The form.
    #[arg(long, value_name = "FORMAT", alias = "as")]
    pub(crate) format: Form,
    /// A file that is not there yet (default: standard output). It appears when it is whole, or not at all.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// The organisation's statement to trust (default: deskhand.toml in --store).
    #[arg(long, value_name = "FILE")]
    pub(crate) trust: Option<PathBuf>,
    /// Open what is sealed in it too, such as the reason for control: takes your key.
    #[arg(long)]
    pub(crate) open: bool,
    #[command(flatten)]
    pub(crate) key: KeyChoice,
}

/// Forms of export.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// The stored events themselves, each with its hash and the personal values beside it: one JSON object a line.
    Jsonl,
    /// A table with a header (RFC 4180); no cell is taken for a formula.
    Csv,
    /// Open Cybersecurity Schema Framework 1.8.0: one JSON object a line.
    Ocsf,
    /// Common Event Format 0, one event a line, without a syslog header.
    Cef,
    /// Syslog messages with structured data (RFC 5424), one a line.
    Rfc5424,
    /// One page for people, with nothing to load: verdict, summary, timeline.
    Html,
    /// The session itself in one file, SID.dhs, with its recording and everything sealed as it is: for whoever is to prove or replay it.
    Bundle,
}
