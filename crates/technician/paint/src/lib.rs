//! From the framebuffer to the window, only what changed.
//!
//! In scope: which textures cover a screen ([`layout`]), turning damaged pixels into uploads off the window's thread
//! ([`batch`]), handing them over with at most one batch waiting ([`feed`]), keeping the textures and drawing them
//! ([`canvas`]), and the picture of a cursor. Not in scope: decoding (`decode`), where on the window the screen goes
//! (`viewer`).
//!
//! One copy of a changed pixel is made, from `0xFFRRGGBB` to the order that textures have; it is moved, not copied, into
//! the upload. Nothing here keeps a picture of its own.
#![forbid(unsafe_code)]

pub mod batch;
pub mod canvas;
pub mod feed;
pub mod layout;

pub use batch::{Batch, cursor_image};
pub use canvas::Canvas;
pub use feed::Feed;
