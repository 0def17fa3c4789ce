//! The customer's end of a session.
//!
//! In scope: the state machine's surface and its dispatch; each decision has a file of its own:
//!
//! | file | what it decides |
//! | --- | --- |
//! | `code` | how often a code may be tried, and until when |
//! | `pairing`, `identify` | who gets keys, who is a technician |
//! | `consent`, `grants`, `people` | what is asked, given and taken |
//! | `control`, `changes`, `ticks` | which input is carried out |
//! | `look` | which monitors the updates hold |
//! | `media`, `segment` | epochs, sealing, what the recording holds |
//! | `journal` | the log on its way to the relay's disk |
//! | `witness` | what technicians are shown of the log, and their cosignatures |
//! | `timers` | every deadline |

mod changes;
mod code;
mod config;
mod consent;
mod control;
mod event;
mod grants;
mod identify;
mod journal;
mod look;
mod media;
mod pairing;
mod peer;
mod people;
mod segment;
mod status;
mod story;
mod ticks;
mod timers;
mod witness;

pub use config::{HostConfig, Wording};
pub use event::{CodeGone, Customer, HostInput, HostOutput, Link, Notice, Screen};
pub use media::{OutgoingUpdate, SealedFrame};
pub use status::{HostStatus, TechnicianStatus};
pub use story::{Moment, What};

use std::collections::{BTreeMap, VecDeque};

use deskhand_audit::{Actor, Event, Hash, Organisation, Origin, bundle::half_commitment, note::Note, organisation::is_opening};
use deskhand_identity::{
    Organisation as OrganisationKind, Policy, PublicKey, Relay, RelayCosign, SecretKey, Session, SessionId, SignedStatement,
};
use deskhand_recording::envelope::{Halves, Needed};
use deskhand_seal::{
    RecordingKey, Seed,
    code::{CodeStyle, Nameplate},
};
use deskhand_wire::{
    Millis, PeerId,
    control::{EndedBy, Scopes},
    limits::{MAX_VIEWERS, MIN_NAMEPLATE},
    relay::{AuditToHost, HostToRelay, RelayToHost},
};
use zeroize::Zeroize;

use crate::clock::Now;
use crate::error::{ApiMisuse, StartError};
use crate::language::word_list;
use crate::question::Standing;

/// Entries in one log that strangers can cause; further ones are counted and not written.
const MAX_ANOMALIES: u32 = 256;

/// The customer's end of a session, from the first code to the last entry of the log.
///
/// Drive it so: after every `handle`, `seal_*` and `discarded`, call [`poll_output`](Self::poll_output) until it is
/// `None`; when nothing happens, call `handle(now, HostInput::Timeout)` at [`poll_timeout`](Self::poll_timeout).
/// `now.mono_ms` must never go back.
///
/// One task owns it. What other threads need are the grants, which are shared state: a `Stop` reaches them before
/// `handle` returns.
pub struct HostSession {
    sid: SessionId,
    session_key: SecretKey<Session>,
    statement: SignedStatement,
    standing: Standing,
    relay: PublicKey<Relay>,
    scopes: Scopes,
    locale: String,
    wording: Option<Wording>,
    seed: Seed,
    journal: journal::Journal,
    code: code::CodeDesk,
    desk: consent::Desk,
    peers: BTreeMap<PeerId, peer::Peer>,
    media: media::Media,
    screen: Screen,
    looks: look::Looks,
    waiting: VecDeque<consent::Waiting>,
    /// Viewers whose streams will be closed, and when.
    dismissals: Vec<(PeerId, Millis)>,
    outputs: VecDeque<HostOutput>,
    last_outputs: VecDeque<HostOutput>,
    waiting_input: usize,
    /// Input events handed out.
    inputs: u64,
    pairings: u64,
    grants: u32,
    /// Anomalies so far.
    anomalies: u32,
    /// The relay's cosignature is late, and the log says so.
    cosignature_missing: bool,
    /// That the session is in the organisation's log; before that nobody is let in.
    opened: Option<Vec<u8>>,
    started_at: Millis,
    /// The newest moment seen.
    latest: Millis,
    link_lost_at: Option<Millis>,
    /// Control was taken because the line was cut for too long.
    control_paused: bool,
    ended: bool,
}

