//! The command line: what may be said, with its help and examples.
//!
//! In scope: parsing. Not in scope: what follows from it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use deskhand_identity::SessionId;

use crate::{
    export::options::Export,
    list::filter::{Filter, NOT_FOUND_BY},
    part::Part,
};

const EXAMPLES: &str = "\
Examples:
  deskhand-review keygen                                     make your two keys; give the printed line to your administrator
  deskhand-review list --store /srv/deskhand                 every session of a relay's data folder
  deskhand-review list --store /srv/deskhand --since 2026-01-01 --technician ruiz --kind control.granted
  deskhand-review show SID --store /srv/deskhand             what happened in one of them
  deskhand-review show SID --store /srv/deskhand --open      and what the technician gave as reason
  deskhand-review verify SID --store /srv/deskhand           prove that nothing was changed; the statement there is trusted
  deskhand-review verify ./SID --trust deskhand.toml --json  a session's folder alone, against a statement you hold
  deskhand-review export SID --store /srv/deskhand --format html --out session.html --purpose \"Case 4711\"
  deskhand-review export SID --store /srv/deskhand --format bundle --out SID.dhs   the whole session in one file, recording included
  deskhand-review verify SID.dhs --trust deskhand.toml       and that file is proven as the folder is
  deskhand-review replay SID --store /srv/deskhand --out session.mp4   a film of it, with a chapter for each event
  deskhand-review serve --store /srv/deskhand                watch them in your browser

Exit codes: 0 done, 1 failed, 2 usage, 3 refused, 5 verification failed";

/// Find, read and prove the sessions that a relay stored.
#[derive(Parser, Debug)]
#[command(name = "deskhand-review", version, after_help = EXAMPLES)]
pub struct Options {
    #[command(subcommand)]
    pub(crate) what: What,
    /// Write results as one JSON object a line.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// How much to tell on standard error: error, warn, info, debug or trace.
    #[arg(long, value_name = "LEVEL", global = true, default_value = "warn")]
    pub(crate) log: String,
    /// Whether results go to a terminal that shows colours.
    #[arg(skip)]
    pub(crate) colour: bool,
}

