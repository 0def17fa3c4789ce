//! Updates and cursors under the epoch key, and the running hash that ticks carry.
//!
//! In scope: both ends of channels 1 and 2. Not in scope: when an epoch begins and who gets its key (`session`).
//!
//! The running hash starts anew with every key update, so that a viewer that joined late, or was dropped to a key
//! update, can still match it:
//! ```text
//! d = SHA-256("deskhand/updates/1" || d of the update before, or 32 zeros at a key update || SHA-256(header || frame))
//! ```

use deskhand_wire::{
    HOST,
    limits::{MAX_SEALED_UPDATE, UPDATE_PADDING},
    stream::Channel,
    update::{HEADER_BYTES, UpdateHeader},
};
use sha2::{Digest, Sha256};

use crate::frames::{KeyId, MAX_24, OpenError, Opener, Order, Sealer, pad, unpad};
use crate::keys::EpochKey;

/// Running hash over a key update and everything sealed after it.
pub type RunningHash = [u8; 32];

fn follow(before: &RunningHash, key: bool, header: &[u8], frame: &[u8]) -> RunningHash {
    let record = Sha256::new().chain_update(header).chain_update(frame).finalize();
    let start = if key { [0; 32] } else { *before };
    Sha256::new().chain_update(b"deskhand/updates/1").chain_update(start).chain_update(record).finalize().into()
}

fn key_id(epoch: u32, channel: Channel) -> KeyId {
    KeyId::new(epoch.min(MAX_24), HOST, channel, 0).expect("the epoch was clamped to 24 bits")
}

/// Why something could not be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScreenSealError {
    /// The epoch's key is used up; begin a new epoch.
    #[error("the epoch's key is used up")]
    Exhausted,
    /// Larger than a viewer accepts.
    #[error("the update has {0} bytes, more than an update may have")]
    TooLarge(usize),
}

/// What a relay is told about an update.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flags {
    /// Needs nothing before it.
    pub key: bool,
    /// Belongs to the recording.
    pub recorded: bool,
}

/// What was sealed: the header, and its bytes followed by the frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// What the relay may know.
    pub header: UpdateHeader,
    /// Header bytes, then the SFrame frame.
    pub bytes: Vec<u8>,
}

/// The host's end for one epoch; the running hash and the cursor's numbers go on into the next.
#[derive(Debug)]
pub struct ScreenSealer {
    session: [u8; 16],
    epoch: u32,
    screen: Sealer,
    cursor: Sealer,
    cursors: u64,
    hash: RunningHash,
}

impl ScreenSealer {
    /// Begins with `epoch` (1..2^24) and its key.
    #[must_use]
    pub fn new(session: [u8; 16], epoch: u32, key: &EpochKey) -> Self {
        let sealer = |channel| {
            let id = key_id(epoch, channel);
            Sealer::new(&key.frame_key(id), id)
        };
        let (screen, cursor) = (sealer(Channel::Screen), sealer(Channel::Cursor));
        Self { session, epoch, screen, cursor, cursors: 0, hash: [0; 32] }
    }

    /// Goes on with the next epoch; the old key is wiped.
    pub fn begin(&mut self, epoch: u32, key: &EpochKey) {
        let (cursors, hash) = (self.cursors, self.hash);
        *self = Self { cursors, hash, ..Self::new(self.session, epoch, key) };
    }

    /// The epoch.
    #[must_use]
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The running hash after the last update.
    #[must_use]
    pub fn hash(&self) -> &RunningHash {
        &self.hash
    }

    /// Seals an update; those under [`UPDATE_PADDING`] bytes are padded to it.
    ///
    /// # Errors
    /// [`ScreenSealError`]; nothing moved then.
    pub fn update(&mut self, number: u64, flags: Flags, update: &[u8]) -> Result<Sealed, ScreenSealError> {
        let mut content = Vec::with_capacity(update.len().max(UPDATE_PADDING) + 1);
        content.extend_from_slice(update);
        pad(&mut content, UPDATE_PADDING, true);
        let sealed = seal(&mut self.screen, self.session, self.epoch, Channel::Screen, number, flags, &content)?;
        let (header, frame) = sealed.bytes.split_at(HEADER_BYTES);
        self.hash = follow(&self.hash, flags.key, header, frame);
        Ok(sealed)
    }

