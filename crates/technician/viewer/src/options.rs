//! The command line: what may be said, with its help and examples.
//!
//! In scope: parsing. Not in scope: what follows from it.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  deskhand-viewer keygen                                   make your two keys; give the printed line to your administrator
  deskhand-viewer                                          open the window and type the customer's code
  deskhand-viewer --code 48213-velvet-anchor-oxygen --ticket INC-1042
  echo '{\"do\":\"wait\",\"for\":\"view\"}' | deskhand-viewer script --code 48213-velvet-anchor-oxygen

Exit codes: 0 done, 1 failed, 2 usage, 3 refused (consent, policy, identity), 4 unreachable";

/// See a customer's screen and, when the customer allows it, help on it.
#[derive(Parser, Debug)]
#[command(name = "deskhand-viewer", version, after_help = EXAMPLES, subcommand_negates_reqs = true)]
pub struct Options {
    #[command(subcommand)]
    pub(crate) what: Option<What>,
    #[command(flatten)]
    pub(crate) session: Session,
    #[command(flatten)]
    pub(crate) common: Common,
    /// Fill the whole display.
    #[arg(long)]
    pub(crate) fullscreen: bool,
    /// Show the customer's screen fitted to the window, or one pixel for one.
    #[arg(long, value_enum, default_value_t = Scale::Fit)]
    pub(crate) scale: Scale,
}

/// What to do instead of opening the window.
#[derive(Subcommand, Debug)]
pub(crate) enum What {
    /// Make the technician's two keys and print what the administrator needs.
    Keygen {
        /// Where the key file goes (default: deskhand/technician.key in the configuration folder).
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Keep the keys without a passphrase; for machines only.
        #[arg(long, conflicts_with = "passphrase_file")]
        no_passphrase: bool,
    },
    /// Run a session without a window: read one JSON command a line, answer one JSON line each.
    #[command(after_help = crate::script::HELP)]
    Script,
}

/// Who connects to whom, and why.
#[derive(Args, Debug, Clone)]
pub(crate) struct Session {
    /// The organisation's statement (default: deskhand/deskhand.toml in the configuration folder).
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) config: Option<PathBuf>,
    /// The key file (default: deskhand/technician.key in the configuration folder).
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) key: Option<PathBuf>,
    /// The technician certificate (default: the key file's name with .cert behind it, when there is one).
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) cert: Option<PathBuf>,
    /// The customer's one-time code; - reads it as a line from standard input.
    #[arg(long, value_name = "CODE", global = true)]
    pub(crate) code: Option<String>,
    /// The ticket this session belongs to; the customer sees it.
    #[arg(long, value_name = "ID", global = true)]
    pub(crate) ticket: Option<String>,
    /// Why, in your words; the customer sees it.
    #[arg(long, value_name = "TEXT", global = true)]
    pub(crate) reason: Option<String>,
    /// Read the key file's passphrase from this file's first line.
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) passphrase_file: Option<PathBuf>,
}

/// What every program of Deskhand understands.
#[derive(Args, Debug, Clone)]
pub(crate) struct Common {
    /// Write results as one JSON object a line.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// How much to tell on standard error: error, warn, info, debug or trace.
    #[arg(long, value_name = "LEVEL", env = "RUST_LOG", hide_env_values = true, global = true, default_value = "warn")]
    pub(crate) log: String,
}

impl Options {
    /// What `--log` said.
    #[must_use]
    pub fn log(&self) -> &str {
        &self.common.log
    }

    /// Whether the log may have colours.
    #[must_use]
    pub fn colours(&self) -> bool {
        use std::io::IsTerminal as _;
        std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) && std::io::stderr().is_terminal()
    }
}

/// How large the customer's screen is shown at the start.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scale {
    /// All of it, made smaller when it must be.
    Fit,
    /// One pixel for one; move about with the scroll bars.
    #[value(name = "1")]
    One,
}

/// What a session needs when nothing is said, for tests of the window.
#[cfg(test)]
impl Options {
    pub(crate) fn parsed(line: &str) -> Self {
        Self::parse_from(line.split(' '))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        Options::command().debug_assert();
    }

    #[test]
    fn options_may_stand_before_and_behind_script() {
        for line in ["deskhand-viewer --key k script --code 1", "deskhand-viewer script --code 1 --key k"] {
            let options = Options::try_parse_from(line.split(' ')).unwrap();
            assert!(matches!(options.what, Some(What::Script)));
            assert_eq!(options.session.code.as_deref(), Some("1"));
            assert_eq!(options.session.key, Some(PathBuf::from("k")));
        }
    }

    #[test]
    fn a_scale_that_does_not_exist_is_refused() {
        assert!(Options::try_parse_from(["deskhand-viewer", "--scale", "2"]).is_err());
        assert_eq!(Options::try_parse_from(["deskhand-viewer", "--scale", "1"]).unwrap().scale, Scale::One);
    }
}
