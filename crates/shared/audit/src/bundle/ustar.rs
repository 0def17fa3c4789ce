//! One header of a bundle file: the ustar header (POSIX.1-1988) of a plain file, with nothing in it that could be otherwise.
//!
//! In scope: from a name and a size to 512 bytes and back, one spelling each. Not in scope: which names, in which order (`archive`).
//!
//! Owner, group and time are zero, the mode is 0600. A size of 8 GiB and more, which eleven octal digits do not hold, is written in base
//! 256, as common tar programs read it.

/// Bytes of a header, and what everything in the file is a multiple of.
pub(super) const BLOCK: usize = 512;

const NAME: usize = 100;
/// Where the size stands, 12 bytes.
const SIZE: usize = 124;
/// Where the sum over the header stands, 8 bytes.
const SUM: usize = 148;
/// The largest size that is written in octal digits.
const MAX_OCTAL: u64 = 0o77_777_777_777;

/// The header of a file; `None` when the name is longer than 100 bytes or empty.
pub(super) fn header(name: &str, size: u64) -> Option<[u8; BLOCK]> {
    let mut block = [0; BLOCK];
    if name.is_empty() {
        return None;
    }
    block.get_mut(..NAME)?.get_mut(..name.len())?.copy_from_slice(name.as_bytes());
    let mut put = |at: usize, text: &[u8]| block[at..at + text.len()].copy_from_slice(text);
    put(100, b"0000600\x000000000\x000000000\x00");
    if size <= MAX_OCTAL {
        put(SIZE, format!("{size:011o}\0").as_bytes());
    } else {
        put(SIZE, &[0x80, 0, 0, 0]);
        put(SIZE + 4, &size.to_be_bytes());
    }
    put(136, b"00000000000\x00        0");
    put(257, b"ustar\x0000");
    put(329, b"0000000\x000000000\x00");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[SUM..SUM + 8].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    Some(block)
}

/// The name and size in a header; `None` unless [`header`] writes exactly these bytes for them.
pub(super) fn read(block: &[u8; BLOCK]) -> Option<(String, u64)> {
    let name = block[..NAME].split(|byte| *byte == 0).next()?;
    let name = std::str::from_utf8(name).ok()?.to_owned();
    let (mark, rest) = block[SIZE..SIZE + 12].split_at(4);
    let size = if mark[0] == 0x80 {
        u64::from_be_bytes(rest.try_into().ok()?)
    } else {
        u64::from_str_radix(std::str::from_utf8(&block[SIZE..SIZE + 11]).ok()?, 8).ok()?
    };
    (header(&name, size)? == *block).then_some((name, size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_reads_back_and_with_any_other_bit_it_does_not_say_the_same() {
        for (name, size) in [("manifest.json", 0), ("media/1.sfr", MAX_OCTAL), ("media/2.sfr", MAX_OCTAL + 1), (&"x".repeat(100), u64::MAX)]
        {
            let block = header(name, size).unwrap();
            assert_eq!(read(&block), Some((name.to_owned(), size)));
            for at in 0..BLOCK * 8 {
                let mut other = block;
                other[at / 8] ^= 1 << (at % 8);
                // The sum over the header is in it: one bit alone is never another header.
                assert_eq!(read(&other), None, "{name} bit {at}");
            }
        }
        assert_eq!((header("", 1), header(&"x".repeat(101), 1)), (None, None));
        assert_eq!(read(&[0; BLOCK]), None);
    }

    #[test]
    fn a_header_is_this_very_text() {
        let block = header("events.jsonl", 1234).unwrap();
        let text = String::from_utf8_lossy(&block).replace('\0', ".");
        let expected = concat!("0000600.0000000.0000000.00000002322.00000000000.", "011547. 0");
        assert_eq!(&text[100..157], expected);
        assert_eq!((&text[257..265], &text[329..345]), ("ustar.00", "0000000.0000000."));
        assert!(text[157..257].bytes().chain(text[265..329].bytes()).chain(text[345..].bytes()).all(|byte| byte == b'.'));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_a_header_or_none(bytes in proptest::collection::vec(proptest::num::u8::ANY, BLOCK), size: u64, at in 0..BLOCK) {
            let mut block: [u8; BLOCK] = bytes.clone().try_into().unwrap();
            proptest::prop_assert_eq!(read(&block), None);
            block = header("manifest.json", size).unwrap();
            block[at] = bytes[at];
            if let Some((name, size)) = read(&block) {
                proptest::prop_assert_eq!(header(&name, size), Some(block));
            }
        }
    }
}
