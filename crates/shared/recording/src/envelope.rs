//! The key envelope: who can open a session's recording and its sealed fields, and what it takes to erase them.
//!
//! In scope: the two halves of the recording key, sealing the first one to the reviewers (to two of them together where the policy says
//! so), opening it again. Not in scope: where the second half is kept and destroyed (the relay), who the reviewers are (the statement).
//!
//! `recording key = HKDF-SHA-256(first half || second half)`. The first half lies sealed in `keys.age`, which is part of the bundle and of
//! every copy of it; the second half lies with the relay alone. Without it nothing opens any more, whoever has the bundle.
//!
//! | reviewers needed | `keys.age` |
//! | --- | --- |
//! | one | an age v1 file, one X25519 stanza a reviewer; its payload is the first half |
//! | two | for each reviewer a u32 length (big endian) and an age file for that reviewer alone; its payload is an age file for all others |

use deskhand_audit::bundle::MAX_KEYS_BYTES;
use deskhand_seal::RecordingKey;
use zeroize::Zeroizing;

use crate::age::{self, AgeError};

/// Most reviewers where two are needed: what one of them opens is sealed to every other one.
pub const MAX_PAIRED_REVIEWERS: usize = 16;

/// The two halves of a session's recording key.
pub struct Halves {
    first: Zeroizing<[u8; 32]>,
    second: [u8; 32],
}

/// How many reviewers must act together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needed {
    /// Any one.
    One,
    /// Any two.
    Two,
}

/// Why an envelope cannot be made or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Two reviewers must act together and there are not that many.
    #[error("the policy asks for two reviewers together, and the statement names fewer")]
    TooFew,
    /// More reviewers than a paired envelope holds.
    #[error("the policy asks for two reviewers together, and the statement names more than {MAX_PAIRED_REVIEWERS}")]
    TooMany,
    /// It is longer than any, or its parts are not as long as they say.
    #[error("this is not a key envelope")]
    Malformed,
    /// The age file.
    #[error(transparent)]
    Age(#[from] AgeError),
    /// A second reviewer must open what this one opened.
    #[error("it takes two reviewers: this is the part that the first one opens")]
    SecondNeeded,
}

/// What a reviewer got out of an envelope.
#[derive(Debug)]
pub enum Opened {
    /// The first half.
    Half(Zeroizing<[u8; 32]>),
    /// A file for another reviewer, who opens it with [`open_second`].
    ForAnother(Vec<u8>),
}

impl Halves {
    /// Halves of 32 fresh random bytes each.
    #[must_use]
    pub fn new(first: Zeroizing<[u8; 32]>, second: [u8; 32]) -> Self {
        Self { first, second }
    }

    /// The key that both make.
    #[must_use]
    pub fn key(&self) -> RecordingKey {
        RecordingKey::of_halves(&self.first, &self.second)
    }

    /// The half that the relay keeps.
    #[must_use]
    pub fn second(&self) -> &[u8; 32] {
        &self.second
    }

    /// The envelope of the first half. `draw` gives 32 fresh random bytes at each call.
    ///
    /// # Errors
    /// [`EnvelopeError`]: the number of reviewers does not fit, or a key of theirs is unusable.
    pub fn seal(
        &self,
        reviewers: &[[u8; 32]],
        needed: Needed,
        mut draw: impl FnMut() -> Zeroizing<[u8; 32]>,
    ) -> Result<Vec<u8>, EnvelopeError> {
        match needed {
            Needed::One => Ok(age::seal(&self.first[..], reviewers, draw)?),
            Needed::Two if reviewers.len() < 2 => Err(EnvelopeError::TooFew),
            Needed::Two if reviewers.len() > MAX_PAIRED_REVIEWERS => Err(EnvelopeError::TooMany),
            Needed::Two => {
                let mut out = Vec::new();
                for reviewer in reviewers {
                    let others: Vec<[u8; 32]> = reviewers.iter().filter(|other| *other != reviewer).copied().collect();
                    let inner = age::seal(&self.first[..], &others, &mut draw)?;
                    let outer = age::seal(&inner, &[*reviewer], &mut draw)?;
                    out.extend_from_slice(&(outer.len() as u32).to_be_bytes());
                    out.extend_from_slice(&outer);
                }
                Ok(out)
            }
        }
    }
}

