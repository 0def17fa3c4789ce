//! The Debian packages that building, testing and showing need; installs those that are missing.
//!
//! In scope: Debian and Ubuntu. Elsewhere the names of what is missing are said, and nothing is installed.

use crate::run::{has, must};
use anyhow::bail;
use std::{
    io::{IsTerminal, Write},
    path::Path,
    process::Command,
};

/// Something needed: how to see that it is there, and the package that brings it.
struct Need {
    package: &'static str,
    there: fn() -> bool,
}

fn file(path: &str) -> bool {
    Path::new(path).exists()
}

fn library(name: &str) -> bool {
    ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"]
        .iter()
        .any(|folder| Path::new(folder).join(name).exists())
}

/// The assembler makes openh264 twice as fast; the compiler builds it.
const BUILD: &[Need] = &[
    Need { package: "g++", there: || has("g++") || has("c++") },
    Need { package: "nasm", there: || has("nasm") },
    Need { package: "pkg-config", there: || has("pkg-config") },
];

/// For windows and for a private screen.
const SCREEN: &[Need] = &[
    Need { package: "xvfb", there: || has("Xvfb") },
    Need { package: "openbox", there: || has("openbox") },
    Need { package: "libgl1-mesa-dri", there: || library("dri/swrast_dri.so") || library("libgallium-22.3.6.so") || library("dri") },
    Need { package: "libgl1", there: || library("libGL.so.1") },
    Need { package: "libegl1", there: || library("libEGL.so.1") },
    Need { package: "libx11-6", there: || library("libX11.so.6") },
    Need { package: "libx11-xcb1", there: || library("libX11-xcb.so.1") },
    Need { package: "libxcursor1", there: || library("libXcursor.so.1") },
    Need { package: "libxi6", there: || library("libXi.so.6") },
    Need { package: "libxrandr2", there: || library("libXrandr.so.2") },
    Need { package: "libxkbcommon-x11-0", there: || library("libxkbcommon-x11.so.0") },
    Need { package: "fonts-dejavu-core", there: || file("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf") },
];

/// For the scrap backend, which CI builds.
const SCRAP: &[Need] = &[
    Need { package: "libxcb-shm0-dev", there: || library("libxcb-shm.so") },
    Need { package: "libxcb-randr0-dev", there: || library("libxcb-randr.so") },
    Need { package: "libxcb1-dev", there: || library("libxcb.so") },
];

/// For scenarios that need a second opinion.
const TEST: &[Need] = &[
    Need { package: "xterm", there: || has("xterm") },
    Need { package: "x11-xserver-utils", there: || has("xrandr") },
    Need { package: "chromium", there: || has("chromium") },
    Need { package: "ffmpeg", there: || has("ffprobe") },
];

/// For the side-by-side rig: it compiles its workloads, gives each run a network of its own, and looks at windows. Peers are not
/// installed; those that are there take part.
const RIG: &[Need] = &[
    Need { package: "gcc", there: || has("gcc") || has("cc") },
    Need { package: "libx11-dev", there: || file("/usr/include/X11/Xlib.h") },
    Need { package: "libxext-dev", there: || file("/usr/include/X11/extensions/XShm.h") },
    Need { package: "libfreetype-dev", there: || file("/usr/include/freetype2/ft2build.h") },
    Need { package: "fontconfig", there: || has("fc-match") },
    Need { package: "iproute2", there: || has("ip") && has("ss") },
    Need { package: "procps", there: || has("ps") },
    Need { package: "python3", there: || has("python3") },
    Need { package: "xdotool", there: || has("xdotool") },
];

/// What a command is about to do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum For {
    /// Build release programs and show them.
    Demo,
    /// Build everything and test it.
    Test,
    /// Build release programs and time them.
    Bench,
    /// Build release programs and time them beside others.
    Peers,
    /// Lint everything.
    Check,
    /// Build release programs.
    Package,
}

/// Makes sure that everything is there for this purpose.
///
/// # Errors
/// When something is missing and can't be installed; the names are said.
pub(crate) fn prepare(purpose: For) -> anyhow::Result<()> {
    let groups: &[&[Need]] = match purpose {
        For::Demo => &[BUILD, SCREEN],
        For::Test => &[BUILD, SCREEN, SCRAP, TEST],
        For::Bench => &[BUILD, SCREEN],
        For::Peers => &[BUILD, SCREEN, RIG],
        For::Check => &[BUILD, SCRAP],
        For::Package => &[BUILD],
    };
    let missing: Vec<&str> = groups.iter().copied().flatten().filter(|need| !(need.there)()).map(|need| need.package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    if !has("apt-get") {
        bail!("these are missing, by their Debian names: {list}. Install them with your system's package manager and run this again.");
    }
    eprintln!("These system packages are missing: {list}");
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    if !is_root && !has("sudo") {
        bail!("install them as an administrator: apt-get install {list}");
    }
    if std::io::stdin().is_terminal()
        && std::env::var_os("CI").is_none()
        && !agrees(&format!("Install them now with apt-get{}?", if is_root { "" } else { " (by sudo)" }))
    {
        bail!("nothing was installed. To go on: apt-get install {list}");
    }
    let apt = |arguments: &[&str]| {
        let mut command = if is_root { Command::new("apt-get") } else { Command::new("sudo") };
        if !is_root {
            command.arg("apt-get");
        }
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    must(&mut apt(&["update", "-qq"]))?;
    let mut install = apt(&["install", "-y", "-qq", "--no-install-recommends"]);
    must(install.args(&missing))
}

fn agrees(question: &str) -> bool {
    eprint!("{question} [Y/n] ");
    let _ = std::io::stderr().flush();
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).is_ok() && matches!(line.trim(), "" | "y" | "Y" | "yes")
}
