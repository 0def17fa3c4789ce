//! Why no update could be made.
//!
//! In scope: the enum. All of these are this machine's fault; the next update is then a key update.

/// Why no update could be made.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EncodeError {
    /// The packer failed, which happens only without memory.
    #[error("this computer has no memory left to pack the screen; close other programs")]
    Pack,
}