/// Opens an envelope with a reviewer's secret key.
///
/// # Errors
/// [`EnvelopeError`]: it is none, or not for this key.
pub fn open(envelope: &[u8], needed: Needed, secret: &Zeroizing<[u8; 32]>) -> Result<Opened, EnvelopeError> {
    if envelope.len() > MAX_KEYS_BYTES {
        return Err(EnvelopeError::Malformed);
    }
    if needed == Needed::One {
        return half(&age::open(envelope, secret)?).map(Opened::Half);
    }
    let mut rest = envelope;
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let (outer, after) = after.split_at_checked(u32::from_be_bytes(*length) as usize).ok_or(EnvelopeError::Malformed)?;
        match age::open(outer, secret) {
            Ok(inner) => return Ok(Opened::ForAnother(inner.to_vec())),
            Err(AgeError::NotForThisKey) => rest = after,
            Err(error) => return Err(error.into()),
        }
    }
    Err(if rest.is_empty() { AgeError::NotForThisKey.into() } else { EnvelopeError::Malformed })
}

/// Opens what a first reviewer opened, with a second one's secret key.
///
/// # Errors
/// As [`open`].
pub fn open_second(file: &[u8], secret: &Zeroizing<[u8; 32]>) -> Result<Zeroizing<[u8; 32]>, EnvelopeError> {
    half(&age::open(file, secret)?)
}

