//! The BIP-39 word lists as people type them: any case, accents optional, four letters are enough.
//!
//! In scope: finding the word somebody meant. Not in scope: how a whole code is put together (`parse`).

use bip39::Language;
use unicode_normalization::UnicodeNormalization;

/// Letters that tell every word of a list from every other one (BIP-39, "Wordlist").
pub const LETTERS_THAT_COMPLETE: usize = 4;

/// The word list named by a BCP 47 language tag (`en`, `es-MX`, `zh-Hant`, ...); `None` when there is no list for it.
#[must_use]
pub fn language_of_tag(tag: &str) -> Option<Language> {
    let lower = tag.to_ascii_lowercase();
    let mut parts = lower.split(['-', '_']);
    let traditional = lower.contains("hant") || lower.contains("-tw") || lower.contains("-hk");
    Some(match parts.next()? {
        "en" => Language::English,
        "zh" if traditional => Language::TraditionalChinese,
        "zh" => Language::SimplifiedChinese,
        "cs" => Language::Czech,
        "fr" => Language::French,
        "it" => Language::Italian,
        "ja" => Language::Japanese,
        "ko" => Language::Korean,
        "pt" => Language::Portuguese,
        "es" => Language::Spanish,
        _ => return None,
    })
}

/// Lower case, compatibility-decomposed, Latin accents off: two spellings of one word become equal.
pub(super) fn folded(word: &str) -> String {
    word.nfkd().filter(|c| !('\u{300}'..='\u{36f}').contains(c)).flat_map(char::to_lowercase).collect()
}

/// The spelling shown to people (composed accents).
pub(super) fn shown(word: &str) -> String {
    word.nfc().collect()
}

/// What a typed word means in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Exactly one word is meant: its index, 0..2048.
    Word(u16),
    /// Nothing in the list; the word with the same first letters, when there is one.
    Unknown { near: Option<u16> },
}

/// Which word `typed` (folded or not) stands for.
pub(super) fn meaning(typed: &str, language: Language) -> Meaning {
    let typed = folded(typed);
    let letters = typed.chars().count();
    let start: String = typed.chars().take(LETTERS_THAT_COMPLETE).collect();
    let (mut completed, mut near) = (None, None);
    let (mut completions, mut nears) = (0, 0);
    for (index, word) in (0_u16..).zip(language.word_list()) {
        let word = folded(word);
        if word == typed {
            return Meaning::Word(index);
        }
        if letters >= LETTERS_THAT_COMPLETE && word.starts_with(&typed) {
            completed = Some(index);
            completions += 1;
        }
        if letters >= LETTERS_THAT_COMPLETE && word.starts_with(&start) {
            near = Some(index);
            nears += 1;
        }
    }
    match completed {
        Some(index) if completions == 1 => Meaning::Word(index),
        _ => Meaning::Unknown { near: near.filter(|_| nears == 1) },
    }
}

/// Words that begin with `typed`, in the list's order, at most `most`. Nothing for an empty text.
#[must_use]
pub fn completions(typed: &str, language: Language, most: usize) -> Vec<String> {
    let typed = folded(typed);
    if typed.is_empty() {
        return Vec::new();
    }
    let fits = |word: &&&str| folded(word).starts_with(&typed);
    language.word_list().iter().filter(fits).take(most).map(|word| shown(word)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(typed: &str, language: Language) -> Option<&'static str> {
        match meaning(typed, language) {
            Meaning::Word(index) => Some(language.word_list()[usize::from(index)]),
            Meaning::Unknown { .. } => None,
        }
    }

    #[test]
    fn every_english_word_is_found_by_its_first_four_letters() {
        for expected in Language::English.word_list() {
            let start: String = expected.chars().take(4).collect();
            assert_eq!(word(&start, Language::English), Some(*expected));
        }
    }

    #[test]
    fn accents_and_case_do_not_matter() {
        assert_eq!(word("ÁBACO", Language::Spanish).map(folded).as_deref(), Some("abaco"));
        assert_eq!(word("abaco", Language::Spanish).map(folded).as_deref(), Some("abaco"));
    }

    #[test]
    fn three_letters_of_a_longer_word_are_not_enough_but_offer_completions() {
        assert_eq!(word("vel", Language::English), None);
        assert_eq!(completions("vel", Language::English, 8), ["velvet"]);
        assert_eq!(completions("", Language::English, 8), Vec::<String>::new());
        assert_eq!(completions("a", Language::English, 3).len(), 3);
    }

    #[test]
    fn a_tag_names_its_list() {
        assert_eq!(language_of_tag("en"), Some(Language::English));
        assert_eq!(language_of_tag("zh-Hant"), Some(Language::TraditionalChinese));
        assert_eq!(language_of_tag("pt_BR"), Some(Language::Portuguese));
        assert_eq!(language_of_tag("de"), None);
    }
}
