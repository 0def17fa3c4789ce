//! One session's folder: batches in, synced bytes out.
//!
//! In scope: making and continuing the folder, checking each item against what is stored, the order in which things
//! become durable. Not in scope: queues and tasks (`task`). Everything here blocks.
//!
//! Order within a batch: fields beside the log and media are on disk before the leaves, the leaves before the
//! checkpoints over them. So a program killed at any point leaves a log that ends early at worst.

use std::{
    fs::{self, File},
    io::{self, BufReader},
    path::{Path, PathBuf},
};

use deskhand_audit::{
    Checkpoint, Entry, Event, MediaSegment, Origin, Tree,
    bundle::{
        CHECKPOINTS, COSIGNATURES, EVENTS, Found, KEYS, LineReader, MANIFEST, MEDIA, NoteReader, OPEN_MARKER, PERSONAL, PROOFS, Personal,
        SEALED, event_line, sealed_name, session_folder, whole_lines, whole_notes,
    },
    note::Note,
    organisation::{OrganisationEvent, Proofs},
};
use deskhand_identity::SessionId;

use crate::clock;

use super::{
    DRAFTS, Item, Place, Progress, StoreError,
    appender::{Appender, replace, sync_folder},
    beside::{Beside, Field},
    cosignatures::Cosignatures,
    media::Media,
    organisation::{Ledger, Standing},
    quota::Purpose,
    shred,
};

/// An open session folder.
pub struct Folder {
    place: Place,
    path: PathBuf,
    drafts: PathBuf,
    origin: Origin,
    events: Appender,
    notes: Appender,
    tree: Tree,
    ended: bool,
    personal: Personal,
    personal_bytes: u64,
    other_bytes: u64,
    beside: Beside,
    media: Media,
    cosignatures: Cosignatures,
    /// False once the host has vouched for media that are not here: what we put our name to must be.
    cosigns: bool,
    progress: Progress,
    /// That the session was opened, in the organisation's log.
    opened: u64,
}

/// Leaves and notes of a batch that are checked and still to be written.
#[derive(Default)]
struct Batch {
    lines: Vec<Vec<u8>>,
    notes: Vec<Vec<u8>>,
    checkpoint: Option<u64>,
    cosigned: Option<(u64, Vec<u8>)>,
    technicians: Vec<Vec<u8>>,
}

impl Folder {
    /// Makes the folder of a session, or continues the one that is there, and enters the session in the organisation's log before anything
    /// of its log or its recording is stored.
    ///
    /// # Errors
    /// What the disk says, that the quota is used up, or that the session was erased.
    pub(super) fn open(place: Place) -> Result<Self, StoreError> {
        if place.ledger.erasure(&place.manifest.sid).is_some() {
            return Err(StoreError::fault("the session was erased"));
        }
        let manifest = place.manifest.to_bytes();
        let path = place.data.join(session_folder(&place.manifest.sid));
        let drafts = place.data.join(DRAFTS);
        let mut other_bytes = 0;
        if !path.join(MANIFEST).exists() {
            if !place.quota.take(0, manifest.len() as u64, Purpose::Log) {
                return Err(StoreError::Quota);
            }
            fs::create_dir_all(&path)?;
            File::create(path.join(OPEN_MARKER))?;
            fs::create_dir_all(&drafts)?;
            replace(&drafts, &path.join(MANIFEST), &manifest)?;
            path.parent().map_or(Ok(()), sync_folder)?;
        } else if fs::read(path.join(MANIFEST))? != manifest {
            return Err(StoreError::fault("the folder of this session belongs to another relay's organisation"));
        } else {
            File::create(path.join(OPEN_MARKER))?;
        }
        other_bytes += manifest.len() as u64;
        other_bytes += fs::metadata(path.join(KEYS)).map_or(0, |keys| keys.len());
        for sealed in super::entries(&path.join(SEALED))? {
            other_bytes += sealed.metadata()?.len();
        }

        let events = Appender::open(&path.join(EVENTS), |file| whole_lines(file))?;
        let mut cosignatures = Cosignatures::open(&path)?;
        let (tree, segments, ended) = read_events(&path, |entry| cosignatures.leaf(entry))?;
        let notes = Appender::open(&path.join(CHECKPOINTS), |file| whole_notes(file))?;
        sync_folder(&path)?;
        let origin = Origin::of(&place.manifest.organisation, place.domain.as_deref(), &place.manifest.sid);
        let personal_path = path.join(PERSONAL);
        let (personal, personal_bytes) = if personal_path.exists() {
            let bytes = fs::read(personal_path)?;
            let personal = Personal::from_bytes(&bytes).map_err(io::Error::other)?;
            (personal, bytes.len() as u64)
        } else {
            (Personal::default(), 0)
        };
        let media = Media::open(&path, &segments)?;
        let (opened, proof) = place.ledger.append(OrganisationEvent::SessionOpened { sid: place.manifest.sid })?;
        let progress = Progress {
            open: true,
            opened: Some(proof.to_bytes()),
            leaves: tree.size(),
            checkpoint: read_checkpoint(&path, &origin, &place)?,
            ..Progress::default()
        };
        // A seal from before proves nothing about what comes now.
        remove(&path.join(PROOFS))?;
        let mut folder = Self {
            place,
            path,
            drafts,
            origin,
            events,
            notes,
            tree,
            ended,
            personal,
            personal_bytes,
            other_bytes,
            beside: Beside::default(),
            media,
            cosignatures,
            cosigns: true,
            progress,
            opened,
        };
        folder.progress.bytes = folder.bytes();
        Ok(folder)
    }