    /// Seals a cursor message, padded to a multiple of 64 so that positions have one length.
    ///
    /// # Errors
    /// [`ScreenSealError`]; nothing moved then.
    pub fn cursor(&mut self, cursor: &[u8]) -> Result<Sealed, ScreenSealError> {
        let mut content = cursor.to_vec();
        pad(&mut content, 64, false);
        let number = self.cursors + 1;
        let sealed = seal(&mut self.cursor, self.session, self.epoch, Channel::Cursor, number, Flags::default(), &content)?;
        self.cursors = number;
        Ok(sealed)
    }
}

fn seal(
    sealer: &mut Sealer,
    session: [u8; 16],
    epoch: u32,
    channel: Channel,
    number: u64,
    Flags { key, recorded }: Flags,
    content: &[u8],
) -> Result<Sealed, ScreenSealError> {
    let size = sealer.sealed_size(content.len());
    let fits = u32::try_from(size).ok().filter(|_| size <= MAX_SEALED_UPDATE);
    let size = fits.ok_or(ScreenSealError::TooLarge(size))?;
    let header = UpdateHeader { channel, key, discardable: false, recorded, session, epoch, number, size };
    let bytes = sealer.seal(&header.to_bytes(), content).map_err(|_| ScreenSealError::Exhausted)?;
    Ok(Sealed { header, bytes })
}

/// Why a received frame is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScreenOpenError {
    /// Header or frame can't be read.
    #[error("the update can't be read")]
    Malformed,
    /// Of another session or channel.
    #[error("the update belongs elsewhere")]
    Misplaced,
    /// The key of its epoch is not known.
    #[error("the key of epoch {0} is not known")]
    UnknownEpoch(u32),
    /// The tag is wrong.
    #[error("the update was changed on the way")]
    Forged,
    /// Not newer than one that was opened.
    #[error("number {number} is not newer than {last}")]
    Old {
        /// Its number.
        number: u64,
        /// The newest one opened.
        last: u64,
    },
}

impl From<OpenError> for ScreenOpenError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Malformed => Self::Malformed,
            OpenError::Misplaced => Self::Misplaced,
            OpenError::Forged => Self::Forged,
            OpenError::Replayed { counter } | OpenError::Missing { counter, .. } => Self::Old { number: counter, last: counter },
        }
    }
}

struct Epoch {
    number: u32,
    screen: Opener,
    cursor: Opener,
}

/// A viewer's end: the epochs whose keys it was given, the newest numbers, the running hash.
#[derive(Default)]
pub struct ScreenOpener {
    session: [u8; 16],
    epochs: Vec<Epoch>,
    newest: u64,
    hash: RunningHash,
}

impl ScreenOpener {
    /// Epochs whose keys are kept at once: the current one, the one before, and one that was announced.
    pub const EPOCHS_KEPT: usize = 3;

    /// For one session; opens nothing until an epoch's key is added.
    #[must_use]
    pub fn new(session: [u8; 16]) -> Self {
        Self { session, ..Self::default() }
    }

    /// Takes the key of an epoch that the host handed over. At most [`EPOCHS_KEPT`](Self::EPOCHS_KEPT) are held; the
    /// oldest is wiped for a further one.
    pub fn add(&mut self, epoch: u32, key: &EpochKey) {
        if self.epochs.iter().any(|known| known.number == epoch) {
            return;
        }
        if self.epochs.len() == Self::EPOCHS_KEPT {
            self.epochs.remove(0);
        }
        let opener = |channel, order| {
            let id = key_id(epoch, channel);
            Opener::new(&key.frame_key(id), id, order)
        };
        let (screen, cursor) = (opener(Channel::Screen, Order::Increasing), opener(Channel::Cursor, Order::Recent));
        self.epochs.push(Epoch { number: epoch, screen, cursor });
    }

