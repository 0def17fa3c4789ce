//! A relay that serves, over real QUIC on loopback: who gets in, what is forwarded, what is noticed.

use std::time::{Duration, Instant};

use super::common::{DEADLINE, Data, Host, Viewer, noise, pair, soon};
use deskhand_identity::{SecretKey, Session, TechnicianSecret};
use deskhand_link::{LinkError, Me, connect, hello};
use deskhand_wire::{
    relay::{ClaimRefusal, HostToRelay, RelayToHost, RelayToViewer, Role, ViewerToRelay},
    stream::StreamHead,
};

#[tokio::test]
async fn a_technician_without_a_certificate_is_refused_with_a_reason() {
    let data = Data::new();
    let server = data.serve().await;
    let stranger = TechnicianSecret::from_seeds([9; 32], [8; 32]);
    let error = Viewer::connect(&data, &server, &stranger).await.err().unwrap();
    assert!(matches!(error, LinkError::Refused { .. }), "{error}");
    assert!(error.to_string().contains("tech add"), "{error}");
}

#[tokio::test]
async fn a_revoked_technician_is_put_out_and_not_let_in_again() {
    let data = Data::new();
    let ana = data.technician("Ana Ruiz", 3);
    let server = data.serve().await;
    let viewer = Viewer::connect(&data, &server, &ana).await.unwrap();
    data.revoke("Ana Ruiz");
    let reason = soon(viewer.connection.closed()).await;
    assert!(reason.to_string().contains("revoked"), "{reason}");
    let again = Viewer::connect(&data, &server, &ana).await.err().unwrap();
    assert!(again.to_string().contains("revoked"), "{again}");
}