    /// What is on disk now.
    pub(super) fn progress(&self) -> &Progress {
        &self.progress
    }

    fn bytes(&self) -> u64 {
        self.events.length() + self.notes.length() + self.cosignatures.bytes() + self.personal_bytes + self.other_bytes + self.media.bytes()
    }

    fn take(&self, bytes: u64, purpose: Purpose) -> Result<(), StoreError> {
        if self.place.quota.take(self.bytes(), bytes, purpose) { Ok(()) } else { Err(StoreError::Quota) }
    }

    /// Stores a batch, in order; what was stored of it is in [`Self::progress`] afterwards, and so is what went wrong.
    pub(super) fn commit(&mut self, items: Vec<Item>) {
        let mut batch = Batch::default();
        let mut result = Ok(());
        let mut close = false;
        for item in items {
            if matches!(item, Item::Close) {
                close = true;
            } else if result.is_ok() && self.progress.failed.is_none() {
                result = self.stage(item, &mut batch);
            }
        }
        let (technicians, forked) = self.cosignatures.settle(&self.origin, &self.place.manifest.session_key);
        batch.technicians = technicians;
        // What came before a mistake still counts.
        let written = self.write(batch);
        for outcome in [result, forked, written] {
            match outcome {
                Ok(()) => {}
                Err(StoreError::Fault(text)) => self.progress.fault = Some(text),
                Err(error) => {
                    tracing::error!(session = %self.place.manifest.sid, %error, "the log cannot be stored any more");
                    self.progress.failed = Some(error.told());
                }
            }
        }
        if close && !self.progress.closed {
            if let Err(error) = self.close() {
                tracing::error!(session = %self.place.manifest.sid, %error, "closing the session's folder failed");
            }
            self.progress.closed = true;
        }
        self.progress.bytes = self.bytes();
    }

    fn stage(&mut self, item: Item, batch: &mut Batch) -> Result<(), StoreError> {
        match item {
            Item::Open | Item::Close => Ok(()),
            Item::Leaf { bytes, entry } => self.stage_leaf(bytes, &entry, batch),
            Item::Sealed { seq, field, bytes } => {
                let next = self.tree.size();
                self.beside.keep(next, seq, field, Field::Sealed(bytes))
            }
            Item::Personal { seq, field, salt, value } => {
                let next = self.tree.size();
                self.beside.keep(next, seq, field, Field::Personal(salt, value))
            }
            Item::Keys { seq, envelope, half } => {
                let next = self.tree.size();
                self.beside.keep(next, seq, KEYS.to_owned(), Field::Keys(envelope, half))
            }
            Item::Checkpoint { size, note } => self.stage_note(size, note, batch),
            // After the end another program may have the folder already.
            Item::Cosigned { .. } if self.progress.closed => Ok(()),
            Item::Cosigned { peer, note } => {
                self.cosignatures.came(peer, note);
                Ok(())
            }
            Item::Media { epoch, number, parts, held } => {
                if self.progress.media_failed.is_none()
                    && !self.ended
                    && let Err(error) = self.record(epoch, &parts)
                {
                    self.media_lost(&error);
                }
                self.progress.recorded = (epoch, number);
                drop(held);
                Ok(())
            }
        }
    }

