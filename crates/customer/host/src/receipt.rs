//! The customer's receipt: one page that says what happened, in plain words, and holds the proof.
//!
//! In scope: the page (self-contained HTML, no scripts, nothing from outside), its words, where it is kept. Not in scope: what happened
//! (`session`), the block with the signed head (`audit`), comparing it later (`deskhand-review verify --receipt`).

use deskhand_audit::{By, note::Note, receipt::block};
use deskhand_identity::rfc3339;
use deskhand_session::{
    Scope, Scopes,
    host::{HostSession, Moment, What},
};
use std::{
    fmt::Write as _,
    fs::OpenOptions,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use crate::wording::shown;

/// Longest name of somebody, characters.
const MAX_NAME: usize = 80;
/// Files of one name that are tried.
const MAX_TRIES: u32 = 100;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:44em;margin:2em auto;padding:0 1em;color:#1d2330;background:#fff}\
h1{font-size:1.5em;margin-bottom:.2em}table{border-collapse:collapse;width:100%;margin:1em 0}td{padding:.35em .8em .35em 0;vertical-align:top;\
border-top:1px solid #d8dce4}td:first-child{white-space:nowrap;color:#4a5468;font-variant-numeric:tabular-nums}pre{font-size:.75em;\
background:#f2f4f8;padding:1em;overflow:auto}.alarm{color:#9c1c1c;font-weight:600}footer{color:#4a5468;font-size:.9em}\
@media(prefers-color-scheme:dark){body{color:#e6e9f0;background:#161a22}td{border-color:#343b4a}td:first-child,footer{color:#aab3c5}\
pre{background:#212733}.alarm{color:#ff9a9a}}@media print{body{margin:0;color:#000;background:#fff}pre{white-space:pre-wrap}}";

/// A receipt, and what it is called.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// The page.
    pub page: String,
    /// A file name for it.
    pub name: String,
}

/// The receipt of a session, once its log has a head that the relay signed too; nothing before anybody came.
pub fn of(session: &HostSession, organisation: &str) -> Option<Receipt> {
    let (moments, left_out) = session.story();
    let head = session.cosigned_head()?;
    let id = session.session().to_string();
    moments.iter().any(|moment| matches!(moment.what, What::Came)).then(|| {
        let day = moments.first().map_or_else(String::new, |first| rfc3339(first.t_ms).chars().take(10).collect());
        let short: String = id.chars().take(6).collect();
        Receipt { page: page(organisation, &id, moments, left_out, head), name: format!("Support session {day} {short}.html") }
    })
}

fn page(organisation: &str, id: &str, moments: &[Moment], left_out: usize, head: &Note) -> String {
    let mut rows = String::new();
    for moment in moments {
        let class = if matches!(moment.what, What::Anomaly(_)) { " class=\"alarm\"" } else { "" };
        // Writing to a string cannot fail.
        let _ = writeln!(rows, "<tr><td>{}</td><td{class}>{}</td></tr>", time(moment.t_ms), escaped(&sentence(moment)));
    }
    if left_out > 0 {
        let _ = writeln!(rows, "<tr><td></td><td>… and {left_out} more steps, which are in the organisation's log.</td></tr>");
    }
    let day: String = moments.first().map_or_else(String::new, |first| rfc3339(first.t_ms).chars().take(10).collect());
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <title>Your support session</title><style>{STYLE}</style></head><body>\n\
         <h1>Your support session</h1>\n\
         <p>With <strong>{organisation}</strong> on {day}. Times are UTC, by this computer's clock. This is the name the organisation gave \
         itself.</p>\n\
         <table>\n{rows}</table>\n\
         <h2>Keep this page</h2>\n\
         <p>It proves what was written down about your session. If anyone ever changes the organisation's log of it, this page shows it. \
         Anyone who checks the log can do that with the lines below; they hold no word of what was on your screen.</p>\n\
         <pre>{block}</pre>\n\
         <footer>Session {id}. A reviewer compares it with: <code>deskhand-review verify {id} --receipt FILE</code></footer>\n\
         </body></html>\n",
        organisation = escaped(&shown(organisation, MAX_NAME)),
        block = escaped(&block(head)),
        id = escaped(id),
    )
}

/// The time of the day.
fn time(t_ms: u64) -> String {
    rfc3339(t_ms).chars().skip(11).take(8).collect()
}

fn sentence(moment: &Moment) -> String {
    let who = moment.technician.as_deref().map_or_else(|| "A technician".to_owned(), |name| shown(name, MAX_NAME));
    match &moment.what {
        What::Came => format!("{who} entered your code and showed who they are."),
        What::Allowed(scopes) => format!("You allowed {who} to {}.", allowed(*scopes)),
        What::NotAllowed => format!("{who} asked, and you did not allow it."),
        What::Sees => format!("{who} began to see your screen."),
        What::SeesNoMore => format!("{who} no longer saw your screen."),
        What::Controls(minutes) => {
            format!("{who} could use your mouse and keyboard, for {} at most.", counted(u64::from(*minutes), "minute", "minutes"))
        }
        What::ControlsNoMore => format!("{who} could no longer use your mouse and keyboard."),
        What::Input { keys, clicks } => format!("{who} pressed {} and {}.", counted(*keys, "key", "keys"), clicked(*clicks)),
        What::Recorded(0) => "What was on your screen was recorded, sealed so that nobody can open it.".to_owned(),
        What::Recorded(1) => "What was on your screen was recorded. One reviewer of the organisation can open it.".to_owned(),
        What::Recorded(count) => format!("What was on your screen was recorded. {count} reviewers of the organisation can open it."),
        What::Stopped => "You pressed Stop.".to_owned(),
        What::Left => format!("{who} left."),
        What::Anomaly(kind) => format!("Something unusual happened: {}.", kind.replace('_', " ")),
        What::Ended(by) => format!("The session ended, by {}. Nobody could see your screen any more.", ender(*by)),
    }
}

fn counted(count: u64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

fn clicked(clicks: u64) -> String {
    match clicks {
        0 => "did not click".to_owned(),
        1 => "clicked once".to_owned(),
        more => format!("clicked {more} times"),
    }
}

fn allowed(scopes: Scopes) -> &'static str {
    match (scopes.has(Scope::View), scopes.has(Scope::Control)) {
        (true, true) => "see your screen and use your mouse and keyboard",
        (false, true) => "use your mouse and keyboard",
        _ => "see your screen",
    }
}

fn ender(by: By) -> &'static str {
    match by {
        By::Customer => "you",
        By::Technician => "the technician",
        By::Host => "this program",
        By::Relay | By::Link => "a cut line",
        By::Timeout => "its time running out",
        By::Policy => "the organisation's rules",
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Writes a receipt to this file, or the next free name beside it.
///
/// # Errors
/// What the system says.
pub fn save(receipt: &Receipt, file: &Path) -> io::Result<PathBuf> {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let extension = file.extension().map(|extension| extension.to_string_lossy().into_owned());
    for number in 1..=MAX_TRIES {
        let name = match (number, &extension) {
            (1, _) => file.to_owned(),
            (_, Some(extension)) => file.with_file_name(format!("{stem} ({number}).{extension}")),
            (_, None) => file.with_file_name(format!("{stem} ({number})")),
        };
        match OpenOptions::new().write(true).create_new(true).open(&name) {
            Ok(mut open) => {
                open.write_all(receipt.page.as_bytes())?;
                open.sync_all()?;
                return Ok(name);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Where a receipt goes when nobody said: the person's documents, else the home folder.
///
/// # Errors
/// When there is no home folder.
pub fn folder() -> io::Result<PathBuf> {
    let home = ["HOME", "USERPROFILE"].into_iter().find_map(std::env::var_os).map(PathBuf::from).filter(|home| home.is_absolute());
    let home = home.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "this computer has no home folder for you"))?;
    let documents = home.join("Documents");
    Ok(if documents.is_dir() { documents } else { home })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note() -> Note {
        Note { text: "acme.example/deskhand/abc\n7\nAAAA\n".into(), signatures: Vec::new() }
    }

    fn moment(what: What) -> Moment {
        Moment { t_ms: 1_795_298_700_045, technician: Some("<b>Ana</b>\u{202e}\u{1b}[2J & Co".into()), what }
    }

    #[test]
    fn names_of_strangers_are_only_text_on_the_page() {
        let moments = [moment(What::Came), moment(What::Allowed(Scopes::of([Scope::View]))), moment(What::Anomaly("<script>".into()))];
        let page = page("<img src=x>\"'", "abc", &moments, 3, &note());
        for wrong in ["<b>", "<img", "<script", "\u{202e}", "\u{1b}"] {
            assert!(!page.contains(wrong), "{wrong:?}");
        }
        assert!(page.contains("You allowed &lt;b&gt;Ana&lt;/b&gt; [2J &amp; Co to see your screen."), "{page}");
        assert!(page.contains("22:05:00") && page.contains("3 more steps"), "{page}");
    }

    #[test]
    fn the_proof_is_found_in_the_page_again() {
        use deskhand_identity::{SecretKey, Session};
        let key = SecretKey::<Session>::from_seed([1; 32]);
        let note = Note::signed("acme.example/deskhand/abc\n7\nAAAA\n".into(), "acme.example/deskhand/abc", &key.public(), |text| {
            key.sign_note(text)
        });
        let page = page("Acme", "abc", &[moment(What::Came)], 0, &note);
        assert_eq!(deskhand_audit::receipt::find(page.as_bytes()), Ok(note));
    }

    #[test]
    fn a_receipt_never_overwrites_another() {
        let folder = tempfile::tempdir().unwrap();
        let receipt = Receipt { page: "first".into(), name: "a.html".into() };
        let file = folder.path().join(&receipt.name);
        assert_eq!(save(&receipt, &file).unwrap(), file);
        let second = save(&Receipt { page: "second".into(), ..receipt }, &file).unwrap();
        assert_eq!(second, folder.path().join("a (2).html"));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "first");
        assert_eq!(std::fs::read_to_string(&second).unwrap(), "second");
    }
}
