//! Memory on the steady path: an update costs no allocation but the bytes it is sent as.
#![allow(clippy::unwrap_used)]

mod support;

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

use deskhand_encode::Encoder;
use deskhand_screen::{Framebuffer, PicturePatch, Rect, Region, Size};
use support::{FAST, Rng, letter, text};

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

/// The system's allocator, which counts for each thread.
struct Counting;

// SAFETY: everything is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: the caller keeps to the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps to the contract of `dealloc`.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: the caller keeps to the contract of `realloc`.
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const SIZE: Size = Size { width: 1280, height: 720 };

/// Allocations per update of a steady kind of work, after a second of it.
fn per_update(mut paint: impl FnMut(&mut Framebuffer, u32) -> Region) -> Vec<usize> {
    let mut frame = Framebuffer::new(SIZE);
    text(&mut frame, SIZE.rect(), 5, 0);
    let mut encoder = Encoder::new(SIZE);
    let all = Region::from_rect(SIZE.rect());
    let (mut now, mut bytes, mut counts) = (1, Vec::new(), Vec::new());
    let first = encoder.encode(&PicturePatch::new(frame.view(), &all), now, FAST).unwrap().unwrap();
    encoder.recycle(first);
    for step in 1..200 {
        now += 33;
        let damage = paint(&mut frame, step);
        let before = COUNT.get();
        if let Some(update) = encoder.encode(&PicturePatch::new(frame.view(), &damage), now, FAST).unwrap() {
            update.write_to(&mut bytes);
            encoder.recycle(update);
        }
        if step > 100 {
            counts.push(COUNT.get() - before);
        }
    }
    counts
}

#[test]
fn a_typed_letter_allocates_nothing() {
    let mut rng = Rng(3);
    let counts = per_update(|frame, _| Region::from_rect(letter(frame, &mut rng)));
    assert_eq!(counts.iter().sum::<usize>(), 0, "{counts:?}");
}

/// Its open strip is a region of many rectangles: lists of these take memory, none of it as large as the pixels they name.
#[test]
fn a_scrolled_page_allocates_little() {
    let pane = Rect::new(100, 60, 900, 600);
    let counts = per_update(|frame, step| {
        text(frame, pane, 9, 60 * step);
        Region::from_rect(pane)
    });
    assert_eq!(counts.iter().sum::<usize>(), 0, "{counts:?}");
}
