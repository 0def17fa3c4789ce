//! Names that people read, domains and addresses. In scope: what is refused in them, so that a name cannot pose as
//! something else on the screen. Not in scope: file names: a name is never a path.

use std::net::Ipv6Addr;

use thiserror::Error;

/// Longest name of a person, relay or organisation, in bytes of UTF-8.
pub const MAX_NAME_BYTES: usize = 128;
/// Longest domain (RFC 1035 section 2.3.4, without the closing dot).
pub const MAX_DOMAIN_BYTES: usize = 253;
/// Longest `HOST:PORT`.
pub const MAX_ADDRESS_BYTES: usize = MAX_DOMAIN_BYTES + 6;

/// Why a name, a domain or an address was refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NameError {
    /// Empty, or more than [`MAX_NAME_BYTES`].
    #[error("a name has 1 to {MAX_NAME_BYTES} bytes, this one has {0}")]
    Length(usize),
    /// Blank at an end, a control character, or one that hides or turns other characters.
    #[error("the name holds a character that is not shown as written (U+{:04X}): leave it out", u32::from(*.0))]
    Hidden(char),
    /// Not a domain in its ASCII form.
    #[error("{0:?} is not a domain: write it like acme.example, in lower case and without https://")]
    Domain(String),
    /// Not HOST:PORT.
    #[error("{0:?} is not an address: write HOST:PORT, like relay.acme.example:4433 or [2001:db8::1]:4433")]
    Address(String),
}

/// A name: 1 to [`MAX_NAME_BYTES`] bytes, no blank at either end, nothing that is invisible or changes direction.
/// Joiners (U+200C, U+200D) are allowed: Persian and Indic names need them.
///
/// # Errors
/// [`NameError::Length`] or [`NameError::Hidden`].
pub fn check_name(name: &str) -> Result<(), NameError> {
    if name.is_empty() || name.len() > MAX_NAME_BYTES {
        return Err(NameError::Length(name.len()));
    }
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}' | '\u{200e}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
                | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
            || (c.is_whitespace() && c != ' ')
    };
    let ends = [name.chars().next(), name.chars().next_back()];
    match ends.into_iter().flatten().find(|&c| c == ' ').or_else(|| name.chars().find(|&c| hidden(c))) {
        Some(c) => Err(NameError::Hidden(c)),
        None => Ok(()),
    }
}

/// A domain: labels of `a-z`, `0-9`, `-`, at least two of them (international names in their `xn--` form). The last begins
/// with a letter, as every top-level domain does (RFC 1123 section 2.1): an IPv4 address in any notation is no domain.
///
/// # Errors
/// [`NameError::Domain`].
pub fn check_domain(domain: &str) -> Result<(), NameError> {
    let named = domain.rsplit_once('.').is_some_and(|(_, last)| last.starts_with(|c: char| c.is_ascii_lowercase()));
    if domain.len() <= MAX_DOMAIN_BYTES && named && domain.split('.').all(is_label) {
        return Ok(());
    }
    Err(NameError::Domain(domain.chars().take(80).collect()))
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// `HOST:PORT`: a host name, an IPv4 address or an IPv6 address in brackets, and a port from 1 to 65535.
///
/// # Errors
/// [`NameError::Address`].
pub fn check_address(address: &str) -> Result<(), NameError> {
    let right = address.len() <= MAX_ADDRESS_BYTES
        && address.rsplit_once(':').is_some_and(|(host, port)| {
            let literal = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
            let host_right = match literal {
                Some(v6) => v6.parse::<Ipv6Addr>().is_ok(),
                None => host.to_ascii_lowercase().split('.').all(is_label),
            };
            let digits = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) && !port.starts_with('0');
            host_right && digits && port.parse::<u16>().is_ok()
        });
    if right { Ok(()) } else { Err(NameError::Address(address.chars().take(80).collect())) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{check_address, check_domain, check_name};

    #[test]
    fn names_of_any_script_pass_and_hidden_characters_do_not() {
        for name in ["Ana Ruiz", "Łukasz", "山田 太郎", "أحمد", "می\u{200c}خواهم", "O'Neil (desk 3)"] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        for name in ["", " Ana", "Ana ", "A\nB", "A\u{202e}B", "A\u{200b}B", "A\u{a0}B", "\u{feff}A", &"x".repeat(129)] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn domains_are_plain_lower_case_labels() {
        assert_eq!(check_domain("acme.example"), Ok(()));
        assert_eq!(check_domain("xn--bcher-kva.example"), Ok(()));
        for domain in ["", "acme", "Acme.example", "https://acme.example", "acme..example", "-a.example", "a.example."] {
            assert!(check_domain(domain).is_err(), "{domain:?}");
        }
    }

    #[test]
    fn a_domain_carries_no_port_path_or_user_and_is_no_address() {
        for domain in ["acme.example:8443", "acme.example/x", "me@acme.example", "acme.example?", "192.0.2.7", "127.1", "0.0x7f", "[::1]"] {
            assert!(check_domain(domain).is_err(), "{domain:?}");
        }
    }

    #[test]
    fn addresses_need_a_host_and_a_port() {
        for address in ["relay.acme.example:4433", "127.0.0.1:1", "[::1]:65535", "localhost:4433"] {
            assert_eq!(check_address(address), Ok(()), "{address}");
        }
        for address in ["", "relay", "relay:", ":4433", "relay:0", "relay:65536", "::1:4433", "a b:1", "relay:+1", "a/b:1"] {
            assert!(check_address(address).is_err(), "{address:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_never_panics(text in any::<String>()) {
            let _ = (check_name(&text), check_domain(&text), check_address(&text));
        }
    }
}
