//! Retention: sessions that are older than the policy keeps them are erased, unless they are on hold; an erasure that a kill interrupted is
//! finished.
//!
//! In scope: when. Not in scope: what erasing does (`reviewer`).

use std::{sync::Arc, time::Duration};

use tokio::{
    task::spawn_blocking,
    time::{MissedTickBehavior, interval},
};

use crate::{clock, relay::Relay, reviewer::Archive};

const EVERY: Duration = Duration::from_secs(60 * 60);
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// Who erases, in the organisation's log.
const BY: &str = "policy";

/// Looks once an hour, and at the start.
pub(super) async fn keep(relay: Arc<Relay>) {
    hourly(move || {
        let days = relay.directory.current().statement.statement().policy.retention_days;
        let archive = Archive { data: &relay.data, shred: &relay.shred, ledger: &relay.ledger };
        look(&archive, u64::from(days), clock::wall_ms());
    })
    .await;
}

/// Calls `look`, which may block, now and every hour.
async fn hourly(look: impl Fn() + Send + Sync + 'static) {
    let look = Arc::new(look);
    let mut every = interval(EVERY);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        let look = look.clone();
        if let Err(error) = spawn_blocking(move || look()).await {
            tracing::error!(%error, "looking for old sessions failed");
        }
    }
}

