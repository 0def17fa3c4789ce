//! A real relay on loopback, and the two clients that talk to it by hand: what the tests of `serve` have in common.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use bytes::Bytes;
use deskhand_audit::{Actor, Draft, Event, Leaf, Log, Organisation};
use deskhand_identity::{PublicKey, Relay, RelayCosign, SecretKey, Session, SessionId, SignedStatement, TechnicianSecret};
use deskhand_link::{Connection, FrameReader, FrameWriter, Greeting, LinkError, Me, connect, hello};
use deskhand_relay::{
    admin::{
        self, Context, Terminal,
        options::{DataOptions, InitOptions, PassphraseOptions, SigningOptions, TechAddOptions, TechRevokeOptions},
    },
    serve::{Server, options::ServeOptions},
};
use deskhand_wire::{
    PeerId, Text,
    limits::{MAX_AUDIT_FRAME, MAX_RELAY_FRAME},
    relay::{AuditToHost, AuditToRelay, HostToRelay, RelayToHost, RelayToViewer, Role, ViewerToRelay},
    stream::{Channel, StreamHead},
    update::UpdateHeader,
};
use tempfile::TempDir;
use tokio::time::timeout;

/// Nothing that is waited for takes longer.
pub(crate) const DEADLINE: Duration = Duration::from_secs(10);

/// What happens within the deadline.
pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    timeout(DEADLINE, what).await.expect("it did not happen within the deadline")
}

fn signing() -> SigningOptions {
    SigningOptions { org_key: None, passphrase: PassphraseOptions { passphrase_file: None, no_passphrase: true } }
}

fn now_ms() -> u64 {
    deskhand_relay::clock::wall_ms()
}

/// A data folder made by the relay's own commands.
pub(crate) struct Data {
    folder: TempDir,
}

impl Data {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = Self { folder };
        let options =
            InitOptions { data: data.options(), org: "Acme Support".into(), domain: None, address: Vec::new(), signing: signing() };
        admin::init(&options, &data.context()).unwrap();
        data
    }

    fn context(&self) -> Context<'static> {
        Context { now_ms: now_ms(), program_folder: None, ask: &Terminal }
    }

    fn options(&self) -> DataOptions {
        DataOptions { data: self.path() }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("relay")
    }

    pub(crate) fn statement(&self) -> SignedStatement {
        admin::store::load_statement(&self.path()).unwrap()
    }

    pub(crate) fn relay_key(&self) -> PublicKey<Relay> {
        self.statement().statement().relays[0].key
    }

    pub(crate) fn cosign_key(&self) -> PublicKey<RelayCosign> {
        self.statement().statement().relays[0].cosign
    }

    pub(crate) fn organisation(&self) -> Organisation {
        let entry = self.statement().statement().organisation.clone();
        Organisation { key: entry.key, name: entry.name, domain: entry.domain }
    }

    /// A technician with a certificate.
    pub(crate) fn technician(&self, name: &str, seed: u8) -> TechnicianSecret {
        let secret = TechnicianSecret::from_seeds([seed; 32], [seed ^ 0xff; 32]);
        let options = TechAddOptions {
            name: Some(name.into()),
            pubkey: Some(secret.public().to_string()),
            cert: None,
            data: self.options(),
            signing: signing(),
        };
        admin::tech_add(&options, &self.context()).unwrap();
        secret
    }

    pub(crate) fn revoke(&self, name: &str) {
        let options = TechRevokeOptions { name: name.into(), data: self.options(), signing: signing() };
        admin::tech_revoke(&options, &self.context()).unwrap();
    }

    pub(crate) fn serve_options(&self) -> ServeOptions {
        ServeOptions {
            data: self.path(),
            listen: "127.0.0.1:0".parse().unwrap(),
            ready_file: None,
            shred: None,
            quota: None,
            session_quota: None,
            witness: Vec::new(),
        }
    }

    pub(crate) async fn serve(&self) -> Server {
        Server::start(&self.serve_options()).await.unwrap()
    }

    /// A file of a session's folder.
    pub(crate) fn file(&self, sid: SessionId, name: &str) -> PathBuf {
        session_folder(&self.path(), sid).join(name)
    }

    pub(crate) fn read(&self, sid: SessionId, name: &str) -> Vec<u8> {
        fs::read(self.file(sid, name)).unwrap_or_default()
    }
}