impl HostSession {
    /// Starts a session. Once the relay has proved that it is in the organisation's log, a nameplate is asked for; the code comes as
    /// [`HostOutput::Code`].
    ///
    /// # Errors
    /// [`StartError`] when the statement does not allow any session here and now.
    pub fn new(mut config: HostConfig, now: Now) -> Result<Self, StartError> {
        let stated = config.statement.statement().clone();
        stated.check_time(now.wall_ms).map_err(|_| StartError::StatementExpired)?;
        let relay = stated.relays.iter().find(|relay| relay.key == config.relay);
        let cosigner = relay.ok_or(StartError::UnknownRelay)?.cosign;
        let seed = Seed::new(config.seed);
        config.seed.zeroize();
        let halves = Halves::new(seed.draw("first-half", 0), *seed.draw("second-half", 0));
        let recording = halves.key();
        let organisation = Organisation {
            key: stated.organisation.key,
            name: stated.organisation.name.clone(),
            domain: stated.organisation.domain.clone(),
        };
        let sid = SessionId::of(&config.session_key.public());
        let journal =
            journal::Journal::new((sid, &organisation), config.session_key.clone(), cosigner, &recording, seed.child("journal", 0));
        let style = config.code_style.unwrap_or_else(|| style_of(&stated.policy));
        let code = code::CodeDesk::new(seed.child("code", 0), style, stated.policy.code_attempts);
        let mut session = Self {
            sid,
            session_key: config.session_key,
            standing: config.standing,
            relay: config.relay,
            scopes: config.scopes,
            locale: config.locale,
            wording: config.wording,
            seed,
            journal,
            code,
            desk: consent::Desk::new(),
            peers: BTreeMap::new(),
            media: media::Media::new(recording),
            screen: Screen::default(),
            looks: look::Looks::default(),
            waiting: VecDeque::new(),
            dismissals: Vec::new(),
            outputs: VecDeque::new(),
            last_outputs: VecDeque::new(),
            waiting_input: 0,
            inputs: 0,
            pairings: 0,
            grants: 0,
            anomalies: 0,
            cosignature_missing: false,
            opened: None,
            started_at: now.mono_ms,
            latest: now.mono_ms,
            link_lost_at: None,
            control_paused: false,
            ended: false,
            statement: config.statement,
        };
        if session.allowed_scopes().is_empty() {
            return Err(StartError::NothingAllowed);
        }
        session.log_start(now, organisation, cosigner, config.version);
        session.log_keys(now, &halves)?;
        session.journal.sign_if_due(now.mono_ms);
        Ok(session)
    }

    fn log_start(&mut self, now: Now, organisation: Organisation, relay_cosign: PublicKey<RelayCosign>, version: String) {
        let key = self.session_key.public();
        let created = Event::SessionCreated { organisation, relay: self.relay, relay_cosign, key, version };
        self.journal.write(now, Actor::host(), created);
        let stated = self.statement.statement();
        let applied = Event::PolicyApplied {
            serial: stated.serial,
            sha256: Hash::of(self.statement.text().as_bytes()),
            recording: stated.policy.recording,
            scopes: stated.policy.scopes.clone(),
        };
        self.journal.write(now, Actor::host(), applied);
    }

