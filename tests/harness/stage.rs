//! Everything for one session: a screen, an office, a host on the screen, and a viewer.

use crate::{Cursors, Host, Office, Painter, Viewer, XServer};

/// A customer's screen with something on it, and an office.
#[derive(Debug)]
pub struct Stage {
    /// The customer's screen.
    pub screen: XServer,
    /// The organisation.
    pub office: Office,
}

/// A session that the customer allowed.
#[derive(Debug)]
pub struct Session {
    /// The customer's side.
    pub host: Host,
    /// The technician's side.
    pub viewer: Viewer,
    /// The session's id.
    pub id: String,
}

/// A customer's screen without a pointer, so that what is seen on it is what was drawn.
fn screen(width: u32, height: u32) -> XServer {
    let screen = XServer::start(width, height);
    let cursors = Cursors::on(&screen);
    cursors.choose(cursors.square(16, 0));
    screen
}

impl Stage {
    /// A screen of 1024 by 768 and an office.
    pub fn set() -> Self {
        Self::of_size(1024, 768)
    }

    /// A screen of this size and an office.
    pub fn of_size(width: u32, height: u32) -> Self {
        Self { screen: screen(width, height), office: Office::open() }
    }

    /// As [`Stage::set`], with policy settings and arguments of `serve`.
    pub fn with_policy(policy: &[&str], serve: &[&str]) -> Self {
        Self { screen: screen(1024, 768), office: Office::open_with(policy, serve) }
    }

    /// Somebody who draws on the screen.
    pub fn painter(&self) -> Painter {
        Painter::on(&self.screen)
    }

    /// A host on the screen.
    pub fn host(&self) -> Host {
        Host::start(&self.office, self.screen.display())
    }

    /// A whole session, with this answer to the question.
    pub fn session(&self, answer: &str) -> Session {
        let mut host = self.host();
        let code = host.code();
        let mut viewer = Viewer::start(&self.office, &code);
        let id = viewer.paired();
        host.question();
        host.answer(answer);
        viewer.granted();
        Session { host, viewer, id }
    }
}
