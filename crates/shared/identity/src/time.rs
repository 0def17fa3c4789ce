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

/// Reads exactly what [`rfc3339`] writes; nothing else has a meaning here.
#[must_use]
pub fn rfc3339_to_ms(text: &str) -> Option<u64> {
    if text.len() != 24 {
        return None;
    }
    let ms = u64::try_from(text.parse::<Timestamp>().ok()?.as_millisecond()).ok()?;
    (rfc3339(ms) == text).then_some(ms)
}

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

    use super::{MAX_MS, rfc3339, rfc3339_to_ms};

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

    proptest! {
        #[test]
        fn times_round_trip(ms in 0..=MAX_MS) {
            prop_assert_eq!(rfc3339_to_ms(&rfc3339(ms)), Some(ms));
        }

        #[test]
        fn any_text_never_panics(text in "\\PC{0,30}", near in "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}.[0-9]{3}Z") {
            let _ = (rfc3339_to_ms(&text), rfc3339_to_ms(&near));
        }
    }
}
