//! A relay that has the real key and is not honest: it changes a frame, sends one twice, or plays the technician itself.
//!
//! In scope: one host, one viewer, forwarding by hand, and keeping what the host logs. Not in scope: storing; the real relay does
//! that. Whatever it does, it must get nothing.

use crate::office::Office;
use deskhand_audit::{
    Hash,
    organisation::{OrganisationEvent, OrganisationLog},
};
use deskhand_identity::{OrganisationEntry, PublicKey, Relay, SecretKey, Session, SessionId, SignedStatement};
use deskhand_link::{Caps, Connection, FrameReader, FrameWriter, Listener};
use deskhand_wire::{
    limits::{MAX_AUDIT_FRAME, MAX_CONTROL_FRAME, MAX_RELAY_FRAME},
    relay::{AuditToHost, AuditToRelay, ClientHello, HostToRelay, RelayHello, RelayToHost, RelayToViewer, Role, ViewerToRelay},
    stream::StreamHead,
    text::{List, Text},
};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{runtime::Runtime, sync::watch};

/// Which way a frame goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// From the viewer.
    ToHost,
    /// From the host.
    ToViewer,
}

/// What it does to one frame of the control channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trick {
    /// Nothing.
    None,
    /// Changes the last byte of frame `at` (from 0).
    Change {
        /// Which way.
        way: Way,
        /// Which frame.
        at: usize,
    },
    /// Sends frame `at` (from 0) twice.
    Twice {
        /// Which way.
        way: Way,
        /// Which frame.
        at: usize,
    },
}

struct Shared {
    key: SecretKey<Relay>,
    organisation: OrganisationEntry,
    leaves: Mutex<Vec<String>>,
    host: Mutex<Option<(Connection, [u8; 32])>>,
}

impl Shared {
    /// That the host's session is in the organisation's log: this relay can say so, it has the key.
    fn opening(&self) -> Option<Vec<u8>> {
        let (_, host) = self.host.lock().expect("the lock").clone()?;
        let sid = SessionId::of(&PublicKey::<Session>::from_bytes(host).ok()?);
        self.prove(OrganisationEvent::SessionOpened { sid })
    }

    /// That a technician's certificate is.
    fn certified(&self, text: &str) -> Option<Vec<u8>> {
        let sha256 = Hash::of(text.as_bytes());
        self.prove(OrganisationEvent::TechCertified { key_fp: String::new(), serial: 0, sha256 })
    }

    fn prove(&self, event: OrganisationEvent) -> Option<Vec<u8>> {
        let mut log = OrganisationLog::default();
        let (seq, _) = log.append(0, event);
        let note = log.head(&self.organisation.key, self.organisation.domain.as_deref()).sign(&self.key);
        Some(log.prove(seq, &note)?.to_bytes())
    }
}

/// What it hands to those who come, beside what it does to frames.
#[derive(Clone, Default, Debug)]
pub struct Offer {
    /// The text of a statement, to everybody.
    pub statement: Option<String>,
    /// Certificates, to technicians; without any the one of the office's technician.
    pub certificates: Vec<String>,
}

/// The running relay; ended with the value.
pub struct EvilRelay {
    shared: Arc<Shared>,
    /// Messages to the host's relay stream.
    to_host: tokio::sync::mpsc::UnboundedSender<RelayToHost>,
    runtime: Runtime,
}

/// The nameplate that it gives.
pub const NAMEPLATE: &str = "48213";

impl EvilRelay {
    /// Takes the place of the office's relay, which is ended.
    ///
    /// # Panics
    /// When the relay's key can't be read or its port can't be had.
    pub fn instead_of(office: &mut Office, trick: Trick) -> Self {
        Self::offering(office, trick, Offer::default())
    }