    /// Seals the recording key before there is anything under it. Without reviewers nobody will open it, and nothing is kept.
    fn log_keys(&mut self, now: Now, halves: &Halves) -> Result<(), StartError> {
        let stated = self.statement.statement();
        if stated.reviewers.is_empty() {
            return Ok(());
        }
        let needed = if stated.policy.two_person { Needed::Two } else { Needed::One };
        let recipients: Vec<[u8; 32]> = stated.reviewers.iter().map(|reviewer| reviewer.keys.age).collect();
        let seed = self.seed.child("envelope", 0);
        let mut drawn = 0;
        let envelope = halves.seal(&recipients, needed, || {
            drawn += 1;
            seed.draw("age", drawn)
        });
        let envelope = envelope.map_err(StartError::Reviewers)?;
        let half = *halves.second();
        let sealed = Event::KeysSealed {
            envelope_sha256: Hash::of(&envelope),
            half_sha256: half_commitment(&half),
            reviewers: stated.reviewers.iter().map(|reviewer| reviewer.keys.fingerprint()).collect(),
            needed: if needed == Needed::Two { 2 } else { 1 },
        };
        let beside = journal::Beside { keys: Some((envelope, half)), ..journal::Beside::default() };
        self.journal.write_beside(now, Actor::host(), sealed, beside);
        Ok(())
    }

    /// Takes in what happened.
    ///
    /// # Errors
    /// [`ApiMisuse`] when the caller's own input makes no sense; nothing happened then. What peers send is never an
    /// error here. After the end only acknowledgements are taken in.
    pub fn handle(&mut self, now: Now, input: HostInput) -> Result<(), ApiMisuse> {
        let now = Now::new(now.mono_ms.max(self.latest), now.wall_ms);
        self.latest = now.mono_ms;
        if let HostInput::Audit(message) = &input {
            self.audit(now, message);
            return Ok(());
        }
        if self.ended {
            return if matches!(input, HostInput::Timeout) { Ok(()) } else { Err(ApiMisuse::Ended) };
        }
        // Nothing that is over by time may be acted under, even when its timer comes late. A Stop goes first.
        if !matches!(input, HostInput::Customer(Customer::Stop { .. })) {
            self.on_time(now);
            if self.ended {
                return Ok(());
            }
        }
        let done = self.take_in(now, input);
        if !self.ended {
            self.send_look();
            self.send_due_ticks(now);
            if self.journal.is_overfull() {
                self.store_failed(now, deskhand_wire::relay::StoreFailure::Broken);
            }
            self.journal.sign_if_due(now.mono_ms);
        }
        done
    }

    fn take_in(&mut self, now: Now, input: HostInput) -> Result<(), ApiMisuse> {
        match input {
            HostInput::Relay(message) => self.relay_message(now, message),
            HostInput::Control { peer, frame } => self.control_frame(now, peer, &frame),
            HostInput::Input { peer, frame } => self.input_frame(now, peer, &frame),
            HostInput::Customer(customer) => return self.customer(now, customer),
            HostInput::Standing(standing) => self.standing = standing,
            HostInput::Screen(screen) => {
                if self.screen != screen {
                    self.screen = screen;
                    self.monitors_changed();
                    let message = self.screen_message();
                    for peer in self.viewing() {
                        self.tell(peer, &message);
                    }
                }
            }
            HostInput::NotInjected { peer, why } => {
                self.let_go();
                self.refuse_input(now, peer, why);
            }
            HostInput::RoundTrip { peer, ms } => {
                if let Some(technician) = self.technician_mut(peer) {
                    technician.round_trip = ms;
                }
            }
            HostInput::Looked { monitors, update } => self.looked(&monitors, update),
            HostInput::Link(link) => self.link(now, link),
            HostInput::CaptureFailed => self.end(now, EndedBy::Capture, "capture"),
            HostInput::End(by) => self.end(now, by, "program"),
            HostInput::Audit(_) | HostInput::Timeout => {}
        }
        Ok(())
    }

