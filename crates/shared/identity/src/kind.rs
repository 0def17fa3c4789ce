//! The kinds of key. In scope: zero-sized types that keep a relay's key from being used as a technician's.
//! Not in scope: what each kind may sign (see `label`) and where its key is kept.

/// What a key is for. Only the kinds of this module exist.
pub trait Kind: sealed::Sealed + 'static {
    /// The word in the key's text form, `deskhand-<NAME>-1:…`.
    const NAME: &'static str;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $kind {}
        impl sealed::Sealed for $kind {}
        impl Kind for $kind {
            const NAME: &'static str = $name;
        }
    )*};
}

kinds! {
    /// Signs the statement and technician certificates. Never on a running relay.
    Organisation = "organisation";
    /// The relay's pinned key: signs its TLS leaf and the organisation log.
    Relay = "relay";
    /// The relay's key for checkpoint cosignatures.
    RelayCosign = "relay-cosign";
    /// A technician's key for TLS and for the identity over the pairing transcript.
    Technician = "technician";
    /// A technician's key for checkpoint cosignatures.
    TechnicianCosign = "technician-cosign";
    /// A reviewer's key for TLS.
    Reviewer = "reviewer";
    /// A witness outside the organisation that cosigns checkpoints.
    Witness = "witness";
    /// The host's key of one session; lives in memory only. Its hash is the session id.
    Session = "session";
}
