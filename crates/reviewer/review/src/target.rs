//! From what was typed to a session's folder or bundle and the statement to trust.
//!
//! In scope: ids, paths, statements. Not in scope: what is in the folder.

use std::{
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

use deskhand_audit::{
    bundle::{ArchiveError, EVENTS, EXTENSION, MANIFEST, STATEMENT, session_folder},
    verify::{Options, Trust},
};
use deskhand_identity::{MAX_STATEMENT_BYTES, SessionId, SignedStatement, Statement};

use crate::{failure::Failure, folder::Folder, options::Session, show::each};

/// A session that was found.
pub(crate) struct Target {
    pub(crate) folder: Folder,
    /// The id its folder or bundle should hold, when that is named by one.
    pub(crate) sid: Option<SessionId>,
}

impl Target {
    /// Finds the session: an id in a store, or a folder or bundle by its path.
    ///
    /// # Errors
    /// [`Failure`]: an id without a store, nothing there, or a bundle that was changed.
    pub(crate) fn find(session: &Session) -> Result<Self, Failure> {
        let text = &session.session;
        if let Ok(sid) = text.parse::<SessionId>() {
            let Some(store) = &session.store else {
                return Err(Failure::usage(format!(
                    "where is session {sid}? Give the relay's data folder with --store DIR, or the path of the session's folder or bundle"
                )));
            };
            let path = store.join(session_folder(&sid));
            if !path.is_dir() {
                return Err(Failure::failed(format!(
                    "{} holds no session {sid}: deskhand-review list --store {0} shows those it has",
                    store.display()
                )));
            }
            return Ok(Self { folder: Folder::new(path), sid: Some(sid) });
        }
        let path = PathBuf::from(text);
        if path.is_file() {
            return Self::bundle(path);
        }
        if !path.is_dir() {
            return Err(Failure::failed(format!(
                "{text} is neither a session id (26 characters of a-z and 2-7) nor a session's folder or bundle"
            )));
        }
        let name = fs::canonicalize(&path).ok();
        let sid = name.as_deref().and_then(Path::file_name).and_then(|name| name.to_str()?.parse().ok());
        if sid.is_none() && ![MANIFEST, EVENTS].iter().any(|file| path.join(file).exists()) {
            return Err(Failure::failed(format!("{text} is not a session's folder: there is no {MANIFEST} in it")));
        }
        Ok(Self { folder: Folder::new(path), sid })
    }

    fn bundle(path: PathBuf) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let sid = path.file_stem().filter(|_| path.extension().is_some_and(|end| end == EXTENSION));
        let sid = sid.and_then(|stem| stem.to_str()?.parse().ok());
        match Folder::of_bundle(path) {
            Ok(folder) => Ok(Self { folder, sid }),
            Err(ArchiveError::Io(why)) => Err(Failure::failed(format!("{name} cannot be read: {why}"))),
            Err(why) => Err(Failure::unverified(format!("{name} is no sound bundle of a session: {why}"))),
        }
    }

    /// The id of the session, as its first event has it.
    ///
    /// # Errors
    /// [`Failure`] when there is no event.
    pub(crate) fn session_id(&self) -> Result<SessionId, Failure> {
        let mut found = self.sid;
        each(&self.folder, |entry, _| {
            found.get_or_insert(entry.sid);
            Ok(())
        })?;
        found.ok_or_else(|| Failure::failed("the session has no event yet"))
    }

    /// What the verifier is told.
    pub(crate) fn options(&self, trust: Option<Trust>) -> Options {
        Options { sid: self.sid, trust, receipt: None, live: self.folder.is_live() }
    }
}

/// The statement to trust: the one that was named, else the store's, if it has one.
///
/// # Errors
/// [`Failure`] when it cannot be read, is not signed, or was edited.
pub(crate) fn trust(named: Option<&Path>, store: Option<&Path>) -> Result<Option<Trust>, Failure> {
    Ok(statement(named, store)?.as_ref().map(Trust::from))
}

/// The statement behind [`trust`].
///
/// # Errors
/// As [`trust`].
pub(crate) fn statement(named: Option<&Path>, store: Option<&Path>) -> Result<Option<Statement>, Failure> {
    let path = match (named, store.map(|store| store.join(STATEMENT))) {
        (Some(path), _) => path.to_owned(),
        (None, Some(path)) if path.exists() => path,
        (None, _) => return Ok(None),
    };
    let fail = |why: &dyn std::fmt::Display| Failure::failed(format!("the statement {} cannot be trusted: {why}", path.display()));
    let mut bytes = Vec::new();
    let file = File::open(&path).map_err(|why| fail(&why))?;
    file.take(MAX_STATEMENT_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(|why| fail(&why))?;
    let statement = SignedStatement::parse(&bytes).map_err(|why| fail(&why))?;
    Ok(Some(statement.statement().clone()))
}