#[tokio::test]
async fn a_technician_added_while_the_relay_runs_gets_in_with_the_certificate() {
    let data = Data::new();
    let server = data.serve().await;
    let ana = data.technician("Ana Ruiz", 3);
    let deadline = Instant::now() + DEADLINE;
    let viewer = loop {
        match Viewer::connect(&data, &server, &ana).await {
            Ok(viewer) => break viewer,
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
    };
    drop(viewer);
    let me = Me::technician(&ana.tls).unwrap();
    let connection = connect(&[server.address().to_string()], &data.relay_key(), &me).await.unwrap();
    let greeting = hello(&connection, Role::Technician, 0).await.unwrap();
    assert_eq!(greeting.certificates.len(), 1);
    assert!(greeting.certificates[0].starts_with("deskhand-certificate-1:"));
    assert_eq!(greeting.statement.as_deref(), Some(data.statement().text()));
}

#[tokio::test]
async fn a_client_that_holds_the_statement_is_not_sent_it_again() {
    let data = Data::new();
    let server = data.serve().await;
    let me = Me::host(&SecretKey::<Session>::from_seed([1; 32])).unwrap();
    let connection = connect(&[server.address().to_string()], &data.relay_key(), &me).await.unwrap();
    let serial = data.statement().statement().serial;
    let greeting = hello(&connection, Role::Host, serial).await.unwrap();
    assert_eq!(greeting.statement, None);
}

#[tokio::test]
async fn a_wrong_relay_key_is_noticed_before_anything_is_said() {
    let data = Data::new();
    let other = Data::new();
    let server = data.serve().await;
    let me = Me::host(&SecretKey::<Session>::from_seed([1; 32])).unwrap();
    let error = connect(&[server.address().to_string()], &other.relay_key(), &me).await.unwrap_err();
    assert!(matches!(error, LinkError::WrongRelayKey { .. }), "{error}");
}

#[tokio::test]
async fn a_nameplate_leads_to_its_host_until_it_is_retired() {
    let data = Data::new();
    let ana = data.technician("Ana Ruiz", 3);
    let server = data.serve().await;
    let mut host = Host::connect(&data, &server, 1).await;
    let first = host.nameplate().await;
    assert!(first.len() == 5 && first.bytes().all(|b| b.is_ascii_digit()), "{first}");
    let second = host.nameplate().await;
    let mut viewer = Viewer::connect(&data, &server, &ana).await.unwrap();
    let unknown = RelayToViewer::NotClaimed(ClaimRefusal::Unknown);
    assert_eq!(viewer.claim(&first).await, unknown, "a new nameplate retires the one before");
    let claimed = viewer.claim(&second).await;
    assert_eq!(claimed, RelayToViewer::Claimed { peer: 1, session: *host.sid.bytes() });
    assert_eq!(host.hear().await, RelayToHost::ViewerJoined { peer: 1, key: *ana.tls.public().bytes() });
    viewer.say(ViewerToRelay::Leave).await;
    assert_eq!(host.hear().await, RelayToHost::ViewerLeft { peer: 1 });
    host.say(HostToRelay::Retire).await;
    // What the host says and what the viewer says come by different connections.
    let deadline = Instant::now() + DEADLINE;
    while viewer.claim(&second).await != unknown {
        viewer.say(ViewerToRelay::Leave).await;
        assert!(Instant::now() < deadline);
    }
}

#[tokio::test]
async fn a_technician_who_searches_nameplates_is_held_back() {
    let data = Data::new();
    let ana = data.technician("Ana Ruiz", 3);
    let server = data.serve().await;
    let mut viewer = Viewer::connect(&data, &server, &ana).await.unwrap();
    let mut answers = Vec::new();
    for n in 0..20 {
        answers.push(viewer.claim(&format!("{n:05}")).await);
    }
    assert_eq!(answers[0], RelayToViewer::NotClaimed(ClaimRefusal::Unknown));
    assert_eq!(answers[19], RelayToViewer::NotClaimed(ClaimRefusal::TooMany));
}

#[tokio::test]
async fn no_nameplate_is_given_out_twice_by_a_relay_that_was_restarted() {
    let data = Data::new();
    let mut seen = std::collections::HashSet::new();
    for round in 0..3 {
        let server = data.serve().await;
        let mut host = Host::connect(&data, &server, round + 1).await;
        for _ in 0..20 {
            assert!(seen.insert(host.nameplate().await));
        }
        drop(host);
        server.stop().await;
    }
    let server = data.serve().await;
    let index = deskhand_relay::index::Index::open(&data.path()).await.unwrap();
    let kept: std::collections::HashSet<_> = index.nameplates(0).await.unwrap().into_iter().map(|(digits, _)| digits).collect();
    assert_eq!(kept, seen);
    server.stop().await;
}

#[tokio::test]
async fn spliced_streams_carry_bytes_both_ways_and_their_end() {
    let data = Data::new();
    let ana = data.technician("Ana Ruiz", 3);
    let server = data.serve().await;
    let (host, viewer, peer) = pair(&data, &server, &ana).await;
    for head in [StreamHead::Control { peer }, StreamHead::Input { peer }] {
        let (mut out, mut back) = viewer.connection.open_bi(head).await.unwrap();
        let (mut answer, mut heard) = soon(host.connection.accept_bi()).await.unwrap();
        assert_eq!(soon(heard.head()).await.unwrap(), head);
        let (up, down) = (noise(1, 3_000_000), noise(2, 1_000_000));
        let (_, _, got_up, got_down) = soon(async {
            tokio::join!(
                async {
                    out.send_bytes(&up).await.unwrap();
                    out.finish();
                },
                async {
                    answer.send_bytes(&down).await.unwrap();
                    answer.finish();
                },
                async { (heard.recv_bytes(up.len()).await.unwrap(), heard.recv_bytes(1).await.unwrap()) },
                async { (back.recv_bytes(down.len()).await.unwrap(), back.recv_bytes(1).await.unwrap()) },
            )
        })
        .await;
        assert_eq!(got_up, (Some(up), None));
        assert_eq!(got_down, (Some(down), None));
    }
}

#[tokio::test]
async fn a_viewer_that_opens_a_stream_of_another_viewer_is_closed() {
    let data = Data::new();
    let ana = data.technician("Ana Ruiz", 3);
    let server = data.serve().await;
    let (mut host, viewer, peer) = pair(&data, &server, &ana).await;
    let _stream = viewer.connection.open_bi(StreamHead::Control { peer: peer + 1 }).await.unwrap();
    let reason = soon(viewer.connection.closed()).await;
    assert!(matches!(reason, LinkError::Refused { .. }), "{reason}");
    assert_eq!(host.hear().await, RelayToHost::ViewerLeft { peer });
}

#[tokio::test]
async fn an_update_of_another_session_closes_the_host() {
    let data = Data::new();
    let server = data.serve().await;
    let mut host = Host::connect(&data, &server, 1).await;
    host.sid = deskhand_identity::SessionId::from_bytes([7; 16]);
    host.update(1, b"sealed", true).await;
    let reason = soon(host.connection.closed()).await;
    assert!(reason.to_string().contains("another session"), "{reason}");
}

#[tokio::test]
async fn a_dismissed_viewer_hears_the_hosts_last_words_and_can_claim_again() {
    let data = Data::new();
    let ana = data.technician("Ana Ruiz", 3);
    let server = data.serve().await;
    let (mut host, mut viewer, peer) = pair(&data, &server, &ana).await;
    let (_out, mut back) = viewer.connection.open_bi(StreamHead::Control { peer }).await.unwrap();
    let (mut answer, _heard) = soon(host.connection.accept_bi()).await.unwrap();
    answer.send_bytes(b"no").await.unwrap();
    answer.finish();
    host.say(HostToRelay::Dismiss { peer }).await;
    assert_eq!(viewer.hear().await, RelayToViewer::Dismissed);
    assert_eq!(soon(back.recv_bytes(2)).await.unwrap().as_deref(), Some(&b"no"[..]));
    assert_eq!(host.hear().await, RelayToHost::ViewerLeft { peer });
    let nameplate = host.nameplate().await;
    assert_eq!(viewer.join(&nameplate).await, peer + 1, "a number is never given twice");
}

#[tokio::test]
async fn a_host_that_ends_is_told_to_its_viewers() {
    let data = Data::new();
    let ana = data.technician("Ana Ruiz", 3);
    let server = data.serve().await;
    let (mut host, mut viewer, _) = pair(&data, &server, &ana).await;
    host.say(HostToRelay::End).await;
    host.connection.close(deskhand_link::CloseCode::Done, "done");
    assert_eq!(viewer.hear().await, RelayToViewer::HostLeft);
}

#[test]
fn a_killed_host_is_told_to_its_viewers_and_a_killed_viewer_to_its_host_within_five_seconds() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let data = Data::new();
    let ana = data.technician("Ana Ruiz", 3);
    let server = runtime.block_on(data.serve());

    let doomed = tokio::runtime::Runtime::new().unwrap();
    let (host, mut viewer) = {
        let host = doomed.block_on(async {
            let mut host = Host::connect(&data, &server, 1).await;
            let nameplate = host.nameplate().await;
            (host, nameplate)
        });
        let viewer = runtime.block_on(async {
            let mut viewer = Viewer::connect(&data, &server, &ana).await.unwrap();
            viewer.join(&host.1).await;
            viewer
        });
        (host.0, viewer)
    };
    // As after kill -9: what could still send a word goes first.
    doomed.shutdown_timeout(DEADLINE);
    let start = Instant::now();
    assert_eq!(runtime.block_on(viewer.hear()), RelayToViewer::HostLeft);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    drop(host);

    let doomed = tokio::runtime::Runtime::new().unwrap();
    let (mut host, nameplate) = runtime.block_on(async {
        let mut host = Host::connect(&data, &server, 2).await;
        let nameplate = host.nameplate().await;
        (host, nameplate)
    });
    let viewer = doomed.block_on(async {
        let mut viewer = Viewer::connect(&data, &server, &ana).await.unwrap();
        viewer.join(&nameplate).await;
        viewer
    });
    let peer = runtime.block_on(host.hear_join());
    doomed.shutdown_timeout(DEADLINE);
    let start = Instant::now();
    assert_eq!(runtime.block_on(host.hear()), RelayToHost::ViewerLeft { peer });
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    drop(viewer);
}

