//! Outside witnesses of the organisation's log, off by default: each is shown every head and answers with its cosignature, so that not even
//! the relay can keep two logs.
//!
//! In scope: when to ask, the request, keeping good answers. Not in scope: the texts (`audit::tlog_witness`), who is a witness (the
//! statement). A witness that does not answer holds nothing up; it is asked again.

use std::{io::Read, sync::Arc, time::Duration};

use deskhand_audit::{note::Note, tlog_witness};
use deskhand_identity::{PublicKey, Witness};
use tokio::{task::spawn_blocking, time::sleep};

use crate::{clock, relay::Relay};

/// A witness is asked at most this often, as long as the log grows.
const EVERY: Duration = Duration::from_secs(2);
/// After a failure.
const AGAIN: Duration = Duration::from_secs(60);
/// One request may take so long.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where a witness is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Its name in the statement.
    pub name: String,
    /// What stands before `/add-checkpoint`.
    pub url: String,
}

impl std::str::FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, url) = text.split_once('=').ok_or("give NAME=URL, the name as the statement has it")?;
        let known = ["https://", "http://127.0.0.1:", "http://[::1]:"].iter().any(|start| url.starts_with(start));
        if known {
            Ok(Self { name: name.into(), url: url.trim_end_matches('/').into() })
        } else {
            Err("a witness is asked over https".into())
        }
    }
}

/// Shows a witness every new head until the task is dropped.
pub(super) async fn keep(relay: Arc<Relay>, address: Address) {
    let mut seen = 0;
    loop {
        let (relay, to) = (relay.clone(), address.clone());
        let asked = spawn_blocking(move || ask(&relay, &to, seen)).await.unwrap_or_else(|error| Err(error.to_string()));
        match asked {
            Ok(size) => {
                seen = size;
                sleep(EVERY).await;
            }
            Err(error) => {
                tracing::warn!(witness = %address.name, error, "an outside witness did not cosign the organisation's log");
                sleep(AGAIN).await;
            }
        }
    }
}

/// Shows the head, when the log is longer than what the witness has seen; gives what it has seen then.
fn ask(relay: &Relay, address: &Address, seen: u64) -> Result<u64, String> {
    let snapshot = relay.directory.current();
    let witness = snapshot.statement.statement().witnesses.iter().find(|witness| witness.name == address.name);
    let key = witness.map(|witness| witness.key).ok_or("the statement does not name it: deskhand-relay witness add")?;
    let mut old = seen;
    // It says itself what it has seen, when we are wrong about it: after a restart we know nothing.
    for _ in 0..2 {
        let Some((size, note, proof)) = relay.ledger.grown(old).map_err(|error| error.to_string())? else { return Ok(old) };
        let body = tlog_witness::request(old, &proof, &note).ok_or("the proof is too long")?;
        match post(&format!("{}/add-checkpoint", address.url), &body)? {
            (200, answer) => return accept(relay, &note, &answer, (&address.name, &key)).map(|()| size),
            (409, answer) => old = tlog_witness::other_size(&answer).filter(|other| *other != old).ok_or("it has seen another log")?,
            (status, _) => return Err(format!("it answered with status {status}")),
        }
    }
    Err("it does not say what it has seen".into())
}

/// Keeps a good answer.
fn accept(relay: &Relay, note: &Note, answer: &[u8], (name, key): (&str, &PublicKey<Witness>)) -> Result<(), String> {
    let now = clock::wall_ms() / 1_000;
    let good = |seconds: u64| seconds <= now + 300;
    let line = tlog_witness::cosignatures(answer)
        .into_iter()
        .find(|line| note.check_cosignature(line, name, key).is_ok_and(good))
        .ok_or("its answer holds no cosignature of this head by its key")?;
    let mut note = note.clone();
    note.signatures.push(line);
    relay.ledger.witnessed(&note).map_err(|error| error.to_string())
}

fn post(url: &str, body: &[u8]) -> Result<(u16, Vec<u8>), String> {
    let config = ureq::Agent::config_builder()
        .max_redirects(0)
        .http_status_as_error(false)
        .timeout_global(Some(PATIENCE))
        .user_agent(concat!("deskhand-relay/", env!("CARGO_PKG_VERSION")));
    let agent = ureq::Agent::new_with_config(config.build());
    let answer = agent.post(url).send(body).map_err(|error| error.to_string())?;
    let status = answer.status().as_u16();
    let mut bytes = Vec::new();
    let reader = answer.into_body().into_reader().take(tlog_witness::MAX_ANSWER_BYTES as u64);
    { reader }.read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    Ok((status, bytes))
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn a_witness_is_asked_over_https_or_on_this_machine() {
        let read = |text: &str| text.parse::<Address>();
        let there = Address { name: "example.com/w".into(), url: "https://witness.example.com/a".into() };
        assert_eq!(read("example.com/w=https://witness.example.com/a/"), Ok(there));
        assert!(read("w=http://127.0.0.1:8080").is_ok());
        for wrong in
            ["https://witness.example.com", "w=http://witness.example.com", "w=http://127.0.0.1.example.com", "w=file:///etc/passwd"]
        {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
