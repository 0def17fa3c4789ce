//! The technician's program, driven by its script language.

use crate::{
    office::Office,
    program::{Program, binary},
};
use serde_json::{Value, json};
use std::{path::Path, process::Command};

/// A running `deskhand-viewer script`.
#[derive(Debug)]
pub struct Viewer {
    /// The process.
    pub program: Program,
    events: Vec<Value>,
}

impl Viewer {
    /// Starts it with a code, as the office's first technician.
    pub fn start(office: &Office, code: &str) -> Self {
        Self::start_as(office, "technician", code, &[])
    }

    /// Starts it as another technician, with further arguments.
    pub fn start_as(office: &Office, technician: &str, code: &str, further: &[&str]) -> Self {
        let mut command = Command::new(binary("deskhand-viewer"));
        command.args(["script", "--config"]).arg(office.config()).arg("--key").arg(office.key(technician));
        command.args(["--code", code]).args(further).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
        command.env("XDG_CONFIG_HOME", office.path().join("viewer-config"));
        Self { program: Program::start("viewer", command), events: Vec::new() }
    }

    /// Waits for the pairing; the session's id.
    pub fn paired(&mut self) -> String {
        let said = self.program.skip_to("that it paired", |line| line["event"] == "paired");
        said["session"].as_str().expect("the session's id").to_owned()
    }

    /// Waits for a grant.
    pub fn granted(&mut self) -> Value {
        self.event("granted")
    }

    /// Waits for an event of this kind; one that came between two answers counts.
    pub fn event(&mut self, kind: &str) -> Value {
        if let Some(at) = self.events.iter().position(|event| event["event"] == kind) {
            return self.events.remove(at);
        }
        self.program.skip_to(kind, |line| line["event"] == kind)
    }

    /// Gives a command; its answer.
    pub fn ask(&mut self, command: Value) -> Value {
        self.program.say(&command.to_string());
        loop {
            let said = self.program.next_line();
            if said.get("event").is_none() {
                return said;
            }
            self.events.push(said);
        }
    }

    /// Gives a command that must work; its answer.
    ///
    /// # Panics
    /// When it does not.
    pub fn must(&mut self, command: Value) -> Value {
        let answer = self.ask(command.clone());
        assert_eq!(answer["ok"], true, "{command} was answered by {answer}; log:\n{}", self.program.log());
        answer
    }

    /// Waits for a state: `view`, `still`, `control`, `end`.
    pub fn wait(&mut self, state: &str) -> Value {
        self.must(json!({"do": "wait", "for": state, "timeout_ms": 30_000}))
    }

    /// What the technician sees: the answer, the width, the pixels `0xFFRRGGBB`.
    ///
    /// # Panics
    /// When the picture can't be read.
    pub fn snapshot(&mut self, file: &Path) -> (Value, u32, Vec<u32>) {
        let answer = self.must(json!({"do": "snapshot", "file": file.display().to_string()}));
        let (width, pixels) = read_png(file);
        (answer, width, pixels)
    }
}

/// The pixels of a PNG file, `0xFFRRGGBB`, with its width.
///
/// # Panics
/// When it is no 8 bit RGB or RGBA picture.
pub fn read_png(file: &Path) -> (u32, Vec<u32>) {
    let decoder = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(file).expect("the picture is there")));
    let mut reader = decoder.read_info().expect("a PNG");
    let mut bytes = vec![0; reader.output_buffer_size().expect("a size that fits memory")];
    let info = reader.next_frame(&mut bytes).expect("a whole picture");
    let step = match info.color_type {
        png::ColorType::Rgb => 3,
        png::ColorType::Rgba => 4,
        other => panic!("pictures are RGB, this is {other:?}"),
    };
    let pixels = bytes[..info.buffer_size()].chunks_exact(step).map(|p| u32::from_be_bytes([0xFF, p[0], p[1], p[2]])).collect();
    (info.width, pixels)
}

/// Writes a PNG file of pixels `0xFFRRGGBB`.
///
/// # Panics
/// When it can't be written.
pub fn write_png(file: &Path, width: u32, pixels: &[u32]) {
    let out = std::io::BufWriter::new(std::fs::File::create(file).expect("the picture can be made"));
    let mut encoder = png::Encoder::new(out, width, (pixels.len() / width as usize) as u32);
    encoder.set_color(png::ColorType::Rgb);
    let bytes: Vec<u8> = pixels.iter().flat_map(|pixel| [(pixel >> 16) as u8, (pixel >> 8) as u8, *pixel as u8]).collect();
    encoder.write_header().and_then(|mut writer| writer.write_image_data(&bytes)).expect("the picture can be written");
}
