//! A technician with a real certificate whose program does what it likes: any input message, with any grant, tick or update.
//!
//! In scope: the honest beginning (connect, pair, identity) and then raw messages. Whatever it sends, the customer's machine decides.

use crate::office::Office;
use deskhand_identity::{Label, PublicKey, SignedStatement, TechnicianSecret};
use deskhand_link::{Connection, FrameReader, FrameWriter, Me};
use deskhand_seal::{
    Direction, Seed,
    code::{Code, Language},
    frames::{KeyId, Opener, Order, Sealer, pad, unpad},
    pairing::{PairContext, Spake2Ed25519, TechnicianPairing},
};
use deskhand_wire::{
    control::{HostToViewer, Scopes, ViewerToHost},
    decode, encode,
    input::InputMessage,
    limits::{INPUT_PADDING, MAX_CONTROL_FRAME, MAX_RELAY_FRAME},
    pair::{ControlFrame, PairMessage, SUITE_1},
    relay::{RelayToViewer, Role, ViewerToRelay},
    stream::{Channel, StreamHead},
    text::{List, Text},
};
use std::{sync::mpsc, time::Duration};
use tokio::runtime::Runtime;

/// A paired viewer that is not honest; gone with the value.
pub struct EvilViewer {
    runtime: Runtime,
    connection: Connection,
    control: FrameWriter,
    control_seal: Sealer,
    input: FrameWriter,
    input_seal: Sealer,
    heard: mpsc::Receiver<HostToViewer>,
}

impl EvilViewer {
    /// Connects as the office's first technician, pairs with this code, and asks for these scopes.
    ///
    /// # Panics
    /// When the honest part fails.
    pub fn pair(office: &Office, code: &str, scopes: Scopes) -> Self {
        Self::pair_as(office, ("technician", &office.certificate()), code, scopes)
    }

    /// As [`EvilViewer::pair`] with the key file of this name, which the relay lets in, and this certificate, whoever signed it.
    ///
    /// # Panics
    /// When the honest part fails.
    pub fn pair_as(office: &Office, (name, certificate): (&str, &str), code: &str, scopes: Scopes) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let text = std::fs::read_to_string(office.config()).expect("the statement");
        let statement = SignedStatement::parse(&text).expect("a good statement");
        let secret: TechnicianSecret = deskhand_link::keyfile::read(&office.key(name), |_| Ok(None)).expect("the technician's key");
        let code = Code::parse(code, Language::English).expect("a code");
        let parts = runtime.block_on(begin(&statement, &secret, &code, scopes));
        let (connection, control, input, master, (peer, entered), mut reader) = parts;
        let key = |way, channel| {
            let id = KeyId::pairwise(peer, channel);
            (deskhand_seal::Master::frame_key(&master, way, id), id)
        };
        let seal = |channel| {
            let (key, id) = key(Direction::ViewerToHost, channel);
            Sealer::new(&key, id)
        };
        let (down, id) = key(Direction::HostToViewer, Channel::Control);
        let mut opener = Opener::new(&down, id, Order::Next);
        let (sender, heard) = mpsc::channel();
        runtime.spawn(async move {
            while let Ok(Some(frame)) = reader.recv_bytes(MAX_CONTROL_FRAME).await {
                let Ok(ControlFrame::Sealed(sealed)) = decode(&frame, MAX_CONTROL_FRAME) else { continue };
                let content = opener.open(&[], &sealed).ok().and_then(unpad);
                let message = content.and_then(|content| decode::<HostToViewer>(&content, MAX_CONTROL_FRAME).ok());
                if message.is_none_or(|message| sender.send(message).is_err()) {
                    return;
                }
            }
        });
        let mut viewer =
            Self { runtime, connection, control, control_seal: seal(Channel::Control), input, input_seal: seal(Channel::Input), heard };
        let signature = secret.tls.sign(Label::IDENT, master.transcript());
        viewer.say(&ViewerToHost::Identity {
            certificate: Text::clipped(certificate),
            signature: signature.bytes().to_vec(),
            ticket: None,
            reason: None,
            scopes,
            entered,
        });
        viewer
    }

    fn sealed(sealer: &mut Sealer, mut content: Vec<u8>) -> Vec<u8> {
        pad(&mut content, INPUT_PADDING, false);
        sealer.seal(&[], &content).expect("a fresh key")
    }

    /// Sends a control message.
    ///
    /// # Panics
    /// When the stream is gone.
    pub fn say(&mut self, message: &ViewerToHost) {
        let frame = encode(&ControlFrame::Sealed(Self::sealed(&mut self.control_seal, encode(message))));
        self.runtime.block_on(self.control.send_bytes(&frame)).expect("the control stream is open");
    }

    /// Sends an input message; whether the stream still takes it.
    pub fn input(&mut self, message: &InputMessage) -> bool {
        let frame = Self::sealed(&mut self.input_seal, encode(message));
        self.runtime.block_on(self.input.send_bytes(&frame)).is_ok()
    }

    /// Waits for a message from the host.
    ///
    /// # Panics
    /// When it does not come.
    pub fn hears<T>(&mut self, what: &str, wanted: impl Fn(&HostToViewer) -> Option<T>) -> T {
        let end = std::time::Instant::now() + crate::PATIENCE;
        let mut others = Vec::new();
        loop {
            let left = end.saturating_duration_since(std::time::Instant::now()).max(Duration::from_millis(1));
            match self.heard.recv_timeout(left) {
                Ok(message) => {
                    if let Some(found) = wanted(&message) {
                        return found;
                    }
                    if !matches!(message, HostToViewer::Tick(_)) {
                        others.push(message);
                    }
                }
                Err(error) => panic!("never heard {what}: {error}; heard {others:?}"),
            }
        }
    }

    /// What was heard and not taken yet.
    pub fn heard(&mut self) -> Vec<HostToViewer> {
        self.heard.try_iter().collect()
    }
}

