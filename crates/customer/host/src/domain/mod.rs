//! Whether the domain in a statement stands behind it.
//!
//! In scope: asking it once for each session, beside everything else, and the news of its answer. Nothing waits for it: until the domain
//! has said yes the organisation is unknown. Not in scope: the request itself ([`request`]), what a domain publishes (`identity`), what
//! the customer is shown ([`crate::organisation`]).

mod request;

pub use request::DomainError;

use deskhand_identity::OrganisationEntry;
use deskhand_session::Standing;
use std::{future::pending, thread};
use tokio::sync::watch;

/// A check that is under way or done.
#[derive(Debug)]
pub struct Check {
    organisation: OrganisationEntry,
    standing: watch::Receiver<Standing>,
}

impl Check {
    /// Asks the organisation's domain on a thread of its own: a name may be looked up for as long as the system likes. One without a
    /// domain stays unknown.
    pub fn start(organisation: &OrganisationEntry) -> Self {
        Self::with(organisation, request::ask)
    }

    fn with(organisation: &OrganisationEntry, ask: fn(&str, &OrganisationEntry) -> Result<(), DomainError>) -> Self {
        let (known, standing) = watch::channel(Standing::Unknown);
        let asked = organisation.clone();
        let work = move || {
            let Some(domain) = asked.domain.clone() else { return };
            match ask(&domain, &asked) {
                Ok(()) => drop(known.send_replace(Standing::Domain(domain))),
                Err(error) => tracing::warn!(domain, "the domain was not checked: {error}"),
            }
        };
        if let Err(error) = thread::Builder::new().name("domain".into()).spawn(work) {
            tracing::warn!(%error, "the domain can't be checked");
        }
        Self { organisation: organisation.clone(), standing }
    }

    /// This check when it is one of `organisation`, else a new one: what one domain said of one key counts for no other.
    #[must_use]
    pub fn of(self, organisation: &OrganisationEntry) -> Self {
        if self.organisation == *organisation { self } else { Self::start(organisation) }
    }

    /// What is known now.
    pub fn standing(&mut self) -> Standing {
        self.standing.borrow_and_update().clone()
    }

    /// What is known once it is more than [`Check::standing`] gave last; never, when nothing more will be. Cancel safe.
    pub async fn news(&mut self) -> Standing {
        match self.standing.changed().await {
            Ok(()) => self.standing(),
            Err(_) => pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deskhand_identity::SecretKey;

    fn acme(domain: Option<&str>) -> OrganisationEntry {
        let key = SecretKey::from_seed([1; 32]).public();
        OrganisationEntry { name: "Acme Support".into(), domain: domain.map(str::to_owned), key }
    }

    fn checked() -> Standing {
        Standing::Domain("acme.example".into())
    }

    #[tokio::test]
    async fn a_domain_that_says_yes_is_news_once() {
        let mut check = Check::with(&acme(Some("acme.example")), |_, _| Ok(()));
        assert_eq!(check.news().await, checked());
        assert_eq!(check.standing(), checked());
        tokio::select! {
            biased;
            news = check.news() => panic!("{news:?} is no news"),
            () = std::future::ready(()) => {}
        }
    }

    #[tokio::test]
    async fn a_domain_that_says_no_is_no_news_and_the_organisation_stays_unknown() {
        let mut check = Check::with(&acme(Some("acme.example")), |_, _| Err(DomainError::OtherKey));
        // The thread is gone once nobody can bring news any more.
        assert!(check.standing.changed().await.is_err());
        assert_eq!(check.standing(), Standing::Unknown);
    }

    #[tokio::test]
    async fn a_newer_statement_keeps_what_was_checked_of_the_same_domain_and_nothing_else() {
        let check = || async {
            let mut check = Check::with(&acme(Some("acme.example")), |_, _| Ok(()));
            assert_eq!(check.news().await, checked());
            check
        };
        assert_eq!(check().await.of(&acme(Some("acme.example"))).standing(), checked());
        assert_eq!(check().await.of(&acme(None)).standing(), Standing::Unknown);
    }
}
