//! Which backend fits this session.
//!
//! In scope: the decision, from the session's variables, as a pure function. Not in scope: opening anything.

use crate::{CaptureError, Kind};

/// What the session's variables say about its display.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// `DISPLAY`, when it is set and not empty.
    pub display: Option<String>,
    /// Whether the session is a Wayland one (`WAYLAND_DISPLAY`, or `XDG_SESSION_TYPE=wayland`).
    pub wayland: bool,
}

/// The backend to open, with the display it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Backend {
    /// Our own X11 backend on this display.
    X11(String),
    /// The `scrap` crate on this display.
    Scrap(String),
    /// The test picture.
    Pattern,
}

impl Environment {
    /// The variables of this process.
    pub fn current() -> Self {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let wayland = set("WAYLAND_DISPLAY").is_some() || set("XDG_SESSION_TYPE").is_some_and(|kind| kind == "wayland");
        Self { display: set("DISPLAY"), wayland }
    }

    /// An X11 session on `display`, such as `:0`.
    pub fn x11(display: impl Into<String>) -> Self {
        Self { display: Some(display.into()), wayland: false }
    }

    /// Decides.
    ///
    /// # Errors
    /// [`CaptureError::WaylandOnly`] or [`CaptureError::NoDisplay`] when there is no display to copy from.
    pub fn backend(&self, kind: Kind) -> Result<Backend, CaptureError> {
        if kind == Kind::Pattern {
            return Ok(Backend::Pattern);
        }
        match (&self.display, self.wayland) {
            (Some(display), _) if kind == Kind::Scrap => Ok(Backend::Scrap(display.clone())),
            (Some(display), _) => Ok(Backend::X11(display.clone())),
            (None, true) => Err(CaptureError::WaylandOnly),
            (None, false) => Err(CaptureError::NoDisplay),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_with_a_display_is_captured_through_x11() {
        assert_eq!(Environment::x11(":7").backend(Kind::Auto).unwrap(), Backend::X11(":7".into()));
        assert_eq!(Environment::x11(":7").backend(Kind::Scrap).unwrap(), Backend::Scrap(":7".into()));
    }

    #[test]
    fn a_wayland_session_without_x11_is_refused_with_what_to_do() {
        let error = Environment { display: None, wayland: true }.backend(Kind::Auto).unwrap_err();
        assert!(matches!(error, CaptureError::WaylandOnly));
        assert!(error.to_string().contains("Xorg"), "{error}");
    }

    #[test]
    fn no_display_at_all_is_refused_with_what_to_do() {
        let error = Environment::default().backend(Kind::X11).unwrap_err();
        assert!(matches!(error, CaptureError::NoDisplay));
        assert!(error.to_string().contains("DISPLAY"), "{error}");
    }

    #[test]
    fn the_test_picture_needs_no_display() {
        assert_eq!(Environment::default().backend(Kind::Pattern).unwrap(), Backend::Pattern);
    }
}
