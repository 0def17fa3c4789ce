//! What an organisation publishes at its domain: the keys that are its own. In scope: the text and whether it names a
//! key. Not in scope: fetching it over HTTPS, which is where its worth comes from.
//!
//! Text: one organisation key a line; empty lines and lines that begin with `#` do not count.

use crate::key::PublicKey;
use crate::kind::Organisation;

/// Path at the organisation's domain, `https://DOMAIN/.well-known/deskhand` (RFC 8615).
pub const WELL_KNOWN_PATH: &str = "/.well-known/deskhand";
/// Most bytes of that text; a longer one names nobody.
pub const MAX_WELL_KNOWN_BYTES: usize = 4096;

/// What to publish for this key.
#[must_use]
pub fn well_known_text(key: &PublicKey<Organisation>) -> String {
    format!("# Keys of this domain's organisation for Deskhand remote support\n{key}\n")
}

/// Whether the text found at a domain names this key: one of its lines is exactly the key's text.
#[must_use]
pub fn well_known_names(text: &str, key: &PublicKey<Organisation>) -> bool {
    text.len() <= MAX_WELL_KNOWN_BYTES && {
        let wanted = key.to_string();
        text.lines().any(|line| line.trim_ascii_end() == wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_WELL_KNOWN_BYTES, well_known_names, well_known_text};
    use crate::SecretKey;

    #[test]
    fn a_domain_names_the_keys_that_it_publishes_and_no_other() {
        let (ours, other) = (SecretKey::from_seed([1; 32]).public(), SecretKey::from_seed([2; 32]).public());
        let both = format!("{}\r\n{other}\r\n", well_known_text(&ours));
        assert!(well_known_names(&both, &ours) && well_known_names(&both, &other));
        assert!(!well_known_names(&well_known_text(&ours), &other));
        assert!(!well_known_names(&format!("# not {ours}"), &ours), "a comment names nobody");
        assert!(!well_known_names(&format!("<p>{ours}</p>"), &ours), "a web page names nobody");
        let long = format!("{ours}\n{}", "#".repeat(MAX_WELL_KNOWN_BYTES));
        assert!(!well_known_names(&long, &ours));
    }
}
