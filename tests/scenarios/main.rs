//! Scenarios through the real programs: one test binary, so that it links once.
//!
//! Each file is one promise or one kind of trouble. Every scenario has an X server, a relay, folders and ports of its own.
#![forbid(unsafe_code)]

mod blind;
mod bundle;
mod code;
mod consent;
mod control;
mod errors;
mod evil_administrator;
mod evil_relay;
mod journeys;
mod kills;
mod layers;
mod log;
mod monitors;
mod organisation_log;
mod own_windows;
mod pace;
mod parsers;
mod pointer;
mod receipts;
mod replay;
mod reviewers;
mod settle;
mod window;
mod witnesses;
