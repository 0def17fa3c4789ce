//! The header of a sealed screen update, which a relay reads and can't change, and the cursor.
//!
//! In scope: its fixed byte form and its limits. The header is authenticated with the update (SFrame metadata, RFC 9605
//! section 4.4.3), so a relay that alters it makes the update worthless.

use crate::{
    limits::{MAX_CURSOR_SIDE, MAX_SEALED_UPDATE},
    stream::Channel,
};
use serde::{Deserialize, Serialize};

/// Bytes of an [`UpdateHeader`].
pub const HEADER_BYTES: usize = 36;
const HEADER_VERSION: u8 = 1;
const FLAG_KEY: u8 = 1;
const FLAG_DISCARDABLE: u8 = 2;
const FLAG_RECORDED: u8 = 4;

/// What a relay may know of a sealed update.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UpdateHeader {
    /// Screen or cursor.
    pub channel: Channel,
    /// Needs nothing before it.
    pub key: bool,
    /// Nothing after it needs it.
    pub discardable: bool,
    /// Belongs to the recording: the relay stores it. In the header, because streams have no order among each other: a
    /// message on another stream could come too late for the first update or too early for the last.
    pub recorded: bool,
    /// The session.
    pub session: [u8; 16],
    /// The epoch whose key seals it, from 1, 24 bits.
    pub epoch: u32,
    /// The update's number, from 1, strictly increasing.
    pub number: u64,
    /// Bytes of the sealed frame that follows.
    pub size: u32,
}

/// What is wrong with a header.
#[derive(Debug, thiserror::Error, PartialEq, Eq, Clone, Copy)]
pub enum HeaderError {
    /// Not this version's form.
    #[error("the other side sent an update header that can't be read")]
    Malformed,
    /// Larger than an update may be.
    #[error("the other side announced an update of {0} bytes, more than an update may have")]
    TooLarge(u32),
}

impl UpdateHeader {
    /// Its bytes: version, channel, flags, 0; session (16); epoch (`u32`), number (`u64`), size (`u32`), all big endian.
    pub fn to_bytes(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[0] = HEADER_VERSION;
        bytes[1] = self.channel.number();
        let flags = [(self.key, FLAG_KEY), (self.discardable, FLAG_DISCARDABLE), (self.recorded, FLAG_RECORDED)];
        bytes[2] = flags.iter().filter(|(set, _)| *set).map(|(_, flag)| flag).sum();
        bytes[4..20].copy_from_slice(&self.session);
        bytes[20..24].copy_from_slice(&self.epoch.to_be_bytes());
        bytes[24..32].copy_from_slice(&self.number.to_be_bytes());
        bytes[32..36].copy_from_slice(&self.size.to_be_bytes());
        bytes
    }

    /// Reads a header; strict: unknown flags, channels and numbers out of range are errors.
    ///
    /// # Errors
    /// [`HeaderError`], always the other side's fault.
    pub fn from_bytes(bytes: &[u8; HEADER_BYTES]) -> Result<Self, HeaderError> {
        let channel = match bytes[1] {
            1 => Channel::Screen,
            2 => Channel::Cursor,
            _ => return Err(HeaderError::Malformed),
        };
        let flags = bytes[2];
        if bytes[0] != HEADER_VERSION || flags & !(FLAG_KEY | FLAG_DISCARDABLE | FLAG_RECORDED) != 0 || bytes[3] != 0 {
            return Err(HeaderError::Malformed);
        }
        let word = |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let (epoch, size) = (word(20), word(32));
        let number = u64::from(word(24)) << 32 | u64::from(word(28));
        if epoch == 0 || epoch >= 1 << 24 || number == 0 {
            return Err(HeaderError::Malformed);
        }
        if size as usize > MAX_SEALED_UPDATE {
            return Err(HeaderError::TooLarge(size));
        }
        let mut session = [0; 16];
        session.copy_from_slice(&bytes[4..20]);
        let set = |flag| flags & flag != 0;
        let (key, discardable, recorded) = (set(FLAG_KEY), set(FLAG_DISCARDABLE), set(FLAG_RECORDED));
        Ok(Self { channel, key, discardable, recorded, session, epoch, number, size })
    }
}

/// The customer's pointer, sealed under the epoch key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CursorMessage {
    /// Where its hot spot is, pixels of the screen.
    pub x: u32,
    /// From the top.
    pub y: u32,
    /// Whether it is shown.
    pub visible: bool,
    /// Its picture, when that is new.
    pub shape: Option<CursorShape>,
}

/// A pointer's picture.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CursorShape {
    /// Width, pixels, at most [`MAX_CURSOR_SIDE`].
    pub width: u32,
    /// Height, pixels, at most [`MAX_CURSOR_SIDE`].
    pub height: u32,
    /// The point that points, from the picture's left.
    pub hot_x: u32,
    /// The point that points, from the picture's top.
    pub hot_y: u32,
    /// Rows of premultiplied `0xAARRGGBB`.
    pub pixels: Vec<u32>,
}

impl CursorShape {
    /// Whether sides, hot spot and pixels fit each other.
    pub fn is_valid(&self) -> bool {
        (1..=MAX_CURSOR_SIDE).contains(&self.width)
            && (1..=MAX_CURSOR_SIDE).contains(&self.height)
            && self.pixels.len() == (self.width * self.height) as usize
            && self.hot_x < self.width
            && self.hot_y < self.height
    }
}
