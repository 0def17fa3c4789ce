//! Reading a code as a person typed it, and helping while it is being typed.
//!
//! In scope: text to [`Code`], errors a person understands, what an entry field may offer. Not in scope: whether the
//! code is right; only the host can tell.

use super::words::{self, Meaning};
use super::{
    CODE_TEXT_MAX, Code, CodeSecret, Language, NAMEPLATE_DIGITS, NAMEPLATE_DIGITS_MAX, Nameplate, SECRET_DIGITS, Secret, WORDS,
    completions, damm,
};

/// Why a text is not a code. Every text says what the person can do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Nothing was typed.
    #[error("type the code that the customer reads to you: a number, then three words")]
    Empty,
    /// More than [`CODE_TEXT_MAX`] bytes.
    #[error("this is far too long for a code; type only the number and the three words")]
    TooLong,
    /// It does not begin with a number.
    #[error("the code begins with a number of five or more digits; ask the customer for it")]
    NumberMissing,
    /// Too few or too many digits before the words.
    #[error("the number has {found} digits, a code's number has five to nine; ask the customer to read it again")]
    NumberLength {
        /// Digits found.
        found: usize,
    },
    /// The number alone: it finds the customer but proves nothing.
    #[error("the words are missing: ask the customer for the three words after the number")]
    WordsMissing,
    /// Fewer or more than three words.
    #[error("a code has three words after the number, this one has {found}; ask the customer to read them again")]
    WordCount {
        /// Words found.
        found: usize,
    },
    /// A word that is in no list of this language.
    #[error("word {position}, \"{word}\", is not a word of the list{}; ask the customer to spell it",
        near.as_deref().map(|near| format!(" (perhaps \"{near}\")")).unwrap_or_default())]
    UnknownWord {
        /// 1, 2 or 3.
        position: usize,
        /// What was typed.
        word: String,
        /// A word of the list with the same first letters.
        near: Option<String>,
    },
    /// A code in digits that stops too early.
    #[error("a code in digits has at least 15 digits, this one has {found}; ask the customer to read it again")]
    DigitsMissing {
        /// Digits found.
        found: usize,
    },
    /// A digit was misheard or two were swapped.
    #[error("one digit is wrong or two are swapped (the last digit does not fit the others); compare with the customer")]
    CheckDigit,
    /// A number behind a word.
    #[error("\"{text}\" is out of place: a code is a number followed by three words")]
    OutOfPlace {
        /// What was typed there.
        text: String,
    },
}

/// A run of digits or a run of letters; everything else separates.
enum Token {
    Digits(String),
    Word(String),
}

/// The value of a decimal digit of any script that people have on their keyboards.
fn digit(c: char) -> Option<char> {
    let zero = match c {
        '0'..='9' => '0',
        '\u{660}'..='\u{669}' => '\u{660}',
        '\u{6f0}'..='\u{6f9}' => '\u{6f0}',
        '\u{966}'..='\u{96f}' => '\u{966}',
        '\u{9e6}'..='\u{9ef}' => '\u{9e6}',
        '\u{ff10}'..='\u{ff19}' => '\u{ff10}',
        _ => return None,
    };
    char::from_digit(u32::from(c) - u32::from(zero), 10)
}

fn is_letter(c: char) -> bool {
    // Marks are kept: decomposed accents and the voicing marks of Japanese.
    c.is_alphabetic() || ('\u{300}'..='\u{36f}').contains(&c) || ('\u{3099}'..='\u{309a}').contains(&c)
}

fn tokens(text: &str, language: Language) -> Vec<Token> {
    // A word of these lists is one character, and nobody types anything between two.
    let one_character = matches!(language, Language::SimplifiedChinese | Language::TraditionalChinese);
    let mut found = Vec::new();
    let mut open = false;
    for c in text.chars() {
        if let Some(value) = digit(c) {
            match found.last_mut() {
                Some(Token::Digits(run)) if open => run.push(value),
                _ => found.push(Token::Digits(value.to_string())),
            }
            open = true;
        } else if is_letter(c) {
            match found.last_mut() {
                Some(Token::Word(run)) if open && !one_character => run.push(c),
                _ => found.push(Token::Word(c.to_string())),
            }
            open = true;
        } else {
            open = false;
        }
    }
    found
}

