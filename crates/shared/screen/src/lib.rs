//! Rect, Region, Framebuffer and Update: plain data and its byte form.
//!
//! In scope: geometry, pixels in memory, fresh pixels of a screen, what an update says, its bytes, and which part of a picture is lossy after it.
//! Not in scope: finding changes (`encode`), applying updates (`decode`), getting pixels (`capture`).
//!
//! Pixels are `0xFFRRGGBB` in native `u32`: on little-endian machines the memory order is B, G, R, 255. The top byte is
//! always `0xFF`. Coordinates start at the top left corner.
#![forbid(unsafe_code)]

mod binary;
mod bytes;
mod framebuffer;
mod geometry;
mod glyphs;
mod loss;
mod patch;
mod pixels;
mod region;
mod update;

pub use bytes::UpdateError;
pub use framebuffer::Framebuffer;
pub use geometry::{Point, Rect, Size, SizeError};
pub use glyphs::{MAX_GLYPH_COLOURS, pack_glyphs, unpack_glyphs};
pub use loss::{apply_loss, apply_op_loss, move_region};
pub use patch::{Hints, Moved, Patch, PicturePatch};
pub use pixels::{Pixels, PixelsMut};
pub use region::Region;
pub use update::{Op, TileForm, Update};

/// Largest width or height of a screen, in pixels.
pub const MAX_SIDE: u32 = 16_384;
/// Largest area of a screen, in pixels: 256 MiB of memory.
pub const MAX_PIXELS: u64 = 1 << 26;
/// Largest byte form of an update, in bytes.
pub const MAX_UPDATE_BYTES: usize = 32 << 20;
/// Most operations in one update.
pub const MAX_OPS: usize = 1_024;
/// Most rectangles in one update, over all its operations.
pub const MAX_RECTS: usize = 16_384;
/// Most pixels one `Tiles` operation may carry: bounds what a decoder holds to unpack it (2 MiB).
pub const MAX_TILES_PIXELS: u64 = 1 << 19;
/// Most pixels of one `Video` operation: 36,864 macroblocks, H.264 level 5.1 (ITU-T H.264, table A-1).
pub const MAX_VIDEO_PIXELS: u64 = 36_864 * 256;
/// Smallest width or height of a `Video` operation, in pixels: one macroblock.
pub const MIN_VIDEO_SIDE: u32 = 16;
/// Most video streams that run at a time, each of a rectangle of its own.
pub const MAX_STREAMS: usize = 4;
/// Most rectangles that the lossy part of a picture is described by; beyond it the description grows coarser.
pub const MAX_LOSSY_RECTS: usize = 2_048;