    fn stage_leaf(&mut self, bytes: Vec<u8>, entry: &Entry, batch: &mut Batch) -> Result<(), StoreError> {
        let next = self.tree.size();
        if entry.sid != self.place.manifest.sid {
            return Err(StoreError::fault("a leaf of another session"));
        }
        if let Some(known) = self.tree.leaf(entry.seq) {
            return if known == bytes {
                Ok(())
            } else {
                Err(StoreError::fault(format!("leaf {} is stored already and reads differently", entry.seq)))
            };
        }
        if entry.seq != next {
            return Err(StoreError::fault(format!("leaf {} came where leaf {next} is next", entry.seq)));
        }
        if self.ended {
            return Err(StoreError::fault("a leaf after the end of the session"));
        }
        let fields = self.beside.take(entry)?;
        self.write_beside(entry.seq, fields)?;
        if let Event::MediaSegment(segment) = &entry.event {
            let fits = self.media.vouch(segment)?;
            if !fits && self.progress.media_failed.is_some() {
                // The segment covers updates that could not be stored: the log must not say that they were.
                return Err(StoreError::Quota);
            }
            if !fits {
                self.cosigns = false;
                tracing::warn!(
                    session = %self.place.manifest.sid, epoch = segment.epoch, first = segment.first, last = segment.last,
                    "the host vouches for other bytes than were recorded"
                );
            }
        }
        self.ended = matches!(entry.event, Event::SessionEnded { .. });
        self.cosignatures.leaf(entry);
        if self.ended {
            // An ended log accounts for every byte, and no segment follows: whatever kills us from here on, nothing loose is left.
            self.place.quota.give_back(self.media.cut_loose()?);
        }
        batch.lines.push(event_line(&bytes));
        self.tree.append(bytes);
        Ok(())
    }

    fn stage_note(&mut self, size: u64, bytes: Vec<u8>, batch: &mut Batch) -> Result<(), StoreError> {
        if size <= batch.checkpoint.unwrap_or(self.progress.checkpoint) {
            // A repetition after a reconnect.
            return Ok(());
        }
        let open = |note: &Note| {
            Checkpoint::open(note, &self.origin, &self.place.manifest.session_key).map_err(|error| StoreError::fault(error.to_string()))
        };
        let mut note = Note::from_bytes(&bytes).map_err(|error| StoreError::fault(error.to_string()))?;
        let checkpoint = open(&note)?;
        if note.signatures.len() != 1 {
            return Err(StoreError::fault("a checkpoint with more signatures than the host's"));
        }
        if checkpoint.size != size || size != self.tree.size() || checkpoint.root != self.tree.root() {
            tracing::warn!(
                session = %self.place.manifest.sid, said = checkpoint.size, stored = self.tree.size(),
                "a checkpoint does not fit the leaves that came before it and was refused"
            );
            return Err(StoreError::fault(format!(
                "the checkpoint over {size} leaves is not over the {} leaves that came",
                self.tree.size()
            )));
        }
        self.cosignatures.head(size, checkpoint.root);
        // It goes on from every head before it: the tree has only ever grown.
        if self.cosigns {
            let line = note.cosignature(&self.origin.relay_name(), &self.place.cosign, clock::wall_ms() / 1_000);
            batch.cosigned = Some((size, line.to_bytes()));
            note.signatures.push(line);
        }
        batch.checkpoint = Some(size);
        batch.notes.push(note.to_bytes());
        Ok(())
    }

