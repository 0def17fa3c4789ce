//! The one-time code's life: drawn, shown, tried, and gone.
//!
//! In scope: counting attempts before they are answered, the time it lives, that one success consumes it. Not in scope:
//! the pairing itself (`pairing`), the words (`seal`).

use deskhand_seal::{
    Seed,
    code::{Code, CodeSecret, CodeStyle},
};
use deskhand_wire::{Millis, PeerId};

/// A code that can be used.
pub(super) struct LiveCode {
    /// What the customer reads aloud.
    pub(super) code: Code,
    /// When it runs out, monotonic.
    pub(super) expires_at: Millis,
    /// Attempts answered so far.
    attempts: u8,
    /// How many may be.
    limit: u8,
    /// Who is in the middle of one.
    pairing: Option<PeerId>,
}

/// An attempt that was counted and may now be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attempt {
    /// From 1.
    pub(super) n: u8,
    /// Attempts left after it.
    pub(super) left: u8,
}

/// Why an attempt is not answered. None of these costs one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoAttempt {
    /// There is no code, or not any more.
    NoCode,
    /// Another technician is in the middle of one.
    Busy,
}

/// Where codes come from and which one is live.
pub(super) struct CodeDesk {
    seed: Seed,
    style: CodeStyle,
    limit: u8,
    drawn: u64,
    waiting: bool,
    live: Option<LiveCode>,
}

impl CodeDesk {
    /// `limit` attempts are answered for each code, at least one.
    pub(super) fn new(seed: Seed, style: CodeStyle, limit: u32) -> Self {
        let limit = u8::try_from(limit.max(1)).unwrap_or(u8::MAX);
        Self { seed, style, limit, drawn: 0, waiting: false, live: None }
    }

    /// A nameplate was asked for. `false` when that is under way or a code is live.
    #[must_use]
    pub(super) fn ask(&mut self) -> bool {
        let free = !self.waiting && self.live.is_none();
        self.waiting |= free;
        free
    }

    /// Whether a nameplate was asked for and has not come.
    pub(super) fn is_waiting(&self) -> bool {
        self.waiting
    }

    /// The relay drew a nameplate: draws the secret and makes the code live.
    pub(super) fn issue(&mut self, nameplate: deskhand_seal::code::Nameplate, expires_at: Millis) -> &LiveCode {
        self.waiting = false;
        self.drawn += 1;
        let code = Code::new(nameplate, CodeSecret::draw(self.style, &self.seed, self.drawn));
        self.live.insert(LiveCode { code, expires_at, attempts: 0, limit: self.limit, pairing: None })
    }

    pub(super) fn style(&self) -> CodeStyle {
        self.style
    }

    pub(super) fn limit(&self) -> u8 {
        self.limit
    }

    pub(super) fn live(&self) -> Option<&LiveCode> {
        self.live.as_ref()
    }

    /// Counts an attempt; only then may it be answered.
    ///
    /// # Errors
    /// [`NoAttempt`]: nothing was counted and nothing may be answered.
    pub(super) fn attempt(&mut self, peer: PeerId, now: Millis) -> Result<Attempt, NoAttempt> {
        let live = self.live.as_mut().filter(|live| now < live.expires_at && live.attempts < live.limit);
        let live = live.ok_or(NoAttempt::NoCode)?;
        if live.pairing.is_some() {
            return Err(NoAttempt::Busy);
        }
        live.attempts += 1;
        live.pairing = Some(peer);
        Ok(Attempt { n: live.attempts, left: live.limit - live.attempts })
    }

    /// The attempt of this peer failed. `true` when the code is burned with it.
    #[must_use]
    pub(super) fn failed(&mut self, peer: PeerId) -> bool {
        let Some(live) = self.live.as_mut().filter(|live| live.pairing == Some(peer)) else { return false };
        live.pairing = None;
        let burned = live.attempts >= live.limit;
        if burned {
            self.live = None;
        }
        burned
    }

    /// The code is gone, whatever the reason. `true` when there was one.
    #[must_use]
    pub(super) fn withdraw(&mut self) -> bool {
        self.waiting = false;
        self.live.take().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deskhand_seal::code::Nameplate;

    fn desk() -> CodeDesk {
        let mut desk = CodeDesk::new(Seed::new([1; 32]), CodeStyle::Digits, 3);
        assert!(desk.ask());
        desk.issue(Nameplate::new(48213).unwrap(), 1_000);
        desk
    }

    #[test]
    fn three_failed_attempts_of_anybody_burn_the_code_and_the_fourth_is_not_answered() {
        let mut desk = desk();
        for (n, peer) in [(1, 1), (2, 2), (3, 1)] {
            assert_eq!(desk.attempt(peer, 10), Ok(Attempt { n, left: 3 - n }));
            assert_eq!(desk.failed(peer), n == 3);
        }
        assert_eq!(desk.attempt(3, 10), Err(NoAttempt::NoCode));
    }

    #[test]
    fn an_attempt_is_counted_before_anybody_knows_how_it_went() {
        let mut desk = desk();
        desk.attempt(1, 10).unwrap();
        assert_eq!(desk.attempt(2, 10), Err(NoAttempt::Busy));
        assert!(!desk.failed(1));
        assert_eq!(desk.attempt(2, 10), Ok(Attempt { n: 2, left: 1 }));
    }

    #[test]
    fn a_code_that_ran_out_is_not_answered() {
        let mut desk = desk();
        assert_eq!(desk.attempt(1, 1_000), Err(NoAttempt::NoCode));
    }

    #[test]
    fn two_codes_of_one_session_differ() {
        let mut desk = desk();
        let first = desk.live().unwrap().code.clone();
        assert!(!desk.ask(), "one is live");
        assert!(desk.withdraw());
        assert!(desk.ask());
        assert_ne!(desk.issue(Nameplate::new(48213).unwrap(), 2_000).code, first);
    }
}
