//! Two real endpoints on loopback: who gets in, what each side learns, and how soon a lost peer is noticed.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use deskhand_identity::{Relay, SecretKey, Session};
use deskhand_link::{CloseCode, Connection, LinkError, Listener, Me, connect};
use deskhand_wire::stream::StreamHead;
use tokio::time::timeout;

const DEADLINE: Duration = Duration::from_secs(10);

fn relay_key() -> SecretKey<Relay> {
    SecretKey::from_seed([1; 32])
}

fn host() -> SecretKey<Session> {
    SecretKey::from_seed([2; 32])
}

fn bind(address: &str) -> Listener {
    Listener::bind(address.parse().unwrap(), &relay_key(), caps()).unwrap()
}

fn caps() -> deskhand_link::Caps {
    deskhand_link::Caps::default()
}

fn address_of(listener: &Listener) -> SocketAddr {
    listener.local_address().unwrap()
}

async fn pair(listener: &Listener) -> (Connection, Connection) {
    let addresses = [address_of(listener).to_string()];
    let key = relay_key().public();
    let me = Me::host(&host()).unwrap();
    let client = connect(&addresses, &key, &me);
    let server = async { listener.accept().await.unwrap().complete().await.unwrap() };
    let (client, server) = timeout(DEADLINE, async { tokio::join!(client, server) }).await.unwrap();
    (client.unwrap(), server)
}

#[tokio::test]
async fn both_sides_learn_the_key_of_the_other() {
    let listener = bind("127.0.0.1:0");
    let (client, server) = pair(&listener).await;
    assert_eq!(server.peer_key(), *host().public().bytes());
    assert_eq!(client.peer_key(), *relay_key().public().bytes());
}

#[tokio::test]
async fn a_relay_with_another_key_is_refused_and_named() {
    let listener = bind("127.0.0.1:0");
    let address = address_of(&listener).to_string();
    let pinned = SecretKey::<Relay>::from_seed([9; 32]).public();
    let me = Me::host(&host()).unwrap();
    let addresses = [address.clone()];
    let attempt = connect(&addresses, &pinned, &me);
    let answer = async {
        let incoming = listener.accept().await.unwrap();
        incoming.complete().await
    };
    let (client, server) = timeout(DEADLINE, async { tokio::join!(attempt, answer) }).await.unwrap();
    assert_eq!(client.unwrap_err(), LinkError::WrongRelayKey { address });
    assert!(server.is_err());
}

#[tokio::test]
async fn nobody_at_the_address_is_said_with_the_address_and_what_to_check() {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap().to_string();
    let me = Me::host(&host()).unwrap();
    let start = Instant::now();
    let error = connect(std::slice::from_ref(&address), &relay_key().public(), &me).await.unwrap_err();
    assert!(start.elapsed() < DEADLINE);
    let text = error.to_string();
    assert!(text.contains(&address) && text.contains("check"), "{text}");
    assert!(error.is_passing());
}

