//! The page's own files, part of the program.
//!
//! In scope: names, types, bytes.

use hyper::StatusCode;

use super::{
    answer::{self, Answer},
    routes,
};

/// Said to a link that was opened: the page follows of itself. A redirect would not carry a strict cookie when another site led here.
pub(super) const WELCOME: &str = include_str!("../../page/welcome.html");
/// A page that says one thing.
pub(super) const NOTICE: &str = include_str!("../../page/notice.html");

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Every file: name, type, text.
const FILES: &[(&str, &str, &str)] = &[
    ("list.html", HTML, include_str!("../../page/list.html")),
    ("session.html", HTML, include_str!("../../page/session.html")),
    ("style.css", "text/css; charset=utf-8", include_str!("../../page/style.css")),
    ("icon.svg", "image/svg+xml", include_str!("../../page/icon.svg")),
    ("common.js", SCRIPT, include_str!("../../page/common.js")),
    ("list.js", SCRIPT, include_str!("../../page/list.js")),
    ("session.js", SCRIPT, include_str!("../../page/session.js")),
    ("timeline.js", SCRIPT, include_str!("../../page/timeline.js")),
    ("picture.js", SCRIPT, include_str!("../../page/picture.js")),
    ("clock.js", SCRIPT, include_str!("../../page/clock.js")),
];

/// A file by its name.
pub(super) fn file(name: &str) -> Answer {
    match FILES.iter().find(|(own, ..)| *own == name) {
        Some((_, mime, text)) => answer::of(StatusCode::OK, mime, *text),
        None => routes::nothing(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_asks_nobody_outside_and_writes_no_markup_from_texts() {
        for (name, _, text) in FILES.iter().chain([&("", HTML, WELCOME), &("", HTML, NOTICE)]) {
            // The name space of SVG is a name, not an address.
            let text = text.replace("http://www.w3.org/2000/svg", "");
            for banned in
                ["http:", "https:", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "style=\"", "onclick="]
            {
                assert!(!text.contains(banned), "{name}: {banned}");
            }
        }
    }
}