fn half(payload: &[u8]) -> Result<Zeroizing<[u8; 32]>, EnvelopeError> {
    payload.try_into().map(Zeroizing::new).map_err(|_| EnvelopeError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sealing_key;
    use proptest::prelude::*;

    fn secret(number: u8) -> Zeroizing<[u8; 32]> {
        Zeroizing::new([number; 32])
    }

    fn drawn() -> impl FnMut() -> Zeroizing<[u8; 32]> {
        let mut count = 100_u32;
        move || {
            count += 1;
            Zeroizing::new(std::array::from_fn(|at| count.to_be_bytes()[at % 4]))
        }
    }

    fn halves() -> Halves {
        Halves::new(secret(7), [8; 32])
    }

    fn publics(count: u8) -> Vec<[u8; 32]> {
        (1..=count).map(|number| sealing_key(&secret(number))).collect()
    }

    #[test]
    fn any_reviewer_opens_the_first_half_and_nobody_else_does() {
        let envelope = halves().seal(&publics(3), Needed::One, drawn()).unwrap();
        for number in 1..=3 {
            let Opened::Half(half) = open(&envelope, Needed::One, &secret(number)).unwrap() else { panic!("one is enough") };
            assert_eq!(*half, *secret(7));
        }
        assert_eq!(open(&envelope, Needed::One, &secret(4)).unwrap_err(), AgeError::NotForThisKey.into());
    }

    #[test]
    fn where_two_are_needed_none_gets_far_alone() {
        let envelope = halves().seal(&publics(4), Needed::Two, drawn()).unwrap();
        for first in 1..=4 {
            let Opened::ForAnother(file) = open(&envelope, Needed::Two, &secret(first)).unwrap() else { panic!("one was enough") };
            for second in 1..=5 {
                let opened = open_second(&file, &secret(second));
                assert_eq!(opened.is_ok(), second != first && second <= 4, "{first} and {second}");
            }
        }
        assert_eq!(halves().seal(&publics(1), Needed::Two, drawn()).unwrap_err(), EnvelopeError::TooFew);
        assert_eq!(halves().seal(&publics(17), Needed::Two, drawn()).unwrap_err(), EnvelopeError::TooMany);
    }

    #[test]
    fn the_largest_envelopes_stay_below_their_limit() {
        assert!(halves().seal(&publics(64), Needed::One, drawn()).unwrap().len() < MAX_KEYS_BYTES);
        assert!(halves().seal(&publics(16), Needed::Two, drawn()).unwrap().len() < MAX_KEYS_BYTES);
    }

    #[test]
    fn both_halves_make_the_key_and_another_half_makes_another() {
        let key = halves().key();
        assert_eq!(RecordingKey::of_halves(&[7; 32], &[8; 32]).epoch(1), key.epoch(1));
        assert_ne!(RecordingKey::of_halves(&[7; 32], &[9; 32]).epoch(1), key.epoch(1));
        assert_ne!(RecordingKey::of_halves(&[8; 32], &[7; 32]).epoch(1), key.epoch(1));
    }

    #[test]
    fn a_key_that_anybody_could_open_is_refused() {
        assert_eq!(halves().seal(&[[0; 32]], Needed::One, drawn()).unwrap_err(), AgeError::Recipient.into());
    }

    #[test]
    fn no_changed_byte_of_an_envelope_opens() {
        for needed in [Needed::One, Needed::Two] {
            let envelope = halves().seal(&publics(2), needed, drawn()).unwrap();
            for at in 0..envelope.len() {
                let mut changed = envelope.clone();
                changed[at] ^= 1;
                let opened = open(&changed, needed, &secret(1));
                // What is for the other reviewer alone is not looked at.
                let theirs = needed == Needed::Two && at >= envelope.len() / 2;
                assert!(opened.is_err() || theirs, "{needed:?}, byte {at}");
            }
        }
    }

    /// The `age` crate was written apart from this one.
    #[test]
    fn the_age_crate_opens_what_is_sealed_here_and_the_reverse() {
        use ::age::{Decryptor, Encryptor, Identity, Recipient, x25519};
        use std::io::{Read as _, Write as _};
        let theirs = x25519::Identity::generate();
        let text = theirs.to_public().to_string();
        let key: [u8; 32] = bech32::decode(&text).unwrap().1.try_into().unwrap();
        let envelope = halves().seal(&[publics(1)[0], key], Needed::One, drawn()).unwrap();
        let mut opened = Vec::new();
        let decryptor = Decryptor::new(&envelope[..]).unwrap();
        decryptor.decrypt(std::iter::once(&theirs as &dyn Identity)).unwrap().read_to_end(&mut opened).unwrap();
        assert_eq!(opened, *secret(7));

        let ours: x25519::Recipient = {
            let text = bech32::encode::<bech32::Bech32>(bech32::Hrp::parse("age").unwrap(), &publics(1)[0]).unwrap();
            text.parse().unwrap()
        };
        let mut file = Vec::new();
        let recipients = [&theirs.to_public() as &dyn Recipient, &ours as &dyn Recipient];
        let mut writer = Encryptor::with_recipients(recipients.into_iter()).unwrap().wrap_output(&mut file).unwrap();
        writer.write_all(&secret(9)[..]).unwrap();
        writer.finish().unwrap();
        let Opened::Half(half) = open(&file, Needed::One, &secret(1)).unwrap() else { panic!("one is enough") };
        assert_eq!(half, secret(9));
    }

    proptest! {
        #[test]
        fn any_bytes_are_refused_without_a_panic(bytes: Vec<u8>, text in "(age-encryption.org/v1\n)?((-> X25519 [A-Za-z0-9+/]{0,43}\n)|([A-Za-z0-9+/]{0,64}\n)|(--- [A-Za-z0-9+/]{43}\n)){0,8}") {
            for needed in [Needed::One, Needed::Two] {
                prop_assert!(open(&bytes, needed, &secret(1)).is_err());
                prop_assert!(open(text.as_bytes(), needed, &secret(1)).is_err());
            }
        }
    }
}
