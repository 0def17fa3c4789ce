//! The customer's pointer: where it is and what it looks like.
//!
//! In scope: plain data, and the dot for a pointer that nobody described. Not in scope: drawing it.

use egui::{Color32, ColorImage};
use std::sync::Arc;

/// Side of the dot, pixels.
const DOT: usize = 13;

/// The customer's pointer.
#[derive(Clone)]
pub struct Cursor {
    /// Where its hot spot is, pixels of the customer's screen.
    pub x: u32,
    /// From the top.
    pub y: u32,
    /// Its picture and hot spot; none for one that nobody described.
    pub shape: Option<Arc<Shape>>,
}

/// A pointer's picture.
pub struct Shape {
    /// The pixels.
    pub image: ColorImage,
    /// The point that points, from the left.
    pub hot_x: u32,
    /// The point that points, from the top.
    pub hot_y: u32,
}

impl Shape {
    /// A light dot with a dark edge.
    #[must_use]
    pub fn dot() -> Self {
        let middle = (DOT / 2) as f32;
        let pixel = |at: usize| {
            let (x, y) = ((at % DOT) as f32 - middle, (at / DOT) as f32 - middle);
            match x.hypot(y) {
                far if far > 6.2 => Color32::TRANSPARENT,
                far if far > 4.5 => Color32::BLACK,
                _ => Color32::from_white_alpha(160),
            }
        };
        Self { image: ColorImage::new([DOT, DOT], (0..DOT * DOT).map(pixel).collect()), hot_x: DOT as u32 / 2, hot_y: DOT as u32 / 2 }
    }
}

/// Whether two pointers have the same picture, as far as can be told without looking at it.
#[must_use]
pub fn same_shape(one: Option<&Arc<Shape>>, other: Option<&Arc<Shape>>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => Arc::ptr_eq(one, other),
        (one, other) => one.is_none() && other.is_none(),
    }
}
