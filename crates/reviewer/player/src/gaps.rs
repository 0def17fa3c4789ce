//! Gaps and idle time: parts of a session that have no picture, or always the same.
//!
//! In scope: what they are and the sentence for each; finding idle time in a list of times. Not in scope: finding gaps (`index`).

/// A part of a session without a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Where it begins, session time in milliseconds.
    pub from_ms: u64,
    /// Where it ends.
    pub to_ms: u64,
    /// Why there is none.
    pub why: Why,
}

/// Why a part of a session has no picture.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Why {
    /// No technician saw the screen, so nothing was captured.
    NobodyWatching,
    /// The log says that the relay could not keep it, with the reason given there.
    Failed(String),
    /// The file of this epoch is not there.
    Missing(u32),
    /// The file of this epoch was changed or cut off, in these words.
    Damaged(u32, String),
    /// An update before it is not in the recording, so that it can't be shown until the next key update.
    Discontinued,
    /// More updates than are played.
    TooLong,
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NobodyWatching => f.write_str("No technician saw the screen at this time, so nothing was recorded."),
            Self::Failed(reason) => write!(f, "The recording failed here ({reason}); the session went on without it."),
            Self::Missing(epoch) => write!(f, "The recording of this time is missing: media/{epoch}.sfr is not there."),
            Self::Damaged(epoch, why) => write!(f, "The recording of this time can't be shown, media/{epoch}.sfr was changed: {why}."),
            Self::Discontinued => f.write_str("An update is missing here, so the picture is not known until the next whole one."),
            Self::TooLong => f.write_str("The recording has more updates than can be played."),
        }
    }
}

/// Time in which nothing changed on the screen and nothing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Idle {
    /// Where it begins, session time in milliseconds.
    pub from_ms: u64,
    /// Where it ends.
    pub to_ms: u64,
}

/// Shortest time without a change that counts as idle, milliseconds.
const IDLE_MS: u64 = 2_000;

/// The idle time between these moments, which ascend, from 0 to the end.
pub(crate) fn idle(moments: impl IntoIterator<Item = u64>, end_ms: u64) -> Vec<Idle> {
    let mut all = Vec::new();
    let mut from_ms = 0;
    for to_ms in moments.into_iter().chain([end_ms]) {
        if to_ms.saturating_sub(from_ms) > IDLE_MS {
            all.push(Idle { from_ms, to_ms });
        }
        from_ms = from_ms.max(to_ms);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_two_seconds_without_a_change_are_idle() {
        let found = idle([0, 100, 2_100, 4_101, 4_200], 9_000);
        assert_eq!(found, [Idle { from_ms: 2_100, to_ms: 4_101 }, Idle { from_ms: 4_200, to_ms: 9_000 }]);
        assert_eq!(idle([], 2_001), [Idle { from_ms: 0, to_ms: 2_001 }]);
        assert_eq!(idle([], 2_000), []);
    }
}
