//! Memory on the steady path: an update takes none, or next to none.
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
    static LARGEST: Cell<usize> = const { Cell::new(0) };
}

fn count(bytes: usize) {
    COUNT.set(COUNT.get() + 1);
    LARGEST.set(LARGEST.get().max(bytes));
}

/// The system's allocator, which counts for each thread.
struct Counting;

// SAFETY: everything is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller keeps to the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps to the contract of `dealloc`.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        // SAFETY: the caller keeps to the contract of `realloc`.
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const SIZE: Size = Size { width: 1280, height: 720 };

/// Allocations per update of a steady kind of work, after some seconds of it, and the largest of them in bytes.
fn per_update(mut paint: impl FnMut(&mut Framebuffer, u32) -> Region) -> (Vec<usize>, usize) {
    let mut frame = Framebuffer::new(SIZE);
    text(&mut frame, SIZE.rect(), 5, 0);
    let mut encoder = Encoder::new(SIZE);
    let all = Region::from_rect(SIZE.rect());
    let (mut now, mut bytes, mut counts, mut largest) = (1, Vec::new(), Vec::new(), 0);
    let first = encoder.encode(&PicturePatch::new(frame.view(), &all), now, FAST).unwrap().unwrap();
    encoder.recycle(first);
    for step in 1..200 {
        now += 33;
        let damage = paint(&mut frame, step);
        let before = COUNT.get();
        LARGEST.set(0);
        if let Some(update) = encoder.encode(&PicturePatch::new(frame.view(), &damage), now, FAST).unwrap() {
            update.write_to(&mut bytes);
            encoder.recycle(update);
        }
        if step > 100 {
            counts.push(COUNT.get() - before);
            largest = largest.max(LARGEST.get());
        }
    }
    (counts, largest)
}

#[test]
fn a_typed_letter_allocates_nothing() {
    let mut rng = Rng(3);
    let (counts, _) = per_update(|frame, _| Region::from_rect(letter(frame, &mut rng)));
    assert_eq!(counts.iter().sum::<usize>(), 0, "{counts:?}");
}

/// What a scroll leaves open is a region of many rectangles: their lists take memory, but nothing as large as the pixels they name.
#[test]
fn a_scrolled_page_allocates_little() {
    let pane = Rect::new(100, 60, 900, 600);
    let (counts, largest) = per_update(|frame, step| {
        text(frame, pane, 9, 60 * step);
        Region::from_rect(pane)
    });
    assert!(counts.iter().all(|count| *count <= 20) && largest <= 4_096, "{largest} bytes, {counts:?}");
}
