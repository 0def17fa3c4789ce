//! A technician's connection, from its welcome to its end.
//!
//! In scope: claims, joining and leaving a session, splicing its streams to the host's. Not in scope: what the streams
//! carry; it is sealed.

use std::{sync::Arc, time::Duration};

use deskhand_link::{CloseCode, Connection, FrameReader, FrameWriter, LinkError};
use deskhand_wire::{
    limits::{MAX_NOTE, MAX_RELAY_FRAME},
    relay::{ClaimRefusal, RelayToHost, RelayToViewer, ViewerToRelay},
    stream::StreamHead,
};
use tokio::{
    sync::{Notify, mpsc, watch},
    task::JoinSet,
    time::Instant,
};

use crate::{
    clock,
    forward::{deliver, splice},
    live::{MAX_CURSORS, MAX_UNREAD, Session, Viewer},
    relay::Relay,
    serve::admission,
    store::Item,
};

/// What a host said last has this long to reach its viewers before they hear that it is gone.
const LAST_WORDS: Duration = Duration::from_millis(800);

/// Streams that a viewer may be opening at a time.
const MAX_OPENING: usize = 8;

type Outcome = Result<(), LinkError>;

/// Serves a technician until it is gone.
///
/// # Errors
/// What the viewer did that is not allowed, or why its connection ended.
pub async fn serve(relay: Arc<Relay>, connection: &Connection, writer: FrameWriter, mut reader: FrameReader) -> Outcome {
    let (messages, queue) = mpsc::channel(MAX_UNREAD);
    let mut speaking = JoinSet::new();
    speaking.spawn(crate::speak(writer, queue));
    let mut directory = relay.directory.watch();
    let mut joined: Option<Joined> = None;
    loop {
        tokio::select! {
            message = reader.recv::<ViewerToRelay>(MAX_RELAY_FRAME) => match message? {
                Some(ViewerToRelay::Claim { nameplate }) => {
                    if let Some(joined) = joined.take() {
                        joined.leave();
                    }
                    let claimed = claim(&relay, connection, &messages, nameplate.as_str());
                    let answer = match &claimed {
                        Ok(joined) => RelayToViewer::Claimed { peer: joined.viewer.peer, session: *joined.session.sid.bytes() },
                        Err(refusal) => RelayToViewer::NotClaimed(*refusal),
                    };
                    joined = claimed.ok();
                    tell(connection, &messages, answer);
                }
                Some(ViewerToRelay::Leave) => {
                    if let Some(joined) = joined.take() {
                        joined.leave();
                    }
                }
                Some(ViewerToRelay::Cosigned { note }) => {
                // One that comes after the end of its session is too late to count.
                if let Some(joined) = joined.as_ref().filter(|_| note.len() <= MAX_NOTE) {
                    joined.session.log.put(Item::Cosigned { peer: joined.viewer.peer, note }).await;
                }
            }
                None => return Ok(()),
            },
            stream = connection.accept_bi() => {
                let (writer, reader) = stream?;
                match &mut joined {
                    Some(joined) => joined.open(writer, reader)?,
                    // A stream on its way while the session ended.
                    None => drop((writer, reader)),
                }
            }
            event = async { joined.as_mut().expect("guarded by the branch's condition").event().await }, if joined.is_some() => match event? {
                None => {}
                Some(last) => {
                    if let Some(mut joined) = joined.take() {
                        joined.hear_last_words().await;
                        joined.leave();
                    }
                    tell(connection, &messages, last);
                }
            },
            changed = directory.changed() => if changed.is_ok() {
                let snapshot = directory.borrow_and_update().clone();
                let role = deskhand_wire::relay::Role::Technician;
                if let Err(refusal) = admission::admit(role, connection.peer_key(), &snapshot, clock::wall_ms()) {
                    tracing::info!(address = %connection.remote_address(), ?refusal, "a technician was put out");
                    connection.close(CloseCode::Refused, deskhand_link::refusal_text(refusal));
                }
            },
            Some(outcome) = speaking.join_next() => match outcome {
                Ok(outcome) => outcome?,
                Err(error) => return Err(LinkError::Local { detail: error.to_string() }),
            },
            error = connection.closed() => return Err(error),
        }
    }
}

fn claim(relay: &Relay, connection: &Connection, messages: &mpsc::Sender<RelayToViewer>, nameplate: &str) -> Result<Joined, ClaimRefusal> {
    if !relay.may_claim(connection.peer_key()) {
        return Err(ClaimRefusal::TooMany);
    }
    let session = relay.live.find(nameplate, std::time::Instant::now()).ok_or(ClaimRefusal::Unknown)?;
    let (cursors, cursor_queue) = mpsc::channel(MAX_CURSORS);
    let viewer = session.join(|peer| Viewer {
        peer,
        connection: connection.clone(),
        messages: messages.clone(),
        cursors,
        backlog: Default::default(),
        queued: Notify::new(),
        interrupted: Notify::new(),
        dismissed: watch::Sender::new(false),
    })?;
    session.tell_host(RelayToHost::ViewerJoined { peer: viewer.peer, key: connection.peer_key() });
    tracing::info!(session = %session.sid, peer = viewer.peer, "a viewer has joined");
    Ok(Joined::new(session, viewer, cursor_queue))
}

