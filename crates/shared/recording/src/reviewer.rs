//! A reviewer's sealing key: X25519 (RFC 7748), the raw key of a native age recipient.
//!
//! In scope: the public half. Not in scope: key files (`identity`, `link`), envelopes.

use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

/// The public key of a secret scalar, 32 bytes each. Any 32 random bytes are a secret: clamping is
/// part of the function (RFC 7748, section 5).
#[must_use]
pub fn sealing_key(secret: &Zeroizing<[u8; 32]>) -> [u8; 32] {
    PublicKey::from(&StaticSecret::from(**secret)).to_bytes()
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    #[test]
    fn the_key_of_rfc_7748_comes_out() {
        // RFC 7748, section 6.1: Bob.
        let secret = HEXLOWER.decode(b"5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb").unwrap();
        let public = sealing_key(&Zeroizing::new(secret.try_into().unwrap()));
        assert_eq!(HEXLOWER.encode(&public), "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
    }
}
