//! What of the damage is sent: that of the monitors that somebody looks at. What changes elsewhere is owed.
//!
//! In scope: a pure policy over regions. Not in scope: whether what is sent differs from what a viewer has (`encode` compares, so that
//! owing too much costs a comparison and no byte), who chooses (`session`). A key update and the refinement of what was lossy hold all
//! of the screen, whatever is looked at: a viewer's picture has no holes.

use deskhand_screen::{Rect, Region};

/// Most rectangles of what is owed; beyond it the bounds are owed.
const MAX_OWED: usize = 256;

/// Monitors as the session names them: x, y, width, height; none is all of the screen.
pub type Monitors = Vec<[u32; 4]>;

/// The policy's memory.
#[derive(Debug, Default)]
pub(super) struct View {
    /// None for all of the screen.
    seen: Option<Region>,
    owed: Region,
    /// A choice that is so once the next update was made.
    news: Option<Monitors>,
}

impl View {
    /// These monitors are looked at from now on. An earlier choice that was not so yet never will be.
    pub(super) fn look(&mut self, monitors: Monitors) {
        let rect = |[x, y, width, height]: &[u32; 4]| Rect::new(*x, *y, *width, *height);
        self.seen = (!monitors.is_empty()).then(|| monitors.iter().map(rect).collect());
        self.news = Some(monitors);
    }

    /// The part of new damage that is sent now, with all that was owed there.
    pub(super) fn due(&mut self, damage: Region) -> Region {
        let mut all = std::mem::take(&mut self.owed);
        all.add_region(&damage);
        let Some(seen) = &self.seen else { return all };
        let mut hidden = all.clone();
        hidden.subtract_region(seen);
        all.subtract_region(&hidden);
        if hidden.rects().len() > MAX_OWED {
            hidden = Region::from_rect(hidden.bounds());
            hidden.subtract_region(seen);
        }
        self.owed = hidden;
        all
    }

    /// A key update was made: nothing is owed.
    pub(super) fn all_sent(&mut self) {
        self.owed.clear();
    }

    /// The choice that is so now, told once.
    pub(super) fn settled(&mut self) -> Option<Monitors> {
        self.news.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEFT: [u32; 4] = [0, 0, 100, 50];
    const RIGHT: [u32; 4] = [100, 0, 100, 50];

    fn part(x: u32, width: u32) -> Region {
        Region::from_rect(Rect::new(x, 10, width, 10))
    }

    #[test]
    fn all_of_the_screen_is_sent_until_somebody_chooses() {
        let mut view = View::default();
        assert_eq!(view.due(part(90, 20)), part(90, 20));
        assert_eq!(view.settled(), None);
    }

    #[test]
    fn what_changes_elsewhere_is_owed_and_due_at_once_when_it_is_looked_at() {
        let mut view = View::default();
        view.look(vec![LEFT]);
        assert_eq!(view.due(part(90, 20)), part(90, 10));
        assert_eq!(view.due(part(150, 5)), Region::new());
        view.look(vec![RIGHT]);
        let expected: Region = [Rect::new(100, 10, 10, 10), Rect::new(150, 10, 5, 10)].into_iter().collect();
        assert_eq!(view.due(Region::new()), expected);
        assert_eq!(view.due(Region::new()), Region::new(), "it is owed once");
        assert_eq!(view.due(part(0, 5)), Region::new());
        view.look(vec![]);
        assert_eq!(view.due(Region::new()), part(0, 5));
    }

    #[test]
    fn a_choice_is_told_once_and_only_the_last() {
        let mut view = View::default();
        view.look(vec![LEFT]);
        view.look(vec![RIGHT]);
        assert_eq!(view.settled(), Some(vec![RIGHT]));
        assert_eq!(view.settled(), None);
    }

    #[test]
    fn a_key_update_pays_everything() {
        let mut view = View::default();
        view.look(vec![LEFT]);
        view.due(part(150, 5));
        view.all_sent();
        view.look(vec![]);
        assert_eq!(view.due(Region::new()), Region::new());
    }

    #[test]
    fn very_much_that_is_owed_takes_no_more_memory_and_nothing_is_forgotten() {
        let mut view = View::default();
        view.look(vec![LEFT]);
        let specks: Region = (0..2_000).map(|at| Rect::new(100 + at % 50 * 2, at / 50, 1, 1)).collect();
        assert!(view.due(specks.clone()).is_empty());
        assert!(view.owed.rects().len() <= MAX_OWED);
        view.look(vec![]);
        let mut missing = specks;
        missing.subtract_region(&view.due(Region::new()));
        assert!(missing.is_empty());
    }
}
