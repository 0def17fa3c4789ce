//! Who the technician is: certificate, revocation, the key of the TLS connection, the signature over the pairing.
//!
//! In scope: the first sealed message, and what to do with sealed messages in general. Not in scope: consent.

use deskhand_audit::{Actor, Blob, Event, PeerRole, TechIdentified, organisation::is_certified};
use deskhand_identity::{CertificateError, Label, PublicKey, Signature, SignedCertificate, TechnicianCosign, TechnicianPublic};
use deskhand_seal::frames::OpenError;
use deskhand_wire::{
    PeerId,
    control::{Denial, EndedBy, HostToViewer, Scope, Scopes, ViewerToHost},
    limits::{MAX_CONTROL_FRAME, MAX_MINUTES},
};

use super::journal::Beside;
use super::peer::{Channels, MAX_ANOMALIES, Paired, Said, Stage, Technician};
use super::witness::Witness;
use super::{HostOutput, HostSession, Notice};
use crate::clock::Now;
use crate::padded::message_in;

/// A technician whose proof was good.
struct Proven {
    certificate: SignedCertificate,
    name: String,
    signature: Signature,
}

/// Why a proof was not good: for the technician, and for the log.
type Rejected = (Denial, &'static str);

impl HostSession {
    /// A sealed frame of the control stream.
    pub(super) fn sealed_control(&mut self, now: Now, peer: PeerId, sealed: &[u8]) {
        let Some(channels) = self.peers.get_mut(&peer).and_then(|known| known.channels()) else {
            self.anomaly(now, Some(peer), "message_out_of_turn");
            return self.before_keys(now, peer);
        };
        let content = match channels.open_control(sealed) {
            Ok(content) => content,
            Err(error) => return self.bad_frame(now, peer, error),
        };
        let message = message_in::<ViewerToHost>(content, MAX_CONTROL_FRAME);
        let Some(message) = message else {
            // Authentic and yet malformed: the technician's own program broke the protocol.
            self.anomaly(now, Some(peer), "malformed_message");
            return self.break_off(now, peer);
        };
        let admitted = self.peers.get(&peer).is_some_and(|known| known.technician().is_some());
        match message {
            ViewerToHost::Identity { certificate, signature, ticket, reason, scopes, entered } if !admitted => {
                let (ticket, reason) = (ticket.map(|text| text.to_string()), reason.map(|text| text.to_string()));
                self.identity(now, peer, (certificate.as_str(), &entered), &signature, ticket, reason, scopes);
            }
            _ if !admitted => {
                self.anomaly(now, Some(peer), "message_before_identity");
                self.break_off(now, peer);
            }
            ViewerToHost::Identity { .. } => {
                self.anomaly(now, Some(peer), "identity_twice");
                self.break_off(now, peer);
            }
            ViewerToHost::Request { scope, minutes, reason } => {
                if minutes == 0 || minutes > MAX_MINUTES {
                    self.anomaly(now, Some(peer), "minutes_out_of_range");
                    return self.break_off(now, peer);
                }
                self.request(now, peer, scope, minutes, reason.map(|text| text.to_string()));
            }
            ViewerToHost::Shown { update } => self.shown(now, peer, update),
            ViewerToHost::KeyUpdate => self.want_key_update(now),
            ViewerToHost::Release => self.take_control(now, peer, deskhand_wire::control::RevokedBy::Technician),
            ViewerToHost::End => self.technician_ends(now, peer),
            ViewerToHost::Look { monitors } => self.look(peer, monitors.as_slice()),
            ViewerToHost::Cosigned { size, line } => self.technician_cosigned(now, peer, size, &line),
        }
    }

    fn before_keys(&mut self, now: Now, peer: PeerId) {
        if let Some(known) = self.peers.get(&peer) {
            match known.stage {
                Stage::Pairing(_) => self.attempt_failed(now, peer, deskhand_audit::AttemptResult::Malformed),
                _ => self.dismiss(peer),
            }
        }
    }

    /// A frame that somebody between the ends changed, repeated or held back.
    pub(super) fn bad_frame(&mut self, now: Now, peer: PeerId, error: OpenError) {
        let (kind, lost) = match error {
            OpenError::Malformed | OpenError::Misplaced => ("swapped_message", false),
            OpenError::Forged => ("changed_message", false),
            OpenError::Replayed { .. } => ("repeated_message", false),
            OpenError::Missing { .. } => ("missing_message", true),
        };
        if self.anomaly(now, Some(peer), kind) {
            self.outputs.push_back(HostOutput::Notice(Notice::Tampering));
        }
        let many = self.peers.get(&peer).is_some_and(|known| known.anomalies > MAX_ANOMALIES);
        // After a missing message nothing on this channel opens any more.
        if lost || many {
            self.break_off(now, peer);
        }
    }

    #[allow(clippy::too_many_arguments, reason = "the fields of one message")]
    fn identity(
        &mut self,
        now: Now,
        peer: PeerId,
        certificate: (&str, &[u8]),
        signature: &[u8],
        ticket: Option<String>,
        reason: Option<String>,
        scopes: Scopes,
    ) {
        let deadline = now.mono_ms;
        let Some(known) = self.peers.get_mut(&peer) else { return };
        let key = known.key;
        let paired = match std::mem::replace(&mut known.stage, Stage::Claimed { deadline }) {
            Stage::Paired(paired) => *paired,
            other => {
                known.stage = other;
                return;
            }
        };
        let proof = self.prove(now, &key, certificate, signature, &paired);
        let admitted = |channels: Channels, name: String, cosign: PublicKey<TechnicianCosign>| {
            Box::new(Technician {
                name,
                since: now.mono_ms,
                channels,
                ticket: ticket.clone(),
                view: None,
                control: None,
                ticks: Default::default(),
                shown: 0,
                round_trip: 0,
                refused: Default::default(),
                may_ask_at: 0,
                look: Default::default(),
                witness: Witness::new(cosign),
            })
        };
        let proven = match proof {
            Ok(proven) => proven,
            Err((denial, why)) => {
                if let Some(known) = self.peers.get_mut(&peer) {
                    known.stage = Stage::Paired(Box::new(paired));
                }
                return self.reject(now, peer, scopes, denial, why);
            }
        };
        let name = proven.name.clone();
        let Paired { channels, said, .. } = paired;
        if let Some(known) = self.peers.get_mut(&peer) {
            known.stage = Stage::Admitted(admitted(channels, name.clone(), proven.certificate.claimed().keys.cosign));
        }
        self.show_log(peer);
        self.log_identified(now, peer, &proven, said, ticket.as_deref());
        self.journal.write(now, Actor::technician(peer), Event::PeerJoined { peer, role: PeerRole::Technician });
        self.outputs.push_back(HostOutput::Joined { peer, technician: name });
        self.ask_at_start(now, peer, scopes, reason);
    }

    fn prove(
        &self,
        now: Now,
        tls: &[u8; 32],
        (text, entered): (&str, &[u8]),
        signature: &[u8],
        paired: &Paired,
    ) -> Result<Proven, Rejected> {
        let unknown = Denial::UnknownTechnician;
        let certificate = SignedCertificate::parse(text).map_err(|_| (unknown, "certificate_malformed"))?;
        let content = self.statement.statement().admit(&certificate, now.wall_ms).map_err(|error| match error {
            CertificateError::Revoked { .. } => (Denial::RevokedTechnician, "certificate_revoked"),
            CertificateError::Expired { .. } => (Denial::ExpiredCertificate, "certificate_expired"),
            CertificateError::WrongOrganisation { .. } => (unknown, "certificate_of_another_organisation"),
            _ => (unknown, "certificate_not_valid"),
        })?;
        if content.keys.tls.bytes() != tls {
            return Err((unknown, "certificate_of_another_key"));
        }
        // A certificate that nobody else can see is one that the organisation may not know of.
        if !is_certified(entered, text, &self.organisation_log(), &self.relay) {
            return Err((unknown, "certificate_not_entered"));
        }
        let signature: [u8; 64] = signature.try_into().map_err(|_| (unknown, "signature_malformed"))?;
        let signature = Signature::from_bytes(signature);
        content.keys.tls.verify(Label::IDENT, &paired.th, &signature).map_err(|_| (unknown, "signature_wrong"))?;
        let name = content.name.clone();
        Ok(Proven { certificate, name, signature })
    }

    fn log_identified(&mut self, now: Now, peer: PeerId, proven: &Proven, said: Said, ticket: Option<&str>) {
        let TechnicianPublic { tls: key, cosign } = proven.certificate.claimed().keys;
        let identified = TechIdentified {
            peer,
            organisation: *self.organisation_key(),
            key,
            key_fp: key.fingerprint(),
            cosign,
            auth: "certificate".into(),
            ticket: ticket.is_some(),
            nameplate: said.nameplate,
            relay: self.relay,
            p1: Blob(said.p1),
            p2: Blob(said.p2),
            signature: proven.signature,
        };
        self.journal.name(peer, &proven.name);
        let certificate = proven.certificate.to_text();
        let beside = Beside { sealed: ticket.map(|text| ("ticket", text)), personal: Some(("certificate", &certificate)), keys: None };
        self.journal.write_beside(now, Actor::technician(peer), Event::TechIdentified(Box::new(identified)), beside);
    }

    fn reject(&mut self, now: Now, peer: PeerId, scopes: Scopes, denial: Denial, why: &str) {
        self.journal.write(now, Actor::technician(peer), Event::TechRejected { peer, reason: why.into() });
        if why == "certificate_of_another_key" || why == "signature_wrong" {
            self.anomaly(now, Some(peer), "identity_of_somebody_else");
        }
        self.outputs.push_back(HostOutput::Notice(Notice::TechnicianRejected));
        self.tell(peer, &HostToViewer::Denied { scopes, why: denial });
        self.dismiss(peer);
    }

    /// Ends the part of a viewer whose messages can't be trusted or read any more.
    pub(super) fn break_off(&mut self, now: Now, peer: PeerId) {
        self.tell(peer, &HostToViewer::Ended { by: EndedBy::Protocol });
        self.remove(now, peer, "protocol", super::people::Gone::Protocol);
    }

    /// What may be asked of the customer at all.
    pub(super) fn allowed_scopes(&self) -> Scopes {
        let policy = self.policy().scopes.iter().filter_map(|scope| match scope {
            deskhand_identity::Scope::View => Some(Scope::View),
            deskhand_identity::Scope::Control => Some(Scope::Control),
            _ => None,
        });
        Scopes::of(policy).both(self.scopes)
    }
}