    /// Wipes the keys of every epoch before this one.
    pub fn forget_before(&mut self, epoch: u32) {
        self.epochs.retain(|known| known.number >= epoch);
    }

    /// Wipes every key.
    pub fn forget_all(&mut self) {
        self.epochs.clear();
    }

    /// Number of the newest update opened; 0 for none.
    #[must_use]
    pub fn newest(&self) -> u64 {
        self.newest
    }

    /// The running hash after that update.
    #[must_use]
    pub fn hash(&self) -> &RunningHash {
        &self.hash
    }

    /// Opens an update: header and content. Numbers must increase, over epochs too.
    ///
    /// # Errors
    /// [`ScreenOpenError`]; nothing moved then.
    pub fn update(&mut self, header: &[u8; HEADER_BYTES], frame: &[u8]) -> Result<(UpdateHeader, Vec<u8>), ScreenOpenError> {
        let (parsed, content) = self.open(header, frame, Channel::Screen)?;
        self.hash = follow(&self.hash, parsed.key, header, frame);
        self.newest = parsed.number;
        Ok((parsed, content))
    }

    /// Opens a cursor message: its number and content. A picture in a stream may come after a position in a datagram that was sent
    /// later: each message opens once, in any order.
    ///
    /// # Errors
    /// [`ScreenOpenError`]; nothing moved then.
    pub fn cursor(&mut self, header: &[u8; HEADER_BYTES], frame: &[u8]) -> Result<(u64, Vec<u8>), ScreenOpenError> {
        let (parsed, content) = self.open(header, frame, Channel::Cursor)?;
        Ok((parsed.number, content))
    }

    fn open(&mut self, header: &[u8; HEADER_BYTES], frame: &[u8], channel: Channel) -> Result<(UpdateHeader, Vec<u8>), ScreenOpenError> {
        let parsed = UpdateHeader::from_bytes(header).map_err(|_| ScreenOpenError::Malformed)?;
        if parsed.size as usize != frame.len() {
            return Err(ScreenOpenError::Malformed);
        }
        if parsed.channel != channel || parsed.session != self.session {
            return Err(ScreenOpenError::Misplaced);
        }
        if channel == Channel::Screen && parsed.number <= self.newest {
            return Err(ScreenOpenError::Old { number: parsed.number, last: self.newest });
        }
        let epoch = self.epochs.iter_mut().find(|known| known.number == parsed.epoch);
        let epoch = epoch.ok_or(ScreenOpenError::UnknownEpoch(parsed.epoch))?;
        let opener = if channel == Channel::Screen { &mut epoch.screen } else { &mut epoch.cursor };
        let content = opener.open(header, frame)?;
        let content = unpad(content).ok_or(ScreenOpenError::Malformed)?;
        Ok((parsed, content))
    }
}

impl std::fmt::Debug for ScreenOpener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ScreenOpener(newest {})", self.newest)
    }
}

/// Opens a stored record for a reviewer: any order, the epoch's key at hand.
///
/// # Errors
/// [`ScreenOpenError`].
pub fn open_stored(header: &[u8; HEADER_BYTES], frame: &[u8], key: &EpochKey) -> Result<(UpdateHeader, Vec<u8>), ScreenOpenError> {
    let parsed = UpdateHeader::from_bytes(header).map_err(|_| ScreenOpenError::Malformed)?;
    if parsed.size as usize != frame.len() {
        return Err(ScreenOpenError::Malformed);
    }
    let id = key_id(parsed.epoch, parsed.channel);
    let content = Opener::new(&key.frame_key(id), id, Order::Increasing).open(header, frame)?;
    Ok((parsed, unpad(content).ok_or(ScreenOpenError::Malformed)?))
}
