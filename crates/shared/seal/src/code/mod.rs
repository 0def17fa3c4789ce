//! The one-time code: a nameplate that routes, and a secret that never leaves the two ends.
//!
//! `48213-velvet-anchor-oxygen`, or in digits for people who share no language `48213-385-127-4096`: five or more
//! digits of nameplate, nine of secret and a Damm check digit over all of them.
//! In scope: drawing, showing, reading and completing codes. Not in scope: who hands out nameplates (the relay) and
//! how often a code may be tried (`session`).

mod damm;
mod parse;
mod words;

pub use bip39::Language;
pub use parse::{CodeError, Typing, typing};
pub use words::{LETTERS_THAT_COMPLETE, completions, language_of_tag};

use crate::draw::Seed;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Words in a code: 3 of 2,048, 33 bits.
pub const WORDS: usize = 3;
/// Secret digits in a code of digits: 9, almost 30 bits.
pub const SECRET_DIGITS: usize = 9;
/// Fewest digits of a nameplate.
pub const NAMEPLATE_DIGITS: usize = 5;
/// Most digits of a nameplate.
pub const NAMEPLATE_DIGITS_MAX: usize = 9;
/// Longest text that the parser looks at, in bytes.
pub const CODE_TEXT_MAX: usize = 256;

/// How the secret part is said aloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CodeStyle {
    /// Three words of a BIP-39 list.
    Words(Language),
    /// Nine digits and a check digit.
    Digits,
}

/// The public half of a code, 0..=999,999,999: it routes to a waiting host, nothing else.
///
/// Written with at least five digits; a leading zero counts (`00412`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Nameplate(u32);

impl Nameplate {
    /// `None` above [`NAMEPLATE_DIGITS_MAX`] digits.
    #[must_use]
    pub fn new(number: u32) -> Option<Self> {
        (number < 1_000_000_000).then_some(Self(number))
    }

    /// The number itself.
    #[must_use]
    pub fn number(self) -> u32 {
        self.0
    }
}

impl std::fmt::Display for Nameplate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:0width$}", self.0, width = NAMEPLATE_DIGITS)
    }
}

#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
enum Secret {
    Words(#[zeroize(skip)] Language, [u16; WORDS]),
    Digits(u32),
}

/// The secret half of a code, before a nameplate is known: drawn by the host, told to nobody but the customer.
#[derive(Clone, PartialEq, Eq)]
pub struct CodeSecret(Secret);

impl std::fmt::Debug for CodeSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CodeSecret(hidden)")
    }
}

impl CodeSecret {
    /// Draws the secret of the `number`th code of a session from the caller's seed.
    #[must_use]
    pub fn draw(style: CodeStyle, seed: &Seed, number: u64) -> Self {
        let bytes = seed.draw::<16>("code", number);
        match style {
            CodeStyle::Words(language) => {
                // 2,048 divides 65,536: two bytes modulo 2,048 are uniform.
                let word = |at: usize| u16::from_be_bytes([bytes[2 * at], bytes[2 * at + 1]]) % 2048;
                Self(Secret::Words(language, [word(0), word(1), word(2)]))
            }
            CodeStyle::Digits => {
                // 128 bits modulo 10^9: no digit is likelier than another by more than 2^-98.
                let number = u128::from_be_bytes(*bytes) % 1_000_000_000;
                Self(Secret::Digits(u32::try_from(number).expect("a remainder below 10^9 fits 32 bits")))
            }
        }
    }

    /// What the pairing uses as password: a hash of the secret alone (never of the nameplate), so that the words
    /// themselves are in no buffer that the pairing crates copy.
    #[must_use]
    pub fn password(&self) -> Password {
        let mut text = Zeroizing::new(String::with_capacity(64));
        match &self.0 {
            Secret::Words(language, words) => {
                text.push_str("words");
                for word in words {
                    text.push(' ');
                    text.push_str(language.word_list()[usize::from(*word)]);
                }
            }
            Secret::Digits(number) => {
                use std::fmt::Write as _;
                write!(text, "digits {number:09}").expect("writing to a String cannot fail");
            }
        }
        Password(Sha256::new().chain_update(b"deskhand/code/1").chain_update(text.as_bytes()).finalize().into())
    }
}

/// The password of the pairing, 32 bytes that stand for the secret half of a code.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Password([u8; 32]);

impl Password {
    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(hidden)")
    }
}

/// A whole one-time code. `Display` shows it (this is what the customer reads aloud), `Debug` does not.
#[derive(Clone, PartialEq, Eq)]
pub struct Code {
    nameplate: Nameplate,
    secret: CodeSecret,
}

impl Code {
    /// Puts the relay's nameplate before the host's secret.
    #[must_use]
    pub fn new(nameplate: Nameplate, secret: CodeSecret) -> Self {
        Self { nameplate, secret }
    }

    /// Reads a code as a person typed it: spaces or dashes, any case, four letters for a word.
    /// Words are looked up in `language`'s list; a text of digits alone is read as a code in digits.
    ///
    /// # Errors
    /// [`CodeError`], whose text tells the person what to do.
    pub fn parse(text: &str, language: Language) -> Result<Self, CodeError> {
        parse::code(text, language)
    }

    /// The half that the relay may know.
    #[must_use]
    pub fn nameplate(&self) -> Nameplate {
        self.nameplate
    }

    /// The half that it may not.
    #[must_use]
    pub fn secret(&self) -> &CodeSecret {
        &self.secret
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.nameplate)?;
        match &self.secret.0 {
            Secret::Words(language, words) => {
                for word in words {
                    write!(f, "-{}", words::shown(language.word_list()[usize::from(*word)]))?;
                }
                Ok(())
            }
            Secret::Digits(number) => {
                let check = damm::check_digit(digits_of(self.nameplate, *number));
                let (first, rest) = (number / 1_000_000, number % 1_000_000);
                write!(f, "-{first:03}-{:03}-{:03}{check}", rest / 1000, rest % 1000)
            }
        }
    }
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Code({}-hidden)", self.nameplate)
    }
}

/// The digits that the check digit covers, most significant first.
fn digits_of(nameplate: Nameplate, secret: u32) -> Vec<u8> {
    format!("{nameplate}{secret:09}").bytes().map(|digit| digit - b'0').collect()
}