    fn customer(&mut self, now: Now, customer: Customer) -> Result<(), ApiMisuse> {
        match customer {
            Customer::Answer { question, allow, how } => return self.answer(now, question, allow, how),
            Customer::Recording { wanted } => {
                if !self.refuse_recording(!wanted) {
                    return Err(ApiMisuse::RecordingDecided);
                }
            }
            Customer::Stop { how } => self.stop(now, how),
            Customer::TakeControlBack { .. } => self.take_all_control(now, deskhand_wire::control::RevokedBy::Customer),
            Customer::NewCode => {
                if self.code.live().is_some() || self.code.is_waiting() || self.opening() {
                    return Err(ApiMisuse::CodeInUse);
                }
                self.ask_for_code();
            }
        }
        Ok(())
    }

    fn relay_message(&mut self, now: Now, message: RelayToHost) {
        match message {
            RelayToHost::Nameplate { digits, life_ms } => self.nameplate(now, digits.as_str(), life_ms),
            RelayToHost::ViewerJoined { peer, key } => {
                let fits = peer != deskhand_wire::HOST && self.peers.len() < MAX_VIEWERS;
                if !fits || self.peers.contains_key(&peer) {
                    self.anomaly(now, None, "claim_out_of_turn");
                    return self.outputs.push_back(HostOutput::Relay(HostToRelay::Dismiss { peer }));
                }
                self.dismissals.retain(|(other, _)| *other != peer);
                let deadline = now.mono_ms.saturating_add(peer::STEP_MS);
                self.peers.insert(peer, peer::Peer { key, stage: peer::Stage::Claimed { deadline }, anomalies: 0 });
            }
            RelayToHost::ViewerLeft { peer } => self.viewer_left(now, peer),
            RelayToHost::KeyUpdateWanted { .. } => self.want_key_update(now),
            RelayToHost::StoreFailed(why) => self.store_failed(now, why),
            RelayToHost::Closing => self.end(now, EndedBy::Link, "relay_closing"),
        }
    }

    fn nameplate(&mut self, now: Now, digits: &str, life_ms: u64) {
        let plain = digits.len() >= MIN_NAMEPLATE && digits.bytes().all(|digit| digit.is_ascii_digit());
        let number = digits.parse().ok().and_then(Nameplate::new);
        let nameplate = number.filter(|nameplate| plain && nameplate.to_string() == digits && self.code.is_waiting());
        let Some(nameplate) = nameplate else {
            self.anomaly(now, None, "nameplate_out_of_turn");
            return;
        };
        let life_ms = life_ms.min(self.policy().code_life_ms);
        let expires_at = now.mono_ms.saturating_add(life_ms);
        let attempts = self.code.limit();
        let style = match self.code.style() {
            CodeStyle::Words(_) => deskhand_identity::CodeStyle::Words,
            CodeStyle::Digits => deskhand_identity::CodeStyle::Digits,
        };
        let code = self.code.issue(nameplate, expires_at).code.clone();
        let issued = Event::CodeIssued { nameplate: digits.into(), style, attempts, life_ms };
        self.journal.write(now, Actor::host(), issued);
        self.outputs.push_back(HostOutput::Code { code, expires_at });
    }

    fn ask_for_code(&mut self) {
        if self.code.ask() {
            self.outputs.push_back(HostOutput::Relay(HostToRelay::Nameplate));
        }
    }

    fn audit(&mut self, now: Now, message: &AuditToHost) {
        match message {
            AuditToHost::Acked { leaves, checkpoint } => {
                if !self.journal.acknowledged(now.mono_ms, *leaves, *checkpoint) {
                    self.anomaly(now, None, "acknowledged_before_sent");
                } else if !self.ended {
                    self.release_waiting(now);
                    self.journal.sign_if_due(now.mono_ms);
                }
            }
            AuditToHost::Failed(why) => self.store_failed(now, *why),
            AuditToHost::Opened { proof } => self.entered(now, proof),
            AuditToHost::Cosigned { size, line } => {
                if self.journal.cosigned(*size, line) {
                    self.cosignature_missing = false;
                } else {
                    self.anomaly(now, None, "cosignature_refused");
                }
            }
        }
    }

