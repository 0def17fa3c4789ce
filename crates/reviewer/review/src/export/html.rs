//! One page for people: verdict and reasons, summary, timeline coloured by who did it.
//!
//! In scope: a file that loads nothing and runs nothing (its own policy forbids both), for dark and light screens, narrow ones and
//! paper. Not in scope: what is said in it (`row`, `summary`, `check`).

use std::io::{self, Write};

use deskhand_audit::{Blob, Hash};
use deskhand_identity::rfc3339;

use super::{Context, Format, Row, summary::Summary};
use crate::{
    check::LIMITS,
    escape::shown,
    row::Who,
    timeline::{count, who as by},
};

const STYLE: &str = include_str!("page.css");

pub(super) struct Html {
    summary: Summary,
}

impl Html {
    pub(super) fn new(summary: Summary) -> Self {
        Self { summary }
    }
}

impl Format for Html {
    fn begin(&mut self, context: &Context, out: &mut dyn Write) -> io::Result<()> {
        let sid = self.summary.sid.map(|sid| sid.to_string()).unwrap_or_default();
        let style = String::from(Blob(Hash::of(STYLE.as_bytes()).0.to_vec()));
        write!(
            out,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; \
             form-action 'none'\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
             <meta name=\"referrer\" content=\"no-referrer\">\n\
             <title>Session {sid}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
             <header>\n<h1>Remote support session</h1>\n<p class=\"sid\">{sid}</p>\n</header>\n"
        )?;
        verdict(context, out)?;
        self.facts(context, out)?;
        self.decisions(out)?;
        out.write_all(
            b"<section>\n<h2>Timeline</h2>\n<table class=\"timeline\">\n<thead><tr><th>#</th><th>Time (UTC)</th><th>After</th><th>Who</th>\
              <th>What</th></tr></thead>\n<tbody>\n",
        )
    }

    fn row(&mut self, _context: &Context, row: &Row<'_>, out: &mut dyn Write) -> io::Result<()> {
        let (seq, time, kind) = (row.entry.seq, rfc3339(row.entry.t_ms), row.entry.event.kind());
        let (after, who, what) = (clock(row.offset_ms), text(&row.who.to_string()), text(&row.sentence));
        write!(
            out,
            "<tr class=\"{}\"><td class=\"seq\">{seq}</td><td class=\"time\">{}</td><td class=\"after\">{after}</td>\
             <td class=\"who\">{who}</td><td class=\"what\">{what} <span class=\"kind\">{kind}</span>",
            class(&row.who),
            time.replace('T', " ").trim_end_matches('Z'),
        )?;
        match (&row.opened, &row.entry.sealed) {
            (Some(opened), _) => write!(out, "<p class=\"opened\">{}: {}</p>", text(&opened.field), text(&opened.shown()))?,
            (None, Some(sealed)) => write!(out, "<p class=\"sealed\">{}: sealed</p>", text(&sealed.field))?,
            (None, None) => {}
        }
        out.write_all(b"</td></tr>\n")
    }

    fn end(&mut self, stopped: Option<&str>, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"</tbody>\n</table>\n")?;
        if let Some(why) = stopped {
            writeln!(out, "<p class=\"stopped\">The log cannot be read any further: {}</p>", text(why))?;
        }
        out.write_all(b"</section>\n</main>\n</body>\n</html>\n")
    }
}

fn verdict(context: &Context, out: &mut dyn Write) -> io::Result<()> {
    let report = &context.report;
    let class = if report.verdict.stands() { "stands" } else { "falls" };
    let (word, sentence) = (report.verdict, report.verdict.sentence());
    writeln!(out, "<section class=\"verdict {class}\">\n<h2>{word}</h2>\n<p>{}</p>", text(&sentence))?;
    if !report.reasons.is_empty() {
        out.write_all(b"<ul>\n")?;
        for reason in &report.reasons {
            writeln!(out, "<li>{}</li>", text(reason))?;
        }
        out.write_all(b"</ul>\n")?;
    }
    writeln!(out, "<p class=\"limits\">{LIMITS}</p>\n</section>")
}

impl Html {
    fn facts(&self, context: &Context, out: &mut dyn Write) -> io::Result<()> {
        let (summary, mut facts) = (&self.summary, Vec::new());
        let domain = summary.domain.as_ref().map(|domain| format!(" ({domain})")).unwrap_or_default();
        facts.push(("Organisation", format!("{}{domain}", summary.known.organisation)));
        for (peer, person) in &summary.known.people {
            let who = summary.known.technician(&peer.to_string());
            facts.push(("Technician", format!("{who}, key {}", person.key)));
        }
        if let Some((first, last)) = &summary.times {
            facts.push(("Began", first.clone()));
            facts.push(("Last event", last.clone()));
            facts.push(("Lasted", clock(summary.duration_ms)));
        }
        facts.push(match &summary.end {
            Some((who, reason, _)) => ("Ended", format!("by {} ({reason})", by(*who))),
            None => ("Ended", "no end is in the log".into()),
        });
        facts.push(("Typed and clicked", format!("{}, {} of technicians", count(summary.keys, "key"), count(summary.clicks, "click"))));
        facts.push(("Recording", format!("{} that fit, of {}", count(context.report.media_bytes, "byte"), summary.recorded_bytes)));
        if let Some(purpose) = &context.purpose {
            facts.push(("Purpose of this report", purpose.clone()));
        }
        facts.push(("Made", rfc3339(context.made_ms)));
        out.write_all(b"<section>\n<h2>Summary</h2>\n<dl>\n")?;
        for (name, fact) in facts {
            writeln!(out, "<dt>{name}</dt><dd>{}</dd>", text(&fact))?;
        }
        out.write_all(b"</dl>\n</section>\n")
    }

    fn decisions(&self, out: &mut dyn Write) -> io::Result<()> {
        let summary = &self.summary;
        out.write_all(b"<section>\n<h2>What was allowed</h2>\n")?;
        if summary.decisions.is_empty() {
            out.write_all(b"<p>Nothing was asked of the customer, or nothing was answered.</p>\n")?;
        } else {
            out.write_all(b"<ul class=\"decisions\">\n")?;
            for decision in &summary.decisions {
                let (time, who, what) = (&decision.time[11..19], text(&decision.who), text(&decision.what));
                writeln!(out, "<li><span class=\"time\">{time}</span> {what} <span class=\"by\">by {who}</span></li>")?;
            }
            out.write_all(b"</ul>\n")?;
        }
        if summary.more_decisions > 0 {
            writeln!(out, "<p>and {} more, in the timeline.</p>", summary.more_decisions)?;
        }
        out.write_all(b"</section>\n")
    }
}

/// Time since the beginning, as hours, minutes and seconds.
fn clock(ms: u64) -> String {
    let seconds = ms / 1000;
    format!("{}:{:02}:{:02}.{:03}", seconds / 3600, seconds / 60 % 60, seconds % 60, ms % 1000)
}

/// The colour of somebody: technicians have eight, in turn.
fn class(who: &Who) -> String {
    match who {
        Who::Customer => "customer".into(),
        Who::Technician { .. } => format!("technician t{}", (who.peer().unwrap_or(1).wrapping_sub(1)) % 8),
        Who::Host => "host".into(),
        Who::Relay => "relay".into(),
    }
}

/// Text of strangers: hidden characters visible, markup harmless, its direction its own.
fn text(text: &str) -> String {
    let mut out = String::from("<bdi>");
    for c in shown(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out.push_str("</bdi>");
    out
}
