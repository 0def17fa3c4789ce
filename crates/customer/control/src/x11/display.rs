//! The injector's own connection to the X server, beside `enigo`'s.
//!
//! In scope: connecting, the extensions needed. Not in scope: what is asked over it.

use crate::{ControlError, InputFailure};
use x11rb::{
    connection::{Connection, RequestConnection},
    errors::{ConnectionError, ReplyError},
    protocol::{
        res::{self, ConnectionExt as _},
        xkb::{self, ConnectionExt as _},
        xproto::Window,
        xtest,
    },
    rust_connection::RustConnection,
};

/// A connection and its root window.
pub(crate) struct Display {
    pub(crate) connection: RustConnection,
    pub(crate) root: Window,
}

impl Display {
    /// Connects to `name`, such as `:0`, or to what `DISPLAY` names.
    pub(crate) fn open(name: Option<&str>) -> Result<Self, ControlError> {
        let (connection, number) = RustConnection::connect(name).map_err(|error| ControlError::NoDisplay {
            display: name.map(str::to_owned).or_else(|| std::env::var("DISPLAY").ok()).unwrap_or_else(|| "DISPLAY".into()),
            reason: error.to_string(),
        })?;
        let root = connection.setup().roots[number].root;
        let display = Self { connection, root };
        display.check_extensions().map_err(|error| match error {
            Missing::Extension(name) => ControlError::Unsupported(name),
            Missing::Failure(failure) => ControlError::Refused(failure.to_string()),
        })?;
        Ok(display)
    }

    fn check_extensions(&self) -> Result<(), Missing> {
        let needed =
            [(xtest::X11_EXTENSION_NAME, "XTEST"), (xkb::X11_EXTENSION_NAME, "XKEYBOARD"), (res::X11_EXTENSION_NAME, "X-Resource")];
        for (name, shown) in needed {
            if self.connection.extension_information(name).map_err(failure)?.is_none() {
                return Err(Missing::Extension(shown));
            }
        }
        let xkb = self.connection.xkb_use_extension(1, 0).map_err(failure)?;
        // Client ids by process came with version 1.2.
        let res = self.connection.res_query_version(1, 2).map_err(failure)?;
        if !xkb.reply().map_err(failure)?.supported {
            return Err(Missing::Extension("XKEYBOARD 1.0"));
        }
        let res = res.reply().map_err(failure)?;
        if (res.server_major, res.server_minor) < (1, 2) {
            return Err(Missing::Extension("X-Resource 1.2"));
        }
        Ok(())
    }
}

enum Missing {
    Extension(&'static str),
    Failure(InputFailure),
}

impl From<InputFailure> for Missing {
    fn from(failure: InputFailure) -> Self {
        Missing::Failure(failure)
    }
}

/// An error of the protocol in our words.
pub(super) fn failure(error: impl Into<ReplyError>) -> InputFailure {
    InputFailure::Desktop(match error.into() {
        ReplyError::ConnectionError(ConnectionError::IoError(error)) => format!("the connection is lost: {error}"),
        ReplyError::ConnectionError(error) => error.to_string(),
        ReplyError::X11Error(error) => format!("{:?} in {}", error.error_kind, error.request_name.unwrap_or("a request")),
    })
}
