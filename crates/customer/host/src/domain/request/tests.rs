//! A real web server on the loopback interface, with real TLS and an authority of its own, in every state that a domain can be in.

use super::*;
use deskhand_identity::{SecretKey, well_known_text};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{ServerConfig, ServerConnection, StreamOwned, crypto::ring, pki_types::PrivateKeyDer};
use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::Instant,
};
use ureq::{http::Uri, tls::Certificate, unversioned::resolver::ResolvedSocketAddrs, unversioned::transport::NextTimeout};

const DOMAIN: &str = "acme.example";
/// For servers that answer: it decides nothing.
const PLENTY: Duration = Duration::from_secs(60);
/// For servers that never do.
const SHORT: Duration = Duration::from_millis(500);

type Tls = StreamOwned<ServerConnection, TcpStream>;

/// An authority that certificates of servers can come from.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    root: Certificate<'static>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let root = Certificate::from_der(params.self_signed(&key).unwrap().der()).to_owned();
        Self { issuer: Issuer::new(params, key), root }
    }

    /// Starts a server with a certificate for `name`. Each request is answered by `serve`, which is told the path.
    fn server(&self, name: &str, serve: impl Fn(&mut Tls, &str) + Send + 'static) -> SocketAddr {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new([name.to_owned()]).unwrap().signed_by(&key, &self.issuer).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap();
        let config = Arc::new(config);
        server(move |socket| {
            let mut tls = StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), socket);
            // A client that does not like the certificate never gets as far as a path.
            if let Some(path) = path(&mut tls) {
                serve(&mut tls, &path);
                tls.conn.send_close_notify();
                let _gone = tls.flush();
            }
        })
    }

    fn ask(&self, server: SocketAddr, patience: Duration) -> Result<(), DomainError> {
        let roots = RootCerts::new_with_certs(std::slice::from_ref(&self.root));
        World { roots, resolver: Loopback(server), patience }.ask(DOMAIN, &acme())
    }
}

/// Serves one connection after the other until the tests are over.
fn server(serve: impl Fn(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || listener.incoming().flatten().for_each(serve));
    address
}

fn path(tls: &mut Tls) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        tls.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    Some(String::from_utf8_lossy(&head).split(' ').nth(1)?.to_owned())
}

/// Leads every name to one server, in the place of the system's resolver.
#[derive(Debug)]
struct Loopback(SocketAddr);

impl Resolver for Loopback {
    fn resolve(&self, uri: &Uri, _: &ureq::config::Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        assert_eq!((uri.scheme_str(), uri.host(), uri.port()), (Some("https"), Some(DOMAIN), None), "443, where else");
        let mut found = self.empty();
        found.push(self.0);
        Ok(found)
    }
}

fn acme() -> OrganisationEntry {
    let key = SecretKey::from_seed([1; 32]).public();
    OrganisationEntry { name: "Acme Support".into(), domain: Some(DOMAIN.into()), key }
}

fn answer(tls: &mut Tls, status: &str, body: &str) {
    // A client that has seen enough hangs up.
    let _gone = write!(tls, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
}

fn names_acme(tls: &mut Tls, path: &str) {
    assert_eq!(path, WELL_KNOWN_PATH);
    answer(tls, "200 OK", &well_known_text(&acme().key));
}

/// Waits until the client hangs up; every tick of it is a chance to say something.
fn until_gone(socket: &TcpStream, mut tick: impl FnMut() -> bool) {
    let _ = socket.set_read_timeout(Some(Duration::from_millis(20)));
    loop {
        match socket.peek(&mut [0]) {
            Ok(0) => return,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                if !tick() {
                    return;
                }
            }
            Ok(_) => {
                // What the client still says is taken and not answered.
                let _ = (&*socket).read(&mut [0; 4096]);
            }
            Err(_) => return,
        }
    }
}

#[test]
fn a_domain_that_names_the_key_is_checked() {
    let authority = Authority::new();
    let server = authority.server(DOMAIN, names_acme);
    authority.ask(server, PLENTY).unwrap();
}

#[test]
fn a_domain_that_names_another_key_is_not() {
    let authority = Authority::new();
    let other = SecretKey::from_seed([2; 32]).public();
    let server = authority.server(DOMAIN, move |tls, _| answer(tls, "200 OK", &well_known_text(&other)));
    assert!(matches!(authority.ask(server, PLENTY), Err(DomainError::OtherKey)));
}

