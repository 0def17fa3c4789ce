//! The first words of a client to the relay, and its answer.
//!
//! In scope: opening the relay stream, versions, refusals as errors. Not in scope: whether a statement that comes along
//! is genuine (`identity` checks it against the one the client holds).

use deskhand_wire::{
    limits::{MAX_RELAY_FRAME, OLDEST_VERSION, VERSION},
    relay::{ClientHello, Refusal, RelayHello, Role},
    stream::StreamHead,
};

use crate::{
    connection::{CloseCode, Connection},
    error::LinkError,
    frames::{FrameReader, FrameWriter},
};

/// The relay let this client in.
#[derive(Debug)]
pub struct Greeting {
    /// Protocol version both speak.
    pub version: u16,
    /// The relay's newer statement, unchecked.
    pub statement: Option<String>,
    /// For a technician: this key's certificate first, then every other one issued in the same name, newest first,
    /// each as its one-line text. Unchecked.
    pub certificates: Vec<String>,
    /// For a technician: the proof that the first of them is in the organisation's log. Unchecked.
    pub entered: Vec<u8>,
    /// The relay's clock, milliseconds since the Unix epoch; shown, never believed.
    pub time_ms: u64,
    /// Messages to the relay.
    pub writer: FrameWriter,
    /// Messages from the relay.
    pub reader: FrameReader,
}

/// Says hello as `role`, holding the statement of this serial (0 for none), and reads the answer.
///
/// # Errors
/// [`LinkError::Incompatible`] and [`LinkError::Refused`] as the relay says, else the connection's error.
pub async fn hello(connection: &Connection, role: Role, statement_serial: u64) -> Result<Greeting, LinkError> {
    let (mut writer, mut reader) = connection.open_bi(StreamHead::Relay).await?;
    let hello = ClientHello { oldest: OLDEST_VERSION, newest: VERSION, role, statement_serial };
    writer.send(&hello).await?;
    match reader.recv(MAX_RELAY_FRAME).await? {
        Some(RelayHello::Welcome { version, statement, certificates, entered, time_ms })
            if (OLDEST_VERSION..=VERSION).contains(&version) =>
        {
            Ok(Greeting {
                version,
                statement: statement.map(|text| text.as_str().to_owned()),
                certificates: certificates.as_slice().iter().map(|text| text.as_str().to_owned()).collect(),
                entered,
                time_ms,
                writer,
                reader,
            })
        }
        Some(RelayHello::Welcome { version, .. }) => {
            Err(LinkError::Incompatible { detail: format!("the relay chose protocol version {version}") })
        }
        Some(RelayHello::Refused(refusal)) => Err(refused(refusal)),
        None => Err(LinkError::Closed { reason: "the relay said nothing".into() }),
    }
}

/// The sentence for a person, and the error.
#[must_use]
pub fn refused(refusal: Refusal) -> LinkError {
    if let Refusal::Incompatible { oldest, newest } = refusal {
        return LinkError::Incompatible {
            detail: format!("the relay speaks protocol versions {oldest} to {newest}, this program {OLDEST_VERSION} to {VERSION}"),
        };
    }
    LinkError::Refused { code: CloseCode::Refused as u32, text: refusal_text(refusal).into() }
}

/// What a refusal means and what to do.
#[must_use]
pub fn refusal_text(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Incompatible { .. } => "the versions of this program and the relay do not fit together: update the older of the two",
        Refusal::UnknownTechnician => {
            "no certificate for this technician's key: ask your administrator to add you (deskhand-relay tech add)"
        }
        Refusal::RevokedTechnician => "this technician's certificate was revoked: ask your administrator",
        Refusal::ExpiredCertificate => {
            "this technician's certificate is past its date: ask your administrator for a new one (deskhand-relay tech add)"
        }
        Refusal::UnknownReviewer => {
            "this key is not a reviewer's of this organisation: ask your administrator (deskhand-relay reviewer add)"
        }
        Refusal::Full => "the relay has no room for another connection: try again in a few minutes",
        Refusal::StoreFailed => "the relay cannot store session logs at present: tell your administrator to look at its disk",
    }
}
