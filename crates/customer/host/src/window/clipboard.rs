//! The code on the clipboard.
//!
//! In scope: putting text there when the customer presses Copy. On X11 the text is served by this program, so the handle is kept.
//! Nothing is ever read from the clipboard.

/// The clipboard, opened at the first use.
#[derive(Default)]
pub(super) struct Clipboard(Option<arboard::Clipboard>);

impl Clipboard {
    /// Puts `text` there. Whether it worked.
    pub(super) fn put(&mut self, text: &str) -> bool {
        if self.0.is_none() {
            match arboard::Clipboard::new() {
                Ok(clipboard) => self.0 = Some(clipboard),
                Err(error) => tracing::warn!(%error, "there is no clipboard"),
            }
        }
        let Some(clipboard) = &mut self.0 else { return false };
        match clipboard.set_text(text) {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(%error, "the clipboard can't be used");
                false
            }
        }
    }
}
