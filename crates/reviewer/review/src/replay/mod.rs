//! `replay`: a film of a session's recording, or its pictures.
//!
//! In scope: from the session to a file that is whole or not there: it is written under another name and renamed at its end, and Ctrl+C
//! removes it. Not in scope: which picture when (`schedule`), H.264 (`film`), the file's form (`mp4`).

mod boxes;
mod canvas;
mod film;
mod mp4;
mod progress;
mod schedule;
mod unfinished;

use std::{fs, io::Write, path::Path};

use deskhand_cage::Cage;
use deskhand_player::{Player, Seen};

use crate::{
    escape::shown,
    failure::{Exit, Failure},
    folder::Folder,
    keys,
    options::{Film as Wish, KeyChoice, Session},
    show::each,
    target::Target,
    timeline::sentence,
};
use canvas::Canvas;
use progress::Progress;
use schedule::{Chapter, Frame, Schedule};
use unfinished::Unfinished;

pub(crate) fn run(session: &Session, choice: &KeyChoice, wish: &Wish, out: &mut dyn Write) -> Result<Exit, Failure> {
    let unfinished = Unfinished::of(&wish.out)?;
    let target = Target::find(session)?;
    let key = keys::unlock(session, &target, choice)?;
    let events = events(&target)?;
    let cage = Cage::spawn().map_err(|why| Failure::failed(why.to_string()))?;
    let mut player = Player::new(target.folder, key, cage).map_err(|why| Failure::failed(why.to_string()))?;
    let schedule = Schedule::new(player.index(), &events, wish);
    if schedule.frames.is_empty() {
        return Err(Failure::failed("nothing was recorded in that time"));
    }
    let progress = Progress::start(schedule.frames.len())?;
    let count = if wish.out.extension().is_some_and(|end| end.eq_ignore_ascii_case("mp4")) {
        film::write(&mut player, &schedule, unfinished.path(), progress)?
    } else {
        pictures(&mut player, &schedule, unfinished.path(), progress)?
    };
    unfinished.finish()?;
    writeln!(out, "{}: {count} pictures, {} s", shown(&wish.out.display().to_string()), schedule.end_ms.div_ceil(1000))?;
    Ok(Exit::Done)
}

/// When what happened, in session time, for chapters.
fn events(target: &Target) -> Result<Vec<Chapter>, Failure> {
    let (mut zero, mut all) = (None, Vec::new());
    let broken = each(&target.folder, |entry, _| {
        let zero = *zero.get_or_insert(entry.mono_ms);
        // How the recording was kept is no chapter of the session.
        if !matches!(entry.event.kind(), "media.segment" | "epoch.changed") {
            all.push(Chapter { ms: entry.mono_ms.saturating_sub(zero), title: shown(&sentence(&entry.event)) });
        }
        Ok(())
    })?;
    if let Some(why) = broken {
        tracing::warn!(%why, "the log cannot be read to its end");
    }
    Ok(all)
}

/// Writes every picture that differs from the one before, named by its session time.
fn pictures(player: &mut Player<Folder, Cage>, schedule: &Schedule, folder: &Path, mut progress: Progress) -> Result<usize, Failure> {
    let cannot = |why: &dyn std::fmt::Display| Failure::failed(format!("{} cannot be written: {why}", folder.display()));
    fs::create_dir(folder).map_err(|why| cannot(&why))?;
    let mut count = 0;
    for frame in &schedule.frames {
        progress.step(frame.session_ms)?;
        if !matches!(show(player, frame)?, Seen::Picture(_)) {
            continue;
        }
        let png = player.see(|pixels| crate::picture::png_of(pixels, pixels.size().rect())).flatten();
        let png = png.ok_or_else(|| Failure::failed("a picture could not be packed"))?;
        fs::write(folder.join(format!("{:010}.png", frame.session_ms)), png).map_err(|why| cannot(&why))?;
        count += 1;
    }
    Ok(count)
}

fn show(player: &mut Player<Folder, Cage>, frame: &Frame) -> Result<Seen, Failure> {
    player.show(frame.session_ms).map(|shown| shown.seen).map_err(|why| Failure::failed(why.to_string()))
}

/// Draws a moment; black where there is no picture.
fn draw(player: &mut Player<Folder, Cage>, frame: &Frame, canvas: &mut Canvas) -> Result<(), Failure> {
    match show(player, frame)? {
        Seen::Picture(_) => player.see(|pixels| canvas.draw(pixels)).unwrap_or_default(),
        Seen::Nothing | Seen::Gap(_) => canvas.clear(),
    }
    Ok(())
}
