//! One-time codes as customers say them and technicians type them.

use deskhand_seal::Seed;
use deskhand_seal::code::{Code, CodeError, CodeSecret, CodeStyle, Language, Nameplate, Typing, typing};
use proptest::prelude::*;

const EN: Language = Language::English;

fn parse(text: &str) -> Result<Code, CodeError> {
    Code::parse(text, EN)
}

#[test]
fn spaces_dashes_case_and_four_letters_all_mean_the_same_code() {
    let code = parse("48213-velvet-anchor-oxygen").unwrap();
    for text in ["48213 velvet anchor oxygen", " 48 213  VELVET–Anchor_oxygen. ", "48213velv anch oxyg", "48213-Velve-anchor-oxyge"] {
        assert_eq!(parse(text).unwrap(), code, "{text}");
    }
    assert_eq!(code.to_string(), "48213-velvet-anchor-oxygen");
    assert_eq!(code.nameplate().to_string(), "48213");
    assert_eq!(format!("{code:?}"), "Code(48213-hidden)");
}

#[test]
fn a_code_without_its_words_is_refused() {
    assert_eq!(parse("48213"), Err(CodeError::WordsMissing));
    assert_eq!(parse("48213-"), Err(CodeError::WordsMissing));
    assert_eq!(parse("48213 velvet anchor"), Err(CodeError::WordCount { found: 2 }));
    assert_eq!(parse("velvet anchor oxygen"), Err(CodeError::NumberMissing));
    assert_eq!(parse("482 velvet anchor oxygen"), Err(CodeError::NumberLength { found: 3 }));
    assert_eq!(parse("  "), Err(CodeError::Empty));
    assert_eq!(parse(&"9".repeat(300)), Err(CodeError::TooLong));
    assert_eq!(parse("48213 velvet 7 anchor"), Err(CodeError::OutOfPlace { text: "7".into() }));
}

#[test]
fn a_mistyped_word_is_named() {
    let error = parse("48213-velvet-ankor-oxygen").unwrap_err();
    assert_eq!(error, CodeError::UnknownWord { position: 2, word: "ankor".into(), near: None });
    assert!(error.to_string().contains("\"ankor\""));
    let error = parse("48213-velvets-anchor-oxygen").unwrap_err();
    assert!(error.to_string().contains("perhaps \"velvet\""), "{error}");
}

#[test]
fn digits_carry_a_check_digit_over_the_number_too() {
    let secret = CodeSecret::draw(CodeStyle::Digits, &Seed::new([3; 32]), 0);
    let code = Code::new(Nameplate::new(412).unwrap(), secret);
    let text = code.to_string();
    assert!(text.starts_with("00412-"), "{text}");
    assert_eq!(parse(&text).unwrap(), code);
    assert_eq!(parse(&text.replace('-', " ")).unwrap(), code);
    assert_eq!(parse(&text.replacen('4', "7", 1)), Err(CodeError::CheckDigit));
    assert_eq!(parse(&text[..text.len() - 1]), Err(CodeError::DigitsMissing { found: 14 }));
    let arabic: String = text.chars().map(|c| c.to_digit(10).map_or(c, |d| char::from_u32(0x660 + d).unwrap())).collect();
    assert_eq!(parse(&arabic).unwrap(), code);
}

#[test]
fn an_entry_field_completes_the_word_being_typed() {
    assert_eq!(typing("", EN), Typing::Number);
    assert_eq!(typing("482", EN), Typing::Number);
    assert_eq!(typing("48213 ve", EN), Typing::Word { position: 1, completions: completions("ve") });
    assert_eq!(typing("48213 velvet anc", EN), Typing::Word { position: 2, completions: vec!["anchor".into(), "ancient".into()] });
    assert_eq!(typing("48213 velvet anchor oxyg", EN), Typing::Complete);
    assert!(matches!(typing("48213 velxet anchor", EN), Typing::Wrong(CodeError::UnknownWord { position: 1, .. })));
}

fn completions(start: &str) -> Vec<String> {
    deskhand_seal::code::completions(start, EN, 8)
}

#[test]
fn the_password_is_the_words_alone() {
    let a = parse("48213-velvet-anchor-oxygen").unwrap();
    let b = parse("99999-velvet-anchor-oxygen").unwrap();
    assert_ne!(a, b);
    assert_eq!(a.secret(), b.secret());
}

#[test]
fn characters_that_are_words_need_nothing_between_them() {
    let code = Code::parse("48213-的-一-是", Language::SimplifiedChinese).unwrap();
    assert_eq!(Code::parse("48213 的一是", Language::SimplifiedChinese), Ok(code));
}

#[test]
fn every_language_round_trips() {
    for language in Language::ALL {
        for number in 0..20 {
            let secret = CodeSecret::draw(CodeStyle::Words(*language), &Seed::new([9; 32]), number);
            let code = Code::new(Nameplate::new(70_000 + number as u32).unwrap(), secret);
            assert_eq!(Code::parse(&code.to_string(), *language), Ok(code.clone()), "{code}");
        }
    }
}

proptest! {
    #[test]
    fn any_text_never_panics(text in ".{0,80}") {
        let _ = parse(&text);
        let _ = typing(&text, EN);
    }

    #[test]
    fn drawn_codes_round_trip(seed: [u8; 32], plate in 0_u32..1_000_000_000, digits: bool) {
        let style = if digits { CodeStyle::Digits } else { CodeStyle::Words(EN) };
        let code = Code::new(Nameplate::new(plate).unwrap(), CodeSecret::draw(style, &Seed::new(seed), 0));
        prop_assert_eq!(parse(&code.to_string()), Ok(code));
    }
}
