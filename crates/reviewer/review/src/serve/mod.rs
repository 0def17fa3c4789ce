//! `serve`: a page on loopback with every session of a store, its timeline and its picture.
//!
//! In scope: listening, the link that is printed, one task per connection. Who may ask is decided by `gate`, what is answered by `routes`.
//! Not in scope: any address but 127.0.0.1; the page is for the reviewer on this computer.

mod answer;
mod desk;
mod gate;
mod page;
mod picture;
mod routes;
mod session;

use std::{
    io::Write,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::Arc,
};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::Serialize;
use tokio::net::TcpListener;

use crate::{
    failure::{Exit, Failure},
    keys,
    options::KeyChoice,
    target::trust,
};
use desk::Desk;
use gate::Gate;

/// The line that scripts rely on.
#[derive(Serialize)]
struct Line {
    listen: String,
    link: String,
}

pub(crate) fn run(
    store: &Path,
    choice: &KeyChoice,
    named: Option<&Path>,
    port: u16,
    json: bool,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    // A store that is none, or a key that does not open, is said before anything listens.
    crate::list::lines(store)?;
    let desk = Desk::new(
        store.to_owned(),
        choice.clone(),
        keys::secret(choice.key.as_deref(), choice.passphrase_file.as_deref())?,
        trust(named, Some(store))?,
    );
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|why| Failure::failed(format!("the page cannot be served: {why}")))?;
    runtime.block_on(async {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listener = TcpListener::bind(address).await;
        let listener = listener.map_err(|why| Failure::failed(format!("{address} cannot be listened on: {why}")))?;
        let address = listener.local_addr()?;
        let gate = Gate::new(address.port()).map_err(|why| Failure::failed(format!("this computer gives no random numbers: {why}")))?;
        say(&gate.link(), address, json, out)?;
        tokio::select! {
            () = accept(&listener, Arc::new(gate), Arc::new(desk)) => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        Ok(Exit::Done)
    })
}

fn say(link: &str, address: SocketAddr, json: bool, out: &mut dyn Write) -> Result<(), Failure> {
    if json {
        let line = Line { listen: address.to_string(), link: link.to_owned() };
        serde_json::to_writer(&mut *out, &line).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        writeln!(out, "Open this in your browser; it works once:\n  {link}\nCtrl+C ends it.")?;
    }
    Ok(out.flush()?)
}

async fn accept(listener: &TcpListener, gate: Arc<Gate>, desk: Arc<Desk>) {
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                // A connection that ended before it was taken, or no descriptors for now: the others go on.
                tracing::debug!(%error, "a connection was not taken");
                tokio::task::yield_now().await;
                continue;
            }
        };
        let (gate, desk) = (gate.clone(), desk.clone());
        tokio::spawn(async move {
            let service = service_fn(|request| routes::answer(gate.clone(), desk.clone(), request));
            let served =
                http1::Builder::new().timer(TokioTimer::new()).max_buf_size(16 << 10).serve_connection(TokioIo::new(stream), service);
            if let Err(error) = served.await {
                tracing::debug!(%error, "a connection ended");
            }
        });
    }
}
