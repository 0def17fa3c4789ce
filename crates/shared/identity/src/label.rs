//! Domain labels. In scope: the prefix `deskhand/<what>/1` that every labelled signature begins with, so that
//! a signature made for one purpose never passes for another. Not in scope: notes of the checkpoint format,
//! which carry their own first line (see [`SecretKey::sign_note`](crate::SecretKey::sign_note)).

/// A label: the bytes `deskhand/<what>/1` before the signed or hashed bytes.
///
/// No label is a prefix of another: `<what>` has no slash and the `/1` closes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label(&'static str);

impl Label {
    /// The organisation over its statement.
    pub const STATEMENT: Label = Label::new("deskhand/statement/1");
    /// The organisation over a technician certificate.
    pub const CERTIFICATE: Label = Label::new("deskhand/certificate/1");
    /// A technician over the pairing transcript hash.
    pub const IDENT: Label = Label::new("deskhand/ident/1");
    /// Hash of a session's public key: the session id.
    pub(crate) const SID: Label = Label::new("deskhand/sid/1");
    /// Hash of a public key: its fingerprint.
    pub(crate) const FINGERPRINT: Label = Label::new("deskhand/fingerprint/1");

    /// A label of another crate. The text must be `deskhand/<what>/1`, `<what>` of `a-z` and `-`;
    /// anything else fails at compile time when used in a `const`.
    #[must_use]
    pub const fn new(text: &'static str) -> Label {
        let (bytes, prefix, suffix) = (text.as_bytes(), b"deskhand/", b"/1");
        assert!(bytes.len() > prefix.len() + suffix.len(), "a label is deskhand/<what>/1");
        let mut at = 0;
        while at < bytes.len() {
            let right = if at < prefix.len() {
                bytes[at] == prefix[at]
            } else if at >= bytes.len() - suffix.len() {
                bytes[at] == suffix[at + suffix.len() - bytes.len()]
            } else {
                bytes[at].is_ascii_lowercase() || bytes[at] == b'-'
            };
            assert!(right, "a label is deskhand/<what>/1");
            at += 1;
        }
        Label(text)
    }

    /// The label's own bytes.
    #[must_use]
    pub const fn as_bytes(self) -> &'static [u8] {
        self.0.as_bytes()
    }

    /// `label || bytes`, the message that is signed.
    #[must_use]
    pub fn over(self, bytes: &[u8]) -> Vec<u8> {
        [self.as_bytes(), bytes].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::Label;

    #[test]
    fn a_label_goes_before_the_bytes() {
        assert_eq!(Label::IDENT.over(b"xy"), b"deskhand/ident/1xy");
    }

    #[test]
    #[should_panic(expected = "deskhand/<what>/1")]
    fn a_label_of_another_form_is_refused() {
        let _ = Label::new("deskhand/a/b/1");
    }
}
