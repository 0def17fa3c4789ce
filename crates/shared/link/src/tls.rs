//! TLS 1.3 configurations of both sides.
//!
//! The relay shows an X.509 leaf, fresh at each start and renewed while it runs, issued by its long-lived key; clients
//! pin that key as their only trust anchor: no system root, no host name of the network, no question to a person.
//! Clients show a raw public key (RFC 7250), and one that shows none is refused. In scope: building the two
//! configurations. Not in scope: what a client's key may do.

use std::{sync::Arc, time::Duration};

use deskhand_identity::{PublicKey, Relay, SecretKey};
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_ED25519};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, DistinguishedName as RootHint, Error, PeerMisbehaved, RootCertStore,
    ServerConfig, SignatureScheme,
    client::WebPkiServerVerifier,
    crypto::{CryptoProvider, ring, verify_tls13_signature_with_raw_key},
    pki_types::{CertificateDer, Der, PrivateKeyDer, PrivatePkcs8KeyDer, SubjectPublicKeyInfoDer, TrustAnchor, UnixTime},
    server::danger::{ClientCertVerified, ClientCertVerifier},
    version::TLS13,
};

use crate::{
    error::LinkError,
    me::{Me, key_of_spki, spki_contents},
};

/// Application protocol: name and version of everything above TLS. A peer of another one is incompatible.
pub const ALPN: &[u8] = b"deskhand/1";

/// The name in the relay's leaf. It says nothing about where the relay is: the key is the identity.
pub(crate) const RELAY_NAME: &str = "deskhand-relay";

/// A leaf is valid from this long before it was issued: computers of customers have wrong clocks.
const LEAF_BEFORE: Duration = Duration::from_secs(30 * 86_400);

/// … until this long after. `Listener::renew_leaf` is called far more often.
const LEAF_AFTER: Duration = Duration::from_secs(90 * 86_400);

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// DER of the relay's distinguished name without the outer tag: `SET { SEQUENCE { commonName, UTF8String } }`.
fn relay_subject() -> Vec<u8> {
    let name = RELAY_NAME.as_bytes();
    let length = |n: usize| u8::try_from(n).expect("the relay's name is a few bytes long");
    let mut der = vec![0x31, length(name.len() + 9)];
    der.extend([0x30, length(name.len() + 7)]);
    der.extend([0x06, 0x03, 0x55, 0x04, 0x03]);
    der.extend([0x0c, length(name.len())]);
    der.extend(name);
    der
}

/// The TLS side of a client that trusts exactly one relay key.
///
/// # Errors
/// [`LinkError::Local`] when the cryptography provider refuses the configuration.
pub(crate) fn client(relay: &PublicKey<Relay>, me: &Me) -> Result<QuicClientConfig, LinkError> {
    let verifier = pinned(relay)?;
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])
        .map_err(LinkError::local)?
        .with_webpki_verifier(verifier)
        .with_client_cert_resolver(me.resolver());
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.enable_early_data = false;
    // A resumed session would skip the proof of the client's key.
    config.resumption = rustls::client::Resumption::disabled();
    QuicClientConfig::try_from(config).map_err(LinkError::local)
}

/// A verifier whose only trust anchor is this relay's key.
fn pinned(relay: &PublicKey<Relay>) -> Result<Arc<WebPkiServerVerifier>, LinkError> {
    let mut roots = RootCertStore::empty();
    roots.roots.push(TrustAnchor {
        subject: Der::from(relay_subject()),
        subject_public_key_info: Der::from(spki_contents(relay)),
        name_constraints: None,
    });
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider()).build().map_err(LinkError::local)
}

/// The TLS side of the relay, with a leaf of its own drawn here and now.
///
/// # Errors
/// [`LinkError::Local`] when the leaf cannot be made.
pub(crate) fn server(relay: &SecretKey<Relay>) -> Result<QuicServerConfig, LinkError> {
    let (leaf, key) = issue_leaf(relay).map_err(LinkError::local)?;
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])
        .map_err(LinkError::local)?
        .with_client_cert_verifier(Arc::new(AnyRawKey::new()))
        .with_single_cert(vec![leaf], PrivateKeyDer::Pkcs8(key))
        .map_err(LinkError::local)?;
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.max_early_data_size = 0;
    // No session tickets: each connection proves both keys.
    config.send_tls13_tickets = 0;
    QuicServerConfig::try_from(config).map_err(LinkError::local)
}

