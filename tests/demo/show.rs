//! Where the demo plays, and how it speaks.

use harness::{Person, XServer, until};
use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

/// Fill of the customer's "Allow" button.
const ALLOW: u32 = 0x1B_62C4;

/// Fill of the "No" button: the page before the question has a blue button too, and no red one.
const NO: u32 = 0xB3_261E;

/// A desktop that is there, or a private one.
pub(crate) enum Desk {
    /// The person's own.
    Own(String),
    /// A screen in memory, with a window manager.
    Private(XServer, Child),
}

impl Desk {
    /// Takes the desktop when there is one.
    pub(crate) fn open() -> Self {
        if let Some(display) = std::env::var("DISPLAY").ok().filter(|display| x11rb::connect(Some(display)).is_ok()) {
            return Desk::Own(display);
        }
        let screen = XServer::start(1280, 800);
        let mut manager = Command::new("openbox");
        manager.env("DISPLAY", screen.display()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let manager = manager.spawn().expect("openbox starts (Debian package openbox; `cargo xtask demo` installs it)");
        Desk::Private(screen, manager)
    }

    /// Its name, for `DISPLAY`.
    pub(crate) fn display(&self) -> &str {
        match self {
            Desk::Own(display) => display,
            Desk::Private(screen, _) => screen.display(),
        }
    }

    /// In words.
    pub(crate) fn about(&self) -> String {
        match self {
            Desk::Own(display) => format!("this desktop ({display})"),
            Desk::Private(screen, _) => format!("a private one in memory ({}), 1280 by 800; there is no desktop here", screen.display()),
        }
    }

    /// Gets the question answered: by the person, or by a click on the real button.
    pub(crate) fn answer(&self, folder: &Path) {
        match self {
            Desk::Own(_) => println!("      Please look at the Deskhand window, read the question, and click \"Allow\"."),
            Desk::Private(screen, _) => {
                let person = Person::at(screen);
                let (x, y) = until("the Allow button can be pressed", || person.sees(NO).and_then(|_| person.sees(ALLOW)));
                let picture = folder.join("the-question.png");
                show_screen(screen, &picture);
                println!("      The question is shown ({}). Clicking \"Allow\" at {x}, {y}.", picture.display());
                person.click(x, y);
            }
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        if let Desk::Private(_, manager) = self {
            let _ = manager.kill();
            let _ = manager.wait();
        }
    }
}

/// Keeps a picture of the screen.
fn show_screen(screen: &XServer, file: &Path) {
    let (width, pixels) = screen.picture();
    harness::viewer::write_png(file, width, &pixels);
}

static STEP: AtomicU32 = AtomicU32::new(1);

/// Says what was just done.
pub(crate) fn step(text: &str) {
    println!("{:>4}  {text}", STEP.fetch_add(1, Ordering::SeqCst));
    let _ = std::io::stdout().flush();
}

/// Failures in words, without a trace.
pub(crate) fn plain_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let text = panic.payload().downcast_ref::<String>().map(String::as_str).or_else(|| panic.payload().downcast_ref::<&str>().copied());
        eprintln!("\nThe demo could not go on: {}", text.unwrap_or("for an unknown reason"));
    }));
}

/// A folder for this run below `base`.
pub(crate) fn fresh_folder(base: &Path) -> PathBuf {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
    let folder = std::path::absolute(base).unwrap_or_else(|_| base.to_path_buf()).join(now.to_string());
    std::fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{} can't be made: {error}", folder.display()));
    folder
}
