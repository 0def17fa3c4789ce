//! The table of policies by name. In scope: for each its meaning, its range, reading and setting it as text.
//! Not in scope: defaults (see `Policy::default`).

use std::ops::RangeInclusive;

use super::values::{CodeLanguage, CodeStyle, CosignMissing, DiskFull, Recording, Scope};
use super::{Policy, PolicyError};

/// One policy: its name and how it is read and set.
#[derive(Debug)]
pub struct PolicyKey {
    /// The name, as in the statement.
    pub name: &'static str,
    /// What it decides, in a few words.
    pub meaning: &'static str,
    field: Field,
}

#[derive(Debug)]
enum Field {
    Number { range: RangeInclusive<u64>, read: fn(&Policy) -> u64, write: fn(&mut Policy, u64) },
    Word { allowed: fn() -> String, read: fn(&Policy) -> String, write: fn(&mut Policy, &str) -> Option<()> },
}

impl PolicyKey {
    /// The allowed values, as text for people.
    #[must_use]
    pub fn allowed(&self) -> String {
        match &self.field {
            Field::Number { range, .. } => format!("{} to {}", range.start(), range.end()),
            Field::Word { allowed, .. } => allowed(),
        }
    }

    /// The value in `policy`, as text.
    #[must_use]
    pub fn value(&self, policy: &Policy) -> String {
        match &self.field {
            Field::Number { read, .. } => read(policy).to_string(),
            Field::Word { read, .. } => read(policy),
        }
    }

    pub(super) fn set(&self, policy: &mut Policy, value: &str) -> Result<(), PolicyError> {
        let done = match &self.field {
            Field::Number { range, write, .. } => {
                plain_number(value).filter(|number| range.contains(number)).map(|number| write(policy, number))
            }
            Field::Word { write, .. } => write(policy, value),
        };
        done.ok_or_else(|| PolicyError::Value { key: self.name, value: value.chars().take(80).collect(), allowed: self.allowed() })
    }
}

fn plain_number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

pub(super) fn find(name: &str) -> Option<&'static PolicyKey> {
    KEYS.iter().find(|key| key.name == name)
}

pub(super) fn names() -> String {
    KEYS.iter().map(|key| key.name).collect::<Vec<_>>().join(", ")
}

macro_rules! number {
    ($name:ident: $number:ty, $range:expr, $meaning:literal) => {
        PolicyKey {
            name: stringify!($name),
            meaning: $meaning,
            field: Field::Number {
                range: $range,
                read: |policy| u64::from(policy.$name),
                // The range lies within the type.
                write: |policy, number| policy.$name = number as $number,
            },
        }
    };
}

macro_rules! word {
    ($name:ident: $choice:ident, $meaning:literal) => {
        PolicyKey {
            name: stringify!($name),
            meaning: $meaning,
            field: Field::Word {
                allowed: || $choice::ALL.iter().map(|choice| choice.word()).collect::<Vec<_>>().join("|"),
                read: |policy| policy.$name.word().to_owned(),
                write: |policy, value| {
                    policy.$name = $choice::of_word(value)?;
                    Some(())
                },
            },
        }
    };
}

pub(super) const KEYS: &[PolicyKey] = &[
    word!(recording: Recording, "whether sessions are recorded"),
    PolicyKey {
        name: "scopes",
        meaning: "what a technician may ask for",
        field: Field::Word {
            allowed: || {
                let words: Vec<&str> = Scope::ALL.iter().map(|scope| scope.word()).collect();
                format!("view, then any of {}, with commas", words[1..].join(","))
            },
            read: |policy| policy.scopes.iter().map(|scope| scope.word()).collect::<Vec<_>>().join(","),
            write: |policy, value| {
                policy.scopes = scopes(value)?;
                Some(())
            },
        },
    },
    number!(control_minutes: u32, 1..=480, "longest grant of control in minutes"),
    number!(input_age_ms: u64, 500..=10_000, "oldest tick that an input may name"),
    number!(resume_ms: u64, 0..=3_600_000, "how long a cut session can be resumed"),
    number!(control_resume_ms: u64, 0..=60_000, "longest cut after which control goes on"),
    number!(code_life_ms: u64, 1_000..=1_800_000, "how long an unused code lives"),
    number!(code_attempts: u32, 1..=3, "failed attempts that burn a code"),
    word!(code_style: CodeStyle, "how codes are written"),
    word!(code_language: CodeLanguage, "language of the words of a code"),
    number!(consent_timeout_ms: u64, 1_000..=600_000, "how long a question waits before it counts as no"),
    number!(unknown_pause_ms: u64, 5_000..=60_000, "pause before an unknown organisation can be allowed"),
    number!(retention_days: u32, 1..=36_500, "how long sessions are kept in days"),
    word!(disk_full: DiskFull, "what happens when the relay's disk is full"),
    number!(cosign_missing_ms: u64, 5_000..=300_000, "how long a cosignature may be missing"),
    word!(cosign_missing: CosignMissing, "what a missing cosignature does"),
    PolicyKey {
        name: "two_person",
        meaning: "recordings open only to two reviewers together",
        field: Field::Word {
            allowed: || "true|false".to_owned(),
            read: |policy| policy.two_person.to_string(),
            write: |policy, value| {
                policy.two_person = value.parse().ok()?;
                Some(())
            },
        },
    },
];

/// `view` first, each scope once.
fn scopes(value: &str) -> Option<Vec<Scope>> {
    let mut scopes = Vec::new();
    for word in value.split(',') {
        let scope = Scope::of_word(word.trim_ascii())?;
        if scopes.contains(&scope) {
            return None;
        }
        scopes.push(scope);
    }
    (scopes.first() == Some(&Scope::View)).then_some(scopes)
}
