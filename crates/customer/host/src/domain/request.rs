//! The one request: does `https://DOMAIN/.well-known/deskhand` name this key?
//!
//! In scope: what is asked and every limit of it. Port 443, no redirect, no cookie, no retry. The certificate must lead to one of
//! Mozilla's roots, which are built in: a root that somebody put on this machine, or a proxy named in the environment, can't vouch for
//! a domain. There is no switch that changes any of this. Not in scope: the text (`identity`), and when it is asked
//! ([`super::Check`]).

use deskhand_identity::{MAX_WELL_KNOWN_BYTES, OrganisationEntry, WELL_KNOWN_PATH, well_known_names};
use std::time::Duration;
use thiserror::Error;
use ureq::{
    Agent,
    tls::{RootCerts, TlsConfig},
    unversioned::{
        resolver::{DefaultResolver, Resolver},
        transport::DefaultConnector,
    },
};

/// How long looking up the name, connecting and answering may take together.
const PATIENCE: Duration = Duration::from_secs(5);
/// Most bytes of the head of an answer.
const MAX_HEAD_BYTES: usize = 16 << 10;

/// Why a domain does not count as checked.
#[derive(Debug, Error)]
pub enum DomainError {
    /// Nothing that can be trusted answered in time and within bounds.
    #[error("it can't be asked: {0}")]
    NoAnswer(#[from] ureq::Error),
    /// An answer other than 200.
    #[error("it publishes nothing there (status {0})")]
    NotThere(u16),
    /// What it publishes does not name the key.
    #[error("it does not name this organisation's key")]
    OtherKey,
}

/// Asks the domain. Waits for up to [`PATIENCE`].
pub(super) fn ask(domain: &str, organisation: &OrganisationEntry) -> Result<(), DomainError> {
    World { roots: RootCerts::WebPki, resolver: DefaultResolver::default(), patience: PATIENCE }.ask(domain, organisation)
}

/// Where the request goes.
struct World<R> {
    roots: RootCerts,
    resolver: R,
    patience: Duration,
}

impl<R: Resolver> World<R> {
    fn ask(self, domain: &str, organisation: &OrganisationEntry) -> Result<(), DomainError> {
        let config = Agent::config_builder()
            .https_only(true)
            .proxy(None)
            .max_redirects(0)
            .http_status_as_error(false)
            .timeout_global(Some(self.patience))
            .max_response_header_size(MAX_HEAD_BYTES)
            .user_agent(concat!("deskhand-host/", env!("CARGO_PKG_VERSION")))
            .tls_config(TlsConfig::builder().root_certs(self.roots).build())
            .build();
        let agent = Agent::with_parts(config, DefaultConnector::default(), self.resolver);
        let mut answer = agent.get(format!("https://{domain}{WELL_KNOWN_PATH}")).call()?;
        if answer.status() != 200 {
            return Err(DomainError::NotThere(answer.status().as_u16()));
        }
        let text = answer.body_mut().with_config().limit(MAX_WELL_KNOWN_BYTES as u64).read_to_string()?;
        if well_known_names(&text, &organisation.key) { Ok(()) } else { Err(DomainError::OtherKey) }
    }
}

#[cfg(test)]
mod tests;
