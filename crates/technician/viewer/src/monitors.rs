//! Which of the customer's monitors are shown: a pure policy between what is wanted, what the host sends and what is in the picture.
//!
//! In scope: changing over without ever showing what is old, following monitors that come, go, move or change their size. Not in
//! scope: drawing, messages.
//!
//! A change takes three steps. The host is asked for the old monitor and the new one; when the picture of both is up to date the
//! window shows the new one; then the host is asked for the new one alone.

use deskhand_screen::Rect;

/// Monitors to ask the host for; none is all of the screen.
pub(crate) type Ask = Vec<Rect>;

/// The policy's memory.
#[derive(Debug, Default)]
pub(crate) struct Monitors {
    there: Vec<Rect>,
    chosen: Option<Rect>,
    shown: Option<Rect>,
    asked: Ask,
    /// The update from which on what was asked for is in the picture.
    since: Option<u64>,
    newest: u64,
}

/// What a change of the screen did to what was chosen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fate {
    /// It is still there.
    Kept,
    /// It is gone; all of the screen is shown.
    Gone,
}

impl Monitors {
    /// The monitors that there are.
    pub(crate) fn there(&self) -> &[Rect] {
        &self.there
    }

    /// What the technician wants to see; none for all of the screen.
    pub(crate) fn chosen(&self) -> Option<Rect> {
        self.chosen
    }

    /// What the window shows; none for all of the screen.
    pub(crate) fn shown(&self) -> Option<Rect> {
        self.shown
    }

    /// Whether the window shows what is wanted.
    pub(crate) fn is_settled(&self) -> bool {
        self.shown == self.chosen
    }

    /// The technician wants to see this. Gives what to ask the host for, if anything.
    ///
    /// # Errors
    /// A sentence, when there is no such monitor.
    pub(crate) fn choose(&mut self, wanted: Option<Rect>) -> Result<Option<Ask>, String> {
        if wanted.is_some_and(|monitor| !self.there.contains(&monitor)) {
            return Err("the customer has no such monitor".into());
        }
        if wanted == self.chosen {
            return Ok(None);
        }
        self.chosen = wanted;
        let both = self.shown.zip(wanted).map(|(old, new)| if old == new { vec![new] } else { vec![old, new] });
        // All of the screen holds every monitor already.
        Ok(self.ask(both.unwrap_or_default()).or_else(|| self.step()))
    }

    /// The host says that what was asked for is in the picture from this update on.
    pub(crate) fn looked(&mut self, monitors: &[Rect], update: u64) -> Option<Ask> {
        if self.asked == monitors {
            self.since = Some(update);
        }
        self.step()
    }

    /// This update is in the picture.
    pub(crate) fn shows(&mut self, update: u64) -> Option<Ask> {
        self.newest = update;
        self.step()
    }

    /// The host has these monitors now. It shows all of the screen to whoever looks at one that is gone.
    pub(crate) fn are(&mut self, there: Vec<Rect>) -> (Fate, Option<Ask>) {
        let before = std::mem::replace(&mut self.there, there);
        let gone = |monitor: &Rect| !self.there.contains(monitor);
        if !self.asked.iter().chain(&self.chosen).chain(&self.shown).any(gone) {
            return (Fate::Kept, None);
        }
        let wanted = self.chosen;
        self.chosen = wanted.and_then(|monitor| follow(monitor, &before, &self.there));
        let fate = if wanted.is_some() && self.chosen.is_none() { Fate::Gone } else { Fate::Kept };
        self.shown = self.chosen;
        (self.asked, self.since) = (Ask::new(), Some(0));
        (fate, self.ask(self.chosen.into_iter().collect()))
    }

    fn ask(&mut self, monitors: Ask) -> Option<Ask> {
        if monitors == self.asked {
            return None;
        }
        (self.asked, self.since) = (monitors.clone(), None);
        Some(monitors)
    }

    /// Changes over when the picture is ready for it.
    fn step(&mut self) -> Option<Ask> {
        let nothing_asked_yet = self.asked.is_empty() && self.since.is_none() && self.shown.is_none();
        let ready = nothing_asked_yet || self.since.is_some_and(|update| self.newest >= update);
        let there = self.asked.is_empty() || self.chosen.is_some_and(|monitor| self.asked.contains(&monitor));
        if self.is_settled() || !ready || !there {
            return None;
        }
        self.shown = self.chosen;
        self.ask(self.chosen.into_iter().collect())
    }
}

