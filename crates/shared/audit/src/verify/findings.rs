//! What the checks find, and the verdict that follows.
//!
//! In scope: collecting, capping, ranking. Not in scope: finding.

use super::{Report, Verdict, Witness, events::Log};

/// The most sentences a report carries.
const MAX_REASONS: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Tampered,
    Forked,
    Truncated,
    Open,
    Unilateral,
    Note,
}

/// Everything found so far.
#[derive(Debug, Default)]
pub(super) struct Findings {
    list: Vec<(Kind, u64, String)>,
    unsaid: usize,
    worst: Option<(Kind, u64)>,
}

impl Findings {
    /// Something does not fit; the first `at` events are not touched by it.
    pub(super) fn tampered(&mut self, at: u64, sentence: String) {
        self.add(Kind::Tampered, at, sentence);
    }

    /// Two signed histories part at or before `at`.
    pub(super) fn forked(&mut self, at: u64, sentence: String) {
        self.add(Kind::Forked, at, sentence);
    }

    /// The end is missing after `at`.
    pub(super) fn truncated(&mut self, at: u64, sentence: String) {
        self.add(Kind::Truncated, at, sentence);
    }

    /// The end has not come yet.
    pub(super) fn open(&mut self, at: u64) {
        self.add(Kind::Open, at, String::new());
    }

    /// Fewer than should have signed what comes after `at`.
    pub(super) fn unilateral(&mut self, at: u64, sentence: String) {
        self.add(Kind::Unilateral, at, sentence);
    }

    /// Something to know that changes no verdict.
    pub(super) fn note(&mut self, sentence: String) {
        self.add(Kind::Note, 0, sentence);
    }

    /// Bytes that nothing accounts for: an interruption leaves some, an ended session has none.
    pub(super) fn leftover(&mut self, log: &Log, sentence: String) {
        if log.is_complete() {
            self.tampered(log.events, sentence);
        } else {
            self.note(sentence);
        }
    }

    fn add(&mut self, kind: Kind, at: u64, sentence: String) {
        if kind != Kind::Note {
            self.worst = Some(self.worst.map_or((kind, at), |worst| worst.min((kind, at))));
        }
        if self.list.len() < MAX_REASONS {
            self.list.push((kind, at, sentence));
        } else {
            self.unsaid += 1;
        }
    }

    /// The report.
    pub(super) fn report(mut self, (events, media_bytes): (u64, u64), technicians: Vec<Witness>) -> Report {
        self.list.sort_by_key(|(kind, at, _)| (*kind, *at));
        let mut reasons: Vec<String> =
            self.list.into_iter().map(|(_, _, sentence)| sentence).filter(|sentence| !sentence.is_empty()).collect();
        if self.unsaid > 0 {
            reasons.push(format!("{} more findings are not listed.", self.unsaid));
        }
        let verdict = match self.worst {
            None | Some((Kind::Note, _)) => Verdict::Ok,
            Some((Kind::Unilateral, at)) => Verdict::OkUnilateralFrom(at),
            Some((Kind::Open, at)) => Verdict::OpenAt(at),
            Some((Kind::Truncated, at)) => Verdict::TruncatedAt(at),
            Some((Kind::Forked, at)) => Verdict::ForkedAt(at),
            Some((Kind::Tampered, at)) => Verdict::TamperedAt(at),
        };
        Report { verdict, events, media_bytes, technicians, reasons }
    }
}
