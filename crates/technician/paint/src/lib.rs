//! From the framebuffer to the window, only what changed.
//!
//! In scope: the two ways into the window, and which of them is taken ([`surface`]). Not in scope: decoding (`decode`), where on
//! the window the screen goes (`viewer`).
//!
//! | way | modules | what a changed pixel costs |
//! | --- | --- | --- |
//! | a pane: a native window over the canvas | [`pane`], [`x11`] | the window system copies it out of the decoder's memory; the toolkit sleeps |
//! | the toolkit's textures | [`layout`], [`batch`], [`feed`], [`canvas`] | one copy, from `0xFFRRGGBB` to the order that textures have, and a repaint of the window |
//!
//! Nothing here keeps a picture of its own.
#![forbid(unsafe_code)]

pub mod batch;
pub mod canvas;
pub mod feed;
pub mod layout;
pub mod pane;
pub mod pointer;
pub mod surface;
pub mod x11;

pub use batch::{Batch, cursor_image};
pub use canvas::Canvas;
pub use feed::Feed;
pub use pane::{Pane, PaneError, Place};
pub use pointer::{Cursor, Shape};
pub use surface::{Parent, Surface};
