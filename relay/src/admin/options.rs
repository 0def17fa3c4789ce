//! The options of every command, as `clap` reads them. In scope: names, help, what excludes what.
//! Not in scope: what the commands do. No key and no passphrase is ever an argument.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

/// Every command of the relay but `serve`.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Make the keys, the data folder and the first statement
    Init(InitOptions),
    /// Technicians: sign, add, list, revoke
    #[command(subcommand)]
    Tech(TechCommand),
    /// Reviewers: add, list, remove (each change makes the next statement)
    #[command(subcommand)]
    Reviewer(ReviewerCommand),
    /// Outside witnesses of the organisation's log: add, list, remove (each change makes the next statement)
    #[command(subcommand)]
    Witness(WitnessCommand),
    /// Policy: show, set, import
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Write what customers and technicians need: deskhand.toml, and the host program when it is here
    Package(PackageOptions),
    /// Say what the relay is doing: live sessions, capacity, disk, version
    Status(DataOptions),
}

/// `tech …`
#[derive(Clone, Debug, Subcommand)]
pub enum TechCommand {
    /// Sign a certificate, anywhere; no relay is needed
    Sign(TechSignOptions),
    /// Sign and import, or import a certificate signed elsewhere (--cert)
    Add(TechAddOptions),
    /// List the technicians of this relay
    List(DataOptions),
    /// Revoke every certificate in a name (makes the next statement)
    Revoke(TechRevokeOptions),
}

/// `reviewer …`
#[derive(Clone, Debug, Subcommand)]
pub enum ReviewerCommand {
    /// Add a reviewer: who may open recordings from now on
    Add(ReviewerAddOptions),
    /// List the reviewers
    List(DataOptions),
    /// Remove a reviewer: recordings from now on are not for them
    Remove(ReviewerRemoveOptions),
}

/// `witness …`
#[derive(Clone, Debug, Subcommand)]
pub enum WitnessCommand {
    /// Add a witness: who outside may vouch for the organisation's log
    Add(WitnessAddOptions),
    /// List the witnesses
    List(DataOptions),
    /// Remove a witness
    Remove(WitnessRemoveOptions),
}

/// `policy …`
#[derive(Clone, Debug, Subcommand)]
pub enum PolicyCommand {
    /// Show every policy, its value and what it takes
    Show(DataOptions),
    /// Set policies (makes the next statement)
    Set(PolicySetOptions),
    /// Take over a statement that was signed elsewhere
    Import(PolicyImportOptions),
}

/// Where the relay's files are.
#[derive(Clone, Debug, Args)]
pub struct DataOptions {
    /// The relay's data folder
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
}

/// How the passphrase of the organisation key is come by.
#[derive(Clone, Debug, Default, Args)]
pub struct PassphraseOptions {
    /// Read the passphrase from the first line of this file
    #[arg(long, value_name = "FILE", conflicts_with = "no_passphrase")]
    pub passphrase_file: Option<PathBuf>,
    /// Hold the key without a passphrase; never ask for one
    #[arg(long)]
    pub no_passphrase: bool,
}

/// The organisation key, for commands that sign.
#[derive(Clone, Debug, Default, Args)]
pub struct SigningOptions {
    /// The organisation key [default: DIR/org.key]
    #[arg(long, value_name = "FILE")]
    pub org_key: Option<PathBuf>,
    /// Its passphrase
    #[command(flatten)]
    pub passphrase: PassphraseOptions,
}

impl SigningOptions {
    /// The key's file: the one named, or `org.key` in the data folder.
    #[must_use]
    pub fn key_file(&self, data: &Path) -> PathBuf {
        self.org_key.clone().unwrap_or_else(|| data.join(super::store::ORGANISATION_KEY))
    }
}

/// `init`
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example:\n  deskhand-relay init --data /var/lib/deskhand --org \"Acme Support\" --org-key /media/usb/org.key")]
pub struct InitOptions {
    /// The data folder
    #[command(flatten)]
    pub data: DataOptions,
    /// The organisation's name
    #[arg(long, value_name = "NAME")]
    pub org: String,
    /// The organisation's domain, shown to customers once it was checked
    #[arg(long, value_name = "DOMAIN")]
    pub domain: Option<String>,
    /// Where customers and technicians reach the relay; may be given later with package
    #[arg(long, value_name = "HOST:PORT")]
    pub address: Vec<String>,
    /// The organisation key
    #[command(flatten)]
    pub signing: SigningOptions,
}

