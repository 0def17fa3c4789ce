//! Which sessions `list` shows.
//!
//! In scope: the options, each as one question to a session, and which of them left nothing. Not in scope: reading sessions.

use clap::{Args, ValueEnum};
use deskhand_audit::Outcome;
use deskhand_identity::rfc3339_to_ms;

use super::Line;
use crate::part::kinds;

/// What sessions can't be found by, for the help.
pub(crate) const NOT_FOUND_BY: &str = "\
Filters hold together. The log holds no name of the customer's computer, and a ticket's number is sealed in it: there is no filter for
either, and `show --open` shows the ticket.";

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// What a session must be to be listed; all of it together.
#[derive(Args, Debug, Clone, Default)]
pub(crate) struct Filter {
    /// Sessions that began then or later: 2026-01-31, 2026-01-31T08:00Z, with seconds, or with an offset such as +02:00.
    #[arg(long, value_name = "TIME", value_parser = since)]
    since: Option<u64>,
    /// Sessions that began then or earlier; a date means all of that day (UTC).
    #[arg(long, value_name = "TIME", value_parser = until)]
    until: Option<u64>,
    /// Sessions with a technician whose name holds this text, in upper or lower case.
    #[arg(long, value_name = "TEXT")]
    technician: Option<String>,
    /// Sessions in which such an event happened, such as control.granted.
    #[arg(long, value_name = "KIND", value_parser = kinds(), hide_possible_values = true)]
    kind: Option<String>,
    /// Sessions in which something went like this.
    #[arg(long, value_name = "OUTCOME")]
    outcome: Option<HowItWent>,
    /// Sessions in this state.
    #[arg(long, value_name = "STATE")]
    state: Option<State>,
    /// Sessions that lasted at least so long: 90, 90s, 15m or 2h.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    min_duration: Option<u64>,
}

/// How a session stands.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// It ended in order.
    Ended,
    /// It runs.
    Open,
    /// It does not run and has no end.
    CutOff,
    /// Its log cannot be read to the end.
    Unreadable,
}

impl State {
    /// The word that is printed.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::Open => "open",
            Self::CutOff => "cut off",
            Self::Unreadable => "unreadable",
        }
    }
}

/// How an event went.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HowItWent {
    /// It was done.
    Success,
    /// It was tried and did not work.
    Failure,
    /// A person or the policy said no.
    Refused,
}

impl HowItWent {
    pub(crate) fn of(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Success => Self::Success,
            Outcome::Failure => Self::Failure,
            Outcome::Refused => Self::Refused,
        }
    }
}

impl Filter {
    /// The first filter that the session does not pass, by its option.
    pub(super) fn stopped_by(&self, line: &Line) -> Option<&'static str> {
        self.questions(line).into_iter().find(|(_, passes)| !passes).map(|(option, _)| option)
    }

    /// Every filter in the order in which they are asked.
    fn questions(&self, line: &Line) -> [(&'static str, bool); 7] {
        let holds = |text: &String| line.technicians.iter().any(|name| name.to_lowercase().contains(&text.to_lowercase()));
        [
            ("--since", self.since.is_none_or(|since| line.started_ms.is_some_and(|ms| ms >= since))),
            ("--until", self.until.is_none_or(|until| line.started_ms.is_some_and(|ms| ms <= until))),
            ("--technician", self.technician.as_ref().is_none_or(holds)),
            ("--kind", self.kind.as_ref().is_none_or(|kind| line.kinds.contains(kind.as_str()))),
            ("--outcome", self.outcome.is_none_or(|outcome| line.outcomes.contains(&outcome))),
            ("--state", self.state.is_none_or(|state| line.state_is == state)),
            ("--min-duration", self.min_duration.is_none_or(|ms| line.duration_ms >= ms)),
        ]
    }
}

