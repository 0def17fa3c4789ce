//! The line that says who this is about: what was proven in large type, the free-text name smaller.

use super::look;
use crate::{organisation, snapshot::Snapshot, wording};
use egui::{RichText, Ui};

/// Characters of an organisation's name that are shown.
const MAX_SHOWN: usize = 80;

/// The two lines.
pub(crate) fn line(ui: &mut Ui, snapshot: &Snapshot) {
    ui.label(RichText::new(organisation::line(&snapshot.standing)).size(look::TITLE).strong());
    let name = wording::shown(&snapshot.organisation, MAX_SHOWN);
    if !name.is_empty() {
        let text = if organisation::is_unknown(&snapshot.standing) { format!("calls itself “{name}”") } else { name };
        let weak = look::weak(text, ui).size(look::SMALL);
        ui.label(weak);
    }
}
