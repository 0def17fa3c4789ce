//! What the injector has to know about an X server, and the few things `enigo` does not do.
//!
//! In scope: whose window is where, what the keyboard's keys mean, spare keys. Not in scope: events; `enigo` sends them.

mod display;
mod keyboard;
mod layout;
mod own;
mod spares;

pub(crate) use display::Display;
pub(crate) use keyboard::{Keyboard, State};
pub(crate) use layout::{LOCK, SHIFT};
