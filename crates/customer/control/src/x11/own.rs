//! Whether input would go into a Deskhand window.
//!
//! In scope: the window under the pointer and the one with the keyboard's focus; ours are those of this process (by the X
//! server's own knowledge, XRes) and those whose class begins with `deskhand`, whichever process made them. A window
//! manager's frame around one of ours counts as ours: its close button is in it. Not in scope: what to do then.
//!
//! Between this look and the event a window can still open under the pointer. The customer's question is safe from that:
//! it is marked open before its window is made, and the grant is asked after this look.

use super::display::{Display, failure};
use crate::InputFailure;
use std::collections::HashSet;
use x11rb::{
    errors::ReplyError,
    protocol::{
        res::{ClientIdMask, ClientIdSpec, ConnectionExt as _},
        xproto::{AtomEnum, ConnectionExt as _, InputFocus, Window},
    },
};

/// How deep windows are nested before the search gives up.
const MAX_DEPTH: usize = 64;
/// A frame holds its client one or two levels down.
const FRAME_DEPTH: usize = 2;
/// Windows looked at for one event.
const MAX_WINDOWS: usize = 512;
/// 32-bit units of a window's class that are read.
const CLASS_UNITS: u32 = 64;
const OWN_CLASS: &str = "deskhand";

impl Display {
    /// Whether the window under the pointer is one of ours.
    pub(crate) fn pointer_is_over_own(&self) -> Result<bool, InputFailure> {
        let mut path = Vec::new();
        let mut window = self.root;
        for _ in 0..MAX_DEPTH {
            let Some(place) = gone(self.connection.query_pointer(window).map_err(failure)?.reply())? else { break };
            if place.child == x11rb::NONE {
                break;
            }
            window = place.child;
            path.push(window);
        }
        self.is_own(path)
    }

    /// Whether keys would go to one of ours.
    pub(crate) fn focus_is_own(&self) -> Result<bool, InputFailure> {
        let focus = self.connection.get_input_focus().map_err(failure)?.reply().map_err(failure)?.focus;
        if focus == u32::from(InputFocus::NONE) {
            return Ok(false);
        }
        if focus == u32::from(InputFocus::POINTER_ROOT) || focus == self.root {
            return self.pointer_is_over_own();
        }
        let mut path = Vec::new();
        let mut window = focus;
        while path.len() < MAX_DEPTH && window != self.root && window != x11rb::NONE {
            path.push(window);
            let Some(tree) = gone(self.connection.query_tree(window).map_err(failure)?.reply())? else { break };
            window = tree.parent;
        }
        path.reverse();
        self.is_own(path)
    }

    /// Whether one of `path` (the top-level window first) is ours, or is a frame around one of ours.
    fn is_own(&self, path: Vec<Window>) -> Result<bool, InputFailure> {
        let Some(&top) = path.first() else { return Ok(false) };
        let mut windows = path;
        let mut seen: HashSet<Window> = windows.iter().copied().collect();
        let mut level = vec![top];
        for _ in 0..FRAME_DEPTH {
            let mut asked = Vec::with_capacity(level.len());
            for window in level.drain(..) {
                asked.push(self.connection.query_tree(window).map_err(failure)?);
            }
            for cookie in asked {
                level.extend(gone(cookie.reply())?.into_iter().flat_map(|tree| tree.children));
            }
            level.truncate(MAX_WINDOWS.saturating_sub(windows.len()));
            windows.extend(level.iter().copied().filter(|window| seen.insert(*window)));
        }
        Ok(self.any_of_this_process(&windows)? || self.any_of_own_class(&windows)?)
    }

    fn any_of_this_process(&self, windows: &[Window]) -> Result<bool, InputFailure> {
        let specs: Vec<ClientIdSpec> =
            windows.iter().map(|window| ClientIdSpec { client: *window, mask: ClientIdMask::LOCAL_CLIENT_PID }).collect();
        let clients = self.connection.res_query_client_ids(&specs).map_err(failure)?.reply().map_err(failure)?;
        let own = std::process::id();
        Ok(clients.ids.iter().any(|id| id.spec.mask == ClientIdMask::LOCAL_CLIENT_PID && id.value.first() == Some(&own)))
    }

    fn any_of_own_class(&self, windows: &[Window]) -> Result<bool, InputFailure> {
        let mut asked = Vec::with_capacity(windows.len());
        for window in windows {
            asked
                .push(self.connection.get_property(false, *window, AtomEnum::WM_CLASS, AtomEnum::STRING, 0, CLASS_UNITS).map_err(failure)?);
        }
        let mut own = false;
        for cookie in asked {
            // Instance and class, each ended by a zero byte.
            own |= gone(cookie.reply())?.is_some_and(|class| class.value.split(|byte| *byte == 0).any(is_own_class));
        }
        Ok(own)
    }
}

fn is_own_class(name: &[u8]) -> bool {
    name.get(..OWN_CLASS.len()).is_some_and(|start| start.eq_ignore_ascii_case(OWN_CLASS.as_bytes()))
}

/// A window that is gone by now is no target; a broken connection is an error.
fn gone<T>(reply: Result<T, ReplyError>) -> Result<Option<T>, InputFailure> {
    match reply {
        Ok(reply) => Ok(Some(reply)),
        Err(ReplyError::X11Error(_)) => Ok(None),
        Err(error) => Err(failure(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_deskhand_class_is_ours_and_nothing_else() {
        for own in ["deskhand", "deskhand-host", "Deskhand", "DESKHAND-VIEWER"] {
            assert!(is_own_class(own.as_bytes()), "{own}");
        }
        for other in ["", "desk", "xterm", "my-deskhand"] {
            assert!(!is_own_class(other.as_bytes()), "{other}");
        }
    }
}
