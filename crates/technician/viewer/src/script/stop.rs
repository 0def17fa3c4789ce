//! The system, or a person at the terminal, wants the program to end: it says goodbye first.
//!
//! In scope: waiting for that, by system. Not in scope: the goodbye.

/// Waits for Ctrl+C, or for what the system sends to a program that is to end.
pub(super) async fn asked() {
    let interrupted = tokio::signal::ctrl_c();
    tokio::select! {
        Ok(()) = interrupted => {}
        () = terminated() => {}
        else => std::future::pending().await,
    }
}

#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => drop(terminate.recv().await),
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}
