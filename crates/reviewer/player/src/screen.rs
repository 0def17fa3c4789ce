//! What applies updates: the cage, or anything else that does.
//!
//! In scope: the trait and the cage's side of it.

use deskhand_cage::{Cage, CageError};
use deskhand_screen::{Pixels, Region};

/// A picture that updates are applied to.
pub trait Screen {
    /// Applies the bytes of one update and says where pixels may have changed.
    ///
    /// # Errors
    /// [`CageError`]; the picture is not to be relied on until a key update was applied.
    fn apply(&mut self, update: &[u8]) -> Result<Region, CageError>;

    /// Begins anew after an error that says so.
    ///
    /// # Errors
    /// [`CageError::Start`].
    fn restart(&mut self) -> Result<(), CageError>;

    /// Shows the picture.
    fn see(&self, see: &mut dyn FnMut(Pixels<'_>));
}

impl Screen for Cage {
    fn apply(&mut self, update: &[u8]) -> Result<Region, CageError> {
        Self::apply(self, update).map(|applied| applied.damage)
    }

    fn restart(&mut self) -> Result<(), CageError> {
        self.respawn()
    }

    fn see(&self, see: &mut dyn FnMut(Pixels<'_>)) {
        self.with_frame(see);
    }
}
