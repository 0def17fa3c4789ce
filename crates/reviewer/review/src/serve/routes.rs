//! Routes: from a request to its answer.
//!
//! In scope: the gate, methods, paths, queries; work that blocks goes to a thread. Not in scope: the work (`desk`).
//!
//! | path | answer |
//! | --- | --- |
//! | `/login/TOKEN` | the cookie, once |
//! | `/`, `/session/SID`, `/page/NAME` | the page |
//! | `/api/sessions` | what `list --json` says |
//! | `/api/sessions/SID` | its events |
//! | `/api/sessions/SID/verdict` | what `verify` says |
//! | `/api/sessions/SID/recording` | length, size, gaps, idle time |
//! | `/api/sessions/SID/picture?ms=N&have=H` | what is seen at a moment, see [`super::picture`] |

use std::{convert::Infallible, sync::Arc};

use deskhand_identity::SessionId;
use hyper::{Method, Request, StatusCode, body::Incoming, header};

use super::{
    answer::{self, Answer},
    desk::Desk,
    gate::{Gate, Pass},
    page,
};

pub(super) async fn answer(gate: Arc<Gate>, desk: Arc<Desk>, request: Request<Incoming>) -> Result<Answer, Infallible> {
    let path = request.uri().path().to_owned();
    Ok(match gate.check(&path, request.headers()) {
        Pass::Elsewhere => answer::notice(StatusCode::FORBIDDEN, "Not here", "This request was not made by this page."),
        Pass::LogIn(cookie) => {
            let mut answer = answer::of(StatusCode::OK, "text/html; charset=utf-8", page::WELCOME);
            if let Ok(cookie) = header::HeaderValue::from_str(&cookie) {
                answer.headers_mut().insert(header::SET_COOKIE, cookie);
            }
            answer
        }
        Pass::UsedLink => answer::notice(
            StatusCode::FORBIDDEN,
            "This link was used",
            "A link works once. End deskhand-review serve with Ctrl+C and start it again: it prints a new one.",
        ),
        Pass::NoLogin => answer::notice(
            StatusCode::FORBIDDEN,
            "Open the link first",
            "This page opens with the link that deskhand-review serve printed when it started.",
        ),
        Pass::In if request.method() != Method::GET => answer::failed(StatusCode::METHOD_NOT_ALLOWED, "this page only answers questions"),
        Pass::In => {
            let query = request.uri().query().unwrap_or_default().to_owned();
            let work = tokio::task::spawn_blocking(move || inside(&desk, &path, &query));
            work.await.unwrap_or_else(|_| answer::failed(StatusCode::INTERNAL_SERVER_ERROR, "this could not be worked out"))
        }
    })
}

fn inside(desk: &Desk, path: &str, query: &str) -> Answer {
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let sid = |text: &str| text.parse::<SessionId>();
    match parts.as_slice() {
        [""] => page::file("list.html"),
        ["session", id] if sid(id).is_ok() => page::file("session.html"),
        ["page", name] => page::file(name),
        ["api", "sessions"] => desk.sessions(),
        ["api", "sessions", id, rest @ ..] => match (sid(id), rest) {
            (Ok(sid), []) => desk.session(&sid),
            (Ok(sid), ["verdict"]) => desk.verdict(&sid),
            (Ok(sid), ["recording"]) => desk.recording(&sid),
            (Ok(sid), ["picture"]) => match (number(query, "ms"), number(query, "have")) {
                (Some(ms), have) => desk.picture(&sid, ms, have.unwrap_or(0)),
                (None, _) => answer::failed(StatusCode::BAD_REQUEST, "which moment?"),
            },
            _ => nothing(),
        },
        _ => nothing(),
    }
}

fn number(query: &str, name: &str) -> Option<u64> {
    query.split('&').filter_map(|pair| pair.split_once('=')).find(|(own, _)| *own == name)?.1.parse().ok()
}

pub(super) fn nothing() -> Answer {
    answer::notice(StatusCode::NOT_FOUND, "Nothing here", "There is no such page.")
}
