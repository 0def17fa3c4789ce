//! Updates on their way into the picture.
//!
//! In scope: order, seals, how many are on the way, when to ask for a key update, the figures. Not in scope: decoding.

use super::Conductor;
use crate::{
    board::PointerMeter,
    picture::Report,
    reorder::{Order, Sealed},
};
use deskhand_session::{UpdateRefusal, viewer::ViewerInput};
use deskhand_wire::update::CursorMessage;
use std::{collections::VecDeque, time::Instant};

/// Updates that may be with the decoder at once; what is more waits in the network, where it slows the sender down.
const MAX_DECODING: u64 = 16;
/// Updates over which the median and the 95th percentile are taken.
const SAMPLES: usize = 255;

/// How far the updates have come.
#[derive(Default)]
pub(super) struct Progress {
    decoding: u64,
    bytes: u64,
    shown: u64,
    newest: u64,
    exact: bool,
    changed_at: u64,
    took_ms: VecDeque<f32>,
    pointer: PointerMeter,
}

impl Progress {
    pub(super) fn has_room(&self) -> bool {
        self.decoding < MAX_DECODING
    }

    /// Median and 95th percentile, milliseconds; 0 before the first.
    fn spread(&self) -> [f64; 2] {
        let mut took: Vec<f32> = self.took_ms.iter().copied().collect();
        let mut at = |share: usize| {
            let place = took.len() * share / 100;
            if took.is_empty() { 0.0 } else { f64::from(*took.select_nth_unstable_by(place, f32::total_cmp).1) }
        };
        [at(50), at(95)]
    }

    fn sample(&mut self, began: Instant) {
        if self.took_ms.len() == SAMPLES {
            self.took_ms.pop_front();
        }
        self.took_ms.push_back(began.elapsed().as_secs_f32() * 1000.0);
    }
}

impl Conductor {
    /// An update came in whole.
    pub(super) fn update(&mut self, update: Sealed) {
        self.updates.bytes += update.frame.len() as u64;
        self.updates.changed_at = self.audience.clock.mono_ms();
        if self.reorder.push(update) == Order::Lost {
            tracing::info!("an update is missing; asking for a key update");
            self.tell(ViewerInput::PictureBroken);
        }
        self.open_updates();
        self.measure();
    }

    /// Opens everything whose turn it is.
    pub(super) fn open_updates(&mut self) {
        while let Some(update) = self.reorder.pop() {
            match self.session.open_update(self.audience.clock.now(), &update.bytes, &update.frame) {
                Ok(opened) => {
                    self.updates.decoding += 1;
                    self.picture.update(opened.key, opened.bytes, update.began);
                }
                Err(UpdateRefusal::UnknownEpoch(epoch)) => {
                    tracing::debug!(epoch, "an update waits for its key");
                    self.reorder.put_back(update);
                    return;
                }
                Err(error) => {
                    tracing::info!(%error, number = update.header.number, "an update was not used; asking for a key update");
                    self.reorder.restart();
                    if error != UpdateRefusal::NotAllowed {
                        self.tell(ViewerInput::PictureBroken);
                    }
                    return;
                }
            }
        }
    }

    /// The picture thread says what became of an update.
    pub(super) fn report(&mut self, report: Report) {
        self.updates.decoding = self.updates.decoding.saturating_sub(1);
        match report {
            Report::Shown { number, exact, began } => {
                self.tell(ViewerInput::Shown { update: number });
                self.updates.sample(began);
                self.updates.shown += 1;
                self.updates.newest = number;
                self.updates.exact = exact;
                self.updates.changed_at = self.audience.clock.mono_ms();
                self.shown.first_picture();
                self.monitors_show(number);
            }
            Report::Broken(reason) => {
                tracing::warn!(reason, "the picture can't be continued; asking for a key update");
                self.updates.exact = false;
                self.tell(ViewerInput::PictureBroken);
            }
            Report::Skipped => {}
        }
        self.measure();
    }

    /// The customer's pointer moved or changed its picture.
    pub(super) fn pointer(&mut self, message: CursorMessage) {
        self.updates.pointer = self.updates.pointer.after(&message);
        self.shown.cursor(message);
        self.measure();
    }

    fn measure(&self) {
        let progress = &self.updates;
        let [shown_ms_p50, shown_ms_p95] = progress.spread();
        self.audience.board.measure(crate::board::Meter {
            update: progress.newest,
            updates: progress.shown,
            bytes: progress.bytes,
            queue: progress.decoding + self.reorder.held() as u64,
            exact: progress.exact,
            changed_at: progress.changed_at,
            shown_ms_p50,
            shown_ms_p95,
            rtt_ms: self.connection.rtt().as_secs_f64() * 1000.0,
            pointer: progress.pointer,
        });
    }
}
