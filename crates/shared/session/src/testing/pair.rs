//! A host and its viewers with a relay in memory between them: messages arrive at once, time is a number.
//!
//! In scope: driving both ends as a program would, holding back acknowledgements, tampering with frames. Not in scope:
//! the sessions' own logic.

use std::collections::BTreeMap;

use deskhand_audit::{AnswerInput, bundle::Manifest};
use deskhand_identity::SecretKey;
use deskhand_seal::code::Code;
use deskhand_wire::{
    PeerId, Text,
    control::{Scope, Scopes},
    input::{Button, InputEvent},
    relay::{AuditToHost, ClaimRefusal, HostToRelay, RelayToHost, RelayToViewer, ViewerToRelay},
    update::HEADER_BYTES,
};

use super::store::MemoryStore;
use super::world::{COSIGN, Person, World};
use crate::clock::Now;
use crate::error::{ApiMisuse, InputBlocked, SealRefusal, UpdateRefusal};
use crate::host::{Customer, HostInput, HostOutput, HostSession, OutgoingUpdate, SealedFrame};
use crate::question::Question;
use crate::viewer::{OpenedUpdate, ViewerInput, ViewerOutput, ViewerSession};

/// Which way a frame goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Control stream, down.
    ToViewer(PeerId),
    /// Control stream, up.
    ToHost(PeerId),
    /// Input stream, up.
    Input(PeerId),
}

/// What becomes of a frame on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It arrives.
    Pass,
    /// It is lost.
    Drop,
    /// It arrives twice.
    Twice,
}

type Tamper = Box<dyn FnMut(Way, &mut Vec<u8>) -> Fate>;

/// One host, its viewers, and what a relay does between them.
pub struct Pair {
    /// The organisation.
    pub world: World,
    /// The host.
    pub host: HostSession,
    /// The viewers, by number.
    pub viewers: BTreeMap<PeerId, ViewerSession>,
    /// The moment.
    pub now: Now,
    /// What the relay keeps.
    pub store: MemoryStore,
    /// The newest head whose cosignature the host was given.
    pub cosigned: u64,
    /// Whether the relay acknowledges what it stores.
    pub acknowledges: bool,
    /// What the host put out for the program, in order, since it was last cleared.
    pub host_out: Vec<HostOutput>,
    /// What the viewers put out for the program, in order, since it was last cleared.
    pub viewer_out: Vec<(PeerId, ViewerOutput)>,
    tamper: Option<Tamper>,
    keys: BTreeMap<PeerId, [u8; 32]>,
    plate: Option<u32>,
    plates: u32,
    next_update: u64,
}

impl Pair {
    /// A host that shows its code.
    ///
    /// # Panics
    /// When the world does not allow a session.
    #[must_use]
    pub fn new(world: World) -> Self {
        let config = world.host(7);
        let manifest = Manifest::new(config.session_key.public(), world.organisation.public());
        let host = HostSession::new(config, world.start).expect("the world of a test allows sessions");
        let mut pair = Self {
            host,
            viewers: BTreeMap::new(),
            now: world.start,
            store: MemoryStore::new(&manifest, world.relay.clone(), world.cosigns.then(|| SecretKey::from_seed(COSIGN))),
            acknowledges: true,
            cosigned: 0,
            host_out: Vec::new(),
            viewer_out: Vec::new(),
            tamper: None,
            keys: BTreeMap::new(),
            plate: None,
            plates: 48_213,
            next_update: 1,
            world,
        };
        let proof = pair.store.opening();
        pair.at_host(HostInput::Audit(AuditToHost::Opened { proof }));
        pair
    }

    /// A host and technician number 1, with these scopes allowed; everything was delivered.
    ///
    /// # Panics
    /// When the customer could not answer.
    #[must_use]
    pub fn with_consent(world: World, scopes: impl IntoIterator<Item = Scope>) -> Self {
        let mut pair = Self::new(world);
        let ana = pair.world.technician("Ana Ruiz", 20);
        pair.join(1, &ana);
        pair.answer(Scopes::of(scopes)).expect("the question is open");
        pair
    }

