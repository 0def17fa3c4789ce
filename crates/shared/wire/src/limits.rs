//! Every length, count and time that a peer can choose, by name. Readers check them before they allocate.
//!
//! Policy that an organisation may change is in its statement (`identity`), not here.

/// The newest protocol version this code speaks.
pub const VERSION: u16 = 1;
/// The oldest protocol version this code still speaks.
pub const OLDEST_VERSION: u16 = 1;

/// Bytes of the first frame of a stream.
pub const MAX_STREAM_HEAD: usize = 32;
/// Bytes of a message between a client and the relay, both directions.
pub const MAX_RELAY_FRAME: usize = 256 * 1024;
/// Bytes of one message on an audit stream.
pub const MAX_AUDIT_FRAME: usize = 64 * 1024;
/// Bytes of one frame before keys are shared. Everything that runs before consent is under it.
pub const MAX_PAIR_FRAME: usize = 4 * 1024;
/// Bytes of one sealed frame on the control channel.
pub const MAX_CONTROL_FRAME: usize = 64 * 1024;
/// Bytes of one sealed frame on the input channel.
pub const MAX_INPUT_FRAME: usize = 2 * 1024;
/// Sealed input is padded to a multiple of this, so that its length does not tell a key from a click.
pub const INPUT_PADDING: usize = 64;
/// Sealed updates shorter than this are padded to it, so that lengths do not tell characters: one or two letters take less than a hundred
/// bytes, however large they are.
pub const UPDATE_PADDING: usize = 256;
/// Bytes of one sealed update, without its header.
pub const MAX_SEALED_UPDATE: usize = (32 << 20) + 1024;
/// Bytes of one cursor message, sealed; one that fits no datagram goes by a stream of its own. An opaque pixel takes five bytes.
pub const MAX_CURSOR_FRAME: usize = 5 * (MAX_CURSOR_SIDE * MAX_CURSOR_SIDE) as usize + 1024;
/// Sides of a cursor picture, pixels.
pub const MAX_CURSOR_SIDE: u32 = 256;

/// Viewers in one session at a time.
pub const MAX_VIEWERS: usize = 8;
/// Digits of a nameplate: five, and more when many are in use.
pub const MIN_NAMEPLATE: usize = 5;
/// Longest purpose or reason that a reviewer gives, in bytes.
pub const MAX_PURPOSE: usize = 1024;
/// The longest nameplate.
pub const MAX_NAMEPLATE: usize = 9;
/// Bytes of a ticket's name.
pub const MAX_TICKET: usize = 64;
/// Bytes of a reason that a technician gives.
pub const MAX_REASON: usize = 240;
/// Bytes of a technician's certificate.
pub const MAX_CERTIFICATE: usize = 2048;
/// Certificates that a relay shows a technician on connect.
pub const MAX_CERTIFICATES: usize = 32;
/// Bytes of the organisation's statement.
pub const MAX_STATEMENT: usize = 128 * 1024;
/// Bytes of one typed text.
pub const MAX_TYPED: usize = 512;
/// Versions or suites a peer may offer.
pub const MAX_OFFERS: usize = 8;
/// Numbers in a tick's list of discarded updates.
pub const MAX_DISCARDED: usize = 64;
/// Displays that a host may name.
pub const MAX_DISPLAYS: usize = 16;
/// Minutes of control that may be asked for at once.
pub const MAX_MINUTES: u16 = 480;
/// Bytes of one audit leaf.
pub const MAX_LEAF: usize = 32 * 1024;
/// Peaks of a log's tree: one for each bit of its size.
pub const MAX_PEAKS: usize = 48;
/// Bytes of one checkpoint note.
pub const MAX_NOTE: usize = 8 * 1024;

/// Updates that the host may have sent and not yet been told as shown.
pub const MAX_UNSHOWN_UPDATES: usize = 8;
/// Bytes that a relay holds for one viewer that is slow before it drops to the next key update.
pub const MAX_VIEWER_BACKLOG: usize = 8 << 20;
/// Updates that a relay holds for one viewer that is slow before it drops to the next key update.
pub const MAX_VIEWER_BACKLOG_UPDATES: usize = 64;
/// Audit leaves that a host keeps until the relay has them on disk.
pub const MAX_UNACKED_LEAVES: usize = 4096;
/// Input messages that wait at the host to be carried out.
pub const MAX_WAITING_INPUT: usize = 256;
