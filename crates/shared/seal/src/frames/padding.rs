//! Padding, so that lengths do not tell characters: one byte 0x80, then zeros (ISO/IEC 7816-4).
//!
//! In scope: the bytes. Not in scope: to which length (`wire::limits`).

/// Adds at least one byte, up to the next multiple of `block`; with `only_below`, longer contents get one byte alone.
pub fn pad(content: &mut Vec<u8>, block: usize, only_below: bool) {
    content.push(0x80);
    if !(only_below && content.len() > block) {
        content.resize(content.len().next_multiple_of(block), 0);
    }
}

/// The content without its padding; `None` when there is none, which no sealing end produces.
#[must_use]
pub fn unpad(mut padded: Vec<u8>) -> Option<Vec<u8>> {
    let last = padded.iter().rposition(|byte| *byte != 0)?;
    if padded[last] != 0x80 {
        return None;
    }
    padded.truncate(last);
    Some(padded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_key_and_a_click_have_one_length() {
        for length in 0..63 {
            let mut content = vec![0; length];
            pad(&mut content, 64, false);
            assert_eq!(content.len(), 64);
        }
        let mut long = vec![0; 64];
        pad(&mut long, 64, false);
        assert_eq!(long.len(), 128);
    }

    #[test]
    fn a_long_update_gets_one_byte_alone() {
        let mut content = vec![7; 5000];
        pad(&mut content, 512, true);
        assert_eq!(content.len(), 5001);
        let mut content = vec![7; 511];
        pad(&mut content, 512, true);
        assert_eq!(content.len(), 512);
    }

    proptest! {
        #[test]
        fn padding_comes_off_again(content: Vec<u8>, block in 1_usize..600, only_below: bool) {
            let mut padded = content.clone();
            pad(&mut padded, block, only_below);
            prop_assert_eq!(unpad(padded), Some(content));
        }

        #[test]
        fn any_bytes_never_panic(bytes: Vec<u8>) {
            let _ = unpad(bytes);
        }
    }
}