pub(crate) fn session_folder(data: &Path, sid: SessionId) -> PathBuf {
    data.join(deskhand_audit::bundle::session_folder(&sid))
}

/// A host, by hand.
pub(crate) struct Host {
    pub(crate) key: SecretKey<Session>,
    pub(crate) sid: SessionId,
    pub(crate) connection: Connection,
    pub(crate) writer: FrameWriter,
    pub(crate) reader: FrameReader,
    /// Whether its updates belong to the recording.
    pub(crate) recorded: bool,
}

impl Host {
    pub(crate) async fn connect(data: &Data, server: &Server, seed: u8) -> Self {
        let key = SecretKey::<Session>::from_seed([seed; 32]);
        let me = Me::host(&key).unwrap();
        let connection = dial(data, server, &me).await.unwrap();
        let Greeting { writer, reader, .. } = soon(hello(&connection, Role::Host, 0)).await.unwrap();
        Self { sid: SessionId::of(&key.public()), key, connection, writer, reader, recorded: false }
    }

    pub(crate) async fn say(&mut self, message: HostToRelay) {
        self.writer.send(&message).await.unwrap();
    }

    pub(crate) async fn hear(&mut self) -> RelayToHost {
        soon(self.reader.recv(MAX_RELAY_FRAME)).await.unwrap().unwrap()
    }