    fn write_beside(&mut self, seq: u64, fields: Vec<(String, Field)>) -> Result<(), StoreError> {
        let mut personal = false;
        for (name, field) in fields {
            match field {
                Field::Sealed(bytes) => {
                    let file = sealed_name(seq, &name).ok_or_else(|| StoreError::fault("a sealed field with a name that is none"))?;
                    self.take(bytes.len() as u64, Purpose::Log)?;
                    let folder = self.path.join(SEALED);
                    if !folder.exists() {
                        fs::create_dir(&folder)?;
                        sync_folder(&self.path)?;
                    }
                    replace(&self.drafts, &self.path.join(file), &bytes)?;
                    self.other_bytes += bytes.len() as u64;
                }
                Field::Keys(envelope, half) => {
                    self.take(envelope.len() as u64, Purpose::Log)?;
                    replace(&self.drafts, &self.path.join(KEYS), &envelope)?;
                    self.other_bytes += envelope.len() as u64;
                    shred::keep(&self.place.shred, &self.place.manifest.sid, &half)?;
                }
                Field::Personal(salt, value) => {
                    self.personal.add(seq, &name, salt, value).map_err(|error| StoreError::fault(error.to_string()))?;
                    personal = true;
                }
            }
        }
        if personal {
            let bytes = self.personal.to_bytes();
            let length = bytes.len() as u64;
            self.take(length.saturating_sub(self.personal_bytes), Purpose::Log)?;
            replace(&self.drafts, &self.path.join(PERSONAL), &bytes)?;
            self.personal_bytes = length;
        }
        Ok(())
    }

    fn record(&mut self, epoch: u32, parts: &[bytes::Bytes]) -> Result<(), StoreError> {
        let bytes = Media::record_bytes(parts);
        self.take(bytes, Purpose::Media)?;
        if let Err(error) = self.media.append(epoch, parts) {
            self.place.quota.give_back(bytes);
            return Err(error.into());
        }
        Ok(())
    }

    /// The recording ends here: what the log does not vouch for is not kept.
    fn media_lost(&mut self, error: &StoreError) {
        tracing::error!(session = %self.place.manifest.sid, %error, "the recording cannot be stored any more");
        self.progress.media_failed = Some(error.told());
        match self.media.cut_loose() {
            Ok(bytes) => self.place.quota.give_back(bytes),
            Err(error) => {
                tracing::error!(session = %self.place.manifest.sid, %error, "the recording cannot be cut back");
            }
        }
    }

    fn write(&mut self, batch: Batch) -> Result<(), StoreError> {
        let lines = batch.lines.len() as u64;
        let size = |items: &[Vec<u8>]| items.iter().map(|item| item.len() as u64).sum::<u64>();
        if lines > 0 {
            self.append_all(&batch.lines, size(&batch.lines), |folder| Ok(&mut folder.events))?;
            self.progress.leaves += lines;
        }
        if !batch.notes.is_empty() {
            self.append_all(&batch.notes, size(&batch.notes), |folder| Ok(&mut folder.notes))?;
            self.progress.checkpoint = batch.checkpoint.unwrap_or(self.progress.checkpoint);
            self.progress.cosigned = batch.cosigned;
        }
        if !batch.technicians.is_empty() {
            self.append_all(&batch.technicians, size(&batch.technicians), |folder| folder.cosignatures.file(&folder.path))?;
        }
        Ok(())
    }

    /// Appends and syncs; on an error the file is as long as before.
    fn append_all(
        &mut self,
        items: &[Vec<u8>],
        bytes: u64,
        file: impl FnOnce(&mut Self) -> io::Result<&mut Appender>,
    ) -> Result<(), StoreError> {
        self.take(bytes, Purpose::Log)?;
        let quota = self.place.quota.clone();
        let file = file(self)?;
        let before = file.length();
        let written = file.append(items.iter().map(Vec::as_slice)).and_then(|()| file.sync());
        if let Err(error) = written {
            file.cut(before)?;
            quota.give_back(bytes);
            return Err(error.into());
        }
        Ok(())
    }

    fn close(&mut self) -> io::Result<()> {
        self.media.sync()?;
        seal(&self.place.ledger, self.opened, &self.place.manifest.sid, (&self.tree, self.ended), (&self.drafts, &self.path))?;
        remove(&self.path.join(OPEN_MARKER))?;
        sync_folder(&self.path)
    }
}

