//! Bringing a technician to a host: nameplates and their claims.
//!
//! In scope: which digits are drawn and for how long they count, how often a technician may try. Not in scope: the words
//! of the code, which never come here.

pub mod claims;
pub mod nameplates;
