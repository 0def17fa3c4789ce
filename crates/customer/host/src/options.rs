//! The command line of `deskhand-host`.
//!
//! In scope: options, their meaning and the help text. Not in scope: what is done with them. No option holds a key or a password:
//! what a process was started with can be read by everybody on the machine.

use clap::{Parser, ValueEnum};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  deskhand-host                          open the window; deskhand.toml lies beside the program
  deskhand-host --config acme.toml       use this organisation's file
  deskhand-host --headless               no window: the code and the question appear here
  deskhand-host --headless --json        the same for scripts, one JSON object a line

Exit codes: 0 done, 1 failed, 2 usage, 3 refused (consent, policy, identity), 4 the relay can't be reached";

/// Lets a support technician see your screen after you allow it, and stops when you say so.
#[derive(Parser, Clone, Debug)]
#[command(name = "deskhand-host", version, after_help = EXAMPLES, max_term_width = 100)]
pub struct Options {
    /// The organisation's file; else `deskhand.toml` beside this program, else in the configuration folder
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Language of the texts, like `en`
    #[arg(long, value_name = "TAG", value_parser = language_tag)]
    pub lang: Option<String>,

    /// How the code is made: words, or digits only
    #[arg(long, value_name = "STYLE")]
    pub code_style: Option<Style>,

    /// How the screen is read
    #[arg(long, value_name = "KIND", default_value = "auto")]
    pub capture: Capture,

    /// No window: show the code and ask on the terminal
    #[arg(long)]
    pub headless: bool,

    /// One JSON object a line on standard output; with a window too, where answers come from the window alone
    #[arg(long)]
    pub json: bool,

    /// Save the receipt of the session in this file, without being asked
    #[arg(long, value_name = "FILE")]
    pub save_receipt: Option<PathBuf>,

    /// What to write to standard error: error, warn, info, debug, trace, or a filter like `deskhand_host=debug`
    #[arg(long, value_name = "LEVEL", env = "RUST_LOG", hide_env_values = true, default_value = "warn")]
    pub log: String,
}

/// How a code is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Style {
    /// Three words of a list.
    Words,
    /// Nine digits and a check digit.
    Digits,
}

/// Where pixels come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Capture {
    /// The best that this system has.
    Auto,
    /// The X server.
    X11,
    /// The `scrap` library, when it was built in.
    Scrap,
    /// A picture that is computed, for tests.
    Pattern,
}

/// Two or three letters, and sub-tags of letters and digits behind dashes (BCP 47's shape).
fn language_tag(text: &str) -> Result<String, String> {
    let mut parts = text.split('-');
    let first = parts.next().unwrap_or_default();
    let fits = (2..=3).contains(&first.len())
        && first.bytes().all(|byte| byte.is_ascii_alphabetic())
        && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    if fits { Ok(text.to_ascii_lowercase()) } else { Err("give a language like `en` or `pt-br`".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_options_are_consistent() {
        Options::command().debug_assert();
    }

    #[test]
    fn the_help_has_examples() {
        let help = Options::command().render_long_help().to_string();
        assert!(help.contains("deskhand-host --headless --json"), "{help}");
    }

    #[test]
    fn a_language_is_a_tag() {
        assert_eq!(language_tag("pt-BR").as_deref(), Ok("pt-br"));
        for bad in ["", "e", "english", "../x", "en_US", "en-"] {
            assert!(language_tag(bad).is_err(), "{bad}");
        }
    }
}