    /// As [`EvilRelay::instead_of`], with something to hand out.
    ///
    /// # Panics
    /// As [`EvilRelay::instead_of`].
    pub fn offering(office: &mut Office, trick: Trick, mut offer: Offer) -> Self {
        office.relay().kill();
        let key: SecretKey<Relay> = deskhand_link::keyfile::read(&office.data().join("relay.key"), |_| Ok(None)).expect("the relay's key");
        if offer.certificates.is_empty() {
            offer.certificates.push(office.certificate());
        }
        let address: SocketAddr = office.address().parse().expect("an address");
        let text = std::fs::read_to_string(office.config()).expect("the office's statement");
        let organisation = SignedStatement::parse(&text).expect("a signed statement").statement().organisation.clone();
        let shared = Arc::new(Shared { key: key.clone(), organisation, leaves: Mutex::default(), host: Mutex::default() });
        let runtime = Runtime::new().expect("a runtime");
        let (to_host, from_test) = tokio::sync::mpsc::unbounded_channel();
        let listener = {
            let _inside = runtime.enter();
            crate::until("the port is free", || Listener::bind(address, &key, Caps::default()).ok())
        };
        let (state, from_test) = (shared.clone(), Arc::new(tokio::sync::Mutex::new(from_test)));
        let sender = to_host.clone();
        runtime.spawn(async move {
            while let Some(incoming) = listener.accept().await {
                let (state, offer, from_test, sender) = (state.clone(), offer.clone(), from_test.clone(), sender.clone());
                tokio::spawn(async move {
                    let Ok(connection) = incoming.complete().await else { return };
                    let _ended = serve(connection, &state, offer, trick, from_test, sender).await;
                });
            }
        });
        Self { shared, to_host, runtime }
    }

    /// The host's log as it came, a JSON text each.
    ///
    /// # Panics
    /// Never in practice: the lock is only held for a copy.
    pub fn leaves(&self) -> Vec<String> {
        self.shared.leaves.lock().expect("the lock").clone()
    }

    /// The id of the host's session.
    pub fn session(&self) -> SessionId {
        let key = crate::until("a host is connected", || self.shared.host.lock().expect("the lock").as_ref().map(|(_, key)| *key));
        SessionId::of(&PublicKey::<Session>::from_bytes(key).expect("a key that TLS checked"))
    }

    /// Tells the host that a viewer came, and opens a control stream as if one had.
    ///
    /// # Panics
    /// When the host is gone.
    pub fn come_as_viewer(&self, peer: u8) -> Guest<'_> {
        self.tell_of_viewer(peer);
        self.open_control(peer)
    }

    /// Tells the host that a viewer came.
    ///
    /// # Panics
    /// When the host is gone.
    pub fn tell_of_viewer(&self, peer: u8) {
        self.to_host.send(RelayToHost::ViewerJoined { peer, key: [7; 32] }).expect("the host's stream is served");
    }

    /// Opens a control stream as if a viewer had.
    ///
    /// # Panics
    /// When the host is gone.
    pub fn open_control(&self, peer: u8) -> Guest<'_> {
        let host =
            crate::until("a host is connected", || self.shared.host.lock().expect("the lock").as_ref().map(|(host, _)| host.clone()));
        let (writer, reader) = self.runtime.block_on(host.open_bi(StreamHead::Control { peer })).expect("a stream to the host");
        Guest { writer, reader, runtime: &self.runtime }
    }
}

/// A control stream to the host that no technician is behind.
pub struct Guest<'a> {
    writer: FrameWriter,
    reader: FrameReader,
    runtime: &'a Runtime,
}

impl Guest<'_> {
    /// Sends a frame; what the host answers, if it does.
    pub fn say(&mut self, frame: &[u8]) -> Option<Vec<u8>> {
        self.send(frame)?;
        self.hear()
    }

    /// Sends a frame.
    pub fn send(&mut self, frame: &[u8]) -> Option<()> {
        self.runtime.block_on(self.writer.send_bytes(frame)).ok()
    }

    /// The next frame, if one comes.
    pub fn hear(&mut self) -> Option<Vec<u8>> {
        self.runtime
            .block_on(async { tokio::time::timeout(Duration::from_secs(20), self.reader.recv_bytes(MAX_CONTROL_FRAME)).await.ok()?.ok()? })
    }
}

type FromTest = Arc<tokio::sync::Mutex<tokio::sync::mpsc::UnboundedReceiver<RelayToHost>>>;
type ToHost = tokio::sync::mpsc::UnboundedSender<RelayToHost>;

async fn serve(
    connection: Connection,
    state: &Arc<Shared>,
    offer: Offer,
    trick: Trick,
    from_test: FromTest,
    to_host: ToHost,
) -> Option<()> {
    let (mut writer, mut reader) = connection.accept_bi().await.ok()?;
    reader.head().await.ok()?;
    let hello: ClientHello = reader.recv(MAX_RELAY_FRAME).await.ok()??;
    let own = if hello.role == Role::Technician { offer.certificates } else { Vec::new() };
    let statement = offer.statement.map(|text| Text::clipped(&text));
    let certificates = List::clipped(own.iter().map(|text| Text::clipped(text)));
    let entered = own.first().and_then(|text| state.certified(text)).unwrap_or_default();
    writer.send(&RelayHello::Welcome { version: 1, statement, certificates, entered, time_ms: 0 }).await.ok()?;
    match hello.role {
        Role::Host => serve_host(connection, state, writer, reader, from_test).await,
        _ => serve_viewer(connection, state, writer, reader, trick, to_host).await,
    }
}