impl Drop for EvilViewer {
    fn drop(&mut self) {
        self.connection.close(deskhand_link::CloseCode::Done, "");
    }
}

/// The streams, the keys, the number in the session with the proof of the certificate, and what the host says.
type Begun = (Connection, FrameWriter, FrameWriter, deskhand_seal::Master, (u8, Vec<u8>), FrameReader);

async fn begin(statement: &SignedStatement, secret: &TechnicianSecret, code: &Code, _scopes: Scopes) -> Begun {
    let relay = statement.statement().relays.first().expect("a relay").clone();
    let me = Me::technician(&secret.tls).expect("a TLS identity");
    let connection = deskhand_link::connect(&relay.addresses, &relay.key, &me).await.expect("the relay answers");
    let mut greeting = deskhand_link::hello(&connection, Role::Technician, 0).await.expect("the relay lets a technician in");
    let nameplate = Text::clipped(&code.nameplate().to_string());
    greeting.writer.send(&ViewerToRelay::Claim { nameplate }).await.expect("sent");
    let said = greeting.reader.recv::<RelayToViewer>(MAX_RELAY_FRAME).await.expect("an answer");
    let Some(RelayToViewer::Claimed { peer, session }) = said else { panic!("the claim was answered by {said:?}") };
    let (mut control, mut reader) = connection.open_bi(StreamHead::Control { peer }).await.expect("a stream");
    let (input, _) = connection.open_bi(StreamHead::Input { peer }).await.expect("a stream");

    let organisation: &PublicKey<deskhand_identity::Organisation> = &statement.statement().organisation.key;
    let context = PairContext { sid: session, nameplate: code.nameplate(), relay: *relay.key.bytes(), organisation: *organisation.bytes() };
    let password = code.secret().password();
    let (pairing, opening) = TechnicianPairing::<Spake2Ed25519>::start(context, &password, &Seed::new([9; 32]));
    let p1 = encode(&ControlFrame::Pair(PairMessage::P1 {
        versions: List::clipped([1]),
        suites: List::clipped([SUITE_1]),
        nonce: opening.nonce,
        pake: opening.pake,
        kem_public: opening.kem_key,
    }));
    control.send_bytes(&p1).await.expect("sent");
    let p2 = reader.recv_bytes(MAX_CONTROL_FRAME).await.expect("P2").expect("P2");
    let Ok(ControlFrame::Pair(PairMessage::P2 { pake, kem_ciphertext, .. })) = decode(&p2, MAX_CONTROL_FRAME) else { panic!("no P2") };
    let unconfirmed = pairing.finish(&p1, &p2, &pake, &kem_ciphertext).expect("fields of the right form");
    let confirm = ControlFrame::Pair(PairMessage::ViewerConfirm(unconfirmed.confirmation()));
    control.send_bytes(&encode(&confirm)).await.expect("sent");
    let answer = reader.recv_bytes(MAX_CONTROL_FRAME).await.expect("a confirmation").expect("a confirmation");
    let Ok(ControlFrame::Pair(PairMessage::HostConfirm(mac))) = decode(&answer, MAX_CONTROL_FRAME) else { panic!("not confirmed") };
    let master = unconfirmed.confirm(&mac).expect("the host knows the code");
    // The relay's stream stays open for as long as the viewer is there.
    let mut from_relay = greeting.reader;
    tokio::spawn(async move { while let Ok(Some(_)) = from_relay.recv::<RelayToViewer>(MAX_RELAY_FRAME).await {} });
    std::mem::forget(greeting.writer);
    (connection, control, input, master, (peer, greeting.entered), reader)
}