#[tokio::test]
async fn a_host_that_connects_anew_takes_the_place_of_its_old_connection() {
    let data = Data::new();
    let server = data.serve().await;
    let old = Host::connect(&data, &server, 1).await;
    let mut new = Host::connect(&data, &server, 1).await;
    let reason = soon(old.connection.closed()).await;
    assert!(reason.to_string().contains("anew"), "{reason}");
    assert_eq!(new.nameplate().await.len(), 5);
}

#[tokio::test]
async fn a_relay_that_is_stopped_says_so_to_everyone() {
    let data = Data::new();
    let ana = data.technician("Ana Ruiz", 3);
    let server = data.serve().await;
    let (mut host, mut viewer, _) = pair(&data, &server, &ana).await;
    let stop = tokio::spawn(server.stop());
    assert_eq!(host.hear().await, RelayToHost::Closing);
    assert_eq!(viewer.hear().await, RelayToViewer::Closing);
    host.connection.close(deskhand_link::CloseCode::Done, "the relay stops");
    soon(stop).await.unwrap();
}

#[tokio::test]
async fn two_relays_never_serve_one_folder() {
    let data = Data::new();
    let server = data.serve().await;
    let second = deskhand_relay::serve::Server::start(&data.serve_options()).await;
    let error = second.err().unwrap();
    assert_eq!(error.exit_code(), 3);
    assert!(error.to_string().contains("another relay"), "{error}");
    server.stop().await;
}
