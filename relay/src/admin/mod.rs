//! Administration: keys, the statement, technicians, reviewers, policy, packages, status.
//!
//! In scope: every command of `deskhand-relay` but `serve`, as functions from options to a report; and what `serve` reads
//! of the data folder ([`store`]). Not in scope: printing, exit codes of the process, the network: no command here
//! opens a connection, so there is no set-up path over the network.
//!
//! The organisation key is opened by the commands that sign, never by `serve`.

mod answer;
mod context;
mod error;
mod folder;
mod init;
pub mod options;
mod organisation;
mod package;
mod policy;
mod reviewer;
mod status;
pub mod store;
mod tech_add;
mod tech_list;
mod tech_revoke;
mod tech_sign;
mod witness;

pub use answer::Report;
pub use context::{Ask, Context, Terminal};
pub use error::AdminError;
pub use init::{Initialised, init};
pub use options::Command;
pub use package::{Packaged, package};
pub use policy::{PolicyImported, PolicySet, PolicyShown, import, set, show};
pub use reviewer::{ReviewerAdded, ReviewerRemoved, Reviewers};
pub use status::{Status, status};
pub use tech_add::{TechnicianAdded, tech_add};
pub use tech_list::{TechnicianList, tech_list};
pub use tech_revoke::{TechniciansRevoked, tech_revoke};
pub use tech_sign::{TechnicianSigned, tech_sign};
pub use witness::{WitnessChanged, Witnesses};

use options::{PolicyCommand, ReviewerCommand, TechCommand, WitnessCommand};

/// Runs one command. What it reports is printed by `main`.
///
/// # Errors
/// An [`AdminError`], whose [`exit_code`](AdminError::exit_code) is the process's.
pub fn run(command: &Command, context: &Context<'_>) -> Result<Report, AdminError> {
    Ok(match command {
        Command::Init(options) => Report::of(&init(options, context)?),
        Command::Tech(TechCommand::Sign(options)) => Report::of(&tech_sign(options, context)?),
        Command::Tech(TechCommand::Add(options)) => Report::of(&tech_add(options, context)?),
        Command::Tech(TechCommand::List(options)) => Report::of(&tech_list(options, context)?),
        Command::Tech(TechCommand::Revoke(options)) => Report::of(&tech_revoke(options, context)?),
        Command::Reviewer(ReviewerCommand::Add(options)) => Report::of(&reviewer::add(options, context)?),
        Command::Reviewer(ReviewerCommand::List(options)) => Report::of(&reviewer::list(options)?),
        Command::Reviewer(ReviewerCommand::Remove(options)) => Report::of(&reviewer::remove(options, context)?),
        Command::Witness(WitnessCommand::Add(options)) => Report::of(&witness::add(options, context)?),
        Command::Witness(WitnessCommand::List(options)) => Report::of(&witness::list(options)?),
        Command::Witness(WitnessCommand::Remove(options)) => Report::of(&witness::remove(options, context)?),
        Command::Policy(PolicyCommand::Show(options)) => Report::of(&show(options)?),
        Command::Policy(PolicyCommand::Set(options)) => Report::of(&set(options, context)?),
        Command::Policy(PolicyCommand::Import(options)) => Report::of(&import(options, context)?),
        Command::Package(options) => Report::of(&package(options, context)?),
        Command::Status(options) => Report::of(&status(options, context)?),
    })
}