pub(super) fn code(text: &str, language: Language) -> Result<Code, CodeError> {
    if text.len() > CODE_TEXT_MAX {
        return Err(CodeError::TooLong);
    }
    let (mut number, mut typed) = (String::new(), Vec::new());
    for token in tokens(text, language) {
        match token {
            Token::Digits(run) if typed.is_empty() => number.push_str(&run),
            Token::Digits(run) => return Err(CodeError::OutOfPlace { text: run }),
            Token::Word(run) => typed.push(run),
        }
    }
    if number.is_empty() {
        return Err(if typed.is_empty() { CodeError::Empty } else { CodeError::NumberMissing });
    }
    if typed.is_empty() {
        return digits_only(&number);
    }
    let nameplate = nameplate(&number)?;
    if typed.len() != WORDS {
        return Err(CodeError::WordCount { found: typed.len() });
    }
    let mut indices = [0; WORDS];
    for (at, word) in typed.iter().enumerate() {
        indices[at] = match words::meaning(word, language) {
            Meaning::Word(index) => index,
            Meaning::Unknown { near } => {
                let near = near.map(|index| words::shown(language.word_list()[usize::from(index)]));
                return Err(CodeError::UnknownWord { position: at + 1, word: word.clone(), near });
            }
        };
    }
    Ok(Code::new(nameplate, CodeSecret(Secret::Words(language, indices))))
}

fn nameplate(number: &str) -> Result<Nameplate, CodeError> {
    let fits = (NAMEPLATE_DIGITS..=NAMEPLATE_DIGITS_MAX).contains(&number.len());
    // A sixth digit is only ever added in front: "000412" would be a second spelling of "00412".
    let canonical = number.len() == NAMEPLATE_DIGITS || !number.starts_with('0');
    let parsed = number.parse().ok().and_then(Nameplate::new);
    parsed.filter(|_| fits && canonical).ok_or(CodeError::NumberLength { found: number.len() })
}

/// A code without words: digits style, or a code whose words were left out.
fn digits_only(number: &str) -> Result<Code, CodeError> {
    let secret_and_check = SECRET_DIGITS + 1;
    if number.len() < NAMEPLATE_DIGITS {
        return Err(CodeError::NumberLength { found: number.len() });
    }
    if number.len() <= NAMEPLATE_DIGITS + 1 {
        return Err(CodeError::WordsMissing);
    }
    if number.len() < NAMEPLATE_DIGITS + secret_and_check {
        return Err(CodeError::DigitsMissing { found: number.len() });
    }
    if damm::check_digit(number.bytes().map(|digit| digit - b'0')) != 0 {
        return Err(CodeError::CheckDigit);
    }
    let (plate, rest) = number.split_at(number.len() - secret_and_check);
    let secret = rest[..SECRET_DIGITS].parse().map_err(|_| CodeError::CheckDigit)?;
    Ok(Code::new(nameplate(plate)?, CodeSecret(Secret::Digits(secret))))
}

/// What an entry field may offer while a code is being typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typing {
    /// The number is being typed.
    Number,
    /// A word is being typed (1, 2 or 3); what it may become, best first.
    Word {
        /// 1, 2 or 3.
        position: usize,
        /// Whole words of the list, at most eight; empty when nothing fits.
        completions: Vec<String>,
    },
    /// The text is a whole code.
    Complete,
    /// It can no longer become one.
    Wrong(CodeError),
}

/// Looks at a half-typed code. The last word counts as still open, so that completions can be offered for it.
#[must_use]
pub fn typing(text: &str, language: Language) -> Typing {
    const OFFERS: usize = 8;
    match code(text, language) {
        Ok(_) => return Typing::Complete,
        Err(error @ (CodeError::TooLong | CodeError::CheckDigit | CodeError::OutOfPlace { .. })) => {
            return Typing::Wrong(error);
        }
        Err(_) => {}
    }
    let tokens = tokens(text, language);
    let typed: Vec<_> = tokens.iter().filter_map(|token| if let Token::Word(word) = token { Some(word) } else { None }).collect();
    let Some((last, before)) = typed.split_last() else { return Typing::Number };
    if !matches!(tokens.first(), Some(Token::Digits(_))) {
        return Typing::Wrong(CodeError::NumberMissing);
    }
    if typed.len() > WORDS {
        return Typing::Wrong(CodeError::WordCount { found: typed.len() });
    }
    for (at, word) in before.iter().enumerate() {
        if let Meaning::Unknown { near } = words::meaning(word, language) {
            let near = near.map(|index| words::shown(language.word_list()[usize::from(index)]));
            return Typing::Wrong(CodeError::UnknownWord { position: at + 1, word: (*word).clone(), near });
        }
    }
    Typing::Word { position: typed.len(), completions: completions(last, language, OFFERS) }
}