    /// First line of the heads of the organisation's log.
    fn organisation_log(&self) -> Origin {
        let organisation = &self.statement.statement().organisation;
        Origin::of_organisation(&organisation.key, organisation.domain.as_deref())
    }

    /// Whether the relay has yet to say that the session is in the organisation's log.
    fn opening(&self) -> bool {
        self.opened.is_none() && self.journal.failed().is_none()
    }

    /// The relay has entered the session in the organisation's log: from here on it cannot vanish unseen.
    fn entered(&mut self, now: Now, proof: &[u8]) {
        if !is_opening(proof, &self.sid, &self.organisation_log(), &self.relay) {
            self.anomaly(now, None, "opening_not_proven");
        } else if self.opening() && !self.ended {
            self.opened = Some(proof.to_vec());
            self.ask_for_code();
        }
    }

    /// The next thing to do, in order; `None` when there is nothing left.
    pub fn poll_output(&mut self) -> Option<HostOutput> {
        self.pass_on();
        if let Some(output) = self.outputs.pop_front() {
            if let HostOutput::Inject { grant, event } = &output {
                let (peer, event) = (grant.peer(), event.clone());
                self.count_injected(peer, &event);
            }
            return Some(output);
        }
        self.journal.poll().map(HostOutput::Audit).or_else(|| self.last_outputs.pop_front())
    }

    /// When to call `handle` with [`HostInput::Timeout`] if nothing else happens, on the monotonic clock.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Millis> {
        self.next_deadline()
    }

    /// Whether the whole log is on the relay's disk: after the end, wait for it before the line is closed.
    #[must_use]
    pub fn is_stored(&self) -> bool {
        self.journal.all_stored()
    }

    /// The key that the recording depends on.
    #[must_use]
    pub fn recording_key(&self) -> &RecordingKey {
        &self.media.key
    }

    /// The newest head of the log that host and relay have both signed: what the customer's receipt holds.
    #[must_use]
    pub fn cosigned_head(&self) -> Option<&Note> {
        self.journal.last_cosigned()
    }

    /// What the customer may want to know of the session, in order; and how many moments more there were than are kept.
    #[must_use]
    pub fn story(&self) -> (&[Moment], usize) {
        self.journal.story()
    }

    /// The session's id.
    #[must_use]
    pub fn session(&self) -> SessionId {
        self.sid
    }

    fn policy(&self) -> &Policy {
        &self.statement.statement().policy
    }

    fn organisation_key(&self) -> &PublicKey<OrganisationKind> {
        &self.statement.statement().organisation.key
    }

    fn technician_mut(&mut self, peer: PeerId) -> Option<&mut peer::Technician> {
        self.peers.get_mut(&peer)?.technician_mut()
    }

    /// Logs something that should not happen. Bounded for each viewer and for the session, so that nobody floods the
    /// log with them. Gives whether it was logged.
    fn anomaly(&mut self, now: Now, peer: Option<PeerId>, kind: &str) -> bool {
        let of_peer = peer.and_then(|peer| self.peers.get_mut(&peer)).map(|known| {
            known.anomalies = known.anomalies.saturating_add(1);
            known.anomalies
        });
        let fits = of_peer.is_none_or(|count| count <= peer::MAX_ANOMALIES) && self.may_log_anomaly();
        if fits {
            self.journal.write(now, Actor::relay(), Event::Anomaly { anomaly: kind.into(), peer, detail: None });
        }
        fits
    }

    /// Whether one more entry that strangers can cause fits into the log; counts it.
    fn may_log_anomaly(&mut self) -> bool {
        self.anomalies = self.anomalies.saturating_add(1);
        !self.ended && self.anomalies <= MAX_ANOMALIES
    }
}

/// The policy's style of codes.
fn style_of(policy: &Policy) -> CodeStyle {
    if policy.code_style == deskhand_identity::CodeStyle::Digits {
        return CodeStyle::Digits;
    }
    CodeStyle::Words(word_list(policy.code_language))
}
