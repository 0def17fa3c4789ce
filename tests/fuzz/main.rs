//! Runs every parser on mutated input for a while: `cargo xtask fuzz`.
//!
//! In scope: seeded mutations of the corpus (flips, cuts, copies, numbers at their edges). A panic ends the program; the input that
//! caused it is kept in the corpus, so that the tests run it from then on. Not in scope: coverage guidance.
#![forbid(unsafe_code)]

use harness::{
    fuzz::{TARGETS, Target},
    painter::Seeded,
};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

fn corpus(target: &Target) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target.name)
}

fn mutate(random: &mut Seeded, seeds: &[Vec<u8>]) -> Vec<u8> {
    let pick = |random: &mut Seeded| seeds[random.below(seeds.len() as u32) as usize].clone();
    let mut bytes = pick(random);
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len() as u32 + 1) as usize;
        match random.below(6) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            1 if at < bytes.len() => bytes[at] = [0, 1, 0x7F, 0x80, 0xFF][random.below(5) as usize],
            2 => bytes.truncate(at),
            3 => {
                let other = pick(random);
                let from = random.below(other.len() as u32 + 1) as usize;
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
            4 => drop(bytes.splice(at..at, (0..random.below(9)).map(|_| random.draw() as u8).collect::<Vec<_>>())),
            _ => {
                let end = (at + random.below(16) as usize).min(bytes.len());
                bytes.drain(at..end);
            }
        }
    }
    bytes
}

fn main() {
    let mut words = std::env::args().skip(1);
    let seconds: u64 = words.next().and_then(|word| word.parse().ok()).unwrap_or(20);
    let seed: u64 = words.next().and_then(|word| word.parse().ok()).unwrap_or(1);
    let only = words.next();
    for target in TARGETS.iter().filter(|target| only.as_deref().is_none_or(|only| only == target.name)) {
        let mut seeds: Vec<Vec<u8>> =
            std::fs::read_dir(corpus(target)).into_iter().flatten().flatten().filter_map(|file| std::fs::read(file.path()).ok()).collect();
        seeds.push(Vec::new());
        let mut random = Seeded::new(seed);
        let end = Instant::now() + Duration::from_secs(seconds);
        let (mut count, mut slowest) = (0_u64, Duration::ZERO);
        while Instant::now() < end {
            let bytes = mutate(&mut random, &seeds);
            let start = Instant::now();
            if catch_unwind(AssertUnwindSafe(|| (target.read)(&bytes))).is_err() {
                let file = corpus(target).join(format!("panic-{:016x}", random.draw()));
                let kept = std::fs::create_dir_all(corpus(target)).and_then(|()| std::fs::write(&file, &bytes));
                eprintln!("{}: panicked; the input is {} ({kept:?})", target.name, file.display());
                std::process::exit(1);
            }
            slowest = slowest.max(start.elapsed());
            count += 1;
        }
        println!("{:<12} {count:>10} inputs, the slowest took {:.1} ms", target.name, slowest.as_secs_f64() * 1e3);
    }
}
