//! The values of policies that are a choice of words. In scope: the words. Not in scope: ranges of numbers.

use serde::{Deserialize, Serialize};

macro_rules! choices {
    ($($(#[$doc:meta])* $choice:ident { $($(#[$value_doc:meta])* $value:ident = $word:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $choice { $($(#[$value_doc])* #[serde(rename = $word)] $value,)* }

        impl $choice {
            /// All of them, in the order shown.
            pub const ALL: &'static [$choice] = &[$($choice::$value),*];

            /// Its word in the statement and on the command line.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $($choice::$value => $word),* }
            }

            /// The choice of this word.
            #[must_use]
            pub fn of_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|choice| choice.word() == word)
            }
        }

        impl std::fmt::Display for $choice {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }
    )*};
}

choices! {
    /// Whether sessions are recorded.
    Recording {
        /// No session without recording: who does not allow it has no session.
        Required = "required",
        /// Recorded when the customer allows it.
        Optional = "optional",
        /// Never recorded; the log is kept all the same.
        Off = "off",
    }

    /// What a technician may ask the customer for.
    Scope {
        /// See the screen.
        View = "view",
        /// Move the pointer and type.
        Control = "control",
        /// Exchange single clipboard items.
        Clipboard = "clipboard",
        /// Exchange files.
        File = "file",
        /// Write messages.
        Chat = "chat",
    }

    /// What happens when the relay's disk is full.
    DiskFull {
        /// The session ends; what was acknowledged is kept.
        End = "end",
        /// The session goes on without being stored, and everybody is told.
        Continue = "continue",
    }

    /// How the secret part of a code is written.
    CodeStyle {
        /// Three words of the list.
        Words = "words",
        /// Nine digits and a check digit, for callers who share no language.
        Digits = "digits",
    }

    /// The word list of codes (BIP-39).
    CodeLanguage {
        /// English, the default.
        English = "english",
        /// Simplified Chinese.
        ChineseSimplified = "chinese-simplified",
        /// Traditional Chinese.
        ChineseTraditional = "chinese-traditional",
        /// Czech.
        Czech = "czech",
        /// French.
        French = "french",
        /// Italian.
        Italian = "italian",
        /// Japanese.
        Japanese = "japanese",
        /// Korean.
        Korean = "korean",
        /// Portuguese.
        Portuguese = "portuguese",
        /// Spanish.
        Spanish = "spanish",
    }

    /// What a missing cosignature does after its time.
    CosignMissing {
        /// An anomaly in the log and on the screens.
        Warn = "warn",
        /// The same, and control stops.
        StopControl = "stop_control",
    }
}