/// Finishes what was begun, then erases what was sealed more than `days` before `now_ms`, milliseconds since the Unix epoch.
fn look(archive: &Archive<'_>, days: u64, now_ms: u64) {
    archive.resume();
    for sid in archive.ledger.older_than(now_ms.saturating_sub(days * DAY_MS)) {
        if let Err(refusal) = archive.erase(sid, BY, &format!("kept for {days} days")) {
            tracing::warn!(session = %sid, ?refusal, "an old session is not erased");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        path::{Path, PathBuf},
    };

    use deskhand_audit::{
        Hash,
        bundle::{PERSONAL, PROOFS, session_folder},
        organisation::{OrganisationEvent, Proofs},
    };
    use deskhand_identity::{Organisation, Relay as RelayKey, SecretKey, SessionId};
    use tempfile::TempDir;
    use tokio::{sync::mpsc::unbounded_channel, time::Instant};

    use super::*;
    use crate::store::{
        organisation::{Erasure, Ledger},
        shred,
    };

    /// A relay's folders with sealed sessions.
    struct Stored {
        folder: TempDir,
        ledger: Ledger,
    }

    impl Stored {
        fn new(sessions: &[u8]) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let ledger = Self::ledger(&folder.path().join("data"));
            let stored = Self { folder, ledger };
            shred::open(&stored.shred(), &stored.data()).unwrap();
            for number in sessions {
                let sid = sid(*number);
                let session = stored.session(*number);
                fs::create_dir_all(&session).unwrap();
                fs::write(session.join(PERSONAL), "values").unwrap();
                shred::keep(&stored.shred(), &sid, &[*number; 32]).unwrap();
                let (opened, _) = stored.ledger.append(OrganisationEvent::SessionOpened { sid }).unwrap();
                let sealed = OrganisationEvent::SessionSealed { sid, size: 0, root: Hash::default(), ended: false };
                let (_, sealed) = stored.ledger.append(sealed).unwrap();
                let proofs = Proofs { opened: stored.ledger.prove(opened).unwrap(), sealed, erased: None };
                fs::write(session.join(PROOFS), proofs.to_bytes()).unwrap();
            }
            stored
        }

        fn ledger(data: &Path) -> Ledger {
            let organisation = SecretKey::<Organisation>::from_seed([2; 32]).public();
            Ledger::open(data, SecretKey::<RelayKey>::from_seed([1; 32]), organisation, None).unwrap()
        }

        fn data(&self) -> PathBuf {
            self.folder.path().join("data")
        }

        fn shred(&self) -> PathBuf {
            self.folder.path().join("shred")
        }

        fn session(&self, number: u8) -> PathBuf {
            self.data().join(session_folder(&sid(number)))
        }

        /// Looks as a relay that was started just now does, so many days from now.
        fn look_after(&self, days: u64) {
            let (data, shred, ledger) = (self.data(), self.shred(), Self::ledger(&self.data()));
            look(&Archive { data: &data, shred: &shred, ledger: &ledger }, 400, clock::wall_ms() + days * DAY_MS);
        }

        fn is_erased(&self, number: u8) -> bool {
            let proofs = Proofs::from_bytes(&fs::read(self.session(number).join(PROOFS)).unwrap()).unwrap();
            let gone = [self.session(number).join(PERSONAL).exists(), shred::read(&self.shred(), &sid(number)).unwrap().is_some()];
            let said = matches!(Self::ledger(&self.data()).erasure(&sid(number)), Some(Erasure::Executed(_)));
            assert!(gone == [!said; 2] && proofs.erased.is_some() == said, "{number}: there {gone:?}, said {said}");
            said
        }

        fn want_erased(&self, number: u8) {
            let event = OrganisationEvent::ErasureRequested { sid: sid(number), by: "maria".into(), reason: "asked for".into() };
            self.ledger.append(event).unwrap();
        }
    }

    fn sid(number: u8) -> SessionId {
        SessionId::from_bytes([number; 16])
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_look_is_at_the_start_and_the_next_ones_an_hour_apart() {
        let (seen, mut looks) = unbounded_channel();
        let start = Instant::now();
        let task = tokio::spawn(hourly(move || seen.send(()).unwrap()));
        for hour in 0..3 {
            looks.recv().await.unwrap();
            let after = start.elapsed();
            assert!(after >= hour * EVERY && after < (hour + 1) * EVERY, "look {hour} came after {after:?}");
        }
        task.abort();
    }

    #[test]
    fn a_session_is_erased_once_it_is_older_than_the_policy_keeps_it_unless_it_is_on_hold() {
        let stored = Stored::new(&[1, 2]);
        let hold = OrganisationEvent::HoldSet { sid: sid(2), by: "maria".into(), reason: "lawsuit".into() };
        stored.ledger.append(hold).unwrap();
        stored.look_after(399);
        assert_eq!([1, 2].map(|number| stored.is_erased(number)), [false, false]);
        stored.look_after(401);
        assert_eq!([1, 2].map(|number| stored.is_erased(number)), [true, false]);
        let cleared = OrganisationEvent::HoldCleared { sid: sid(2), by: "maria".into(), reason: "over".into() };
        Stored::ledger(&stored.data()).append(cleared).unwrap();
        stored.look_after(401);
        assert!(stored.is_erased(2));
        // Once is enough.
        let log = fs::read(stored.data().join("organisation/events.jsonl")).unwrap();
        stored.look_after(500);
        assert_eq!(fs::read(stored.data().join("organisation/events.jsonl")).unwrap(), log);
    }

    #[test]
    fn an_erasure_that_a_kill_interrupted_is_finished_wherever_it_stopped() {
        let stored = Stored::new(&[1, 2, 3, 4, 5]);
        (1..5).for_each(|number| stored.want_erased(number));
        // The first only wanted, the second without its half, the third without its values too, the fourth without its proof.
        for number in 2..5 {
            shred::destroy(&stored.shred(), &sid(number)).unwrap();
        }
        for number in 3..5 {
            fs::remove_file(stored.session(number).join(PERSONAL)).unwrap();
        }
        let executed = OrganisationEvent::ErasureExecuted { sid: sid(4), by: "maria".into(), reason: "asked for".into() };
        stored.ledger.append(executed).unwrap();
        stored.look_after(0);
        assert_eq!([1, 2, 3, 4, 5].map(|number| stored.is_erased(number)), [true, true, true, true, false]);
    }

    #[test]
    fn an_interrupted_erasure_of_a_session_that_was_put_on_hold_waits_for_the_end_of_the_hold() {
        let stored = Stored::new(&[1]);
        stored.want_erased(1);
        let hold = OrganisationEvent::HoldSet { sid: sid(1), by: "maria".into(), reason: "lawsuit".into() };
        stored.ledger.append(hold).unwrap();
        stored.look_after(0);
        assert!(stored.session(1).join(PERSONAL).exists());
        let cleared = OrganisationEvent::HoldCleared { sid: sid(1), by: "maria".into(), reason: "over".into() };
        Stored::ledger(&stored.data()).append(cleared).unwrap();
        stored.look_after(0);
        assert!(stored.is_erased(1));
    }
}
