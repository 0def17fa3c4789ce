//! The files that a session can have, by name, and their order in a bundle file.
//!
//! In scope: from a name to what it names and back, one spelling each. Not in scope: what is in a file.

use super::{CHECKPOINTS, COSIGNATURES, EVENTS, KEYS, MANIFEST, MEDIA, PERSONAL, PROOFS, SEALED, media_name, sealed_name};

/// A file of a session. The order is that of a bundle file: what tells of the session first, the recording last.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Member {
    /// Whose session it is.
    Manifest,
    /// The leaves.
    Events,
    /// The signed heads.
    Checkpoints,
    /// The heads that technicians have cosigned.
    Cosignatures,
    /// Proofs that it is in the organisation's log.
    Proofs,
    /// The recording key's first half.
    Keys,
    /// Personal values.
    Personal,
    /// A sealed field, by leaf and field.
    Sealed(u64, String),
    /// The recording of an epoch.
    Media(u32),
}

impl Member {
    /// What a name names; `None` when no session has such a file. The marker of a running session is none that a bundle holds.
    pub fn of(name: &str) -> Option<Self> {
        let member = match name {
            MANIFEST => Self::Manifest,
            EVENTS => Self::Events,
            CHECKPOINTS => Self::Checkpoints,
            COSIGNATURES => Self::Cosignatures,
            PROOFS => Self::Proofs,
            KEYS => Self::Keys,
            PERSONAL => Self::Personal,
            _ => {
                let (folder, file) = name.split_once('/')?;
                match folder {
                    SEALED => {
                        let (seq, field) = file.strip_suffix(".bin")?.split_once('-')?;
                        Self::Sealed(seq.parse().ok()?, field.to_owned())
                    }
                    MEDIA => Self::Media(file.strip_suffix(".sfr")?.parse().ok()?),
                    _ => return None,
                }
            }
        };
        (member.name().as_deref() == Some(name)).then_some(member)
    }

    /// Its name; `None` for a sealed field whose own name is not one.
    pub fn name(&self) -> Option<String> {
        Some(match self {
            Self::Manifest => MANIFEST.to_owned(),
            Self::Events => EVENTS.to_owned(),
            Self::Checkpoints => CHECKPOINTS.to_owned(),
            Self::Cosignatures => COSIGNATURES.to_owned(),
            Self::Proofs => PROOFS.to_owned(),
            Self::Keys => KEYS.to_owned(),
            Self::Personal => PERSONAL.to_owned(),
            Self::Sealed(seq, field) => sealed_name(*seq, field)?,
            Self::Media(epoch) => media_name(*epoch),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_spelled_in_one_way_and_leads_nowhere_else() {
        for name in ["manifest.json", "events.jsonl", "sealed/0-reason.bin", "sealed/18446744073709551615-a_b.bin", "media/4294967295.sfr"]
        {
            assert_eq!(Member::of(name).and_then(|member| member.name()).as_deref(), Some(name));
        }
        for name in [
            "",
            "/",
            "open",
            "index.json",
            "./manifest.json",
            "media/01.sfr",
            "media/+1.sfr",
            "media/4294967296.sfr",
            "media/../1.sfr",
            "sealed/1-.bin",
            "sealed/1-A.bin",
            "sealed/1-a/b.bin",
            "sealed/-1-a.bin",
            "media\\1.sfr",
            "/etc/passwd",
        ] {
            assert_eq!(Member::of(name), None, "{name}");
        }
    }

    #[test]
    fn numbers_are_in_the_order_of_numbers() {
        let names = ["pii.json", "sealed/9-reason.bin", "sealed/10-note.bin", "sealed/10-reason.bin", "media/2.sfr", "media/10.sfr"];
        let members: Vec<Member> = names.iter().filter_map(|name| Member::of(name)).collect();
        assert!(members.len() == names.len() && members.is_sorted());
    }
}