/// Where a monitor is now: with the same corner when it changed its size, with the same size when it moved.
fn follow(monitor: Rect, before: &[Rect], now: &[Rect]) -> Option<Rect> {
    let same = now.iter().find(|other| **other == monitor);
    let corner = now.iter().find(|other| other.origin() == monitor.origin());
    let size = |other: &&Rect| (other.width, other.height) == (monitor.width, monitor.height) && !before.contains(other);
    let mut moved = now.iter().filter(size);
    let moved = moved.next().filter(|_| moved.next().is_none());
    // With a single monitor there is nothing to choose.
    same.or(corner).or(moved).copied().filter(|_| now.len() > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEFT: Rect = Rect::new(0, 0, 400, 600);
    const RIGHT: Rect = Rect::new(400, 0, 400, 600);

    fn two() -> Monitors {
        let mut monitors = Monitors::default();
        assert_eq!(monitors.are(vec![LEFT, RIGHT]), (Fate::Kept, None));
        monitors.shows(1);
        monitors
    }

    fn on_the_left() -> Monitors {
        let mut monitors = two();
        assert_eq!(monitors.choose(Some(LEFT)), Ok(Some(vec![LEFT])));
        monitors.looked(&[LEFT], 1);
        monitors
    }

    #[test]
    fn from_all_of_the_screen_a_monitor_is_shown_at_once() {
        let monitors = on_the_left();
        assert_eq!((monitors.shown(), monitors.is_settled()), (Some(LEFT), true));
    }

    #[test]
    fn another_monitor_is_shown_when_its_picture_is_up_to_date_and_not_before() {
        let mut monitors = on_the_left();
        assert_eq!(monitors.choose(Some(RIGHT)), Ok(Some(vec![LEFT, RIGHT])));
        assert_eq!(monitors.shown(), Some(LEFT));
        assert_eq!(monitors.looked(&[LEFT, RIGHT], 5), None);
        assert_eq!(monitors.shows(4), None);
        assert_eq!(monitors.shown(), Some(LEFT));
        assert_eq!(monitors.shows(5), Some(vec![RIGHT]));
        assert_eq!(monitors.shown(), Some(RIGHT));
    }

    #[test]
    fn all_of_the_screen_is_shown_when_it_is_up_to_date() {
        let mut monitors = on_the_left();
        assert_eq!(monitors.choose(None), Ok(Some(vec![])));
        assert_eq!(monitors.shown(), Some(LEFT));
        assert_eq!(monitors.looked(&[], 3), None);
        assert_eq!(monitors.shows(3), None);
        assert_eq!((monitors.shown(), monitors.is_settled()), (None, true));
    }

    #[test]
    fn an_answer_to_an_earlier_choice_changes_nothing() {
        let mut monitors = on_the_left();
        monitors.choose(Some(RIGHT)).unwrap();
        assert_eq!(monitors.looked(&[LEFT], 1), None);
        assert_eq!(monitors.choose(Some(LEFT)), Ok(Some(vec![LEFT])));
        assert_eq!(monitors.looked(&[LEFT, RIGHT], 1), None);
        assert_eq!(monitors.shown(), Some(LEFT));
        assert!(monitors.is_settled());
    }

    #[test]
    fn back_to_all_of_the_screen_and_to_a_monitor_at_once_waits_for_the_picture() {
        let mut monitors = on_the_left();
        monitors.choose(None).unwrap();
        assert_eq!(monitors.choose(Some(RIGHT)), Ok(Some(vec![LEFT, RIGHT])));
        assert_eq!(monitors.shown(), Some(LEFT));
    }

    #[test]
    fn a_monitor_that_is_not_there_can_not_be_chosen() {
        assert!(two().choose(Some(Rect::new(1, 2, 3, 4))).is_err());
    }

    #[test]
    fn a_monitor_that_changes_its_size_or_place_is_followed() {
        let mut monitors = on_the_left();
        let smaller = Rect::new(0, 0, 300, 600);
        let moved = Rect::new(300, 0, 400, 600);
        assert_eq!(monitors.are(vec![smaller, moved]), (Fate::Kept, Some(vec![smaller])));
        assert_eq!(monitors.shown(), Some(smaller));
        let mut monitors = on_the_left();
        monitors.choose(Some(RIGHT)).unwrap();
        assert_eq!(monitors.are(vec![smaller, moved]), (Fate::Kept, Some(vec![moved])));
    }

    #[test]
    fn a_monitor_that_goes_away_is_followed_by_all_of_the_screen() {
        for left in [vec![RIGHT], vec![RIGHT, Rect::new(800, 0, 10, 10)]] {
            let mut monitors = on_the_left();
            assert_eq!(monitors.are(left), (Fate::Gone, None));
            assert_eq!((monitors.shown(), monitors.is_settled()), (None, true));
        }
    }

    #[test]
    fn a_monitor_that_is_added_changes_nothing_that_is_shown() {
        let mut monitors = on_the_left();
        assert_eq!(monitors.are(vec![LEFT, RIGHT, Rect::new(800, 0, 10, 10)]), (Fate::Kept, None));
        assert_eq!(monitors.shown(), Some(LEFT));
    }
}
