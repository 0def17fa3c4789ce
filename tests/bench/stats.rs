//! Numbers about numbers: quantiles, and the straight line through measured costs.
//!
//! In scope: pure arithmetic. Not in scope: what was measured, in which unit.

use serde_json::{Value, json};

/// The value at this share of a sorted list; not a number for an empty one.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1) as f64;
    sorted.get((last * share).round() as usize).copied().unwrap_or(f64::NAN)
}

/// Median and 95th percentile, in the unit of the values.
pub(crate) fn spread(mut values: Vec<f64>) -> Value {
    values.sort_by(f64::total_cmp);
    json!({"n": values.len(), "p50": quantile(&values, 0.5), "p95": quantile(&values, 0.95)})
}

/// The median; nothing for no values. Of an even number, the mean of the two in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    Some(if values.len().is_multiple_of(2) { (values[values.len() / 2 - 1] + upper) / 2.0 } else { upper })
}

/// `y = at_zero + slope * x`, with two standard errors of each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Line {
    pub(crate) at_zero: f64,
    pub(crate) at_zero_noise: f64,
    pub(crate) slope: f64,
    pub(crate) slope_noise: f64,
}

impl Line {
    pub(crate) fn at(&self, x: f64) -> f64 {
        self.at_zero + self.slope * x
    }

    /// Whether zero costs zero, as far as these points can tell.
    pub(crate) fn through_origin(&self) -> bool {
        self.at_zero.abs() <= self.at_zero_noise
    }
}

/// The line with the least squares of *relative* errors (weights `1/y²`), so that small costs count as much as large ones: unweighted,
/// a few large points alone would draw it. Needs three points with `y > 0` and different `x`.
pub(crate) fn line(points: &[(f64, f64)]) -> Option<Line> {
    let count = points.len();
    if count < 3 || points.iter().any(|&(_, y)| y <= 0.0) {
        return None;
    }
    let sum = |of: &dyn Fn(f64, f64) -> f64| points.iter().map(|&(x, y)| of(x, y) / (y * y)).sum::<f64>();
    let (w, x, y, xx, xy) = (sum(&|_, _| 1.0), sum(&|x, _| x), sum(&|_, y| y), sum(&|x, _| x * x), sum(&|x, y| x * y));
    let spread = w * xx - x * x;
    if spread <= 0.0 {
        return None;
    }
    let (at_zero, slope) = ((xx * y - x * xy) / spread, (w * xy - x * y) / spread);
    let variance = sum(&|x, y| (y - at_zero - slope * x).powi(2)) / (count - 2) as f64;
    let noise = |share: f64| 2.0 * (variance * share / spread).sqrt();
    Some(Line { at_zero, at_zero_noise: noise(xx), slope, slope_noise: noise(w) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use harness::painter::Seeded;

    const SIZES: [f64; 6] = [256.0, 4096.0, 65536.0, 262_144.0, 2_073_600.0, 8_294_400.0];

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-6 * b.abs().max(1e-6)
    }

    /// Costs with an error of up to this share either way.
    fn noisy(at_zero: f64, slope: f64, share: f64) -> Vec<(f64, f64)> {
        let mut random = Seeded::new(7);
        let mut error = || 1.0 + share * (f64::from(random.below(2001)) / 1000.0 - 1.0);
        SIZES.iter().map(|&x| (x, (at_zero + slope * x) * error())).collect()
    }

    #[test]
    fn quantiles_are_values_of_the_list() {
        let sorted: Vec<f64> = (0..=100).map(f64::from).collect();
        assert_eq!((quantile(&sorted, 0.5), quantile(&sorted, 0.95), quantile(&sorted, 1.0)), (50.0, 95.0, 100.0));
        assert!(quantile(&[], 0.5).is_nan());
    }

    #[test]
    fn a_spread_sorts_what_it_gets() {
        assert_eq!(spread(vec![3.0, 1.0, 2.0]), json!({"n": 3, "p50": 2.0, "p95": 3.0}));
        assert_eq!(spread(Vec::new())["p50"], Value::Null);
    }

    #[test]
    fn the_median_of_two_is_between_them() {
        assert_eq!((median(vec![4.0, 1.0]), median(vec![9.0, 1.0, 2.0]), median(Vec::new())), (Some(2.5), Some(2.0), None));
    }

    #[test]
    fn a_line_without_noise_is_found_as_it_is() {
        let found = line(&noisy(30.0, 0.002, 0.0)).unwrap();
        assert!(close(found.at_zero, 30.0) && close(found.slope, 0.002) && found.at_zero_noise < 1e-3, "{found:?}");
        assert!(!found.through_origin() && close(found.at(1000.0), 32.0));
    }

    #[test]
    fn noise_hides_a_small_fixed_cost_but_no_large_one() {
        let proportional = line(&noisy(0.0, 0.002, 0.1)).unwrap();
        assert!(proportional.through_origin(), "{proportional:?}");
        let fixed = line(&noisy(40.0, 0.002, 0.1)).unwrap();
        assert!(!fixed.through_origin() && (fixed.at_zero - 40.0).abs() < 8.0, "{fixed:?}");
    }

    #[test]
    fn too_little_is_no_line() {
        assert_eq!(line(&[(1.0, 1.0), (2.0, 2.0)]), None);
        assert_eq!(line(&[(1.0, 1.0), (1.0, 2.0), (1.0, 3.0)]), None);
        assert_eq!(line(&[(1.0, 0.0), (2.0, 2.0), (3.0, 3.0)]), None);
    }
}
