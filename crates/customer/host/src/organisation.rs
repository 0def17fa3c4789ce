//! Who the organisation is to the customer: a checked domain, or unknown.
//!
//! In scope: the words and their rule. A name, a logo and a signed file prove nothing, because anybody can make them; the one thing
//! that proves something to a customer is a domain that names the organisation's key over WebPKI. The free-text name is always
//! shown smaller than this line. Not in scope: asking the domain ([`crate::domain`]). Without an answer the standing is unknown.

use deskhand_session::Standing;

/// The line in large type.
pub fn line(standing: &Standing) -> String {
    match standing {
        Standing::Unknown => "Unknown organisation".to_owned(),
        Standing::Known => "The organisation that gave you this program".to_owned(),
        Standing::Domain(domain) => format!("Domain checked: {domain}"),
    }
}

/// The domain, when it was checked.
pub fn domain(standing: &Standing) -> Option<&str> {
    match standing {
        Standing::Domain(domain) => Some(domain),
        Standing::Known | Standing::Unknown => None,
    }
}

/// Whether the customer is warned, and has to wait before Allow works.
pub fn is_unknown(standing: &Standing) -> bool {
    *standing == Standing::Unknown
}