#[test]
fn a_server_that_shows_the_certificate_of_another_name_is_not_believed() {
    let authority = Authority::new();
    let server = authority.server("evil.example", names_acme);
    let error = authority.ask(server, PLENTY).unwrap_err();
    assert!(matches!(error, DomainError::NoAnswer(_)) && error.to_string().contains("not valid for name"), "{error}");
}

#[test]
fn a_certificate_of_an_authority_that_nobody_trusts_is_not_believed() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let server = theirs.server(DOMAIN, names_acme);
    let error = ours.ask(server, PLENTY).unwrap_err();
    assert!(error.to_string().contains("invalid peer certificate"), "{error}");
    let built_in = World { roots: RootCerts::WebPki, resolver: Loopback(server), patience: PLENTY };
    let error = built_in.ask(DOMAIN, &acme()).unwrap_err();
    assert!(error.to_string().contains("UnknownIssuer"), "{error}");
}

#[test]
fn a_redirect_is_not_followed_even_to_the_same_domain() {
    let authority = Authority::new();
    let server = authority.server(DOMAIN, |tls, path| match path {
        WELL_KNOWN_PATH => {
            let _gone = write!(tls, "HTTP/1.1 302 Found\r\nLocation: https://{DOMAIN}/keys\r\nContent-Length: 0\r\n\r\n");
        }
        _ => answer(tls, "200 OK", &well_known_text(&acme().key)),
    });
    assert!(matches!(authority.ask(server, PLENTY), Err(DomainError::NotThere(302))));
}

#[test]
fn a_domain_that_publishes_nothing_is_not_checked() {
    let authority = Authority::new();
    let server = authority.server(DOMAIN, |tls, _| answer(tls, "404 Not Found", &well_known_text(&acme().key)));
    assert!(matches!(authority.ask(server, PLENTY), Err(DomainError::NotThere(404))));
}

#[test]
fn an_answer_that_is_too_large_names_nobody() {
    let authority = Authority::new();
    let server = authority.server(DOMAIN, |tls, _| {
        answer(tls, "200 OK", &format!("{}{}", well_known_text(&acme().key), "#".repeat(MAX_WELL_KNOWN_BYTES)));
    });
    assert!(matches!(authority.ask(server, PLENTY), Err(DomainError::NoAnswer(ureq::Error::BodyExceedsLimit(_)))));
}

#[test]
fn an_answer_without_an_end_is_left_early() {
    let authority = Authority::new();
    let body = authority.server(DOMAIN, |tls, _| {
        let _gone = write!(tls, "HTTP/1.1 200 OK\r\n\r\n{}", well_known_text(&acme().key));
        while tls.write_all(&[b'#'; 1024]).is_ok() {}
    });
    assert!(matches!(authority.ask(body, PLENTY), Err(DomainError::NoAnswer(_))));
    let head = authority.server(DOMAIN, |tls, _| {
        let _gone = write!(tls, "HTTP/1.1 200 OK\r\n");
        while tls.write_all(b"X-More: yes\r\n").is_ok() {}
    });
    assert!(matches!(authority.ask(head, PLENTY), Err(DomainError::NoAnswer(_))));
}

/// Asks a server that never comes to an end; the client does, by its own patience.
fn gives_up(authority: &Authority, server: SocketAddr) {
    let asked = Instant::now();
    assert!(matches!(authority.ask(server, SHORT), Err(DomainError::NoAnswer(_))));
    assert!(asked.elapsed() < PLENTY, "it took {:?}", asked.elapsed());
}

#[test]
fn a_server_that_says_nothing_is_not_waited_for() {
    let authority = Authority::new();
    gives_up(&authority, server(|socket| until_gone(&socket, || true)));
    gives_up(&authority, authority.server(DOMAIN, |tls, _| until_gone(&tls.sock, || true)));
}

#[test]
fn a_server_that_says_one_byte_after_the_other_is_not_waited_for() {
    let authority = Authority::new();
    let server = authority.server(DOMAIN, |tls, _| {
        let _gone = write!(tls, "HTTP/1.1 200 OK\r\n\r\n{}", well_known_text(&acme().key));
        let socket = tls.sock.try_clone().unwrap();
        until_gone(&socket, || tls.write_all(b"#").and_then(|()| tls.flush()).is_ok());
    });
    gives_up(&authority, server);
}
