//! The client's side: from addresses in the statement to a connection with the one relay that holds the pinned key.
//!
//! In scope: name lookup, trying several addresses, errors by blame. Not in scope: trying again later (the programs
//! decide), what is said first (`hello`).

use std::{net::SocketAddr, sync::Arc, time::Duration};

use deskhand_identity::{PublicKey, Relay};
use quinn::{ClientConfig, Endpoint, EndpointConfig};
use tokio::{net::lookup_host, task::JoinSet, time::sleep};

use crate::{connection::Connection, error::LinkError, me::Me, socket, tls, transport};

/// The next address is tried when the one before has not answered for this long (RFC 8305, section 5).
const STAGGER: Duration = Duration::from_millis(250);

/// Addresses of relays that are tried at most, after name lookup.
const MAX_TRIES: usize = 8;

/// Connects to the relay that holds `relay`, at the first of `addresses` (`host:port`) that answers.
///
/// Gives up on an address after about [`crate::IDLE_TIMEOUT`]. Must run in a tokio runtime with time and network.
///
/// # Errors
/// [`LinkError::WrongRelayKey`] and [`LinkError::ClockWrong`] when somebody answered and no other address is right,
/// [`LinkError::Unreachable`] when nobody answered.
pub async fn connect(addresses: &[String], relay: &PublicKey<Relay>, me: &Me) -> Result<Connection, LinkError> {
    let mut config = ClientConfig::new(Arc::new(tls::client(relay, me)?));
    config.transport_config(transport::config(true));

    let unreachable = |detail| LinkError::Unreachable { addresses: addresses.to_vec(), detail };
    let mut tries = Vec::new();
    let mut detail = None;
    for address in addresses {
        match lookup_host(address.as_str()).await {
            Ok(found) => tries.extend(found.map(|socket| (address.clone(), socket))),
            Err(error) => detail = Some(error.to_string()),
        }
    }
    tries.truncate(MAX_TRIES);

    let mut attempts = JoinSet::new();
    let mut wait = Duration::ZERO;
    for (address, socket) in tries {
        let config = config.clone();
        attempts.spawn(async move {
            sleep(wait).await;
            attempt(socket, config).await.map_err(|error| name_address(error, &address))
        });
        wait += STAGGER;
    }

    // What somebody who answered said counts more than that nobody answered elsewhere.
    let mut answered = None;
    while let Some(attempt) = attempts.join_next().await {
        match attempt {
            Ok(Ok((quic, endpoint))) => {
                return Ok(Connection::new(quic, *relay.bytes(), Some(endpoint), None));
            }
            Ok(Err(LinkError::Lost)) => {}
            Ok(Err(LinkError::Local { detail: said })) => detail = Some(said),
            Ok(Err(error)) => answered = Some(error),
            Err(error) => detail = Some(error.to_string()),
        }
    }
    Err(answered.unwrap_or_else(|| unreachable(detail)))
}

async fn attempt(address: SocketAddr, config: ClientConfig) -> Result<(quinn::Connection, Endpoint), LinkError> {
    let any = if address.is_ipv6() { SocketAddr::from(([0; 16], 0)) } else { SocketAddr::from(([0; 4], 0)) };
    let socket = socket::bind(any).map_err(LinkError::local)?;
    let endpoint = Endpoint::new(EndpointConfig::default(), None, socket, socket::runtime()).map_err(LinkError::local)?;
    let connecting = endpoint.connect_with(config, address, tls::RELAY_NAME).map_err(LinkError::local)?;
    let quic = connecting.await?;
    Ok((quic, endpoint))
}

fn name_address(error: LinkError, address: &str) -> LinkError {
    match error {
        LinkError::WrongRelayKey { .. } => LinkError::WrongRelayKey { address: address.to_owned() },
        other => other,
    }
}
