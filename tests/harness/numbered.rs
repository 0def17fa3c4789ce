//! Numbered pictures: moving content at the customer's whose every picture carries its number, and the age of what a technician sees.
//!
//! In scope: painting 30 pictures a second on a thread of its own, when each was there, reading the number from pixels of any quality,
//! ages by phase. Not in scope: what ages are good; that is in `scenarios/`.

use crate::{painter::Painter, painter::photo_like, xserver::XServer};
use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};
use x11rb::{
    protocol::xproto::{ConnectionExt as _, ImageFormat, Window},
    rust_connection::RustConnection,
};

/// Side of a bit's square, pixels: large enough for the coarsest video.
const SQUARE: u32 = 16;
/// Bits of a number, and of the check behind it.
const BITS: u32 = 12;
const CHECK_BITS: u32 = 4;
/// Extent of a written number, pixels.
pub const WIDTH: u32 = SQUARE * (BITS + CHECK_BITS);
const HEIGHT: u32 = SQUARE;
/// Pictures a second, and the rows of a scroll.
const EVERY: Duration = Duration::from_micros(33_333);
const STEP: u32 = 96;

/// What moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// A film: a photo that drifts, 960 by 540.
    Film,
    /// A page of text that scrolls, 1000 by 640.
    Scroll,
}

/// Where the content lies, from the left and the top.
const PLACE: (u32, u32) = (48, 64);

impl Content {
    fn size(self) -> (u32, u32) {
        match self {
            Self::Film => (960, 540),
            Self::Scroll => (1000, 640),
        }
    }

    /// Where its number is on the customer's screen.
    pub fn number_at(self) -> (u32, u32) {
        match self {
            Self::Film => PLACE,
            Self::Scroll => (PLACE.0, PLACE.1 + self.size().1 - HEIGHT),
        }
    }
}

/// Paints until it is dropped.
#[derive(Debug)]
pub struct Numbered {
    painted: Arc<Mutex<Vec<Instant>>>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<Painter>>,
}

impl Numbered {
    /// Begins to paint `content`.
    pub fn start(painter: Painter, content: Content) -> Self {
        let (painted, ended) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (times, over) = (painted.clone(), ended.clone());
        let thread = std::thread::spawn(move || {
            paint(&painter, content, &times, &over);
            painter
        });
        Self { painted, ended, thread: Some(thread) }
    }

    /// When picture `number` was on the customer's screen.
    pub fn painted(&self, number: usize) -> Option<Instant> {
        self.painted.lock().unwrap_or_else(PoisonError::into_inner).get(number).copied()
    }

    /// Stops; the screen stays as it is.
    ///
    /// # Panics
    /// When painting failed.
    pub fn stop(mut self) -> Painter {
        self.ended.store(true, Ordering::SeqCst);
        self.thread.take().expect("it is stopped once").join().expect("painting does not fail")
    }
}

impl Drop for Numbered {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
    }
}

fn paint(painter: &Painter, content: Content, painted: &Mutex<Vec<Instant>>, ended: &AtomicBool) {
    let (width, height) = content.size();
    let film = (width + 256, height + 128);
    let photo = if content == Content::Film { photo_like(film.0, film.1, 7) } else { Vec::new() };
    let (mut next, mut number) = (Instant::now(), 0);
    while !ended.load(Ordering::SeqCst) {
        match content {
            Content::Film => {
                // There and back, so that it never jumps.
                let there_and_back = |step: u32, length: u32| (step % (2 * length)).min(2 * length - step % (2 * length));
                let (x, y) = (there_and_back(3 * number, 256), there_and_back(number, 128));
                let rows = (0..height).flat_map(|row| photo[((y + row) * film.0 + x) as usize..][..width as usize].iter().copied());
                let mut pixels: Vec<u32> = rows.collect();
                for (row, line) in digits(number).chunks_exact(WIDTH as usize).enumerate() {
                    pixels[row * width as usize..][..WIDTH as usize].copy_from_slice(line);
                }
                painter.pixels(PLACE.0, PLACE.1, width, &pixels);
            }
            Content::Scroll => {
                let (x, y) = content.number_at();
                painter.scroll_up(PLACE.0, PLACE.1, width, height, STEP, u64::from(number));
                painter.pixels(x, y, WIDTH, &digits(number));
            }
        }
        painted.lock().unwrap_or_else(PoisonError::into_inner).push(Instant::now());
        number += 1;
        next += EVERY;
        while let Some(left) = next.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
            std::thread::park_timeout(left);
        }
    }
}

