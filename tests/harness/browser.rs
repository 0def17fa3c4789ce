//! A headless Chromium, by the DevTools protocol over a pipe.
//!
//! In scope: opening pages, running scripts in them, keys, clicks, screenshots. Not in scope: what a page should show.

use crate::deadline::{PATIENCE, until};
use data_encoding::BASE64;
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc,
};
use tempfile::TempDir;

/// A browser with one page. Ended with the value.
#[derive(Debug)]
pub struct Browser {
    child: Child,
    stdin: ChildStdin,
    said: mpsc::Receiver<Value>,
    count: u64,
    page: String,
    _profile: TempDir,
}

impl Browser {
    /// Starts it with an empty page of 1280 by 800.
    ///
    /// # Panics
    /// When Chromium is not installed or does not answer.
    pub fn start() -> Self {
        let profile = TempDir::with_prefix("deskhand-browser").expect("a folder for the browser");
        // Descriptors 3 and 4 are the protocol's; a shell puts ours there.
        let script = "exec chromium --headless=new --no-sandbox --disable-gpu --no-first-run --hide-scrollbars --mute-audio \
                      --autoplay-policy=no-user-gesture-required --user-data-dir=\"$0\" --remote-debugging-pipe about:blank \
                      3<&0 4>&1 </dev/null >/dev/null 2>&1";
        let mut command = Command::new("sh");
        command.args(["-c", script]).arg(profile.path()).env("HOME", profile.path());
        let started = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut child = started.expect("a shell starts");
        let (sender, said) = mpsc::channel();
        let (stdin, stdout) = (child.stdin.take().expect("a pipe"), child.stdout.take().expect("a pipe"));
        std::thread::spawn(move || {
            let parsed = BufReader::new(stdout).split(0).map_while(Result::ok).filter_map(|text| serde_json::from_slice(&text).ok());
            parsed.map_while(|value: Value| sender.send(value).ok()).for_each(drop);
        });
        let mut browser = Self { child, stdin, said, count: 0, page: String::new(), _profile: profile };
        let target = browser.call("Target.createTarget", json!({"url": "about:blank"}))["targetId"].clone();
        let attached = browser.call("Target.attachToTarget", json!({"targetId": target, "flatten": true}));
        browser.page = attached["sessionId"].as_str().expect("a page").to_owned();
        browser.call("Page.enable", json!({}));
        browser.look(1280, 800, false);
        browser
    }

    /// Calls a method of the protocol.
    ///
    /// # Panics
    /// When it fails or nothing is answered in time.
    pub fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.ask(method, parameters).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    fn ask(&mut self, method: &str, parameters: Value) -> Result<Value, Value> {
        self.count += 1;
        let mut message = json!({"id": self.count, "method": method, "params": parameters});
        if !self.page.is_empty() {
            message["sessionId"] = json!(self.page);
        }
        let sent = self.stdin.write_all(format!("{message}\0").as_bytes());
        sent.unwrap_or_else(|error| panic!("chromium does not read ({error}): is it installed?"));
        loop {
            let said = self.said.recv_timeout(PATIENCE).unwrap_or_else(|error| panic!("no answer to {method}: {error}"));
            if said["id"] == json!(self.count) {
                return if said["error"].is_null() { Ok(said["result"].clone()) } else { Err(said["error"].clone()) };
            }
        }
    }

    /// Goes to an address.
    ///
    /// # Panics
    /// When it cannot be opened.
    pub fn open(&mut self, address: &str) {
        let opened = self.call("Page.navigate", json!({"url": address}));
        assert!(opened["errorText"].is_null(), "{address}: {opened}");
    }

    /// What an expression is in the page; promises are waited for. Nothing while the page is changing.
    pub fn value(&mut self, expression: &str) -> Value {
        let asked = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        self.ask("Runtime.evaluate", asked).map_or(Value::Null, |said| said["result"]["value"].clone())
    }

    /// Waits until an expression is true in the page.
    ///
    /// # Panics
    /// When it is not in time.
    pub fn wait(&mut self, expression: &str) {
        until(&format!("in the page: {expression}"), || (self.value(&format!("Boolean({expression})")) == json!(true)).then_some(()));
    }

    /// The text of an element.
    pub fn text(&mut self, selector: &str) -> String {
        self.value(&format!("document.querySelector({}).innerText", json!(selector))).as_str().unwrap_or_default().to_owned()
    }

    /// Clicks in the middle of an element, with the pointer.
    ///
    /// # Panics
    /// When it is not there.
    pub fn click(&mut self, selector: &str) {
        let place = self.value(&format!(
            "(() => {{ const e = document.querySelector({}); e.scrollIntoView({{block: 'center'}}); \
             const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; }})()",
            json!(selector)
        ));
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({"type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1});
            assert!(place[0].is_number(), "{selector} is not there");
            self.call("Input.dispatchMouseEvent", event);
        }
    }

    /// Presses a key by its name, such as `ArrowRight`, or a character.
    pub fn key(&mut self, key: &str) {
        let text = if key.chars().count() == 1 { json!(key) } else { Value::Null };
        let code = match key {
            "ArrowLeft" => 37,
            "ArrowUp" => 38,
            "ArrowRight" => 39,
            "ArrowDown" => 40,
            "Home" => 36,
            "End" => 35,
            "Escape" => 27,
            _ => 0,
        };
        for kind in ["keyDown", "keyUp"] {
            let mut event = json!({"type": kind, "key": key, "windowsVirtualKeyCode": code});
            if kind == "keyDown" && !text.is_null() {
                event["text"] = text.clone();
            }
            self.call("Input.dispatchKeyEvent", event);
        }
    }

    /// Gives the page this size, light or dark.
    pub fn look(&mut self, width: u32, height: u32, dark: bool) {
        self.call("Emulation.setDeviceMetricsOverride", json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}));
        let scheme = if dark { "dark" } else { "light" };
        self.call("Emulation.setEmulatedMedia", json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]}));
    }

    /// Writes what the page looks like to `NAME.png` in the folder `DESKHAND_LOOKS`, if that is set, for somebody to look at.
    ///
    /// # Panics
    /// When the file can't be written.
    pub fn keep(&mut self, name: &str) {
        let Some(folder) = std::env::var_os("DESKHAND_LOOKS") else { return };
        let taken = self.call("Page.captureScreenshot", json!({"format": "png"}));
        let bytes = BASE64.decode(taken["data"].as_str().expect("a picture").as_bytes()).expect("base64");
        std::fs::write(Path::new(&folder).join(format!("{name}.png")), bytes).expect("a folder to write to");
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