/// Queues a message to a viewer. One that does not read is closed.
fn tell(connection: &Connection, messages: &mpsc::Sender<RelayToViewer>, message: RelayToViewer) {
    if messages.try_send(message).is_err() {
        connection.close(CloseCode::Misbehaved, "the viewer does not read what the relay says");
    }
}

/// A viewer in a session; dropping it takes the viewer out.
struct Joined {
    session: Arc<Session>,
    viewer: Arc<Viewer>,
    over: watch::Receiver<bool>,
    dismissed: watch::Receiver<bool>,
    /// Streams whose heads are being read and whose twins are being opened.
    opening: JoinSet<Result<Twin, LinkError>>,
    /// Copies towards the host, and delivery to the viewer.
    tasks: JoinSet<Outcome>,
    /// Copies of the host's words towards the viewer.
    words: JoinSet<Outcome>,
    seen: Vec<StreamHead>,
}

struct Twin {
    head: StreamHead,
    viewer: (FrameWriter, FrameReader),
    host: (FrameWriter, FrameReader),
}

impl Joined {
    fn new(session: Arc<Session>, viewer: Arc<Viewer>, cursors: mpsc::Receiver<bytes::Bytes>) -> Self {
        let mut tasks = JoinSet::new();
        let deliver = viewer.clone();
        tasks.spawn(async move { deliver::updates(&deliver).await });
        let connection = viewer.connection.clone();
        tasks.spawn(async move { deliver::cursors(&connection, cursors).await });
        Self {
            over: session.over.subscribe(),
            dismissed: viewer.dismissed.subscribe(),
            session,
            viewer,
            opening: JoinSet::new(),
            tasks,
            words: JoinSet::new(),
            seen: Vec::new(),
        }
    }

    /// A stream that the viewer opened.
    fn open(&mut self, writer: FrameWriter, mut reader: FrameReader) -> Outcome {
        if self.opening.len() >= MAX_OPENING {
            return Err(misbehaved("too many streams without a head"));
        }
        let (peer, host) = (self.viewer.peer, self.session.host.clone());
        self.opening.spawn(async move {
            let head = reader.head().await?;
            match head {
                StreamHead::Control { peer: said } | StreamHead::Input { peer: said } if said == peer => {}
                _ => return Err(misbehaved("a stream that a viewer does not open")),
            }
            let mut writer = writer;
            writer.set_priority(deskhand_link::priority::of(head));
            let twin = host.open_bi(head).await?;
            Ok(Twin { head, viewer: (writer, reader), host: twin })
        });
        Ok(())
    }

    /// What happens next; a message is the last word to the viewer about this session. Cancel safe.
    async fn event(&mut self) -> Result<Option<RelayToViewer>, LinkError> {
        tokio::select! {
            () = becomes_true(&mut self.over) => Ok(Some(RelayToViewer::HostLeft)),
            () = becomes_true(&mut self.dismissed) => Ok(Some(RelayToViewer::Dismissed)),
            Some(opened) = self.opening.join_next() => {
                match flatten(opened) {
                    Ok(twin) => self.splice(twin)?,
                    Err(error @ LinkError::PeerMisbehaved { .. }) => return Err(error),
                    // Either connection is gone; its own task says so.
                    Err(_) => {}
                }
                Ok(None)
            }
            Some(outcome) = self.tasks.join_next() => Self::passed(flatten(outcome)),
            Some(outcome) = self.words.join_next() => Self::passed(flatten(outcome)),
        }
    }

    fn passed(outcome: Outcome) -> Result<Option<RelayToViewer>, LinkError> {
        match outcome {
            Err(error @ LinkError::PeerMisbehaved { .. }) => Err(error),
            _ => Ok(None),
        }
    }

    fn splice(&mut self, twin: Twin) -> Outcome {
        if self.seen.contains(&twin.head) {
            return Err(misbehaved("a second stream of one kind"));
        }
        self.seen.push(twin.head);
        self.tasks.spawn(splice::copy(twin.viewer.1, twin.host.0));
        self.words.spawn(splice::copy(twin.host.1, twin.viewer.0));
        Ok(())
    }

    /// Lets what the host said last arrive.
    async fn hear_last_words(&mut self) {
        let end = Instant::now() + LAST_WORDS;
        while let Ok(Some(_)) = tokio::time::timeout_at(end, self.words.join_next()).await {}
    }

    fn leave(self) {
        drop(self);
    }
}

impl Drop for Joined {
    fn drop(&mut self) {
        if self.session.leave(self.viewer.peer) {
            self.session.tell_host(RelayToHost::ViewerLeft { peer: self.viewer.peer });
            tracing::info!(session = %self.session.sid, peer = self.viewer.peer, "a viewer has left");
        }
    }
}

/// Returns when the value is true, or nobody can change it any more.
async fn becomes_true(value: &mut watch::Receiver<bool>) {
    let _gone = value.wait_for(|value| *value).await;
}

fn flatten<T>(joined: Result<Result<T, LinkError>, tokio::task::JoinError>) -> Result<T, LinkError> {
    joined.unwrap_or_else(|error| Err(LinkError::Local { detail: error.to_string() }))
}

fn misbehaved(what: &str) -> LinkError {
    LinkError::PeerMisbehaved { detail: what.to_owned() }
}