async fn serve_host(
    host: Connection,
    state: &Arc<Shared>,
    mut writer: FrameWriter,
    mut reader: FrameReader,
    from_test: FromTest,
) -> Option<()> {
    *state.host.lock().expect("the lock") = Some((host.clone(), host.peer_key()));
    let log = state.clone();
    tokio::spawn(async move {
        while let Ok((writer, mut reader)) = host.accept_bi().await {
            if matches!(reader.head().await, Ok(StreamHead::Audit)) {
                tokio::spawn(keep_log(log.clone(), writer, reader));
            }
        }
    });
    let mut from_test = from_test.lock().await;
    loop {
        tokio::select! {
            said = reader.recv::<HostToRelay>(MAX_RELAY_FRAME) => {
                if said.ok()?? == HostToRelay::Nameplate {
                    writer.send(&RelayToHost::Nameplate { digits: Text::clipped(NAMEPLATE), life_ms: 600_000 }).await.ok()?;
                }
            }
            Some(message) = from_test.recv() => writer.send(&message).await.ok()?,
        }
    }
}

async fn keep_log(state: Arc<Shared>, mut writer: FrameWriter, mut reader: FrameReader) -> Option<()> {
    let (mut leaves, mut checkpoint) = (0, 0);
    let proof = state.opening()?;
    writer.send(&AuditToHost::Opened { proof }).await.ok()?;
    loop {
        match reader.recv::<AuditToRelay>(MAX_AUDIT_FRAME).await.ok()?? {
            AuditToRelay::Leaf { bytes, .. } => {
                state.leaves.lock().expect("the lock").push(String::from_utf8_lossy(&bytes).into_owned());
                leaves += 1;
            }
            AuditToRelay::Checkpoint { size, .. } => checkpoint = size,
            AuditToRelay::Sealed { .. } | AuditToRelay::Personal { .. } | AuditToRelay::Keys { .. } => {}
        }
        writer.send(&AuditToHost::Acked { leaves, checkpoint }).await.ok()?;
    }
}

async fn serve_viewer(
    viewer: Connection,
    state: &Arc<Shared>,
    mut writer: FrameWriter,
    mut reader: FrameReader,
    trick: Trick,
    to_host: ToHost,
) -> Option<()> {
    let (host, host_key) = state.host.lock().expect("the lock").clone()?;
    let ViewerToRelay::Claim { .. } = reader.recv(MAX_RELAY_FRAME).await.ok()?? else { return None };
    let session = *SessionId::of(&PublicKey::<Session>::from_bytes(host_key).ok()?).bytes();
    to_host.send(RelayToHost::ViewerJoined { peer: 1, key: viewer.peer_key() }).ok()?;
    writer.send(&RelayToViewer::Claimed { peer: 1, session }).await.ok()?;
    let (ended, _) = watch::channel(());
    let pictures = (host.clone(), viewer.clone());
    tokio::spawn(async move {
        while let Ok(mut from) = pictures.0.accept_uni().await {
            let Ok(head) = from.head().await else { continue };
            let Ok(mut to) = pictures.1.open_uni(head).await else { return };
            while let Ok(Some(bytes)) = from.chunk().await {
                if to.raw(bytes).await.is_err() {
                    return;
                }
            }
            to.finish();
        }
    });
    while let Ok((to_viewer, mut from_viewer)) = viewer.accept_bi().await {
        let head = from_viewer.head().await.ok()?;
        let (to_host, from_host) = host.open_bi(head).await.ok()?;
        let trick = if matches!(head, StreamHead::Control { .. }) { trick } else { Trick::None };
        tokio::spawn(pass(from_viewer, to_host, Way::ToHost, trick));
        tokio::spawn(pass(from_host, to_viewer, Way::ToViewer, trick));
    }
    drop(ended);
    Some(())
}

async fn pass(mut from: FrameReader, mut to: FrameWriter, way: Way, trick: Trick) -> Option<()> {
    for number in 0.. {
        let mut frame = from.recv_bytes(MAX_CONTROL_FRAME).await.ok()??;
        if trick == (Trick::Change { way, at: number }) {
            *frame.last_mut()? ^= 1;
        }
        to.send_bytes(&frame).await.ok()?;
        if trick == (Trick::Twice { way, at: number }) {
            to.send_bytes(&frame).await.ok()?;
        }
    }
    None
}
