//! Wall time as text. In scope: milliseconds since the Unix epoch to and from RFC 3339 UTC. Not in scope: clocks.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

/// Latest time that has a text: the last millisecond of the year 9998.
const MAX_MS: u64 = 253_370_764_799_999;

/// `2026-11-21T22:05:00.000Z`, always three digits of fraction. Times past the year 9998 come out as its end.
#[must_use]
pub fn rfc3339(ms: u64) -> String {
    let clamped = i64::try_from(ms.min(MAX_MS)).unwrap_or(i64::MAX);
    let time = Timestamp::from_millisecond(clamped).unwrap_or(Timestamp::UNIX_EPOCH);
    format!("{time:.3}")
}

/// Reads exactly what [`rfc3339`] writes; nothing else has a meaning here. Written out, because a log has one in every event.
#[must_use]
pub fn rfc3339_to_ms(text: &str) -> Option<u64> {
    let bytes: &[u8; 24] = text.as_bytes().try_into().ok()?;
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'.'), (23, b'Z')];
    if marks.iter().any(|(at, mark)| bytes[*at] != *mark) {
        return None;
    }
    let number = |from: usize, to: usize| {
        let digits = bytes[from..to].iter();
        digits.map(|byte| byte.is_ascii_digit().then(|| u64::from(byte - b'0'))).try_fold(0, |number, digit| Some(number * 10 + digit?))
    };
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second, ms) = (number(11, 13)?, number(14, 16)?, number(17, 19)?, number(20, 23)?);
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days_of_month = match month {
        2 => 28 + u64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let is_time =
        year >= 1970 && (1..=12).contains(&month) && (1..=days_of_month).contains(&day) && hour < 24 && minute < 60 && second < 60;
    if !is_time {
        return None;
    }
    // Years that begin in March have their odd day at the end.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - DAYS_TO_1970;
    let time = (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + ms;
    (time <= MAX_MS).then_some(time)
}

/// From the first of March of the year 0 to the first of January 1970.
const DAYS_TO_1970: u64 = 719_468;

pub(crate) fn serialize<S: Serializer>(ms: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&rfc3339(*ms))
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let text = String::deserialize(deserializer)?;
    rfc3339_to_ms(&text).ok_or_else(|| D::Error::custom("a time is written like 2026-11-21T22:05:00.000Z"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use jiff::Timestamp;

    use super::{MAX_MS, rfc3339, rfc3339_to_ms};

    /// The same by way of the calendar of another hand.
    fn slowly(text: &str) -> Option<u64> {
        let ms = u64::try_from(text.parse::<Timestamp>().ok()?.as_millisecond()).ok()?;
        (rfc3339(ms) == text).then_some(ms)
    }

    #[test]
    fn times_are_utc_with_milliseconds() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(1_795_298_700_045), "2026-11-21T22:05:00.045Z");
        assert_eq!(rfc3339(u64::MAX), "9998-12-31T23:59:59.999Z");
    }

    #[test]
    fn other_writings_of_the_same_time_are_refused() {
        for text in ["2026-11-21T22:05:00Z", "2026-11-21t22:05:00.045z", "2026-11-21T22:05:00.045+00:00", "2026-11-21 22:05:00.045Z"] {
            assert_eq!(rfc3339_to_ms(text), None, "{text}");
        }
    }

    #[test]
    fn the_days_of_every_month_are_those_of_the_calendar() {
        for year in [1969, 1970, 1972, 1999, 2000, 2024, 2026, 2100, 2400, 9998, 9999] {
            for month in 0..=13 {
                for day in 0..=32 {
                    let text = format!("{year}-{month:02}-{day:02}T23:59:59.999Z");
                    assert_eq!(rfc3339_to_ms(&text), slowly(&text), "{text}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn times_round_trip(ms in 0..=MAX_MS) {
            prop_assert_eq!(rfc3339_to_ms(&rfc3339(ms)), Some(ms));
        }

        #[test]
        fn any_text_never_panics(text in "\\PC{0,30}", near in "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}.[0-9]{3}Z") {
            prop_assert_eq!(rfc3339_to_ms(&text), slowly(&text));
            prop_assert_eq!(rfc3339_to_ms(&near), slowly(&near));
        }
    }
}
