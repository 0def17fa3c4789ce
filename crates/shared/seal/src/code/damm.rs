//! The Damm check digit: finds every single wrong digit and every swap of two neighbours.
//!
//! Source: H. Michael Damm, "Total anti-symmetrische Quasigruppen" (2004), the order-10 table in common use.

const TABLE: [[u8; 10]; 10] = [
    [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
    [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
    [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
    [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
    [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
    [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
    [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
    [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
    [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
    [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
];

/// The check digit of `digits` (each 0..=9). Digits followed by their own check digit give 0.
pub(super) fn check_digit(digits: impl IntoIterator<Item = u8>) -> u8 {
    digits.into_iter().fold(0, |interim, digit| TABLE[usize::from(interim)][usize::from(digit % 10)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_example_holds() {
        assert_eq!(check_digit([5, 7, 2]), 4);
        assert_eq!(check_digit([5, 7, 2, 4]), 0);
    }

    #[test]
    fn every_single_error_and_every_swap_of_neighbours_is_found() {
        let number = [4, 8, 2, 1, 3, 3, 8, 5, 1, 2, 7, 4, 0, 9];
        let check = check_digit(number);
        for at in 0..number.len() {
            for digit in (0..10).filter(|digit| *digit != number[at]) {
                let mut wrong = number;
                wrong[at] = digit;
                assert_ne!(check_digit(wrong), check, "digit {at} -> {digit}");
            }
        }
        for at in 1..number.len() {
            let mut swapped = number;
            swapped.swap(at - 1, at);
            assert!(swapped == number || check_digit(swapped) != check, "swap at {at}");
        }
    }
}
