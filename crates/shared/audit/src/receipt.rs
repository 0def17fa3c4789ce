//! The customer's receipt: the last signed head of a session, in a block of text that any file can hold.
//!
//! In scope: writing and finding the block. Not in scope: the page around it (the host), comparing it with a stored session (`verify`).
//!
//! ```text
//! -----BEGIN DESKHAND RECEIPT-----
//! <base64 of the signed note, 64 characters a line>
//! -----END DESKHAND RECEIPT-----
//! ```

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::note::{MAX_NOTE_BYTES, Note};

const BEGIN: &str = "-----BEGIN DESKHAND RECEIPT-----";
const END: &str = "-----END DESKHAND RECEIPT-----";
const LINE: usize = 64;
/// Longest file that a receipt is looked for in, in bytes.
pub const MAX_RECEIPT_BYTES: usize = 1 << 20;

/// Why a file is no receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// There is no block in it, or more than one.
    #[error("there is not one block in it that begins with {BEGIN}")]
    NoBlock,
    /// The block does not hold a signed note.
    #[error("its block was changed or cut: it holds no signed note")]
    Malformed,
}

/// The block that holds this note.
pub fn block(note: &Note) -> String {
    let text = STANDARD.encode(note.to_bytes());
    let lines: Vec<&str> = (0..text.len()).step_by(LINE).map(|at| &text[at..text.len().min(at + LINE)]).collect();
    format!("{BEGIN}\n{}\n{END}\n", lines.join("\n"))
}

/// The note of the one block in this file.
///
/// # Errors
/// A [`ReceiptError`].
pub fn find(file: &[u8]) -> Result<Note, ReceiptError> {
    let text = std::str::from_utf8(file).map_err(|_| ReceiptError::NoBlock)?;
    let (_, rest) = text.split_once(BEGIN).ok_or(ReceiptError::NoBlock)?;
    let (inside, after) = rest.split_once(END).ok_or(ReceiptError::NoBlock)?;
    if after.contains(BEGIN) {
        return Err(ReceiptError::NoBlock);
    }
    // A mail program may have broken or indented the lines anew.
    let inside: String = inside.chars().filter(|c| !c.is_whitespace()).collect();
    if inside.len() > MAX_NOTE_BYTES * 2 {
        return Err(ReceiptError::Malformed);
    }
    let bytes = STANDARD.decode(inside).map_err(|_| ReceiptError::Malformed)?;
    Note::from_bytes(&bytes).map_err(|_| ReceiptError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::ended_session;
    use proptest::prelude::*;

    fn note() -> Note {
        let session = ended_session(3);
        let bytes = &session.store.files[crate::bundle::CHECKPOINTS];
        let end = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap();
        let rest = bytes[end + 2..].split_inclusive(|byte| *byte == b'\n').take(2).map(<[u8]>::len).sum::<usize>();
        Note::from_bytes(&bytes[..end + 2 + rest]).unwrap()
    }

    #[test]
    fn a_receipt_is_found_inside_of_a_page_also_after_a_mail_program_broke_its_lines() {
        let block = block(&note());
        assert!(block.lines().all(|line| line.len() <= LINE));
        assert_eq!(find(format!("<html>\n{block}</html>").as_bytes()), Ok(note()));
        assert_eq!(find(block.replace('\n', "\r\n  ").as_bytes()), Ok(note()));
        assert_eq!(find(b"nothing"), Err(ReceiptError::NoBlock));
        assert_eq!(find(format!("{block}{block}").as_bytes()), Err(ReceiptError::NoBlock));
    }

    proptest! {
        #[test]
        fn any_text_is_refused_without_a_panic(inside: String) {
            prop_assert!(find(inside.as_bytes()).is_err());
            let block = [BEGIN, &inside, END].concat();
            prop_assert!(find(block.as_bytes()).is_err());
        }
    }
}