/// The commands.
#[derive(Subcommand, Debug)]
pub(crate) enum What {
    /// Make the reviewer's two keys and print what the administrator needs.
    Keygen {
        /// Where the key file goes (default: deskhand/reviewer.key in the configuration folder).
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        #[command(flatten)]
        passphrase: Passphrase,
    },
    /// List the sessions of a store, the newest first. What it says is not verified.
    #[command(after_help = NOT_FOUND_BY)]
    List {
        /// A relay's data folder.
        #[arg(long, value_name = "DIR")]
        store: PathBuf,
        #[command(flatten)]
        filter: Filter,
    },
    /// Show what happened in a session, event by event.
    Show {
        #[command(flatten)]
        session: Session,
        #[command(flatten)]
        part: Part,
        /// Open what is sealed in it too, such as the reason for control: takes your key.
        #[arg(long)]
        open: bool,
        #[command(flatten)]
        key: KeyChoice,
    },
    /// Open a session's key as the first of two reviewers; the file opens for any other one of them, with --first.
    Unlock {
        #[command(flatten)]
        session: Session,
        #[command(flatten)]
        key: KeyChoice,
        /// Where the file for the other reviewer goes.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Keep a session from being erased, or let it be erased again.
    Hold {
        #[command(flatten)]
        wish: Wish,
        /// It may be erased again.
        #[arg(long)]
        clear: bool,
    },
    /// Destroy what opens a session's recording and its personal values, for good; its log stays and verifies.
    Erase {
        #[command(flatten)]
        wish: Wish,
    },
    /// Check the organisation's own log and compare it with the store: a session that vanished, or was put in, is named.
    Organisation {
        /// A relay's data folder.
        #[arg(long, value_name = "DIR")]
        store: PathBuf,
        /// The organisation's statement to trust (default: deskhand.toml in --store).
        #[arg(long, value_name = "FILE")]
        trust: Option<PathBuf>,
    },
    /// Make a film of a session's recording, with a chapter for each event, or its pictures.
    Replay {
        #[command(flatten)]
        session: Session,
        #[command(flatten)]
        key: KeyChoice,
        #[command(flatten)]
        film: Film,
    },
    /// Watch a store's sessions in your browser: a page of this computer alone, opened by a link that works once.
    Serve {
        /// A relay's data folder.
        #[arg(long, value_name = "DIR")]
        store: PathBuf,
        #[command(flatten)]
        key: KeyChoice,
        /// The organisation's statement to trust (default: deskhand.toml in --store).
        #[arg(long, value_name = "FILE")]
        trust: Option<PathBuf>,
        /// The page's port on 127.0.0.1 (default: any that is free).
        #[arg(long, value_name = "N", default_value_t = 0)]
        port: u16,
    },
    /// Recompute everything that a session's folder or bundle claims and say whether it stands.
    Verify {
        #[command(flatten)]
        session: Session,
        /// The organisation's statement to trust (default: deskhand.toml in --store).
        #[arg(long, value_name = "FILE")]
        trust: Option<PathBuf>,
        /// The customer's receipt: a history that was written anew after the customer got it is FORKED.
        #[arg(long, value_name = "FILE")]
        receipt: Option<PathBuf>,
    },
    /// Write a session's events in another form: for a program that collects logs, a table, or a person.
    Export(Export),
}

/// Which session.
#[derive(Args, Debug, Clone)]
pub(crate) struct Session {
    /// The session's id, with --store; or the path of its folder or of a bundle of it.
    #[arg(value_name = "SID|DIR|FILE.dhs")]
    pub(crate) session: String,
    /// A relay's data folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) store: Option<PathBuf>,
}

/// What is made of a recording.
#[derive(Args, Debug, Clone)]
pub(crate) struct Film {
    /// An MP4 file (a name that ends in .mp4), else a new folder for PNG pictures.
    #[arg(long, value_name = "FILE.mp4|DIR")]
    pub(crate) out: PathBuf,
    /// Begin at this second of the session.
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub(crate) from: u64,
    /// End at this second of the session.
    #[arg(long, value_name = "S")]
    pub(crate) to: Option<u64>,
    /// How many times as fast as it was, 1 to 100.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) speed: u32,
    /// Shorten to one second whatever time nothing changed and nothing happened.
    #[arg(long)]
    pub(crate) skip_idle: bool,
}

/// What opens a recording.
#[derive(Args, Debug, Clone, Default)]
pub(crate) struct KeyChoice {
    /// Your key file (default: deskhand/reviewer.key in the configuration folder).
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// Read the key file's passphrase from this file's first line.
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Ask the relay of this statement for the other half; it enters that in the organisation's log.
    #[arg(long, value_name = "FILE", conflicts_with = "shred")]
    pub(crate) config: Option<PathBuf>,
    /// What for: it is entered in the organisation's log with --config, and written into an export.
    #[arg(long, value_name = "TEXT")]
    pub(crate) purpose: Option<String>,
    /// The relay's folder of halves (default: beside --store, its name with .shred behind it).
    #[arg(long, value_name = "DIR")]
    pub(crate) shred: Option<PathBuf>,
    /// What another reviewer got with `unlock`, where it takes two.
    #[arg(long, value_name = "FILE")]
    pub(crate) first: Option<PathBuf>,
}

/// Something that a relay is to do with a session.
#[derive(Args, Debug, Clone)]
pub(crate) struct Wish {
    /// The session's id.
    #[arg(value_name = "SID", value_parser = stored)]
    pub(crate) session: SessionId,
    /// The statement of the relay's organisation.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// Why; it is entered in the organisation's log.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// Your key file (default: deskhand/reviewer.key in the configuration folder).
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// Read the key file's passphrase from this file's first line.
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

/// How a new key file is kept.
#[derive(Args, Debug, Clone, Default)]
pub(crate) struct Passphrase {
    /// Read the passphrase from this file's first line.
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Keep the keys without a passphrase; for machines only.
    #[arg(long, conflicts_with = "passphrase_file")]
    pub(crate) no_passphrase: bool,
}

/// The id of a session in a relay's store. A copy of it is beyond a relay's reach.
fn stored(text: &str) -> Result<SessionId, String> {
    text.parse().map_err(|why| {
        if std::path::Path::new(text).exists() {
            format!("{text} is a copy, and this works on the relay's own store only: give the session's id (26 characters of a-z and 2-7)")
        } else {
            format!("{why}")
        }
    })
}

impl Options {
    /// What `--log` said.
    #[must_use]
    pub fn log(&self) -> &str {
        &self.log
    }

    /// The same, with colours in what is shown to a person.
    #[must_use]
    pub fn with_colour(self, colour: bool) -> Self {
        Self { colour, ..self }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Options::command().debug_assert();
    }

    #[test]
    fn json_may_stand_before_and_behind_the_command() {
        for line in ["deskhand-review --json list --store d", "deskhand-review list --store d --json"] {
            assert!(Options::try_parse_from(line.split(' ')).unwrap().json);
        }
    }
}
