//! Doing a script's command and saying when it is done.
//!
//! In scope: each command. Not in scope: its form, the session's rules.

use super::{
    Stage,
    command::{Click, Command, Until},
    herald::Known,
};
use crate::{
    board::Meter,
    chord::Chord,
    conductor::Order,
    gesture,
    picture::Grab,
    state::{self, Command as Wanted, Live, Snapshot},
};
use deskhand_session::{Button, InputEvent, Scope};
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{
    sync::oneshot,
    time::{Instant, sleep_until, timeout_at},
};

/// How long the host may take to put a request to the customer.
const MAX_ASKING_MS: u64 = 5_000;
/// A picture that has not changed for this long is still, milliseconds.
const STILL_MS: u64 = 300;
/// The longest wait, milliseconds: an hour.
const MAX_WAIT_MS: u64 = 3_600_000;
/// Input events that are handed over at once.
const EVENTS_AT_ONCE: usize = 64;

/// Does one command.
///
/// # Errors
/// The answer's `error`.
pub(super) async fn act(stage: &Stage, command: Command) -> Result<Value, String> {
    match command {
        Command::Wait { until, timeout_ms, after } => wait(stage, until, after, timeout_ms).await,
        Command::Snapshot { file } => snapshot(stage, &file).await,
        Command::Request { scope, minutes, reason } => request(stage, scope, Wanted::Request { scope, minutes, reason }).await,
        Command::Release => order(stage, Wanted::Release).await,
        Command::Pointer { x, y, click } => input(stage, pointer(x, y, click)).await,
        Command::Wheel { x, y } => input(stage, vec![InputEvent::Wheel { x, y }]).await,
        Command::Drag { from, to } => input(stage, gesture::drag(from, to)).await,
        Command::Type { text } => input(stage, gesture::typed(&text).collect()).await,
        Command::Key { chord } => input(stage, Chord::parse(&chord).map_err(|error| error.to_string())?.events()).await,
        Command::Look { monitor } => look(stage, monitor).await,
        Command::Stats => Ok(stats(stage)),
        Command::End => {
            // A session that is over has ended.
            let _over = order(stage, Wanted::End).await;
            Ok(Value::Null)
        }
    }
}

/// Asks the customer. Done when the customer is being asked, or the host refused to ask.
async fn request(stage: &Stage, scope: Scope, wanted: Wanted) -> Result<Value, String> {
    let mut known = stage.known.clone();
    let before = known.borrow().questions;
    order(stage, wanted).await?;
    if scope == Scope::Control {
        let asked = known.wait_for(|known| known.questions != before || known.ended.is_some());
        let asked = tokio::time::timeout(Duration::from_millis(MAX_ASKING_MS), asked).await;
        asked.map_err(|_| "the customer's machine did not answer the request")?.map_err(|_| "the session is over")?;
    }
    Ok(Value::Null)
}

fn pointer(x: u32, y: u32, click: Option<Click>) -> Vec<InputEvent> {
    let button = |down| vec![InputEvent::Move { x, y }, InputEvent::Button { button: Button::Left, down, x, y }];
    match click {
        None => vec![InputEvent::Move { x, y }],
        Some(Click::Left) => gesture::click(Button::Left, x, y, 1),
        Some(Click::Double) => gesture::click(Button::Left, x, y, 2),
        Some(Click::Right) => gesture::click(Button::Right, x, y, 1),
        Some(Click::Press) => button(true),
        Some(Click::Release) => button(false),
    }
}

async fn input(stage: &Stage, events: Vec<InputEvent>) -> Result<Value, String> {
    for some in events.chunks(EVENTS_AT_ONCE) {
        order(stage, Wanted::Input(some.to_vec())).await?;
    }
    Ok(Value::Null)
}

/// Done when that monitor's picture is up to date.
async fn look(stage: &Stage, monitor: usize) -> Result<Value, String> {
    let monitors = live(stage, |live| live.monitors.clone()).unwrap_or_default();
    let wanted = match monitor.checked_sub(1) {
        None => None,
        Some(at) => Some(*monitors.get(at).ok_or_else(|| format!("there is no monitor {monitor}; there are {}", monitors.len()))?),
    };
    order(stage, Wanted::Look(wanted)).await
}

/// Something of what a window would show.
fn live<T>(stage: &Stage, see: impl FnOnce(&Live) -> T) -> Option<T> {
    match &*stage.board.snapshot() {
        Snapshot::Live(live) => Some(see(live)),
        _ => None,
    }
}

async fn order(stage: &Stage, command: state::Command) -> Result<Value, String> {
    let over = || "the session is over".to_owned();
    let (done, answer) = oneshot::channel();
    stage.orders.send(Order { command, done: Some(done) }).await.map_err(|_| over())?;
    answer.await.map_err(|_| over())?.map(|()| Value::Null)
}

fn stats(stage: &Stage) -> Value {
    let meter = stage.board.meter();
    let granted: Vec<&str> = stage.known.borrow().granted.iter().map(Scope::name).collect();
    let pointer = meter.pointer;
    let round = |value: f64| (value * 1000.0).round() / 1000.0;
    json!({
        "updates": meter.updates, "update": meter.update, "bytes": meter.bytes, "rtt_ms": round(meter.rtt_ms), "shown_ms_p50": round(meter.shown_ms_p50),
        "shown_ms_p95": round(meter.shown_ms_p95),
        "queue": meter.queue, "update": meter.update, "exact": meter.exact, "granted": granted,
        "pointer": {
            "x": pointer.x, "y": pointer.y, "visible": pointer.visible, "messages": pointer.messages, "shapes": pointer.shapes,
            "width": pointer.width, "height": pointer.height,
        },
    })
}

