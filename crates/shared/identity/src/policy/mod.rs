//! The organisation's policy. In scope: every setting, its default, its allowed values, and setting one by name.
//! Not in scope: acting on it: each program does that where the setting bites.
//!
//! An organisation whose name nobody has checked writes its own policy too. So no value takes away a safety of the
//! customer: the ranges in `keys` only let an organisation be stricter or a little more patient.

mod keys;
mod values;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use keys::PolicyKey;
pub use values::{CodeLanguage, CodeStyle, CosignMissing, DiskFull, Recording, Scope};

/// What the organisation decided. Times in milliseconds. `Policy::default()` holds the documented defaults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Whether sessions are recorded. Default `optional`: the customer is asked for it with the rest.
    pub recording: Recording,
    /// What a technician may ask the customer for, in the order shown. Default all of them.
    pub scopes: Vec<Scope>,
    /// Longest time in minutes that one grant of control lasts. Default 60, 1 to 480.
    pub control_minutes: u32,
    /// Oldest tick, by the host's clock, that an input may name. Default 3 s, 0.5 to 10 s.
    pub input_age_ms: u64,
    /// How long both ends keep the master key after the line was cut. Default 5 min, 0 (never resume) to 1 h.
    pub resume_ms: u64,
    /// Longest cut after which control goes on without a new grant. Default 15 s, 0 to 60 s.
    pub control_resume_ms: u64,
    /// How long an unused code lives. Default 10 min, 1 s to 30 min.
    pub code_life_ms: u64,
    /// Failed attempts that burn a code. Default 3, 1 to 3.
    pub code_attempts: u32,
    /// Words or digits after the nameplate. Default words.
    pub code_style: CodeStyle,
    /// Language of the words. Default English.
    pub code_language: CodeLanguage,
    /// How long a consent question waits before it counts as "no". Default 2 min, 1 s to 10 min.
    pub consent_timeout_ms: u64,
    /// The pause that nobody can skip before "Allow" works for an unknown organisation. Default and least 5 s, most 60 s.
    pub unknown_pause_ms: u64,
    /// How long the relay keeps sessions, in days. Default 400, 1 to 36,500; the six-year profile is 2,192.
    pub retention_days: u32,
    /// What happens when the relay cannot store any more. Default `end`.
    pub disk_full: DiskFull,
    /// How long a checkpoint may lack a cosignature before that is an anomaly. Default 15 s, 5 to 300 s.
    pub cosign_missing_ms: u64,
    /// What an anomaly of that kind does. Default `warn`.
    pub cosign_missing: CosignMissing,
    /// Recordings open only to two reviewers together. Default false.
    pub two_person: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            recording: Recording::Optional,
            scopes: Scope::ALL.to_vec(),
            control_minutes: 60,
            input_age_ms: 3_000,
            resume_ms: 300_000,
            control_resume_ms: 15_000,
            code_life_ms: 600_000,
            code_attempts: 3,
            code_style: CodeStyle::Words,
            code_language: CodeLanguage::English,
            consent_timeout_ms: 120_000,
            unknown_pause_ms: 5_000,
            retention_days: 400,
            disk_full: DiskFull::End,
            cosign_missing_ms: 15_000,
            cosign_missing: CosignMissing::Warn,
            two_person: false,
        }
    }
}

/// Why a setting was refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PolicyError {
    /// No setting has this name.
    #[error("there is no policy {name:?}; the policies are: {}", keys::names())]
    UnknownKey {
        /// What was given, at most 80 characters.
        name: String,
    },
    /// The setting does not take this value.
    #[error("policy {key} cannot be {value:?}; allowed: {allowed}")]
    Value {
        /// The setting.
        key: &'static str,
        /// What was given, at most 80 characters.
        value: String,
        /// What it takes.
        allowed: String,
    },
    /// The text is not `KEY=VALUE`.
    #[error("{0:?} is not KEY=VALUE, like recording=required")]
    NotAPair(String),
}