/// How many sessions each filter took away, in the order in which they are asked.
#[derive(Default)]
pub(super) struct Taken(Vec<(&'static str, u64)>);

impl Taken {
    pub(super) fn by(&mut self, option: &'static str) {
        match self.0.iter_mut().find(|(known, _)| *known == option) {
            Some((_, count)) => *count += 1,
            None => self.0.push((option, 1)),
        }
    }

    /// Which filters took `total` sessions away.
    pub(super) fn sentence(&self, total: u64) -> String {
        let each: Vec<String> = self.0.iter().map(|(option, count)| format!("{option} took {count}")).collect();
        let sessions = if total == 1 { "session" } else { "sessions" };
        format!("None of {total} {sessions} is left: {}.", each.join(", then "))
    }
}

fn since(text: &str) -> Result<u64, String> {
    time(text).map(|(ms, _)| ms)
}

/// The end of a day, when only a date is given.
fn until(text: &str) -> Result<u64, String> {
    time(text).map(|(ms, is_date)| if is_date { ms + DAY_MS - 1 } else { ms })
}

/// A time of RFC 3339, or a date, as milliseconds; whether it was a date.
fn time(text: &str) -> Result<(u64, bool), String> {
    let say = || format!("{text:?} is not a time such as 2026-01-31, 2026-01-31T08:00:00Z or 2026-01-31T08:00:00+02:00");
    let upper = text.to_ascii_uppercase();
    let Some((date, rest)) = upper.split_once(['T', ' ']) else {
        return rfc3339_to_ms(&format!("{upper}T00:00:00.000Z")).map(|ms| (ms, true)).ok_or_else(say);
    };
    let zone = rest.find(['Z', '+', '-']).ok_or_else(say)?;
    let (clock, zone) = rest.split_at(zone);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "000"));
    let seconds = if clock.len() == 5 { ":00" } else { "" };
    if !(1..=3).contains(&fraction.len()) {
        return Err(say());
    }
    let ms = rfc3339_to_ms(&format!("{date}T{clock}{seconds}.{fraction:0<3}Z")).ok_or_else(say)?;
    let ms = offset(zone).and_then(|offset| ms.checked_add_signed(-offset));
    ms.map(|ms| (ms, false)).ok_or_else(say)
}

/// `Z` or `+hh:mm`, in milliseconds.
fn offset(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let (sign, rest) = zone.split_at_checked(1)?;
    let (hours, minutes) = rest.split_once(':')?;
    let number = |text: &str, below: i64| match text.as_bytes() {
        [a, b] if a.is_ascii_digit() && b.is_ascii_digit() => text.parse::<i64>().ok().filter(|n| *n < below),
        _ => None,
    };
    let ms: i64 = (number(hours, 24)? * 60 + number(minutes, 60)?) * 60_000;
    Some(if sign == "-" { -ms } else { ms })
}

/// A number with `s`, `m` or `h`; seconds without.
fn duration(text: &str) -> Result<u64, String> {
    let say = || format!("{text:?} is not a time such as 90, 90s, 15m or 2h");
    let (number, ms) = match text.char_indices().next_back() {
        Some((at, 's')) => (&text[..at], 1000),
        Some((at, 'm')) => (&text[..at], 60_000),
        Some((at, 'h')) => (&text[..at], 3_600_000),
        _ => (text, 1000),
    };
    if !number.bytes().all(|b| b.is_ascii_digit()) {
        return Err(say());
    }
    number.parse::<u64>().ok().and_then(|number| number.checked_mul(ms)).ok_or_else(say)
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: u64 = 1_769_846_400_000; // 2026-01-31T08:00:00Z

    #[test]
    fn times_are_dates_or_moments_of_any_zone() {
        for text in
            ["2026-01-31T08:00:00Z", "2026-01-31t08:00z", "2026-01-31 08:00:00.000Z", "2026-01-31T10:00+02:00", "2026-01-31T03:30-04:30"]
        {
            assert_eq!((since(text), until(text)), (Ok(T), Ok(T)), "{text}");
        }
        assert_eq!(since("2026-01-31"), Ok(T - 8 * 3_600_000));
        assert_eq!(until("2026-01-31"), Ok(T + 16 * 3_600_000 - 1));
        for text in [
            "",
            "today",
            "2026-02-30",
            "2026-01-31T08:00",
            "2026-01-31T08Z",
            "2026-1-31",
            "2026-01-31T08:00:00+2",
            "1969-12-31T23:00Z",
            "2026-01-31T08:00:00.1234Z",
            "2026-01-31TZ",
        ] {
            assert!(since(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_have_a_unit_or_are_seconds() {
        assert_eq!(["90", "90s", "15m", "2h"].map(duration), [Ok(90_000), Ok(90_000), Ok(900_000), Ok(7_200_000)]);
        for text in ["", "m", "-1", "+1", "1d", "1.5h", "99999999999999999999h", "18446744073709551615", "é"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_time_or_an_error(text in "\\PC{0,30}", near in "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]{0,12}[Z+-][0-9:é]{0,6}") {
            let _ = (since(&text), until(&near), since(&near), duration(&text));
        }
    }
}
