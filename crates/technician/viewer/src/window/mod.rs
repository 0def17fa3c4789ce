//! The window: a function of a snapshot that gives commands.
//!
//! In scope: opening it, its pages, keyboard and pointer while they are the picture's. Not in scope: connections, keys,
//! timers; those belong to the desk, which runs on a thread of its own.
//!
//! | file | what |
//! | --- | --- |
//! | `app` | the toolkit's side: one frame after the other |
//! | `pages` | the page for a snapshot, and what a person typed and did not send yet |
//! | `entry`, `wait`, `session`, `over` | the pages |
//! | `toolbar`, `status`, `screen` | the session page's parts |
//! | `keyboard`, `pointer`, `fit` | what was pressed, where, on whose screen |
//! | `glide` | a pointer that moves without a repaint |
//! | `shortcuts` | chords that are the viewer's own |
//! | `cursor`, `over_picture`, `overlay` | what is drawn over the picture |

mod app;
mod cursor;
mod entry;
pub(crate) mod fit;
mod glide;
pub(crate) mod keyboard;
mod over;
mod over_picture;
mod overlay;
mod pages;
mod pointer;
mod screen;
mod session;
mod shortcuts;
mod status;
mod style;
#[cfg(test)]
mod tests;
mod toolbar;
mod wait;

pub(crate) use app::run;
pub(crate) use pages::{Local, show};