/// `tech sign`
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example:\n  deskhand-relay tech sign \"Ana Ruiz\" deskhand-technician-public-1:… --org-key org.key --out ana.cert")]
pub struct TechSignOptions {
    /// The technician's name, as customers will read it
    pub name: String,
    /// What deskhand-viewer keygen printed
    pub pubkey: String,
    /// The organisation key
    #[arg(long, value_name = "FILE")]
    pub org_key: PathBuf,
    /// Write the certificate to this file instead of standard output
    #[arg(long, value_name = "CERT")]
    pub out: Option<PathBuf>,
    /// Its passphrase
    #[command(flatten)]
    pub passphrase: PassphraseOptions,
}

/// `tech add`
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Examples:\n  deskhand-relay tech add \"Ana Ruiz\" deskhand-technician-public-1:… --data DIR\n  deskhand-relay tech add --cert ana.cert --data DIR"
)]
pub struct TechAddOptions {
    /// The technician's name, as customers will read it
    #[arg(required_unless_present = "cert", requires = "pubkey")]
    pub name: Option<String>,
    /// What deskhand-viewer keygen printed
    pub pubkey: Option<String>,
    /// Import this certificate, signed elsewhere; the organisation key is not needed
    #[arg(long, value_name = "CERT", conflicts_with_all = ["name", "org_key", "passphrase_file", "no_passphrase"])]
    pub cert: Option<PathBuf>,
    /// The data folder
    #[command(flatten)]
    pub data: DataOptions,
    /// The organisation key
    #[command(flatten)]
    pub signing: SigningOptions,
}

/// `tech revoke`
#[derive(Clone, Debug, Args)]
pub struct TechRevokeOptions {
    /// The name, the fingerprint that `tech list` shows, or the public key
    pub name: String,
    /// The data folder
    #[command(flatten)]
    pub data: DataOptions,
    /// The organisation key
    #[command(flatten)]
    pub signing: SigningOptions,
}

/// `reviewer add`
#[derive(Clone, Debug, Args)]
pub struct ReviewerAddOptions {
    /// The reviewer's name
    pub name: String,
    /// What deskhand-review keygen printed
    pub pubkey: String,
    /// The data folder
    #[command(flatten)]
    pub data: DataOptions,
    /// The organisation key
    #[command(flatten)]
    pub signing: SigningOptions,
}

/// `witness add`
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example:\n  deskhand-relay witness add witness.example.com+1f3a5b7c+BEx… --data DIR")]
pub struct WitnessAddOptions {
    /// The witness's key as it publishes it: NAME+HASH+KEY (C2SP signed-note)
    pub key: String,
    /// The data folder
    #[command(flatten)]
    pub data: DataOptions,
    /// The organisation key
    #[command(flatten)]
    pub signing: SigningOptions,
}

/// `witness remove`
#[derive(Clone, Debug, Args)]
pub struct WitnessRemoveOptions {
    /// The name
    pub name: String,
    /// The data folder
    #[command(flatten)]
    pub data: DataOptions,
    /// The organisation key
    #[command(flatten)]
    pub signing: SigningOptions,
}

/// `reviewer remove`
#[derive(Clone, Debug, Args)]
pub struct ReviewerRemoveOptions {
    /// The name, or the fingerprint that `reviewer list` shows
    pub name: String,
    /// The data folder
    #[command(flatten)]
    pub data: DataOptions,
    /// The organisation key
    #[command(flatten)]
    pub signing: SigningOptions,
}

/// `policy set`
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example:\n  deskhand-relay policy set recording=required retention_days=2192 --data DIR --org-key org.key")]
pub struct PolicySetOptions {
    /// What to set; `policy show` lists the names and what they take
    #[arg(value_name = "KEY=VALUE", required = true)]
    pub pairs: Vec<String>,
    /// The data folder
    #[command(flatten)]
    pub data: DataOptions,
    /// The organisation key
    #[command(flatten)]
    pub signing: SigningOptions,
}

/// `policy import`
#[derive(Clone, Debug, Args)]
pub struct PolicyImportOptions {
    /// A statement of this organisation with a newer serial
    pub file: PathBuf,
    /// The data folder
    #[command(flatten)]
    pub data: DataOptions,
}

/// `package`
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example:\n  deskhand-relay package --data DIR --out customer --address relay.acme.example:4433")]
pub struct PackageOptions {
    /// The data folder
    #[command(flatten)]
    pub data: DataOptions,
    /// The folder to write to
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Where customers and technicians reach the relay [default: as stated, or where it listens]
    #[arg(long, value_name = "HOST:PORT")]
    pub address: Vec<String>,
    /// The organisation key
    #[command(flatten)]
    pub signing: SigningOptions,
}
