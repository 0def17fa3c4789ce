//! An outside witness of the organisation's log (C2SP tlog-witness): a real HTTP server that follows the specification by its own code, asked
//! by the real relay.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    sync::{Arc, Mutex},
};

use data_encoding::BASE64;
use deskhand_audit::{Hash, Tree, note::Note};
use deskhand_identity::{SecretKey, Witness};
use harness::{Office, program::run, until};

const NAME: &str = "witness.example/one";

/// What a witness remembers.
#[derive(Default)]
struct Memory {
    seen: Option<(u64, Hash)>,
    answers: Vec<u16>,
}

struct Server {
    address: String,
    memory: Arc<Mutex<Memory>>,
}

impl Server {
    fn start(key: SecretKey<Witness>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let memory = Arc::new(Mutex::new(Memory::default()));
        let shared = memory.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let (mut line, mut length) = (String::new(), 0);
                reader.read_line(&mut line).unwrap();
                assert!(line.starts_with("POST /add-checkpoint "), "{line}");
                loop {
                    let mut header = String::new();
                    reader.read_line(&mut header).unwrap();
                    if header.trim().is_empty() {
                        break;
                    }
                    if let Some((name, value)) = header.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("content-length")) {
                        assert!(!name.is_empty());
                        length = value.trim().parse().unwrap();
                    }
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                let mut memory = shared.lock().unwrap();
                let (status, answer) = answer(&mut memory, &key, &String::from_utf8(body).unwrap());
                memory.answers.push(status);
                let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", answer.len());
                (&stream).write_all(&[head.as_bytes(), &answer].concat()).unwrap();
            }
        });
        Self { address, memory }
    }
}

fn answer(memory: &mut Memory, key: &SecretKey<Witness>, body: &str) -> (u16, Vec<u8>) {
    let (first, note) = body.split_once("\n\n").unwrap();
    let mut lines = first.lines();
    let old: u64 = lines.next().unwrap().strip_prefix("old ").unwrap().parse().unwrap();
    let proof: Vec<u8> = lines.flat_map(|line| BASE64.decode(line.as_bytes()).unwrap()).collect();
    let note = Note::from_bytes(note.as_bytes()).unwrap();
    let text: Vec<&str> = note.text.lines().collect();
    let size: u64 = text[1].parse().unwrap();
    let root = Hash(BASE64.decode(text[2].as_bytes()).unwrap().try_into().unwrap());
    match memory.seen {
        None if old == 0 => {}
        None => return (409, b"0\n".to_vec()),
        Some((seen, _)) if seen != old => return (409, format!("{seen}\n").into_bytes()),
        Some(seen) if Tree::check_consistency(seen, (size, root), &proof).is_err() => return (422, Vec::new()),
        Some(_) => {}
    }
    memory.seen = Some((size, root));
    (200, note.cosignature(NAME, key, 1_700_000_000).to_bytes())
}

fn vkey(key: &SecretKey<Witness>) -> String {
    let public = *key.public().bytes();
    let hash = deskhand_audit::note::key_hash(NAME, 4, &public);
    format!("{NAME}+{hash:08x}+{}", BASE64.encode(&[&[4][..], &public].concat()))
}

#[test]
fn an_outside_witness_sees_every_head_of_the_organisations_log_and_a_log_cut_short_contradicts_it() {
    let key = SecretKey::<Witness>::from_seed([21; 32]);
    let server = Server::start(key.clone());
    let mut office = Office::open();
    let data = office.data();
    office.relay_command(&["witness", "add", &vkey(&key), "--data", data.to_str().unwrap(), "--no-passphrase"]);
    let asked = format!("{NAME}={}", server.address);
    office.relay().kill();
    office.serve_with(&["--witness", &asked]);
    let seen =
        |at_least: u64| until("the witness has seen the log", || server.memory.lock().unwrap().seen.filter(|(size, _)| *size >= at_least));
    let (before, _) = seen(1);

    // Another technician: one entry more. Then a relay that starts anew and knows nothing of what the witness has seen.
    office.new_technician("Bo");
    let (after, _) = seen(before + 1);
    office.relay().kill();
    office.serve_with(&["--witness", &asked]);
    office.new_technician("Cy");
    seen(after + 1);
    assert!(server.memory.lock().unwrap().answers.contains(&409), "the relay was told what the witness has seen");

    let review = || {
        let (code, out, err) = run("deskhand-review", ["organisation", "--store", data.to_str().unwrap()]);
        (code, format!("{out}{err}"))
    };
    let (code, said) = until("the cosignature is stored", || Some(review()).filter(|(_, said)| said.contains("has seen the first")));
    assert_eq!(code, 0, "{said}");
    assert!(said.contains(NAME), "{said}");

    // The administrator takes the last entry out, and its heads with it.
    office.relay().kill();
    let folder = data.join("organisation");
    for (file, part) in [("events.jsonl", "\n"), ("checkpoints.txt", "\n\n")] {
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        let cut = if part == "\n" { text.trim_end().rfind('\n').unwrap() + 1 } else { last_note(&text) };
        std::fs::write(folder.join(file), &text[..cut]).unwrap();
    }
    let (code, said) = review();
    assert_ne!(code, 0, "{said}");
    assert!(said.contains(&format!("{NAME} has seen")), "{said}");
}

/// Where the last note of a file begins.
fn last_note(text: &str) -> usize {
    let end = text.rfind("\n\n").unwrap();
    text[..end].rfind("\n\u{2014} ").map_or(0, |line| text[line + 1..].find('\n').unwrap() + line + 2)
}
