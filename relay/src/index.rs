//! The SQLite index beside the session folders: what can be rebuilt, and the nameplates of the last day.
//!
//! In scope: the tables and their queries, all with bound parameters. Not in scope: the sessions themselves; a lost
//! index costs a list, never a log. (After a loss of the nameplates a digit string may come again within a day; words
//! still protect the session.)

use std::path::Path;

use deskhand_identity::SessionId;
use deskhand_wire::relay::StoreFailure;
use sqlx::{
    Row, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

/// Name of the index in the data folder.
pub const FILE: &str = "index.sqlite";

/// Statements that make the tables; each may run again.
const TABLES: [&str; 2] = [
    "CREATE TABLE IF NOT EXISTS nameplate (digits TEXT PRIMARY KEY, drawn_ms INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS session (sid TEXT PRIMARY KEY, opened_ms INTEGER NOT NULL, closed_ms INTEGER, leaves INTEGER NOT NULL DEFAULT 0, checkpoint INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID",
];

/// The open index. Clones share it.
#[derive(Debug, Clone)]
pub struct Index {
    pool: SqlitePool,
}

/// What the index says of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionRow {
    /// Leaves on disk.
    pub leaves: u64,
    /// Size of the newest checkpoint on disk.
    pub checkpoint: u64,
    /// Bytes of the session's folder.
    pub bytes: u64,
}

impl Index {
    /// Opens the index in `data`, making it when it is not there.
    ///
    /// # Errors
    /// What SQLite says.
    pub async fn open(data: &Path) -> Result<Self, sqlx::Error> {
        let options = SqliteConnectOptions::new()
            .filename(data.join(FILE))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal);
        // One writer: SQLite has no use for more, and an idle pool keeps one connection.
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
        for table in TABLES {
            sqlx::query(table).execute(&pool).await?;
        }
        // Nobody is connected to a relay that starts.
        sqlx::query("UPDATE session SET closed_ms = opened_ms WHERE closed_ms IS NULL").execute(&pool).await?;
        Ok(Self { pool })
    }

    /// Nameplates drawn after `since_ms`, and when; older ones are deleted.
    ///
    /// # Errors
    /// What SQLite says.
    pub async fn nameplates(&self, since_ms: u64) -> Result<Vec<(String, u64)>, sqlx::Error> {
        sqlx::query("DELETE FROM nameplate WHERE drawn_ms <= ?").bind(signed(since_ms)).execute(&self.pool).await?;
        sqlx::query("SELECT digits, drawn_ms FROM nameplate")
            .map(|row: sqlx::sqlite::SqliteRow| (row.get(0), unsigned(row.get(1))))
            .fetch_all(&self.pool)
            .await
    }

    /// Remembers a nameplate before it is given out.
    ///
    /// # Errors
    /// What SQLite says.
    pub async fn drawn(&self, digits: &str, at_ms: u64) -> Result<(), sqlx::Error> {
        sqlx::query("INSERT OR REPLACE INTO nameplate (digits, drawn_ms) VALUES (?, ?)")
            .bind(digits)
            .bind(signed(at_ms))
            .execute(&self.pool)
            .await
            .map(drop)
    }

    /// A session's host is here.
    ///
    /// # Errors
    /// What SQLite says.
    pub async fn opened(&self, sid: SessionId, at_ms: u64) -> Result<(), sqlx::Error> {
        sqlx::query("INSERT INTO session (sid, opened_ms) VALUES (?, ?) ON CONFLICT (sid) DO UPDATE SET closed_ms = NULL")
            .bind(sid.to_string())
            .bind(signed(at_ms))
            .execute(&self.pool)
            .await
            .map(drop)
    }

    /// A session's host is gone, and this is stored of it.
    ///
    /// # Errors
    /// What SQLite says.
    pub async fn closed(&self, sid: SessionId, at_ms: u64, row: SessionRow) -> Result<(), sqlx::Error> {
        sqlx::query("UPDATE session SET closed_ms = ?, leaves = ?, checkpoint = ?, bytes = ? WHERE sid = ?")
            .bind(signed(at_ms))
            .bind(signed(row.leaves))
            .bind(signed(row.checkpoint))
            .bind(signed(row.bytes))
            .bind(sid.to_string())
            .execute(&self.pool)
            .await
            .map(drop)
    }

    /// Sessions whose host is here now, as the last serving relay wrote it.
    ///
    /// # Errors
    /// What SQLite says.
    pub async fn live(&self) -> Result<u64, sqlx::Error> {
        let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM session WHERE closed_ms IS NULL").fetch_one(&self.pool).await?;
        Ok(unsigned(count))
    }

    /// Writes what is left and closes the file.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// What a host is told when the index cannot be written.
#[must_use]
pub fn failure(error: &sqlx::Error) -> StoreFailure {
    // SQLITE_FULL, https://sqlite.org/rescode.html#full
    let full = error.as_database_error().is_some_and(|error| error.code().as_deref() == Some("13"));
    if full { StoreFailure::Full } else { StoreFailure::Broken }
}

// SQLite's integers have a sign; times and sizes stay far below its limit.
fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}
