//! What can go wrong on the way to the other side, grouped by blame, each with what the person can do about it.
//!
//! In scope: errors of connecting and of a running connection. Not in scope: errors of key files (`keyfile`).

use quinn::{ConnectionError, TransportErrorCode};
use thiserror::Error;

/// Why there is no connection, or no longer one.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinkError {
    /// Nobody answered. The network, a firewall or a stopped relay is to blame.
    #[error(
        "the relay cannot be reached at {}{}: check this computer's network, that UDP is not blocked on the way, and that the relay is running",
        addresses.join(", "), detail.as_ref().map(|d| format!(" ({d})")).unwrap_or_default()
    )]
    Unreachable {
        /// The addresses that were tried, as configured.
        addresses: Vec<String>,
        /// What the system said, when it said something.
        detail: Option<String>,
    },
    /// Something answers at that address, but it does not hold the relay's key. The relay, or somebody on the way, is
    /// to blame.
    #[error(
        "the relay at {address} does not hold the key named in deskhand.toml, so this connection is refused: get a current deskhand.toml from your support organisation"
    )]
    WrongRelayKey {
        /// The address that answered.
        address: String,
    },
    /// The relay's certificate is outside its time by this computer's clock, which is to blame.
    #[error("the clock of this computer does not fit the relay's: set date and time right, then try again")]
    ClockWrong,
    /// The other side speaks another version.
    #[error("this program and the other side do not fit together ({detail}): update the older of the two")]
    Incompatible {
        /// What did not fit.
        detail: String,
    },
    /// The relay said no and why.
    #[error("the relay refused: {text}")]
    Refused {
        /// Application close code (`wire` names them).
        code: u32,
        /// The relay's sentence for the person.
        text: String,
    },
    /// The other side closed the connection on purpose, or this side did.
    #[error("the connection was closed: {reason}")]
    Closed {
        /// The reason given, or "by this program".
        reason: String,
    },
    /// The other side gave up this one stream; the connection lives.
    #[error("the other side gave up this stream")]
    StreamGivenUp,
    /// The other side has not answered for [`crate::IDLE_TIMEOUT`], or says it no longer knows this connection.
    #[error("the connection was lost: the other side stopped answering")]
    Lost,
    /// The other side broke the protocol.
    #[error("the other side sent something that is not allowed ({detail}); the connection was closed")]
    PeerMisbehaved {
        /// What it did.
        detail: String,
    },
    /// This computer is to blame: no socket, no memory, a configuration that cannot be.
    #[error("this computer cannot open the connection: {detail}")]
    Local {
        /// What the system said.
        detail: String,
    },
}

impl LinkError {
    pub(crate) fn local(error: impl std::fmt::Display) -> Self {
        Self::Local { detail: error.to_string() }
    }

    /// Whether trying again later can help, with nobody changing anything.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Lost)
    }
}

/// Alerts of RFC 8446, section 6.2, that say "I do not trust that certificate".
const DISTRUST: [u8; 5] = [42, 43, 46, 48, 51];
const CERTIFICATE_EXPIRED: u8 = 45;
const HANDSHAKE_FAILURE: u8 = 40;
const PROTOCOL_VERSION: u8 = 70;
const NO_APPLICATION_PROTOCOL: u8 = 120;

/// TLS alert inside a QUIC transport error code (RFC 9001, section 4.8), if it is one.
fn alert(code: TransportErrorCode) -> Option<u8> {
    let code = u64::from(code);
    if (0x100..0x200).contains(&code) { u8::try_from(code - 0x100).ok() } else { None }
}

/// The error of a running connection.
impl From<ConnectionError> for LinkError {
    fn from(error: ConnectionError) -> Self {
        match error {
            ConnectionError::VersionMismatch => Self::Incompatible { detail: "QUIC version".into() },
            ConnectionError::ApplicationClosed(close) => {
                let text = String::from_utf8_lossy(&close.reason).into_owned();
                match u32::try_from(close.error_code.into_inner()) {
                    Ok(0) => Self::Closed { reason: text },
                    Ok(code) => Self::Refused { code, text },
                    Err(_) => Self::PeerMisbehaved { detail: "a close code that does not exist".into() },
                }
            }
            ConnectionError::ConnectionClosed(close) => match alert(close.error_code) {
                Some(HANDSHAKE_FAILURE | PROTOCOL_VERSION | NO_APPLICATION_PROTOCOL) => {
                    Self::Incompatible { detail: "protocol version".into() }
                }
                Some(_) => Self::Refused { code: 0, text: "it does not accept this program's key".into() },
                None if close.error_code == TransportErrorCode::CONNECTION_REFUSED => Self::Refused {
                    code: 0,
                    text: "it is busy, or too many connections come from this network; try again in a minute".into(),
                },
                None => Self::Closed { reason: close.to_string() },
            },
            ConnectionError::TransportError(error) => match alert(error.code) {
                Some(NO_APPLICATION_PROTOCOL | PROTOCOL_VERSION | HANDSHAKE_FAILURE) => {
                    Self::Incompatible { detail: "protocol version".into() }
                }
                Some(CERTIFICATE_EXPIRED) => Self::ClockWrong,
                Some(code) if DISTRUST.contains(&code) => Self::WrongRelayKey { address: String::new() },
                _ => Self::PeerMisbehaved { detail: error.reason },
            },
            ConnectionError::Reset | ConnectionError::TimedOut => Self::Lost,
            ConnectionError::LocallyClosed => Self::Closed { reason: "by this program".into() },
            ConnectionError::CidsExhausted => Self::local("no connection ids left"),
        }
    }
}

impl From<quinn::WriteError> for LinkError {
    fn from(error: quinn::WriteError) -> Self {
        match error {
            quinn::WriteError::ConnectionLost(error) => error.into(),
            quinn::WriteError::Stopped(_) => Self::StreamGivenUp,
            other => Self::local(other),
        }
    }
}

impl From<quinn::ReadError> for LinkError {
    fn from(error: quinn::ReadError) -> Self {
        match error {
            quinn::ReadError::ConnectionLost(error) => error.into(),
            quinn::ReadError::Reset(_) => Self::StreamGivenUp,
            other => Self::local(other),
        }
    }
}