/// The pixels of a number.
fn digits(number: u32) -> Vec<u32> {
    let code = (number & ((1 << BITS) - 1)) << CHECK_BITS | check(number);
    let colour = |x: u32| if code >> (x / SQUARE) & 1 == 1 { 0xFF_FFFF } else { 0 };
    (0..HEIGHT).flat_map(|_| (0..WIDTH).map(colour)).collect()
}

fn check(number: u32) -> u32 {
    (number ^ number >> 4 ^ number >> 8 ^ 0b1010) & ((1 << CHECK_BITS) - 1)
}

/// The number in these pixels, if they hold one.
fn read(pixels: &[u32]) -> Option<u32> {
    let code = (0..BITS + CHECK_BITS).fold(0, |code, bit| {
        // The middle of the square, which its neighbours do not bleed into.
        let middle = pixels[(HEIGHT / 2 * WIDTH + bit * SQUARE + SQUARE / 2) as usize];
        code | u32::from(middle >> 8 & 0xFF > 0x80) << bit
    });
    let number = code >> CHECK_BITS;
    (check(number) == code & ((1 << CHECK_BITS) - 1)).then_some(number)
}

/// Looks at a number on a screen.
#[derive(Debug)]
pub struct Eye {
    connection: RustConnection,
    root: Window,
    at: (u32, u32),
}

impl Eye {
    /// Looks at this place of `screen`.
    pub fn on(screen: &XServer, at: (u32, u32)) -> Self {
        use x11rb::connection::Connection as _;
        let (connection, number) = screen.connect();
        let root = connection.setup().roots[number].root;
        Self { connection, root, at }
    }

    /// The number that is shown, if it can be read.
    ///
    /// # Panics
    /// When the X server is gone.
    pub fn reads(&self) -> Option<u32> {
        let (x, y) = (self.at.0 as i16, self.at.1 as i16);
        let asked = self.connection.get_image(ImageFormat::Z_PIXMAP, self.root, x, y, WIDTH as u16, HEIGHT as u16, !0);
        let image = asked.expect("asked").reply().expect("the root has pixels");
        read(&image.data.chunks_exact(4).map(|pixel| u32::from_le_bytes([pixel[0], pixel[1], pixel[2], 0])).collect::<Vec<_>>())
    }

    /// Looks for a while: the age of what was shown at every look, and how many pictures were seen.
    pub fn watches(&self, numbered: &Numbered, time: Duration) -> Ages {
        let end = Instant::now() + time;
        let (mut ages, mut last, mut pictures) = (Vec::new(), None, 0);
        while Instant::now() < end {
            let looked = Instant::now();
            if let Some(number) = self.reads()
                && let Some(painted) = numbered.painted(number as usize)
            {
                ages.push(looked.saturating_duration_since(painted));
                pictures += u32::from(last.replace(number) != Some(number));
            }
            std::thread::park_timeout(Duration::from_millis(10));
        }
        Ages::new(ages, pictures, time)
    }
}

/// How old what was shown was, over a phase.
#[derive(Clone)]
pub struct Ages {
    sorted: Vec<Duration>,
    pictures: u32,
    time: Duration,
}

impl Ages {
    fn new(mut ages: Vec<Duration>, pictures: u32, time: Duration) -> Self {
        assert!(!ages.is_empty(), "no number could be read");
        ages.sort_unstable();
        Self { sorted: ages, pictures, time }
    }

    /// The age that this part (from 0 to 1) of the looks did not exceed.
    pub fn quantile(&self, part: f64) -> Duration {
        self.sorted[((self.sorted.len() - 1) as f64 * part).round() as usize]
    }

    /// Pictures seen a second.
    pub fn pictures_per_second(&self) -> f64 {
        f64::from(self.pictures) / self.time.as_secs_f64()
    }
}

impl fmt::Debug for Ages {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |part| self.quantile(part).as_millis();
        write!(out, "age p50 {} p90 {} p99 {} most {} ms", ms(0.5), ms(0.9), ms(0.99), ms(1.0))?;
        write!(out, ", {:.1} pictures/s, {} looks", self.pictures_per_second(), self.sorted.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_from_its_own_pixels_and_noise_is_not_taken_for_one() {
        for number in [0, 1, 77, 1_000, 4_095] {
            assert_eq!(read(&digits(number)), Some(number));
        }
        let mixed: Vec<u32> = digits(0).iter().zip(digits(0xF0)).map(|(a, b)| a ^ (b & 0xFF_0000)).collect();
        assert_eq!(read(&mixed), Some(0), "only the brightness counts");
        assert_eq!(read(&vec![0; (WIDTH * HEIGHT) as usize]), None);
    }
}
