//! Why a screen cannot be captured, grouped by who can help, each with what to do.

/// A failure to open or to copy the screen.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    // The session this program runs in.
    /// There is no display.
    #[error(
        "there is no screen to show: DISPLAY is not set. Start this program from a terminal or menu on the desktop that is to be shown"
    )]
    NoDisplay,
    /// The session is a Wayland one, whose screen other programs cannot copy through X11.
    #[error(
        "this desktop runs on Wayland, which this version cannot show. Log out, choose the session named \"Xorg\" or \"X11\" on the login screen (often under a gear wheel), log in and try again"
    )]
    WaylandOnly,
    /// The X server does not let us in.
    #[error(
        "the X server at {display} does not let this program in ({reason}). Start it as the person who is logged in on that desktop, not as another user"
    )]
    NoPermission {
        /// The display.
        display: String,
        /// What the server said.
        reason: String,
    },
    /// Nothing answers at the display.
    #[error(
        "no X server answers at {display} ({reason}). Check the variable DISPLAY, or start this program on the desktop that is to be shown"
    )]
    Unreachable {
        /// The display.
        display: String,
        /// What the system said.
        reason: String,
    },

    // The X server.
    /// The screen is of a kind that cannot be copied exactly.
    #[error("this screen cannot be shown: {0}")]
    Unsupported(String),
    /// The X server refused a request that should work.
    #[error("the X server refused to hand out the picture ({0}). Try again; if it stays so, restart the desktop session")]
    Refused(String),
    /// The display went away.
    #[error("the connection to the screen is lost ({0}): the desktop session ended or its X server was restarted")]
    Lost(String),

    // This program.
    /// The gate is closed: nobody may see the screen now. Nothing was asked of the screen.
    #[error("the screen is not being shared now")]
    NotAllowed,
    /// The backend was asked for, but not built in.
    #[error("this program was built without the scrap backend. Use the X11 backend, or build with the feature \"scrap\"")]
    NotBuilt,
    /// The system gave us no memory or no descriptor.
    #[error("the system refused {what}: {source}. Close some programs and try again")]
    System {
        /// What was asked for.
        what: &'static str,
        /// What it said.
        source: std::io::Error,
    },
}
