//! A client at the door: handshake, hello, in or out.
//!
//! In scope: everything before the relay knows what a client is. A client that may not come in hears why, and nothing
//! of it was looked at but its hello. Not in scope: what follows (`host`, `viewer`).

use std::{sync::Arc, time::Duration};

use deskhand_audit::Hash;
use deskhand_link::{CloseCode, Connection, FrameReader, FrameWriter, Incoming, LinkError, refusal_text};
use deskhand_wire::{
    Text,
    limits::MAX_RELAY_FRAME,
    relay::{ClientHello, Refusal, RelayHello, Role},
    stream::StreamHead,
    text::List,
};
use tokio::time::timeout;

use super::{
    admission::{Admitted, admit, version},
    directory::Snapshot,
};
use crate::{
    clock, host,
    relay::{MAX_SESSIONS, Relay},
    reviewer, viewer,
};

/// A client that has said hello by then, or is closed.
const HELLO_TIMEOUT: Duration = Duration::from_secs(5);

/// A refused client has this long to read why.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(1);

/// Serves one client from its handshake to its end.
pub(super) async fn receive(relay: Arc<Relay>, incoming: Incoming) {
    let address = incoming.remote_address();
    let connection = match incoming.complete().await {
        Ok(connection) => connection,
        Err(error) => {
            tracing::debug!(%address, %error, "a handshake failed");
            return;
        }
    };
    let greeted = timeout(HELLO_TIMEOUT, greet(&relay, &connection)).await;
    let outcome = match greeted {
        Ok(Ok(Some(client))) => serve(relay, &connection, client).await,
        Ok(Ok(None)) => return,
        Ok(Err(error)) => Err(error),
        Err(_) => Err(LinkError::PeerMisbehaved { detail: "no hello within 5 seconds".into() }),
    };
    match outcome {
        Err(LinkError::PeerMisbehaved { detail }) => {
            tracing::warn!(%address, detail, "a client broke the protocol");
            connection.close(CloseCode::Misbehaved, &detail);
        }
        Err(LinkError::Local { detail }) => {
            tracing::error!(%address, detail, "a client cannot be served");
            connection.close(CloseCode::Failed, &detail);
        }
        Err(error) => tracing::debug!(%address, %error, "a client left"),
        Ok(()) => connection.close(CloseCode::Done, "everything was said"),
    }
}

/// A client that was let in.
struct Client {
    admitted: Admitted,
    writer: FrameWriter,
    reader: FrameReader,
}

async fn greet(relay: &Relay, connection: &Connection) -> Result<Option<Client>, LinkError> {
    let (mut writer, mut reader) = connection.accept_bi().await?;
    if reader.head().await? != StreamHead::Relay {
        return Err(LinkError::PeerMisbehaved { detail: "the first stream is not the relay's".into() });
    }
    let Some(hello) = reader.recv::<ClientHello>(MAX_RELAY_FRAME).await? else {
        return Err(LinkError::PeerMisbehaved { detail: "a relay stream without a hello".into() });
    };
    let snapshot = relay.directory.current();
    match decide(relay, &hello, connection.peer_key(), &snapshot) {
        Ok((version, admitted)) => {
            writer.send(&welcome(relay, version, &hello, &admitted, &snapshot)).await?;
            Ok(Some(Client { admitted, writer, reader }))
        }
        Err(refusal) => {
            tracing::info!(address = %connection.remote_address(), role = ?hello.role, ?refusal, "refused");
            writer.send(&RelayHello::Refused(refusal)).await?;
            writer.finish();
            // Whether it was read or not: the connection ends.
            let _read = timeout(REFUSAL_TIMEOUT, writer.delivered()).await;
            connection.close(CloseCode::Refused, refusal_text(refusal));
            Ok(None)
        }
    }
}

fn decide(relay: &Relay, hello: &ClientHello, key: [u8; 32], snapshot: &Snapshot) -> Result<(u16, Admitted), Refusal> {
    let version = version(hello)?;
    let admitted = admit(hello.role, key, snapshot, clock::wall_ms())?;
    if hello.role == Role::Host {
        if relay.live.len() >= MAX_SESSIONS {
            return Err(Refusal::Full);
        }
        let ends = snapshot.statement.statement().policy.disk_full == deskhand_identity::DiskFull::End;
        if ends && !relay.quota.has_room() {
            return Err(Refusal::StoreFailed);
        }
    }
    Ok((version, admitted))
}

fn welcome(relay: &Relay, version: u16, hello: &ClientHello, admitted: &Admitted, snapshot: &Snapshot) -> RelayHello {
    let newer = snapshot.statement.statement().serial > hello.statement_serial;
    let statement = newer.then(|| Text::new(snapshot.statement.text()).ok()).flatten();
    let certificates = match admitted {
        Admitted::Technician(certificates) => certificates.as_slice(),
        Admitted::Host(_) | Admitted::Reviewer => &[],
    };
    let texts = certificates.iter().filter_map(|certificate| Text::new(certificate.to_text()).ok());
    // The first is of this technician's own key.
    let own = certificates.first().map(|certificate| Hash::of(certificate.to_text().as_bytes()));
    let proof = own.and_then(|own| relay.ledger.certified(&own).ok());
    let entered = proof.map(|proof| proof.to_bytes()).unwrap_or_default();
    RelayHello::Welcome { version, statement, certificates: List::clipped(texts), entered, time_ms: clock::wall_ms() }
}

async fn serve(relay: Arc<Relay>, connection: &Connection, client: Client) -> Result<(), LinkError> {
    let Client { admitted, writer, reader } = client;
    match admitted {
        Admitted::Host(key) => host::serve(relay, connection, key, writer, reader).await,
        Admitted::Technician(_) => viewer::serve(relay, connection, writer, reader).await,
        Admitted::Reviewer => reviewer::serve(relay, connection, writer, reader).await,
    }
}
