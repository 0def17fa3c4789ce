//! Extent: how far a move that some pixels speak for really goes.
//!
//! In scope: the rectangle whose pixels were sent before, at one given distance. Not in scope: finding the distance (`vote`, `anchors`).

use deskhand_screen::{Point, Rect};

use super::Distance;
use crate::rows::Rows;

/// Width of the columns that are compared pixel by pixel, in pixels, and the widest mask of columns.
const COLUMN_WIDTH: u32 = 64;
const COLUMNS: u32 = 64;
/// A row moves when at most one part in this many of its columns does not.
const STILL: u32 = 5;
/// Rows that must move together.
const LEAST_ROWS: usize = 12;

/// The rectangle inside `bounds` whose pixels lay `by` further in the old picture, and where they lay.
pub(super) fn extent(rows: &Rows<'_>, bounds: Rect, by: Distance, row: &mut Vec<u32>) -> Option<(Point, Rect)> {
    let inside = by.target(bounds, rows.size())?;
    let column = COLUMN_WIDTH.max(inside.width.div_ceil(COLUMNS));
    let columns = inside.width.div_ceil(column);
    let all = u64::MAX >> (COLUMNS - columns);
    let old = |y: u32, left: u32, right: u32| {
        let (x, y) = by.source(left, y);
        rows.old(y, x, x + right - left)
    };
    let masks: Vec<u64> = (inside.y..inside.bottom())
        .map(|y| {
            let fresh = rows.fresh(y, inside.x, inside.right(), row);
            let moved = old(y, inside.x, inside.right());
            if fresh == moved {
                return all;
            }
            let same = fresh.chunks(column as usize).zip(moved.chunks(column as usize)).map(|(a, b)| a == b);
            same.enumerate().fold(0, |mask, (index, same)| mask | u64::from(same) << index)
        })
        .collect();
    let (first, last) = columns_that_move(&masks, columns)?;
    let mask = all >> (columns - 1 - last) & (all << first);
    // A small thing that stands still in a row does not stop it.
    let moves = |mask_of_row: &u64| (mask & !mask_of_row).count_ones() * STILL <= mask.count_ones();
    let (start, length) = rows_that_move(&masks, moves)?;
    // The columns at the sides move in part: find how far.
    let (mut left, mut right) = (inside.x + first * column, (inside.x + (last + 1) * column).min(inside.right()));
    let (mut more_left, mut more_right) = (column.min(left - inside.x), column.min(inside.right() - right));
    let top = inside.y + start as u32;
    for (y, _) in (top..).zip(&masks[start..start + length]).filter(|(_, of_row)| *of_row & mask == mask) {
        if more_left > 0 {
            let fresh = rows.fresh(y, left - more_left, left, row);
            let differs = fresh.iter().zip(old(y, left - more_left, left)).rposition(|(a, b)| a != b);
            more_left = differs.map_or(more_left, |at| more_left - 1 - at as u32);
        }
        if more_right > 0 {
            let fresh = rows.fresh(y, right, right + more_right, row);
            let differs = fresh.iter().zip(old(y, right, right + more_right)).position(|(a, b)| a != b);
            more_right = differs.map_or(more_right, |at| at as u32);
        }
    }
    left -= more_left;
    right += more_right;
    let to = Rect::from_edges(left, top, right, top + length as u32);
    let (x, y) = by.source(to.x, to.y);
    Some((Point { x, y }, to))
}

/// The longest run of columns that match in at least half as many rows as the best one.
fn columns_that_move(masks: &[u64], columns: u32) -> Option<(u32, u32)> {
    let counts: Vec<usize> = (0..columns).map(|index| masks.iter().filter(|mask| **mask >> index & 1 == 1).count()).collect();
    let enough = (counts.iter().max()? / 2).max(1);
    let mut best: Option<(u32, u32)> = None;
    let mut start = None;
    for index in 0..=columns {
        let good = counts.get(index as usize).is_some_and(|count| *count >= enough);
        match (start, good) {
            (None, true) => start = Some(index),
            (Some(first), false) => {
                if best.is_none_or(|(from, to)| index - first > to - from + 1) {
                    best = Some((first, index - 1));
                }
                start = None;
            }
            _ => {}
        }
    }
    best
}

/// The span of rows, first and number, that is worth moving: it begins and ends with rows that move, and no gap in it is longer than what
/// moves before it. Rows in gaps are repaired by tiles.
fn rows_that_move(masks: &[u64], moves: impl Fn(&u64) -> bool) -> Option<(usize, usize)> {
    let (mut best, mut start, mut good, mut gap) = (None::<(usize, usize, usize)>, None, 0_usize, 0_usize);
    for (row, mask) in masks.iter().enumerate() {
        if moves(mask) {
            start.get_or_insert(row);
            good += 1;
            gap = 0;
        } else {
            gap += 1;
            if gap > good {
                (start, good) = (None, 0);
            }
            continue;
        }
        if let Some(start) = start
            && best.is_none_or(|(most, _, _)| good > most)
        {
            best = Some((good, start, row + 1 - start));
        }
    }
    best.filter(|(good, _, length)| *good >= LEAST_ROWS && good * 2 >= *length).map(|(_, start, length)| (start, length))
}