async fn snapshot(stage: &Stage, file: &Path) -> Result<Value, String> {
    let grab =
        stage.picture.grab(live(stage, |live| live.seen).flatten()).await.ok_or("there is no picture yet; wait for \"view\" first")?;
    let answer = json!({ "width": grab.size.width, "height": grab.size.height, "update": grab.number, "exact": grab.exact });
    let file: PathBuf = file.to_owned();
    let write = tokio::task::spawn_blocking(move || {
        write_png(&file, &grab).map_err(|error| format!("{} can't be written: {error}", file.display()))
    });
    write.await.map_err(|error| error.to_string())??;
    Ok(answer)
}

fn write_png(file: &Path, grab: &Grab) -> Result<(), png::EncodingError> {
    let out = std::io::BufWriter::new(std::fs::File::create(file)?);
    let mut encoder = png::Encoder::new(out, grab.size.width, grab.size.height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&grab.rgb)?;
    writer.finish()
}

/// Whether what is waited for is so; otherwise when to look again although nothing happened.
fn is_so(until: Until, after: u64, meter: &Meter, known: &Known, now: u64) -> Result<bool, u64> {
    match until {
        Until::View => Ok(meter.update > 0),
        Until::Update => Ok(meter.update > after),
        Until::Control => Ok(known.granted.has(Scope::Control)),
        Until::End => Ok(known.ended.is_some()),
        Until::Still if meter.update == 0 || !meter.exact || meter.queue > 0 => Ok(false),
        Until::Still => {
            let at = meter.changed_at.saturating_add(STILL_MS);
            if now >= at { Ok(true) } else { Err(at) }
        }
    }
}

async fn wait(stage: &Stage, until: Until, after: u64, timeout_ms: u64) -> Result<Value, String> {
    let deadline = Instant::now() + Duration::from_millis(timeout_ms.min(MAX_WAIT_MS));
    let (mut meters, mut known) = (stage.board.meters(), stage.known.clone());
    loop {
        let meter = *meters.borrow_and_update();
        let knows = known.borrow_and_update().clone();
        let again = match is_so(until, after, &meter, &knows, stage.clock.mono_ms()) {
            Ok(true) => return Ok(Value::Null),
            Ok(false) => None,
            Err(at) => Some(Instant::from_std(stage.clock.instant(at))),
        };
        if knows.ended.is_some() {
            return Err("the session is over".into());
        }
        if let (Until::Control, Some(why)) = (until, knows.denied) {
            return Err(why.into());
        }
        let changed = async {
            tokio::select! {
                Ok(()) = meters.changed() => {}
                Ok(()) = known.changed() => {}
                () = sleep_until(again.unwrap_or(deadline)), if again.is_some() => {}
                else => std::future::pending().await,
            }
        };
        if timeout_at(deadline, changed).await.is_err() {
            return Err(match until {
                Until::Still if meter.update > 0 && !meter.exact => format!("the picture was not exact within {timeout_ms} ms"),
                Until::Still => format!("the picture was not still within {timeout_ms} ms"),
                Until::View => format!("there was no picture within {timeout_ms} ms"),
                Until::Update => format!("there was no later update within {timeout_ms} ms"),
                Until::Control => format!("control was not granted within {timeout_ms} ms"),
                Until::End => format!("the session did not end within {timeout_ms} ms"),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deskhand_session::Scopes;

    fn meter(update: u64, exact: bool, changed_at: u64) -> Meter {
        Meter { update, exact, changed_at, ..Meter::default() }
    }

    #[test]
    fn a_picture_is_still_when_it_is_exact_and_has_not_changed_for_a_while() {
        let known = Known::default();
        let still = |meter: Meter, now| is_so(Until::Still, 0, &meter, &known, now);
        assert_eq!(still(meter(0, true, 0), 10_000), Ok(false));
        assert_eq!(still(meter(4, false, 0), 10_000), Ok(false));
        assert_eq!(still(meter(4, true, 1000), 1100), Err(1300));
        assert_eq!(still(meter(4, true, 1000), 1300), Ok(true));
        assert_eq!(still(Meter { queue: 1, ..meter(4, true, 1000) }, 1300), Ok(false));
    }

    #[test]
    fn control_is_waited_for_until_it_is_granted() {
        let mut known = Known::default();
        assert_eq!(is_so(Until::Control, 0, &Meter::default(), &known, 0), Ok(false));
        known.granted = Scopes::of([Scope::Control]);
        assert_eq!(is_so(Until::Control, 0, &Meter::default(), &known, 0), Ok(true));
    }

    #[test]
    fn a_snapshot_is_a_png_of_the_same_pixels() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.png");
        let size = deskhand_screen::Size::new(3, 2).unwrap();
        let rgb: Vec<u8> = (0..18).map(|byte| byte * 13).collect();
        write_png(&file, &Grab { size, rgb: rgb.clone(), number: 7, exact: true }).unwrap();
        let decoder = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(&file).unwrap()));
        let mut reader = decoder.read_info().unwrap();
        let mut back = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut back).unwrap();
        assert_eq!(back, rgb);
    }
}
