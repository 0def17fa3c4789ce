//! Which word list a policy's language names.
//!
//! In scope: the map. Not in scope: the lists (`seal`).

use deskhand_identity::CodeLanguage;
use deskhand_seal::code::Language;

/// The word list of a policy's language, for [`Code::parse`](crate::Code::parse) and [`typing`](crate::typing).
#[must_use]
pub fn word_list(language: CodeLanguage) -> Language {
    match language {
        CodeLanguage::English => Language::English,
        CodeLanguage::ChineseSimplified => Language::SimplifiedChinese,
        CodeLanguage::ChineseTraditional => Language::TraditionalChinese,
        CodeLanguage::Czech => Language::Czech,
        CodeLanguage::French => Language::French,
        CodeLanguage::Italian => Language::Italian,
        CodeLanguage::Japanese => Language::Japanese,
        CodeLanguage::Korean => Language::Korean,
        CodeLanguage::Portuguese => Language::Portuguese,
        CodeLanguage::Spanish => Language::Spanish,
    }
}
