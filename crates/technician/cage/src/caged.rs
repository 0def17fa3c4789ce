//! Inside the cage: read an update, apply it, answer.
//!
//! In scope: the loop. Descriptor 0 brings updates (`length u32 little-endian | bytes`; the length's highest bit asks for what came
//! which way), descriptor 1 takes answers of the same shape, descriptor 2 is the memory file of the picture. Not in scope: the walls (`jail`).

use std::{
    io::{self, Read, Write},
    process::ExitCode,
};

use deskhand_decode::{DecodeError, Engine};
use deskhand_screen::{MAX_UPDATE_BYTES, Update};
use rustix::{io::Errno, stdio};

use crate::{
    ARGUMENT,
    answer::{self, Done},
    jail::lock_up,
    shared::WriteSide,
};

/// What the cage says when it is ready.
pub(crate) const READY: &[u8; 8] = b"DHCAGE2\n";
/// Set in an update's length: the answer is to say what came which way.
pub(crate) const TRACED: u32 = 1 << 31;
/// An update buffer that grew beyond this is not kept, in bytes.
const KEPT_BYTES: usize = 1 << 20;

/// First thing in `main`: when this program was started to be the cage, does that until its input ends and returns the exit
/// code to leave with. Otherwise `None`, at once.
#[must_use]
pub fn run_if_asked() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next()? != ARGUMENT || arguments.next().is_some() {
        return None;
    }
    // Descriptor 2 is the picture, not a place for words.
    std::panic::set_hook(Box::new(|_| {}));
    Some(if run().is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn run() -> io::Result<()> {
    let mut picture = WriteSide::new(stdio::stderr())?;
    lock_up()?;
    let mut engine = Engine::new();
    let mut buffer = Vec::new();
    Output.write_all(READY)?;
    loop {
        let mut length = [0; 4];
        match Input.read_exact(&mut length) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            other => other?,
        }
        let length = u32::from_le_bytes(length);
        engine.trace(length & TRACED != 0);
        let length = (length & !TRACED) as usize;
        if length > MAX_UPDATE_BYTES {
            return Err(io::ErrorKind::InvalidData.into());
        }
        buffer.clear();
        buffer.shrink_to(KEPT_BYTES);
        buffer.resize(length, 0);
        Input.read_exact(&mut buffer)?;
        let bytes = answer::to_bytes(&apply(&mut engine, &mut picture, &buffer));
        Output.write_all(&[&(bytes.len() as u32).to_le_bytes()[..], &bytes].concat())?;
    }
}

fn apply(engine: &mut Engine, picture: &mut WriteSide, bytes: &[u8]) -> Result<Done, DecodeError> {
    let update = Update::from_bytes(bytes)?;
    let applied = engine.apply(&update, picture)?;
    Ok(Done { applied, size: picture.size(), exact: engine.is_exact() })
}

/// Descriptor 0, unbuffered.
struct Input;

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match rustix::io::read(stdio::stdin(), &mut *buffer) {
                Err(Errno::INTR) => {}
                other => return Ok(other?),
            }
        }
    }
}

/// Descriptor 1, unbuffered.
struct Output;

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match rustix::io::write(stdio::stdout(), bytes) {
                Err(Errno::INTR) => {}
                other => return Ok(other?),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
