//! A part of a session: from when to when, which events.
//!
//! In scope: the options and whether an event is in it. Not in scope: which session.

use clap::{Args, builder::PossibleValuesParser};
use deskhand_audit::Event;

/// Which events of a session.
#[derive(Args, Debug, Clone, Default)]
pub(crate) struct Part {
    /// Leave out what happened earlier, in seconds since the session's first event.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    from: Option<u64>,
    /// Leave out what happened later, in seconds since the session's first event.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    to: Option<u64>,
    /// Only events of this kind, such as consent.granted; may be given more than once.
    #[arg(long, value_name = "KIND", value_parser = kinds(), hide_possible_values = true)]
    kind: Vec<String>,
}

impl Part {
    /// Whether the event is in it, `offset_ms` after the first one.
    pub(crate) fn holds(&self, offset_ms: u64, event: &Event) -> bool {
        self.from.is_none_or(|from| offset_ms >= from)
            && self.to.is_none_or(|to| offset_ms <= to)
            && (self.kind.is_empty() || self.kind.iter().any(|kind| kind == event.kind()))
    }
}

/// Takes the names of kinds.
pub(crate) fn kinds() -> PossibleValuesParser {
    PossibleValuesParser::new(Event::KINDS)
}

/// Seconds with up to three digits of fraction, as milliseconds.
fn seconds(text: &str) -> Result<u64, String> {
    let say = || format!("{text:?} is not a number of seconds such as 90 or 12.5");
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > 3 {
        return Err(say());
    }
    let whole: u64 = whole.parse().map_err(|_| say())?;
    let fraction: u64 = format!("{fraction:0<3}").parse().map_err(|_| say())?;
    whole.checked_mul(1000).and_then(|ms| ms.checked_add(fraction)).ok_or_else(say)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_have_up_to_three_digits_of_fraction() {
        assert_eq!(["0", "90", "12.5", "0.001"].map(seconds), [Ok(0), Ok(90_000), Ok(12_500), Ok(1)]);
        for text in ["", ".", "1.", ".5", "-1", "+1", "1e3", "1.0001", "99999999999999999999", "18446744073709551615"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
