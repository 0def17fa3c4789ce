//! The technician's program: see a customer's screen and, when the customer allows it, help on it.
//!
//! In scope: keys (`keygen`), a session in a window or by a script, errors and exit codes. Not in scope: the rules of a
//! session (`session`), the network (`link`), decoding (`cage`, `decode`), painting (`paint`).
//!
//! ```text
//!   window  ── Command ──▶ desk ──▶ conductor ◀── arrivals ◀── link
//!   script  ──  Order  ───────────▶    │  ▲
//!      ▲                               │  └── picture (thread) ──▶ paint::Surface ──▶ window
//!      └──── Snapshot, Meter ◀── board ◀┘
//! ```
//! One task, the conductor, owns the session; the window is a function of a snapshot and owns nothing that acts.
#![forbid(unsafe_code)]

mod arrivals;
mod board;
mod chord;
mod clock;
mod conductor;
mod desk;
mod dial;
mod failure;
mod gesture;
mod keygen;
mod monitors;
mod options;
mod outgoing;
mod passphrase;
mod picture;
mod place;
mod reorder;
mod script;
mod setup;
mod state;
mod trail;
mod window;

pub use failure::{Exit, Failure};
pub use options::Options;

use options::What;

/// Does what the command line says.
///
/// # Errors
/// [`Failure`], whose sentence is for the person and whose exit code is the contract's.
pub fn run(options: &Options) -> Result<(), Failure> {
    match &options.what {
        Some(What::Keygen { out, no_passphrase }) => keygen::run(&keygen::Wish {
            out: out.as_deref(),
            passphrase_file: options.session.passphrase_file.as_deref(),
            no_passphrase: *no_passphrase,
            json: options.common.json,
        }),
        Some(What::Script) => script::run(&options.session),
        None => window::run(options),
    }
}

/// One thread for everything that waits: a session has little to do and much to wait for.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::local(format!("this computer can't start the program: {error}")))
}
