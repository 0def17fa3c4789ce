//! Bytes from one side to the other, without looking into them.
//!
//! | file | what |
//! | --- | --- |
//! | `flight` | a screen update on its way: arrives once, is read by the recorder and every viewer |
//! | `backlog` | the bound of what waits for one viewer, and what happens to one that is slow |
//! | `updates` | updates of a host: recorded, and handed to every viewer's backlog |
//! | `deliver` | one viewer's backlog onto its connection |
//! | `splice` | a bidirectional stream and its twin |
//!
//! In scope: order, bounds, priorities. Not in scope: who may send what (`host`, `viewer`).

pub mod backlog;
pub mod deliver;
pub mod flight;
pub mod splice;
pub mod updates;