fn issue_leaf(relay: &SecretKey<Relay>) -> Result<(CertificateDer<'static>, PrivatePkcs8KeyDer<'static>), rcgen::Error> {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, RELAY_NAME);

    let mut authority = CertificateParams::default();
    authority.distinguished_name = name.clone();
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let relay_key = KeyPair::from_pkcs8_der_and_sign_algo(&PrivatePkcs8KeyDer::from(relay.pkcs8().as_slice()), &PKCS_ED25519)?;
    let issuer = Issuer::new(authority, relay_key);

    let leaf_key = KeyPair::generate_for(&PKCS_ED25519)?;
    let mut leaf = CertificateParams::new([RELAY_NAME.to_owned()])?;
    leaf.distinguished_name = name;
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    let now = std::time::SystemTime::now();
    leaf.not_before = (now - LEAF_BEFORE).into();
    leaf.not_after = (now + LEAF_AFTER).into();
    let certificate = leaf.signed_by(&leaf_key, &issuer)?;
    let der = PrivatePkcs8KeyDer::from(leaf_key.serialize_der());
    Ok((certificate.der().clone(), der))
}

/// Takes any Ed25519 raw public key whose holder signed the handshake; refuses X.509 and the absence of a key.
#[derive(Debug)]
struct AnyRawKey {
    schemes: rustls::crypto::WebPkiSupportedAlgorithms,
}

impl AnyRawKey {
    fn new() -> Self {
        Self { schemes: ring::default_provider().signature_verification_algorithms }
    }
}

impl ClientCertVerifier for AnyRawKey {
    fn root_hint_subjects(&self) -> &[RootHint] {
        &[]
    }

    fn client_auth_mandatory(&self) -> bool {
        true
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if !intermediates.is_empty() || key_of_spki(end_entity).is_none() {
            return Err(Error::InvalidCertificate(CertificateError::BadEncoding));
        }
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, Error> {
        Err(PeerMisbehaved::SelectedUnofferedCipherSuite.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, Error> {
        let spki = SubjectPublicKeyInfoDer::from(cert.as_ref());
        verify_tls13_signature_with_raw_key(message, &spki, dss, &self.schemes)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Caps, Listener};

    /// A client that trusts the relay and shows whatever `identity` makes it show.
    async fn knock(identity: impl FnOnce(&mut ClientConfig)) -> Result<(), LinkError> {
        let relay = SecretKey::from_seed([1; 32]);
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), &relay, Caps::default()).unwrap();
        let address = listener.local_address().unwrap();
        let mut config = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&TLS13])
            .unwrap()
            .with_webpki_verifier(pinned(&relay.public()).unwrap())
            .with_no_client_auth();
        config.alpn_protocols = vec![ALPN.to_vec()];
        identity(&mut config);
        let config = quinn::ClientConfig::new(Arc::new(QuicClientConfig::try_from(config).unwrap()));
        let endpoint = quinn::Endpoint::client("127.0.0.1:0".parse().unwrap()).unwrap();
        let client = endpoint.connect_with(config, address, RELAY_NAME).unwrap();
        let server = async { listener.accept().await.unwrap().complete().await.map(drop) };
        let (_, server) = tokio::join!(client, server);
        server
    }

    fn me() -> Me {
        Me::host(&SecretKey::from_seed([2; 32])).unwrap()
    }

    #[tokio::test]
    async fn a_client_with_a_raw_key_is_let_in() {
        assert_eq!(knock(|config| config.client_auth_cert_resolver = me().resolver()).await, Ok(()));
    }

    #[tokio::test]
    async fn a_client_without_a_key_is_refused() {
        assert!(knock(|_| {}).await.is_err());
    }

    #[tokio::test]
    async fn a_client_of_another_protocol_is_refused() {
        let refused = knock(|config| {
            config.client_auth_cert_resolver = me().resolver();
            config.alpn_protocols = vec![b"deskhand/2".to_vec()];
        });
        assert!(matches!(refused.await, Err(LinkError::Incompatible { .. })));
    }
}
