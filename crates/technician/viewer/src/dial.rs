//! To the relay: connect, say hello, find the certificate that fits.
//!
//! In scope: the relays of the statement in turn, the newer statement, certificates in the technician's name. Not in
//! scope: the session.

use crate::{
    clock,
    failure::{Exit, Failure},
    setup::Setup,
};
use deskhand_identity::{CertificateError, PublicKey, Relay, SignedCertificate, rfc3339};
use deskhand_link::{Connection, Greeting, LinkError, Me, connect, hello};
use deskhand_wire::relay::Role;

/// A relay that let us in.
pub(crate) struct Dialed {
    /// The connection.
    pub connection: Connection,
    /// The relay stream.
    pub greeting: Greeting,
    /// The relay's key.
    pub relay: PublicKey<Relay>,
    /// The certificate for our key.
    pub certificate: SignedCertificate,
    /// The relay's proof that it is in the organisation's log.
    pub entered: Vec<u8>,
    /// Other certificates in the same name, in words.
    pub notice: Option<String>,
}

/// The addresses that will be tried, for people.
#[must_use]
pub(crate) fn addresses(setup: &Setup) -> String {
    let relays = &setup.statement.statement().relays;
    relays.iter().flat_map(|relay| relay.addresses.iter().map(String::as_str)).collect::<Vec<_>>().join(", ")
}

/// Connects to the first relay that can be reached.
///
/// # Errors
/// [`Failure`] of the last relay tried: 4 unreachable or the wrong key, 3 refused or no valid certificate.
pub(crate) async fn dial(setup: &mut Setup) -> Result<Dialed, Failure> {
    let relays = setup.statement.statement().relays.clone();
    let me = Me::technician(&setup.secret.tls)?;
    let mut last = Failure::new(
        Exit::Unreachable,
        "the organisation's statement names no address of a relay: ask your administrator for a current deskhand.toml (deskhand-relay package)",
    );
    for relay in relays.iter().filter(|relay| !relay.addresses.is_empty()) {
        match greet(&relay.addresses, &relay.key, &me, setup.statement.statement().serial).await {
            Ok((connection, mut greeting)) => {
                if let Some(offered) = greeting.statement.take() {
                    setup.renew(&offered);
                }
                let (certificate, notice) = certificate(setup, &greeting.certificates)?;
                let entered = std::mem::take(&mut greeting.entered);
                return Ok(Dialed { connection, greeting, relay: relay.key, certificate, entered, notice });
            }
            Err(error @ LinkError::Unreachable { .. }) => last = error.into(),
            Err(error) => return Err(error.into()),
        }
    }
    Err(last)
}

async fn greet(addresses: &[String], relay: &PublicKey<Relay>, me: &Me, serial: u64) -> Result<(Connection, Greeting), LinkError> {
    let connection = connect(addresses, relay, me).await?;
    let greeting = hello(&connection, Role::Technician, serial).await?;
    Ok((connection, greeting))
}

/// The newest valid certificate for our key, and what there is to say about others in the same name.
fn certificate(setup: &Setup, handed: &[String]) -> Result<(SignedCertificate, Option<String>), Failure> {
    let (statement, ours) = (setup.statement.statement(), setup.secret.public().tls);
    let handed: Vec<SignedCertificate> = handed.iter().filter_map(|text| SignedCertificate::parse(text).ok()).collect();
    let mut best: Option<SignedCertificate> = None;
    let mut why = None;
    for candidate in handed.iter().chain(&setup.certificate).filter(|candidate| candidate.claimed().keys.tls == ours) {
        match statement.admit(candidate, clock::wall_ms()) {
            Ok(_) if best.as_ref().is_some_and(|best| best.claimed().not_after_ms >= candidate.claimed().not_after_ms) => {}
            Ok(_) => best = Some(candidate.clone()),
            Err(error) => why = Some(error),
        }
    }
    let Some(best) = best else {
        return Err(why.map_or_else(
            || {
                Failure::new(
                    Exit::Refused,
                    "there is no certificate for this technician's key: ask your administrator to add you (deskhand-relay tech add), or name the file with --cert",
                )
            },
            |error: CertificateError| error.into(),
        ));
    };
    let others = handed.iter().filter(|other| other.claimed().keys.tls != ours && other.claimed().name == best.claimed().name);
    let others: Vec<&SignedCertificate> = others.filter(|other| statement.admit(other, clock::wall_ms()).is_ok()).collect();
    let notice = others.first().map(|newest| {
        format!(
            "Another key has a certificate in your name (issued {}, {} in all). If it is not yours, tell your administrator at once.",
            rfc3339(newest.claimed().issued_ms),
            others.len()
        )
    });
    Ok((best, notice))
}
