//! Checkpoints (C2SP tlog-checkpoint): the size and root of a log, signed.
//!
//! In scope: the text of a checkpoint, strict reading, the origin line. Not in scope: when to sign
//! (`cadence`), whether two checkpoints agree (`verify`).

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use deskhand_identity::{Kind, Organisation as OrganisationKey, PublicKey, SecretKey, SessionId, Signature};

use crate::{
    encoding::Hash,
    event::Organisation,
    note::{Note, NoteError, is_key_name},
};

/// First line of a session's checkpoints, and the name of the key that signs them:
/// `<organisation>/deskhand/<sid>`.
///
/// `<organisation>` is the organisation's domain when the statement names one, else the fingerprint
/// of its key: a free-text name may hold spaces, which a key's name must not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// The origin of a session of this organisation.
    pub fn of(key: &PublicKey<OrganisationKey>, domain: Option<&str>, sid: &SessionId) -> Self {
        Self(format!("{}/deskhand/{sid}", organisation(key, domain)))
    }

    /// The origin of a session created like this.
    pub fn of_session(organisation: &Organisation, sid: &SessionId) -> Self {
        Self::of(&organisation.key, organisation.domain.as_deref(), sid)
    }

    /// The origin of the organisation's own log: `<organisation>/deskhand/log`. No session has this id: `l`, `o` and `g` are three letters.
    pub fn of_organisation(key: &PublicKey<OrganisationKey>, domain: Option<&str>) -> Self {
        Self(format!("{}/deskhand/log", organisation(key, domain)))
    }

    /// The name under which the relay cosigns: `<organisation>/deskhand/relay`.
    pub fn relay_name(&self) -> String {
        let organisation = self.0.rsplit_once('/').map_or(self.0.as_str(), |(organisation, _)| organisation);
        format!("{organisation}/relay")
    }

    /// The name under which the technician of this number cosigns: `<organisation>/deskhand/<sid>/technician/<number>`. Who comes back
    /// has another number, and so a name that has cosigned nothing yet.
    pub fn technician_name(&self, peer: u8) -> String {
        format!("{}/technician/{peer}", self.0)
    }

    /// The line, without its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The domain, or the key's fingerprint where there is none that can stand in a name.
fn organisation(key: &PublicKey<OrganisationKey>, domain: Option<&str>) -> String {
    match domain {
        Some(domain) if is_key_name(domain) && !domain.chars().any(char::is_control) => domain.to_owned(),
        _ => key.fingerprint(),
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a host commits to: these `size` leaves, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Whose log.
    pub origin: Origin,
    /// How many leaves.
    pub size: u64,
    /// The RFC 6962 root over them.
    pub root: Hash,
}

/// Why a note is not a checkpoint of this log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The note itself is wrong.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The text is not origin, size, root.
    #[error("the checkpoint's text is not an origin, a size and a root")]
    Malformed,
    /// It belongs to another log.
    #[error("the checkpoint belongs to another log")]
    Origin,
}

impl Checkpoint {
    /// The text that is signed.
    pub fn text(&self) -> String {
        let root = STANDARD.encode(self.root.0);
        format!("{}\n{}\n{root}\n", self.origin, self.size)
    }

    /// The signed note.
    pub fn sign<K: Kind>(&self, key: &SecretKey<K>) -> Note {
        self.sign_with(&key.public(), |text| key.sign_note(text))
    }

    /// The signed note, when the secret key is elsewhere.
    pub fn sign_with<K: Kind>(&self, key: &PublicKey<K>, sign: impl FnOnce(&[u8]) -> Signature) -> Note {
        Note::signed(self.text(), self.origin.as_str(), key, sign)
    }

    /// Reads a checkpoint of the log `origin` and checks the signature of the log's own key. Strict: any
    /// other spelling of the same text is an error; extension lines are not used.
    pub fn open<K: Kind>(note: &Note, origin: &Origin, key: &PublicKey<K>) -> Result<Self, CheckpointError> {
        let mut lines = note.text.split('\n');
        let (Some(first), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(CheckpointError::Malformed);
        };
        if first != origin.as_str() {
            return Err(CheckpointError::Origin);
        }
        let root = STANDARD.decode(root).ok().and_then(|root| root.try_into().ok()).ok_or(CheckpointError::Malformed)?;
        let checkpoint = Self { origin: origin.clone(), size: size.parse().map_err(|_| CheckpointError::Malformed)?, root: Hash(root) };
        if checkpoint.text() != note.text {
            return Err(CheckpointError::Malformed);
        }
        note.check(origin.as_str(), key)?;
        Ok(checkpoint)
    }
}

#[cfg(test)]
mod tests;