#[tokio::test]
async fn the_second_address_is_tried_when_the_first_is_silent() {
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let listener = bind("127.0.0.1:0");
    let addresses = [silent.local_addr().unwrap().to_string(), address_of(&listener).to_string()];
    let me = Me::host(&host()).unwrap();
    let key = relay_key().public();
    let server = async { listener.accept().await.unwrap().complete().await };
    let start = Instant::now();
    let (client, server) = tokio::join!(connect(&addresses, &key, &me), server);
    assert!(client.is_ok() && server.is_ok());
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_stream_carries_its_head_and_frames_both_ways() {
    let listener = bind("127.0.0.1:0");
    let (client, server) = pair(&listener).await;
    let (mut writer, mut reader) = client.open_bi(StreamHead::Control { peer: 3 }).await.unwrap();
    let (mut back, mut forth) = server.accept_bi().await.unwrap();
    assert_eq!(forth.head().await.unwrap(), StreamHead::Control { peer: 3 });
    writer.send_bytes(b"up").await.unwrap();
    back.send_bytes(b"down").await.unwrap();
    assert_eq!(forth.recv_bytes(16).await.unwrap().unwrap(), b"up");
    assert_eq!(reader.recv_bytes(16).await.unwrap().unwrap(), b"down");
    writer.finish();
    assert_eq!(forth.recv_bytes(16).await.unwrap(), None);
}

#[tokio::test]
async fn a_frame_longer_than_its_limit_is_the_peers_fault() {
    let listener = bind("127.0.0.1:0");
    let (client, server) = pair(&listener).await;
    let (mut writer, _reader) = client.open_bi(StreamHead::Relay).await.unwrap();
    let (_back, mut forth) = server.accept_bi().await.unwrap();
    forth.head().await.unwrap();
    writer.send_bytes(&[0; 17]).await.unwrap();
    let error = forth.recv_bytes(16).await.unwrap_err();
    assert!(matches!(error, LinkError::PeerMisbehaved { .. }));
}

#[tokio::test]
async fn eight_megabytes_cross_loopback_in_well_under_a_second() {
    let listener = bind("127.0.0.1:0");
    let (client, server) = pair(&listener).await;
    let bytes = bytes::Bytes::from(vec![0x5a; 8 << 20]);
    let start = Instant::now();
    let send = async {
        let mut writer = client.open_uni(StreamHead::Update).await.unwrap();
        writer.raw(bytes.clone()).await.unwrap();
        writer.finish();
    };
    let receive = async {
        let mut reader = server.accept_uni().await.unwrap();
        reader.head().await.unwrap();
        reader.rest(8 << 20).await.unwrap()
    };
    let ((), received) = timeout(DEADLINE, async { tokio::join!(send, receive) }).await.unwrap();
    println!("8 MiB in {:?}", start.elapsed());
    assert_eq!(received.len(), bytes.len());
    // Generous: unoptimised code on a shared machine.
    assert!(start.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn a_datagram_arrives_whole() {
    let listener = bind("127.0.0.1:0");
    let (client, server) = pair(&listener).await;
    assert!(client.max_datagram().unwrap() >= 1_000);
    client.send_datagram(vec![7; 1_000].into()).unwrap();
    let datagram = timeout(DEADLINE, server.recv_datagram()).await.unwrap().unwrap();
    assert_eq!(datagram, vec![7; 1_000]);
}

#[tokio::test]
async fn a_close_says_why() {
    let listener = bind("127.0.0.1:0");
    let (client, server) = pair(&listener).await;
    server.close(CloseCode::Refused, "no certificate");
    let reason = timeout(DEADLINE, client.closed()).await.unwrap();
    assert_eq!(reason, LinkError::Refused { code: 1, text: "no certificate".into() });
}

#[tokio::test]
async fn more_connections_than_the_cap_of_an_address_are_refused() {
    let mut caps = caps();
    caps.per_address = 1;
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), &relay_key(), caps).unwrap();
    let (_client, _server) = pair(&listener).await;
    let addresses = [address_of(&listener).to_string()];
    let key = relay_key().public();
    let me = Me::host(&host()).unwrap();
    let second = tokio::select! {
        result = connect(&addresses, &key, &me) => result,
        _ = listener.accept() => panic!("the cap let a second connection in"),
    };
    assert!(matches!(second, Err(LinkError::Refused { .. })));
}

/// A peer that stops answering without a word, as after kill -9: first its runtime goes, and with it everything that
/// could still send, then its socket.
fn vanish(runtime: tokio::runtime::Runtime, kept: (Connection, Listener)) {
    runtime.shutdown_timeout(DEADLINE);
    drop(kept);
}

#[test]
fn a_relay_that_vanishes_is_noticed_within_five_seconds() {
    let relay = tokio::runtime::Runtime::new().unwrap();
    let client = tokio::runtime::Runtime::new().unwrap();
    let listener = relay.block_on(async { bind("127.0.0.1:0") });
    let address = address_of(&listener).to_string();
    let connecting = client.spawn(async move {
        let me = Me::host(&host()).unwrap();
        connect(&[address], &relay_key().public(), &me).await
    });
    let server = relay.block_on(async { listener.accept().await.unwrap().complete().await.unwrap() });
    let connection = client.block_on(connecting).unwrap().unwrap();
    vanish(relay, (server, listener));
    let start = Instant::now();
    let reason = client.block_on(async { timeout(DEADLINE, connection.closed()).await });
    assert_eq!(reason, Ok(LinkError::Lost));
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[test]
fn a_restarted_relay_is_noticed_at_the_next_packet() {
    let relay = tokio::runtime::Runtime::new().unwrap();
    let client = tokio::runtime::Runtime::new().unwrap();
    let listener = relay.block_on(async { bind("127.0.0.1:0") });
    let address = address_of(&listener);
    let connecting = client.spawn(async move {
        let me = Me::host(&host()).unwrap();
        connect(&[address.to_string()], &relay_key().public(), &me).await
    });
    let server = relay.block_on(async { listener.accept().await.unwrap().complete().await.unwrap() });
    let connection = client.block_on(connecting).unwrap().unwrap();
    vanish(relay, (server, listener));

    let again = tokio::runtime::Runtime::new().unwrap();
    let _listener = again.block_on(async { Listener::bind(address, &relay_key(), caps()).unwrap() });
    let start = Instant::now();
    let reason = client.block_on(async {
        // Any packet is answered by a reset; it must be large enough that the reset is not longer than it. A probe of the line's own may
        // have had that answer before.
        let sent = connection.send_datagram(vec![0; 200].into());
        assert!(matches!(sent, Ok(()) | Err(LinkError::Lost)), "{sent:?}");
        timeout(DEADLINE, connection.closed()).await
    });
    assert_eq!(reason, Ok(LinkError::Lost));
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}