    pub(crate) async fn nameplate(&mut self) -> String {
        self.say(HostToRelay::Nameplate).await;
        match self.hear().await {
            RelayToHost::Nameplate { digits, .. } => digits.as_str().to_owned(),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn hear_join(&mut self) -> PeerId {
        match self.hear().await {
            RelayToHost::ViewerJoined { peer, .. } => peer,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn header(&self, number: u64, size: usize, key: bool) -> UpdateHeader {
        UpdateHeader {
            channel: Channel::Screen,
            key,
            discardable: false,
            recorded: self.recorded,
            session: *self.sid.bytes(),
            epoch: 1,
            number,
            size: size.try_into().unwrap(),
        }
    }

    /// Sends one update; returns when it was written, not when it arrived.
    pub(crate) async fn update(&self, number: u64, sealed: &[u8], key: bool) {
        let header = self.header(number, sealed.len(), key);
        let mut stream = self.connection.open_uni(StreamHead::Update).await.unwrap();
        stream.set_priority(deskhand_link::priority::of_update(number));
        stream.raw(Bytes::copy_from_slice(&header.to_bytes())).await.unwrap();
        stream.raw(Bytes::copy_from_slice(sealed)).await.unwrap();
        stream.finish();
    }

    pub(crate) async fn log(&self, data: &Data) -> HostLog {
        let (writer, reader) = self.connection.open_bi(StreamHead::Audit).await.unwrap();
        let organisation = data.organisation();
        let log = Log::new(self.sid, &organisation);
        let created = Event::SessionCreated {
            organisation,
            relay: data.relay_key(),
            relay_cosign: data.cosign_key(),
            key: self.key.public(),
            version: "test".into(),
        };
        HostLog { writer, reader, log, created, cosigned: Vec::new(), opened: None, key: self.key.clone() }
    }
}

/// A host's log and its stream.
pub(crate) struct HostLog {
    pub(crate) writer: FrameWriter,
    pub(crate) reader: FrameReader,
    pub(crate) log: Log,
    pub(crate) created: Event,
    /// Cosignatures that came: how many leaves, and the line.
    pub(crate) cosigned: Vec<(u64, Vec<u8>)>,
    /// The proof that the session is in the organisation's log.
    pub(crate) opened: Option<Vec<u8>>,
    key: SecretKey<Session>,
}

impl HostLog {
    pub(crate) fn leaf(&mut self, event: Event) -> Leaf {
        let at = self.log.size();
        self.log.append(Draft::new(1_800_000_000_000 + at, at, Actor::host(), event))
    }

    pub(crate) async fn send(&mut self, leaf: &Leaf) {
        self.say(AuditToRelay::Leaf { seq: leaf.seq, bytes: leaf.bytes.clone() }).await;
    }

    pub(crate) async fn append(&mut self, event: Event) -> Leaf {
        let leaf = self.leaf(event);
        self.send(&leaf).await;
        leaf
    }

    pub(crate) async fn begin(&mut self) -> Leaf {
        self.append(self.created.clone()).await
    }

    pub(crate) async fn checkpoint(&mut self) -> Vec<u8> {
        let (size, note) = self.log.checkpoint(&self.key).unwrap();
        self.say(AuditToRelay::Checkpoint { size, note: note.clone() }).await;
        note
    }

    pub(crate) async fn say(&mut self, message: AuditToRelay) {
        self.writer.send(&message).await.unwrap();
    }

    /// The next message, but the proof that the session is in the organisation's log, which comes first.
    pub(crate) async fn hear(&mut self) -> Result<Option<AuditToHost>, LinkError> {
        loop {
            match soon(self.reader.recv(MAX_AUDIT_FRAME)).await? {
                Some(AuditToHost::Opened { proof }) => self.opened = Some(proof),
                other => return Ok(other),
            }
        }
    }

    /// Waits for the acknowledgement of so much.
    pub(crate) async fn acked(&mut self, leaves: u64, checkpoint: u64) {
        loop {
            match self.hear().await.unwrap().unwrap() {
                AuditToHost::Acked { leaves: l, checkpoint: c } if l >= leaves && c >= checkpoint => return,
                AuditToHost::Acked { .. } => {}
                AuditToHost::Cosigned { size, line } => self.cosigned.push((size, line)),
                AuditToHost::Opened { proof } => self.opened = Some(proof),
                AuditToHost::Failed(failure) => panic!("{failure:?}"),
            }
        }
    }
}

/// A technician, by hand.
pub(crate) struct Viewer {
    pub(crate) connection: Connection,
    pub(crate) writer: FrameWriter,
    pub(crate) reader: FrameReader,
}

impl Viewer {
    pub(crate) async fn connect(data: &Data, server: &Server, secret: &TechnicianSecret) -> Result<Self, LinkError> {
        let me = Me::technician(&secret.tls).unwrap();
        let connection = dial(data, server, &me).await?;
        let Greeting { writer, reader, .. } = soon(hello(&connection, Role::Technician, 0)).await?;
        Ok(Self { connection, writer, reader })
    }

    pub(crate) async fn say(&mut self, message: ViewerToRelay) {
        self.writer.send(&message).await.unwrap();
    }

    pub(crate) async fn hear(&mut self) -> RelayToViewer {
        soon(self.reader.recv(MAX_RELAY_FRAME)).await.unwrap().unwrap()
    }

    pub(crate) async fn claim(&mut self, nameplate: &str) -> RelayToViewer {
        self.say(ViewerToRelay::Claim { nameplate: Text::new(nameplate).unwrap() }).await;
        self.hear().await
    }

    pub(crate) async fn join(&mut self, nameplate: &str) -> PeerId {
        match self.claim(nameplate).await {
            RelayToViewer::Claimed { peer, .. } => peer,
            other => panic!("{other:?}"),
        }
    }

    /// The next update: its header and sealed bytes.
    pub(crate) async fn update(&self) -> (UpdateHeader, Vec<u8>) {
        let mut stream = soon(self.connection.accept_uni()).await.unwrap();
        read_update(&mut stream).await
    }
}

pub(crate) async fn read_update(stream: &mut FrameReader) -> (UpdateHeader, Vec<u8>) {
    assert_eq!(soon(stream.head()).await.unwrap(), StreamHead::Update);
    let header = UpdateHeader::from_bytes(&soon(stream.exact()).await.unwrap()).unwrap();
    let sealed = soon(stream.rest(header.size as usize)).await.unwrap();
    (header, sealed)
}

async fn dial(data: &Data, server: &Server, me: &Me) -> Result<Connection, LinkError> {
    let addresses = [server.address().to_string()];
    soon(connect(&addresses, &data.relay_key(), me)).await
}

/// A host with one viewer that has joined.
pub(crate) async fn pair(data: &Data, server: &Server, secret: &TechnicianSecret) -> (Host, Viewer, PeerId) {
    let mut host = Host::connect(data, server, 1).await;
    let nameplate = host.nameplate().await;
    let mut viewer = Viewer::connect(data, server, secret).await.unwrap();
    let peer = viewer.join(&nameplate).await;
    assert_eq!(host.hear_join().await, peer);
    (host, viewer, peer)
}

/// Bytes that look like sealed ones.
pub(crate) fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        })
        .collect()
}