    /// The code being shown.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn code(&self) -> Code {
        let (text, _) = self.host.status().code.expect("a code is shown");
        Code::parse(&text, deskhand_seal::code::Language::English).expect("a shown code can be read")
    }

    /// A technician comes with the code that is shown.
    pub fn join(&mut self, peer: PeerId, person: &Person) {
        self.join_with(peer, person, self.code());
    }

    /// A technician comes with some code.
    ///
    /// # Panics
    /// Never: the configuration is within its limits.
    pub fn join_with(&mut self, peer: PeerId, person: &Person, code: Code) {
        let config = self.world.viewer(person, code, 30 + peer);
        self.keys.entry(peer).or_insert(*person.keys.tls.public().bytes());
        let viewer = ViewerSession::new(config, self.now).expect("within limits");
        self.viewers.insert(peer, viewer);
        self.run();
    }

    /// The TLS key that the relay will claim a viewer has, whatever it has.
    pub fn claim_key(&mut self, peer: PeerId, key: [u8; 32]) {
        self.keys.insert(peer, key);
    }

    /// Puts somebody between the ends.
    pub fn tamper(&mut self, with: impl FnMut(Way, &mut Vec<u8>) -> Fate + 'static) {
        self.tamper = Some(Box::new(with));
    }

    /// Nobody is between the ends any more.
    pub fn leave_alone(&mut self) {
        self.tamper = None;
    }

    /// The open question.
    #[must_use]
    pub fn question(&self) -> Option<Question> {
        self.host.status().question
    }

    /// The customer answers the open question.
    ///
    /// # Errors
    /// What the session says.
    pub fn answer(&mut self, allow: Scopes) -> Result<(), ApiMisuse> {
        let question = self.question().map_or(0, |question| question.number);
        self.customer(Customer::Answer { question, allow, how: AnswerInput::Pointer })
    }

    /// The customer does something.
    ///
    /// # Errors
    /// What the session says.
    pub fn customer(&mut self, customer: Customer) -> Result<(), ApiMisuse> {
        let done = self.host.handle(self.now, HostInput::Customer(customer));
        self.run();
        done
    }

    /// Something happens at the host.
    pub fn at_host(&mut self, input: HostInput) {
        let _ = self.host.handle(self.now, input);
        self.run();
    }

    /// Something happens at a viewer.
    pub fn at_viewer(&mut self, peer: PeerId, input: ViewerInput) {
        if let Some(viewer) = self.viewers.get_mut(&peer) {
            let _ = viewer.handle(self.now, input);
        }
        self.run();
    }

    /// The technician does something with pointer or keys.
    ///
    /// # Errors
    /// What the viewer's session says.
    pub fn input(&mut self, peer: PeerId, event: InputEvent) -> Result<(), InputBlocked> {
        let viewer = self.viewers.get_mut(&peer).ok_or(InputBlocked::Ended)?;
        viewer.input(self.now, event)?;
        self.run();
        Ok(())
    }

    /// The technician clicks.
    ///
    /// # Errors
    /// What the viewer's session says.
    pub fn click(&mut self, peer: PeerId, x: u32, y: u32) -> Result<(), InputBlocked> {
        for down in [true, false] {
            self.input(peer, InputEvent::Button { button: Button::Left, down, x, y })?;
        }
        Ok(())
    }

    /// Lets time pass, with every timer at its moment.
    pub fn wait(&mut self, ms: u64) {
        let end = self.now.plus(ms);
        loop {
            let timers = self.viewers.values().filter_map(ViewerSession::poll_timeout).chain(self.host.poll_timeout());
            let next = timers.min().filter(|next| *next <= end.mono_ms);
            let moment = next.unwrap_or(end.mono_ms).max(self.now.mono_ms);
            self.now = self.now.plus(moment - self.now.mono_ms);
            let _ = self.host.handle(self.now, HostInput::Timeout);
            for viewer in self.viewers.values_mut() {
                let _ = viewer.handle(self.now, ViewerInput::Timeout);
            }
            self.run();
            if next.is_none() {
                return;
            }
        }
    }

    /// Seals the next update without sending it.
    ///
    /// # Errors
    /// What the host's session says.
    pub fn seal(&mut self, key: bool, changed: &[[u32; 4]]) -> Result<SealedFrame, SealRefusal> {
        let number = self.next_update;
        self.next_update += 1;
        let bytes = format!("update {number}").into_bytes();
        let update = OutgoingUpdate { number, key, captured_at: self.now.mono_ms, changed, bytes: &bytes };
        let sealed = self.host.seal_update(self.now, &update)?;
        Ok(sealed)
    }

    /// Brings a sealed update to the recording and to one viewer.
    ///
    /// # Errors
    /// What the viewer's session says.
    ///
    /// # Panics
    /// When the frame is shorter than its header.
    pub fn deliver(&mut self, peer: PeerId, sealed: &SealedFrame) -> Result<OpenedUpdate, UpdateRefusal> {
        let (header, frame) = sealed.bytes.split_first_chunk::<HEADER_BYTES>().expect("a header");
        let viewer = self.viewers.get_mut(&peer).ok_or(UpdateRefusal::NotAllowed)?;
        let opened = viewer.open_update(self.now, header, frame)?;
        let _ = viewer.handle(self.now, ViewerInput::Shown { update: opened.number });
        self.run();
        Ok(opened)
    }

    /// An update goes all the way: sealed, recorded, opened and shown by every viewer that may.
    ///
    /// # Errors
    /// What the host's session says.
    pub fn update(&mut self, key: bool, changed: &[[u32; 4]]) -> Result<SealedFrame, SealRefusal> {
        let sealed = self.seal(key, changed)?;
        self.record(&sealed);
        for peer in self.viewers.keys().copied().collect::<Vec<_>>() {
            let _ = self.deliver(peer, &sealed);
        }
        self.run();
        Ok(sealed)
    }

    /// The relay stores a sealed update.
    pub fn record(&mut self, sealed: &SealedFrame) {
        if sealed.header.recorded {
            self.store.record(sealed.header.epoch, &sealed.bytes);
        }
    }

    /// The relay acknowledges everything it has.
    pub fn acknowledge(&mut self) {
        if let Some((size, line)) = self.store.cosigned().filter(|(size, _)| *size > self.cosigned) {
            self.cosigned = size;
            let _ = self.host.handle(self.now, HostInput::Audit(AuditToHost::Cosigned { size, line }));
        }
        let message = AuditToHost::Acked { leaves: self.store.leaves(), checkpoint: self.store.checkpoint() };
        let _ = self.host.handle(self.now, HostInput::Audit(message));
    }

    /// Delivers everything until nobody has anything to say.
    ///
    /// # Panics
    /// When the host hands out an event that no live grant permits.
    pub fn run(&mut self) {
        loop {
            let mut quiet = true;
            while let Some(output) = self.host.poll_output() {
                quiet = false;
                self.host_says(output);
            }
            for peer in self.viewers.keys().copied().collect::<Vec<_>>() {
                while let Some(output) = self.viewers.get_mut(&peer).and_then(ViewerSession::poll_output) {
                    quiet = false;
                    self.viewer_says(peer, output);
                }
            }
            if quiet {
                return;
            }
        }
    }

    fn host_says(&mut self, output: HostOutput) {
        match output {
            HostOutput::Audit(message) => {
                self.store.store(&message);
                if self.acknowledges {
                    self.acknowledge();
                }
            }
            HostOutput::Control { peer, frame } => self.carry(Way::ToViewer(peer), frame),
            HostOutput::Relay(message) => match message {
                HostToRelay::Nameplate => {
                    self.plates += 1;
                    self.plate = Some(self.plates);
                    let digits = Text::clipped(&self.plates.to_string());
                    let message = RelayToHost::Nameplate { digits, life_ms: 600_000 };
                    let _ = self.host.handle(self.now, HostInput::Relay(message));
                }
                HostToRelay::Retire => self.plate = None,
                HostToRelay::Dismiss { peer } => self.relay_to_viewer(peer, RelayToViewer::Dismissed),
                HostToRelay::End => {
                    for peer in self.viewers.keys().copied().collect::<Vec<_>>() {
                        self.relay_to_viewer(peer, RelayToViewer::HostLeft);
                    }
                }
            },
            HostOutput::Inject { grant, event } => {
                assert!(grant.permits(self.now.mono_ms).is_ok(), "an event came out that its grant does not permit");
                assert!(self.question().is_none(), "an event came out while a question is open");
                self.host_out.push(HostOutput::Inject { grant, event });
            }
            other => self.host_out.push(other),
        }
    }

    fn viewer_says(&mut self, peer: PeerId, output: ViewerOutput) {
        match output {
            ViewerOutput::Control { frame } => self.carry(Way::ToHost(peer), frame),
            ViewerOutput::Input { frame } => self.carry(Way::Input(peer), frame),
            ViewerOutput::OpenStreams { .. } => {}
            ViewerOutput::Relay(ViewerToRelay::Claim { nameplate }) => {
                if nameplate.as_str().parse().ok() == self.plate && self.plate.is_some() {
                    let key = self.keys.get(&peer).copied().unwrap_or_default();
                    let _ = self.host.handle(self.now, HostInput::Relay(RelayToHost::ViewerJoined { peer, key }));
                    let session = *self.host.session().bytes();
                    self.relay_to_viewer(peer, RelayToViewer::Claimed { peer, session });
                } else {
                    self.relay_to_viewer(peer, RelayToViewer::NotClaimed(ClaimRefusal::Unknown));
                }
            }
            ViewerOutput::Relay(ViewerToRelay::Cosigned { note }) => self.store.witness(&note),
            ViewerOutput::Relay(ViewerToRelay::Leave) => {
                let _ = self.host.handle(self.now, HostInput::Relay(RelayToHost::ViewerLeft { peer }));
            }
            other => self.viewer_out.push((peer, other)),
        }
    }

    fn relay_to_viewer(&mut self, peer: PeerId, message: RelayToViewer) {
        if let Some(viewer) = self.viewers.get_mut(&peer) {
            let _ = viewer.handle(self.now, ViewerInput::Relay(message));
        }
    }

    fn carry(&mut self, way: Way, mut frame: Vec<u8>) {
        let fate = self.tamper.as_mut().map_or(Fate::Pass, |tamper| tamper(way, &mut frame));
        let times = match fate {
            Fate::Drop => 0,
            Fate::Pass => 1,
            Fate::Twice => 2,
        };
        for _ in 0..times {
            let frame = frame.clone();
            match way {
                Way::ToViewer(peer) => {
                    if let Some(viewer) = self.viewers.get_mut(&peer) {
                        let _ = viewer.handle(self.now, ViewerInput::Control { frame });
                    }
                }
                Way::ToHost(peer) => {
                    let _ = self.host.handle(self.now, HostInput::Control { peer, frame });
                }
                Way::Input(peer) => {
                    let _ = self.host.handle(self.now, HostInput::Input { peer, frame });
                }
            }
        }
    }

    /// Events that were handed to the effector since the outputs were last cleared.
    #[must_use]
    pub fn injected(&self) -> Vec<InputEvent> {
        let injected = |output: &HostOutput| match output {
            HostOutput::Inject { event, .. } => Some(event.clone()),
            _ => None,
        };
        self.host_out.iter().filter_map(injected).collect()
    }

    /// Forgets the outputs seen so far.
    pub fn clear(&mut self) {
        self.host_out.clear();
        self.viewer_out.clear();
    }
}