/// Removes a file, if it is there.
fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Seals a session in the organisation's log, and puts the proofs into its folder.
fn seal(ledger: &Ledger, opened: u64, sid: &SessionId, (tree, ended): (&Tree, bool), (drafts, folder): (&Path, &Path)) -> io::Result<()> {
    let event = OrganisationEvent::SessionSealed { sid: *sid, size: tree.size(), root: tree.root(), ended };
    let (_, sealed) = ledger.append(event)?;
    let proofs = Proofs { opened: ledger.prove(opened)?, sealed, erased: None };
    replace(drafts, &folder.join(PROOFS), &proofs.to_bytes())
}

/// Puts a folder in order whose relay was killed: whole items only, sealed as far as it was stored, and no marker of a running session.
/// One of which nothing was stored yet goes.
///
/// # Errors
/// What the disk says.
pub fn give_up(folder: &Path, ledger: &Ledger) -> io::Result<()> {
    if folder.join(EVENTS).exists() {
        Appender::open(&folder.join(EVENTS), |file| whole_lines(file))?.sync()?;
    }
    if folder.join(CHECKPOINTS).exists() {
        Appender::open(&folder.join(CHECKPOINTS), |file| whole_notes(file))?.sync()?;
    }
    if folder.join(COSIGNATURES).exists() {
        Appender::open(&folder.join(COSIGNATURES), |file| whole_notes(file))?.sync()?;
    }
    for media in super::entries(&folder.join(MEDIA))? {
        Appender::open(&media, |reader| deskhand_audit::bundle::whole_records(reader))?.sync()?;
    }
    let (tree, _, ended) = read_events(folder, |_| ()).map_err(io::Error::other)?;
    let Some(sid) = folder.file_name().and_then(|name| name.to_str()?.parse().ok()) else { return Ok(()) };
    let drafts = folder.parent().and_then(Path::parent).map(|data| data.join(DRAFTS)).unwrap_or_default();
    fs::create_dir_all(&drafts)?;
    match ledger.standing(&sid) {
        Some(Standing::Opened(opened)) => seal(ledger, opened, &sid, (&tree, ended), (&drafts, folder))?,
        Some(Standing::Sealed(opened, sealed)) if !folder.join(PROOFS).exists() => {
            let proofs = Proofs { opened: ledger.prove(opened)?, sealed: ledger.prove(sealed)?, erased: None };
            replace(&drafts, &folder.join(PROOFS), &proofs.to_bytes())?;
        }
        None if tree.size() == 0 => {
            fs::remove_dir_all(folder)?;
            return folder.parent().map_or(Ok(()), sync_folder);
        }
        // One that the organisation's log does not know and that holds something is left as it is found.
        Some(Standing::Sealed(..)) | None => {}
    }
    remove(&folder.join(OPEN_MARKER))?;
    sync_folder(folder)
}

/// The tree, the media segments, and whether the log has its end.
fn read_events(path: &Path, mut each: impl FnMut(&Entry)) -> Result<(Tree, Vec<MediaSegment>, bool), StoreError> {
    let (mut tree, mut segments, mut ended) = (Tree::new(), Vec::new(), false);
    let file = match File::open(path.join(EVENTS)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((tree, segments, ended)),
        opened => opened?,
    };
    let mut reader = LineReader::new(BufReader::new(file));
    let mut line = Vec::new();
    while reader.next(&mut line)? == Found::Whole {
        let entry = Entry::from_leaf(&line).map_err(io::Error::other)?;
        each(&entry);
        match entry.event {
            Event::MediaSegment(segment) => segments.push(segment),
            Event::SessionEnded { .. } => ended = true,
            _ => {}
        }
        tree.append(line.clone());
    }
    Ok((tree, segments, ended))
}

/// Size of the newest stored checkpoint, 0 for none.
fn read_checkpoint(path: &Path, origin: &Origin, place: &Place) -> io::Result<u64> {
    let mut reader = NoteReader::new(BufReader::new(File::open(path.join(CHECKPOINTS))?));
    let (mut size, mut note) = (0, Vec::new());
    while reader.next(&mut note)? == Found::Whole {
        let checkpoint = Note::from_bytes(&note).ok().and_then(|note| Checkpoint::open(&note, origin, &place.manifest.session_key).ok());
        size = checkpoint.map_or(size, |checkpoint| checkpoint.size);
    }
    Ok(size)
}
