//! Region against the plainest model: a grid of booleans.

use deskhand_screen::{Point, Rect, Region};
use proptest::prelude::*;

const SIDE: u32 = 24;

#[derive(Clone, Debug)]
enum Step {
    Add(Rect),
    Subtract(Rect),
    Intersect(Rect),
    AddRegion(Vec<Rect>),
    SubtractRegion(Vec<Rect>),
    Translate(i32, i32),
}

fn rect() -> impl Strategy<Value = Rect> {
    (0..SIDE, 0..SIDE, 0..SIDE, 0..SIDE).prop_map(|(x, y, width, height)| Rect::new(x, y, width.min(SIDE - x), height.min(SIDE - y)))
}

fn step() -> impl Strategy<Value = Step> {
    let rects = || proptest::collection::vec(rect(), 0..4);
    prop_oneof![
        4 => rect().prop_map(Step::Add),
        3 => rect().prop_map(Step::Subtract),
        1 => rect().prop_map(Step::Intersect),
        1 => rects().prop_map(Step::AddRegion),
        1 => rects().prop_map(Step::SubtractRegion),
        1 => (-3..=0, -3..=0).prop_map(|(x, y)| Step::Translate(x, y)),
    ]
}

type Grid = Vec<bool>;

fn points() -> impl Iterator<Item = Point> {
    (0..SIDE).flat_map(|y| (0..SIDE).map(move |x| Point { x, y }))
}

fn set(grid: &mut Grid, rects: &[Rect], value: bool) {
    for (cell, point) in grid.iter_mut().zip(points()) {
        if rects.iter().any(|rect| rect.contains(point)) {
            *cell = value;
        }
    }
}

fn model(grid: &mut Grid, step: &Step) {
    match step {
        Step::Add(rect) => set(grid, &[*rect], true),
        Step::Subtract(rect) => set(grid, &[*rect], false),
        Step::AddRegion(rects) => set(grid, rects, true),
        Step::SubtractRegion(rects) => set(grid, rects, false),
        Step::Intersect(rect) => {
            for (cell, point) in grid.iter_mut().zip(points()) {
                *cell &= rect.contains(point);
            }
        }
        Step::Translate(dx, dy) => {
            let before = grid.clone();
            for (cell, point) in grid.iter_mut().zip(points()) {
                let (x, y) = (point.x as i32 - dx, point.y as i32 - dy);
                let inside = x < SIDE as i32 && y < SIDE as i32;
                *cell = inside && before[y as usize * SIDE as usize + x as usize];
            }
        }
    }
}

fn apply(region: &mut Region, step: &Step) {
    match step {
        Step::Add(rect) => region.add(*rect),
        Step::Subtract(rect) => region.subtract(*rect),
        Step::Intersect(rect) => region.intersect(*rect),
        Step::AddRegion(rects) => region.add_region(&rects.iter().copied().collect()),
        Step::SubtractRegion(rects) => region.subtract_region(&rects.iter().copied().collect()),
        Step::Translate(dx, dy) => region.translate(*dx, *dy),
    }
}

proptest! {
    #[test]
    fn a_region_holds_exactly_the_pixels_of_the_model(steps in proptest::collection::vec(step(), 1..25)) {
        let mut grid = vec![false; (SIDE * SIDE) as usize];
        let mut region = Region::new();
        for step in &steps {
            model(&mut grid, step);
            apply(&mut region, step);
            let held: Grid = points().map(|point| region.contains(point)).collect();
            prop_assert_eq!(&held, &grid, "after {:?}", step);
            let area = grid.iter().filter(|cell| **cell).count() as u64;
            prop_assert_eq!(region.area(), area, "the rectangles overlap");
            prop_assert_eq!(region.is_empty(), area == 0);
        }
        // The same pixels, put together dot by dot, make an equal region.
        let dots = points().zip(&grid).filter(|(_, held)| **held);
        let rebuilt: Region = dots.map(|(point, _)| Rect::new(point.x, point.y, 1, 1)).collect();
        prop_assert_eq!(rebuilt, region);
    }
}
