//! The relay's side: a socket that lets clients in after they proved their address and a key.
//!
//! In scope: QUIC Retry, caps, the handshake, the leaf's renewal, the reset key that outlives a restart. Not in scope:
//! what a client's key may do.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use deskhand_identity::{Relay, SecretKey};
use quinn::{Endpoint, EndpointConfig, ServerConfig, VarInt, crypto::rustls::QuicServerConfig};
use quinn_proto::HashedConnectionIdGenerator;
use ring::hmac;
use rustls::pki_types::CertificateDer;
use tokio::time::timeout;

use crate::{
    caps::{Caps, Door, Place},
    connection::Connection,
    error::LinkError,
    me::key_of_spki,
    socket, tls, transport,
};

/// A handshake that takes longer is given up.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

/// Handshakes quinn keeps waiting for [`Listener::accept`], and bytes of each before it is accepted.
const MAX_WAITING: usize = 1_024;
const WAITING_BYTES: u64 = 16 << 10;

/// A relay's open door.
#[derive(Debug)]
pub struct Listener {
    endpoint: Endpoint,
    door: Door,
}

impl Listener {
    /// Binds `address` (port 0 picks one) and shows leaves of `relay`.
    ///
    /// The keys of stateless resets and connection ids are derived from the relay's key, so that clients of a relay
    /// that was restarted notice at once (RFC 9000, section 10.3). Must run in a tokio runtime.
    ///
    /// # Errors
    /// [`LinkError::Local`] when the address cannot be bound or the leaf cannot be made.
    pub fn bind(address: SocketAddr, relay: &SecretKey<Relay>, caps: Caps) -> Result<Self, LinkError> {
        let reset = hmac::Key::new(hmac::HMAC_SHA256, relay.seed().as_slice());
        let derive = |label: &[u8]| hmac::sign(&reset, label);
        let reset_key = hmac::Key::new(hmac::HMAC_SHA256, derive(b"deskhand/quic-reset/1").as_ref());
        let mut cid_key = [0; 8];
        cid_key.copy_from_slice(&derive(b"deskhand/quic-cid/1").as_ref()[..8]);
        let cid_key = u64::from_be_bytes(cid_key);

        let mut config = EndpointConfig::new(Arc::new(reset_key));
        config.cid_generator(move || Box::new(HashedConnectionIdGenerator::from_key(cid_key)));
        let socket = socket::bind(address).map_err(|error| LinkError::local(format!("{address} cannot be used: {error}")))?;
        let server = server_config(tls::server(relay)?);
        let endpoint = Endpoint::new(config, Some(server), socket, socket::runtime()).map_err(LinkError::local)?;
        Ok(Self { endpoint, door: Door::new(caps) })
    }

    /// Draws and shows a new leaf to clients from now on. To be called well within its 90 days.
    ///
    /// # Errors
    /// [`LinkError::Local`] when the leaf cannot be made; the old one stays.
    pub fn renew_leaf(&self, relay: &SecretKey<Relay>) -> Result<(), LinkError> {
        let server = server_config(tls::server(relay)?);
        self.endpoint.set_server_config(Some(server));
        Ok(())
    }

    /// The bound address.
    ///
    /// # Errors
    /// What the system says.
    pub fn local_address(&self) -> io::Result<SocketAddr> {
        self.endpoint.local_addr()
    }

    /// The next client that proved its address and has a place; `None` after [`Self::close`]. Cancel safe.
    pub async fn accept(&self) -> Option<Incoming> {
        loop {
            let incoming = self.endpoint.accept().await?;
            if !incoming.remote_address_validated() {
                if let Err(error) = incoming.retry() {
                    error.into_incoming().ignore();
                }
                continue;
            }
            let address = incoming.remote_address();
            match self.door.admit(address.ip()) {
                Some(place) => return Some(Incoming { incoming, place }),
                None => {
                    tracing::debug!(%address, "refused: too many connections from this address");
                    incoming.refuse();
                }
            }
        }
    }

    /// Closes every connection with this code and text, and takes no more.
    pub fn close(&self, code: crate::CloseCode, text: &str) {
        self.endpoint.close(VarInt::from_u32(code as u32), text.as_bytes());
    }

    /// Waits until every connection's close has left. Cancel safe.
    pub async fn drained(&self) {
        self.endpoint.wait_idle().await;
    }
}

fn server_config(tls: QuicServerConfig) -> ServerConfig {
    let mut config = ServerConfig::with_crypto(Arc::new(tls));
    config
        .transport_config(transport::config(false))
        .max_incoming(MAX_WAITING)
        .incoming_buffer_size(WAITING_BYTES)
        .incoming_buffer_size_total(WAITING_BYTES * MAX_WAITING as u64);
    config
}

/// A client whose handshake is still to be done.
#[derive(Debug)]
#[must_use = "a client that is neither completed nor refused waits in vain"]
pub struct Incoming {
    incoming: quinn::Incoming,
    place: Place,
}

impl Incoming {
    /// Where it comes from.
    #[must_use]
    pub fn remote_address(&self) -> SocketAddr {
        self.incoming.remote_address()
    }

    /// Does the handshake: afterwards the client's key is proved. To be run in a task of its own.
    ///
    /// # Errors
    /// Why the handshake failed; a client without a key, or with anything but a raw Ed25519 key, is refused.
    pub async fn complete(self) -> Result<Connection, LinkError> {
        let Self { incoming, mut place } = self;
        let connecting = incoming.accept().map_err(LinkError::from)?;
        let quic = timeout(HANDSHAKE_TIMEOUT, connecting).await.map_err(|_| LinkError::Lost)?.map_err(LinkError::from)?;
        place.settle();
        let peer_key = peer_key(&quic).ok_or_else(|| LinkError::PeerMisbehaved { detail: "a handshake without a key".into() })?;
        Ok(Connection::new(quic, peer_key, None, Some(place)))
    }
}

fn peer_key(quic: &quinn::Connection) -> Option<[u8; 32]> {
    let identity = quic.peer_identity()?.downcast::<Vec<CertificateDer<'static>>>().ok()?;
    match identity.as_slice() {
        [only] => key_of_spki(only),
        _ => None,
    }
}
