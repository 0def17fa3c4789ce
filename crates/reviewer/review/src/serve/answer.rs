//! Answers: a body, its type, and the headers that every answer has.
//!
//! In scope: building them. The policy lets the page load its own files and nothing else, from nowhere else, and lets nobody frame it.

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Response, StatusCode, header};
use serde::Serialize;

use super::page;

pub(super) type Answer = Response<Full<Bytes>>;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// An answer of this type.
pub(super) fn of(status: StatusCode, mime: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    let fixed = [
        (header::CONTENT_TYPE, mime),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in fixed {
        answer.headers_mut().insert(name, header::HeaderValue::from_static(value));
    }
    answer
}

/// A value as JSON.
pub(super) fn json(value: &impl Serialize) -> Answer {
    match serde_json::to_vec(value) {
        Ok(body) => of(StatusCode::OK, "application/json", body),
        Err(why) => failed(StatusCode::INTERNAL_SERVER_ERROR, &why.to_string()),
    }
}

/// An error, for the page to show: `{"error": "…"}`.
pub(super) fn failed(status: StatusCode, text: &str) -> Answer {
    #[derive(Serialize)]
    struct Error<'a> {
        error: &'a str,
    }
    of(status, "application/json", serde_json::to_vec(&Error { error: text }).unwrap_or_default())
}

/// A page that says one thing; the text is ours.
pub(super) fn notice(status: StatusCode, title: &str, text: &str) -> Answer {
    of(status, "text/html; charset=utf-8", page::NOTICE.replace("{title}", title).replace("{text}", text))
}