impl Policy {
    /// All settings, in the order shown.
    #[must_use]
    pub fn keys() -> &'static [PolicyKey] {
        keys::KEYS
    }

    /// Sets one policy by its name; the value is what [`show`](Self::show) prints for it.
    ///
    /// # Errors
    /// [`PolicyError::UnknownKey`], or [`PolicyError::Value`] naming what is allowed; the policy is then unchanged.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), PolicyError> {
        let entry = keys::find(key).ok_or_else(|| PolicyError::UnknownKey { name: key.chars().take(80).collect() })?;
        entry.set(self, value.trim_ascii())
    }

    /// Sets one policy from `KEY=VALUE`.
    ///
    /// # Errors
    /// As [`set`](Self::set), and [`PolicyError::NotAPair`].
    pub fn set_pair(&mut self, pair: &str) -> Result<(), PolicyError> {
        let (key, value) = pair.split_once('=').ok_or_else(|| PolicyError::NotAPair(pair.chars().take(80).collect()))?;
        self.set(key.trim_ascii(), value)
    }

    /// The value of one policy as text, when there is one of this name.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<String> {
        keys::find(key).map(|entry| entry.value(self))
    }

    /// One line for each policy: `key = value`, then its meaning and what it takes as a comment.
    #[must_use]
    pub fn show(&self) -> String {
        let mut text = String::new();
        for key in keys::KEYS {
            let pair = format!("{} = {}", key.name, key.value(self));
            text.push_str(&format!("{pair:<34} # {} [{}]\n", key.meaning, key.allowed()));
        }
        text
    }

    /// Checks every value against its range: for policies that came from a file.
    ///
    /// # Errors
    /// [`PolicyError::Value`] for the first that is out of range.
    pub fn check(&self) -> Result<(), PolicyError> {
        let mut copy = self.clone();
        keys::KEYS.iter().try_for_each(|key| key.set(&mut copy, &key.value(self)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Policy, PolicyError, Recording, Scope};

    #[test]
    fn the_defaults_pass_their_own_ranges() {
        assert_eq!(Policy::default().check(), Ok(()));
    }

    #[test]
    fn a_policy_is_set_by_name() {
        let mut policy = Policy::default();
        policy.set_pair("recording=required").unwrap();
        policy.set_pair("scopes = view, control").unwrap();
        policy.set("retention_days", "2192").unwrap();
        assert_eq!(policy.recording, Recording::Required);
        assert_eq!(policy.scopes, [Scope::View, Scope::Control]);
        assert_eq!(policy.value("retention_days").as_deref(), Some("2192"));
    }

    #[test]
    fn a_wrong_value_names_the_allowed_ones() {
        let mut policy = Policy::default();
        let error = policy.set("recording", "always").unwrap_err().to_string();
        assert_eq!(error, "policy recording cannot be \"always\"; allowed: required|optional|off");
        let error = policy.set("code_attempts", "4").unwrap_err().to_string();
        assert_eq!(error, "policy code_attempts cannot be \"4\"; allowed: 1 to 3");
        assert_eq!(policy, Policy::default());
    }

    #[test]
    fn a_wrong_name_lists_the_policies() {
        let error = Policy::default().set("recordings", "off").unwrap_err().to_string();
        assert!(error.contains("recording, scopes,"), "{error}");
        assert!(matches!(Policy::default().set_pair("recording"), Err(PolicyError::NotAPair(_))));
    }

    #[test]
    fn no_organisation_can_shorten_the_pause_or_allow_more_guesses() {
        let mut policy = Policy::default();
        assert!(policy.set("unknown_pause_ms", "0").is_err());
        assert!(policy.set("code_attempts", "100").is_err());
        assert!(policy.set("scopes", "control").is_err(), "control without view has no meaning");
        policy.unknown_pause_ms = 0;
        assert!(policy.check().is_err());
    }

    #[test]
    fn what_is_shown_can_be_set_again() {
        let policy = Policy::default();
        let mut copy = Policy { recording: Recording::Off, retention_days: 1, ..Policy::default() };
        for line in policy.show().lines() {
            copy.set_pair(line.split('#').next().unwrap()).unwrap();
        }
        assert_eq!(copy, policy);
        assert_eq!(policy.show().lines().count(), Policy::keys().len());
    }

    #[test]
    fn every_field_has_a_key() {
        let json = serde_json::to_value(Policy::default()).unwrap();
        let mut fields: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
        let mut keys: Vec<&str> = Policy::keys().iter().map(|key| key.name).collect();
        fields.sort_unstable();
        keys.sort_unstable();
        assert_eq!(fields, keys);
    }

    proptest! {
        #[test]
        fn any_pair_never_panics_and_never_leaves_the_ranges(key in 0..Policy::keys().len(), value in "\\PC{0,20}|[0-9]{1,20}|[a-z_,]{0,20}") {
            let mut policy = Policy::default();
            let _ = policy.set_pair(&value);
            let _ = policy.set(Policy::keys()[key].name, &value);
            prop_assert_eq!(policy.check(), Ok(()));
        }
    }
}
