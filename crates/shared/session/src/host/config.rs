//! What a host session is started with.
//!
//! In scope: keys, statement, seed, wording. Not in scope: where they come from.

use deskhand_identity::{PublicKey, Relay, SecretKey, Session, SignedStatement};
use deskhand_seal::code::CodeStyle;
use deskhand_wire::control::Scopes;

use crate::question::{Question, Standing};

/// Makes the text that the customer is shown for a question, in the customer's language. Its hash goes into the log.
pub type Wording = Box<dyn Fn(&Question) -> String + Send>;

/// Everything that a [`HostSession`](super::HostSession) is made of. Nothing is read from anywhere else.
pub struct HostConfig {
    /// 32 bytes from the system's generator: every random value of the session comes from them. Used for one session.
    pub seed: [u8; 32],
    /// The session's key, also the host's TLS identity. Its hash is the session's id.
    pub session_key: SecretKey<Session>,
    /// The organisation's statement: policy, revocations, keys.
    pub statement: SignedStatement,
    /// What is known about whose statement it is.
    pub standing: Standing,
    /// Key of the relay that the host is connected to.
    pub relay: PublicKey<Relay>,
    /// How the code is said; `None` as the policy says.
    pub code_style: Option<CodeStyle>,
    /// Scopes this host offers at all, for example view alone on a machine where nothing can be injected.
    pub scopes: Scopes,
    /// Language of the texts shown (BCP 47), for the log.
    pub locale: String,
    /// Version of the host program, for the log.
    pub version: String,
    /// Text of the questions; `None` for [`Question::plain_text`].
    pub wording: Option<Wording>,
}
