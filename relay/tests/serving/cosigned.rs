//! Technicians as witnesses: what they cosign is kept beside the log, and a host that shows them another log than the relay is put out.

use super::common::{Data, Host, HostLog, Viewer, soon};
use deskhand_audit::{
    Actor, Blob, Draft, Event, Follower, Log, TechIdentified,
    bundle::COSIGNATURES,
    organisation::{OrganisationEvent, Proof},
};
use deskhand_identity::{Label, TechnicianSecret};
use deskhand_wire::relay::{RelayToViewer, ViewerToRelay};
use std::time::{Duration, Instant};

fn identified(data: &Data, ana: &TechnicianSecret) -> Event {
    let keys = ana.public();
    Event::TechIdentified(Box::new(TechIdentified {
        peer: 1,
        organisation: data.organisation().key,
        key: keys.tls,
        key_fp: keys.tls.fingerprint(),
        cosign: keys.cosign,
        auth: "certificate".into(),
        ticket: false,
        nameplate: "48213".into(),
        relay: data.relay_key(),
        p1: Blob(vec![1]),
        p2: Blob(vec![2]),
        signature: ana.tls.sign(Label::IDENT, b"th"),
    }))
}

/// The next event and the head over it, as the technician of this log gets and cosigns them.
fn witnessed(log: &mut Log, host: &Host, follower: &mut Follower, ana: &TechnicianSecret, event: Event) -> Vec<u8> {
    let at = log.size();
    // As `HostLog::leaf` makes it.
    let leaf = log.append(Draft::new(1_800_000_000_000 + at, at, Actor::host(), event));
    follower.leaf(&leaf.bytes).unwrap();
    let (_, head) = log.checkpoint(&host.key).unwrap();
    follower.cosign(&head, 1, &ana.cosign, 1).unwrap().1.to_bytes()
}

struct Scene {
    data: Data,
    _server: deskhand_relay::serve::Server,
    ana: TechnicianSecret,
    host: Host,
    viewer: Viewer,
    log: HostLog,
    follower: Follower,
}

impl Scene {
    async fn new() -> Self {
        let data = Data::new();
        let ana = data.technician("Ana Ruiz", 3);
        let server = data.serve().await;
        let mut host = Host::connect(&data, &server, 1).await;
        let plate = host.nameplate().await;
        let mut viewer = Viewer::connect(&data, &server, &ana).await.unwrap();
        assert!(matches!(viewer.claim(&plate).await, RelayToViewer::Claimed { peer: 1, .. }));
        let mut log = host.log(&data).await;
        log.begin().await;
        log.append(identified(&data, &ana)).await;
        log.checkpoint().await;
        log.acked(2, 2).await;
        let follower = Follower::new(host.sid, host.key.public(), log.log.origin().clone(), log.log.frontier().clone());
        Self { data, _server: server, ana, host, viewer, log, follower }
    }

    async fn stored(&self, notes: &[u8]) {
        let deadline = Instant::now() + super::common::DEADLINE;
        while self.data.read(self.host.sid, COSIGNATURES) != notes {
            assert!(Instant::now() < deadline, "the cosignature was not stored");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

fn notice(text: &str) -> Event {
    Event::NoticeShown { notice: text.into() }
}

#[tokio::test]
async fn a_technicians_cosignature_is_kept_also_when_it_is_here_before_the_head_and_a_repetition_is_not() {
    let mut scene = Scene::new().await;
    let mut ahead = scene.log.log.clone();
    let note = witnessed(&mut ahead, &scene.host, &mut scene.follower, &scene.ana, notice("banner"));
    for _ in 0..2 {
        scene.viewer.say(ViewerToRelay::Cosigned { note: note.clone() }).await;
    }
    scene.viewer.say(ViewerToRelay::Cosigned { note: b"nothing".to_vec() }).await;
    assert!(!scene.data.file(scene.host.sid, COSIGNATURES).exists(), "the head is not here yet");
    scene.log.append(notice("banner")).await;
    scene.log.checkpoint().await;
    scene.log.acked(3, 3).await;
    scene.stored(&note).await;
    let next = witnessed(&mut ahead, &scene.host, &mut scene.follower, &scene.ana, notice("again"));
    scene.viewer.say(ViewerToRelay::Cosigned { note: next.clone() }).await;
    scene.log.append(notice("again")).await;
    scene.log.checkpoint().await;
    scene.log.acked(4, 4).await;
    scene.stored(&[note, next].concat()).await;
}

#[tokio::test]
async fn a_host_that_signs_another_log_for_a_technician_is_put_out_and_the_proof_is_kept() {
    let mut scene = Scene::new().await;
    let mut other = scene.log.log.clone();
    let note = witnessed(&mut other, &scene.host, &mut scene.follower, &scene.ana, notice("what the technician is shown"));
    scene.log.append(notice("what the relay is shown")).await;
    scene.log.checkpoint().await;
    scene.log.acked(3, 3).await;
    scene.viewer.say(ViewerToRelay::Cosigned { note: note.clone() }).await;
    scene.stored(&note).await;
    soon(scene.host.connection.closed()).await;
}

#[tokio::test]
async fn the_first_word_to_a_host_is_the_proof_that_its_session_is_in_the_organisations_log() {
    let data = Data::new();
    let server = data.serve().await;
    let host = Host::connect(&data, &server, 1).await;
    let mut log = host.log(&data).await;
    log.acked(0, 0).await;
    let organisation = data.organisation();
    let origin = deskhand_audit::Origin::of_organisation(&organisation.key, organisation.domain.as_deref());
    let entry = Proof::from_bytes(&log.opened.unwrap()).unwrap().open(&origin, &data.relay_key()).unwrap();
    assert_eq!(entry.event, OrganisationEvent::SessionOpened { sid: host.sid });
}
