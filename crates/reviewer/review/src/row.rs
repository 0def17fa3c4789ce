//! A session's log as rows: each event with who did it, when in the session, and what it means in words.
//!
//! In scope: one pass over the log in bounded memory, names from certificates as the log claims them, opening sealed texts. Not in
//! scope: whether any of it is true (`check`), escaping and form (`show`, `export`).

use std::{collections::BTreeMap, fmt, io};

use deskhand_audit::{ActorType, Entry, Event, Hash, bundle::Personal, leaf_hash};
use deskhand_recording::{Fields, RecordingKey};

use crate::{
    failure::Failure,
    folder::Folder,
    show::{each, opened, personal, technician},
    timeline,
};

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Who {
    Customer,
    /// A technician: the number as the log writes it, and the name once it is known.
    Technician {
        id: String,
        name: Option<String>,
    },
    Host,
    Relay,
}

/// A technician with a number behind the name, so that none can be called "customer" and pass for one.
impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Customer => f.write_str("customer"),
            Self::Technician { id, name: Some(name) } => write!(f, "{name} ({id})"),
            Self::Technician { id, name: None } => write!(f, "technician {id}"),
            Self::Host => f.write_str("host"),
            Self::Relay => f.write_str("relay"),
        }
    }
}

impl Who {
    /// The number of a technician.
    pub(crate) fn peer(&self) -> Option<u8> {
        match self {
            Self::Technician { id, .. } => id.parse().ok(),
            Self::Customer | Self::Host | Self::Relay => None,
        }
    }
}

/// A technician as they identified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    /// The name in the certificate, when that was kept.
    pub(crate) name: Option<String>,
    /// Fingerprint of the key.
    pub(crate) key: String,
}

/// What is known of the whole session so far.
#[derive(Debug, Default, Clone)]
pub(crate) struct Known {
    /// The organisation's name.
    pub(crate) organisation: String,
    /// Version of the host program.
    pub(crate) version: String,
    /// Technicians who identified, by number.
    pub(crate) people: BTreeMap<u8, Person>,
}

impl Known {
    fn learn(&mut self, entry: &Entry, personal: &Personal) {
        match &entry.event {
            Event::SessionCreated { organisation, version, .. } => {
                self.organisation.clone_from(&organisation.name);
                self.version.clone_from(version);
            }
            Event::TechIdentified(data) => {
                let person = Person { name: technician(personal, entry), key: data.key_fp.clone() };
                self.people.insert(data.peer, person);
            }
            _ => {}
        }
    }

    /// The technician with this number.
    pub(crate) fn technician(&self, id: &str) -> Who {
        let person = id.parse().ok().and_then(|peer: u8| self.people.get(&peer));
        Who::Technician { id: id.to_owned(), name: person.and_then(|person| person.name.clone()) }
    }
}

/// A sealed text: what it says, or why that cannot be told.
pub(crate) struct Opened {
    /// What the text is: `reason`, `ticket`.
    pub(crate) field: String,
    pub(crate) text: Result<String, String>,
}

impl Opened {
    /// The text, or the reason in brackets.
    pub(crate) fn shown(&self) -> String {
        self.text.clone().unwrap_or_else(|why| format!("({why})"))
    }
}

/// One event. Its texts are as found: escape them for wherever they go.
pub(crate) struct Row<'a> {
    pub(crate) entry: &'a Entry,
    /// The stored bytes.
    pub(crate) leaf: &'a [u8],
    pub(crate) known: &'a Known,
    pub(crate) personal: &'a Personal,
    /// Milliseconds since the first event, by the writer's clock.
    pub(crate) offset_ms: u64,
    pub(crate) who: Who,
    /// What happened, in words.
    pub(crate) sentence: String,
    /// The sealed text, when the session's key is at hand.
    pub(crate) opened: Option<Opened>,
}

impl Row<'_> {
    /// The event's hash in the tree.
    pub(crate) fn leaf_hash(&self) -> Hash {
        leaf_hash(self.leaf)
    }

    /// The sentence and what was sealed.
    pub(crate) fn text(&self) -> String {
        match &self.opened {
            Some(Opened { field, text: Ok(text) }) => format!("{}; {field}: {text:?}", self.sentence),
            Some(Opened { field, text: Err(why) }) => format!("{}; {field}: ({why})", self.sentence),
            None => self.sentence.clone(),
        }
    }
}

/// Hands every readable event to `with` as a row; says why it stopped early. With `key` sealed texts are opened.
///
/// # Errors
/// [`Failure`]: the log cannot be read, or what `with` says.
pub(crate) fn rows(
    folder: &Folder,
    key: Option<&RecordingKey>,
    mut with: impl FnMut(&Row<'_>) -> io::Result<()>,
) -> Result<Option<String>, Failure> {
    let personal = personal(folder);
    let mut fields = key.map(Fields::new);
    let mut known = Known::default();
    let mut begun = None;
    each(folder, |entry, leaf| {
        known.learn(entry, &personal);
        let who = match entry.actor.kind {
            ActorType::Customer => Who::Customer,
            ActorType::Technician => known.technician(&entry.actor.id),
            ActorType::Host => Who::Host,
            ActorType::Relay => Who::Relay,
        };
        let opened = match (&mut fields, &entry.sealed) {
            (Some(fields), Some(sealed)) => Some(Opened { field: sealed.field.clone(), text: opened(folder, fields, entry.seq, sealed) }),
            _ => None,
        };
        with(&Row {
            entry,
            leaf,
            known: &known,
            personal: &personal,
            offset_ms: entry.mono_ms.saturating_sub(*begun.get_or_insert(entry.mono_ms)),
            who,
            sentence: timeline::sentence(&entry.event),
            opened,
        })
    })
}
