//! Who may ask: whoever opened the link first, by a cookie, and only under the page's own name.
//!
//! In scope: the link (256 bits, works once), the cookie (256 bits, HttpOnly, SameSite=Strict), the `Host` header against DNS rebinding,
//! requests that another site makes a browser send. Not in scope: what is answered.

use std::sync::{Mutex, PoisonError};

use data_encoding::HEXLOWER;
use hyper::{HeaderMap, header};
use subtle::ConstantTimeEq;

/// Bytes of a secret.
const SECRET: usize = 32;

/// What a request may have.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Pass {
    /// Anything.
    In,
    /// The cookie, in this `Set-Cookie` header: the link was opened, for the first time.
    LogIn(String),
    /// Nothing, since the link was used or is another one.
    UsedLink,
    /// Nothing, without the link.
    NoLogin,
    /// Nothing at all: it was not meant for this page.
    Elsewhere,
}

/// The secrets of one run.
pub(super) struct Gate {
    port: u16,
    /// Gone once it was used.
    link: Mutex<Option<String>>,
    token: String,
    cookie: String,
}

impl Gate {
    /// Draws the secrets.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub(super) fn new(port: u16) -> Result<Self, getrandom::Error> {
        let draw = || {
            let mut bytes = [0; SECRET];
            getrandom::fill(&mut bytes).map(|()| HEXLOWER.encode(&bytes))
        };
        let token = draw()?;
        Ok(Self { port, link: Mutex::new(Some(token.clone())), token, cookie: draw()? })
    }

    /// The link to print.
    pub(super) fn link(&self) -> String {
        format!("http://127.0.0.1:{}/login/{}", self.port, self.token)
    }

    /// Cookies do not tell ports apart, so the port is in the name.
    fn cookie_name(&self) -> String {
        format!("deskhand-review-{}", self.port)
    }

    /// What a request for this path with these headers may have.
    pub(super) fn check(&self, path: &str, headers: &HeaderMap) -> Pass {
        let hosts = [format!("127.0.0.1:{}", self.port), format!("localhost:{}", self.port)];
        let text = |name| headers.get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
        if headers.get_all(header::HOST).iter().count() != 1 || !text(header::HOST).is_some_and(|host| hosts.iter().any(|own| own == host))
        {
            return Pass::Elsewhere;
        }
        let logs_in = path.strip_prefix("/login/");
        // A browser says who made it ask. Only the link may be opened from elsewhere: a mail, a terminal.
        let site = headers.get("sec-fetch-site").map_or(Some("none"), |value| value.to_str().ok());
        if logs_in.is_none() && !matches!(site, Some("same-origin" | "none")) {
            return Pass::Elsewhere;
        }
        if let Some(token) = logs_in {
            let mut link = self.link.lock().unwrap_or_else(PoisonError::into_inner);
            return match link.take_if(|link| same(link, token)) {
                Some(_) => Pass::LogIn(format!("{}={}; Path=/; HttpOnly; SameSite=Strict", self.cookie_name(), self.cookie)),
                None => Pass::UsedLink,
            };
        }
        let name = self.cookie_name();
        let mut cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(';'));
        let known =
            cookies.any(|cookie| cookie.trim().split_once('=').is_some_and(|(own, value)| own == name && same(&self.cookie, value)));
        if known { Pass::In } else { Pass::NoLogin }
    }
}

fn same(secret: &str, said: &str) -> bool {
    secret.as_bytes().ct_eq(said.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| ((*name).parse().unwrap(), value.parse().unwrap())).collect()
    }

    const HOST: (&str, &str) = ("host", "127.0.0.1:80");

    #[test]
    fn the_link_works_once_and_gives_a_cookie_that_scripts_and_other_sites_never_see() {
        let gate = Gate::new(80).unwrap();
        let link = gate.link();
        let path = link.strip_prefix("http://127.0.0.1:80").unwrap();
        assert_eq!(path.len(), "/login/".len() + 64, "256 bits");
        assert_eq!(gate.check("/login/0000", &headers(&[HOST])), Pass::UsedLink);
        let Pass::LogIn(cookie) = gate.check(path, &headers(&[HOST, ("sec-fetch-site", "cross-site")])) else { panic!("not let in") };
        assert!(cookie.ends_with("; HttpOnly; SameSite=Strict"), "{cookie}");
        assert_eq!(gate.check(path, &headers(&[HOST])), Pass::UsedLink);
        let value = cookie.split(';').next().unwrap();
        assert_eq!(gate.check("/", &headers(&[HOST, ("cookie", value)])), Pass::In);
        assert_eq!(gate.check("/", &headers(&[HOST, ("cookie", &format!("a=b; {value}"))])), Pass::In);
        let (near, _) = value.split_at(value.len() - 1);
        for wrong in ["", "deskhand-review-80=", near, &value.replace("80", "81")] {
            assert_eq!(gate.check("/", &headers(&[HOST, ("cookie", wrong)])), Pass::NoLogin, "{wrong}");
        }
    }

    #[test]
    fn another_name_for_this_computer_and_another_sites_request_are_refused_even_with_the_cookie() {
        let gate = Gate::new(80).unwrap();
        let cookie = format!("{}={}", gate.cookie_name(), gate.cookie);
        for host in ["evil.example:80", "127.0.0.1", "127.0.0.1:81", "localhost.evil.example:80", "[::1]:80"] {
            assert_eq!(gate.check("/", &headers(&[("host", host), ("cookie", &cookie)])), Pass::Elsewhere, "{host}");
        }
        assert_eq!(gate.check("/", &headers(&[("cookie", &cookie)])), Pass::Elsewhere);
        for site in ["cross-site", "same-site", "unheard-of"] {
            let asked = headers(&[HOST, ("cookie", &cookie), ("sec-fetch-site", site)]);
            assert_eq!(gate.check("/api/sessions", &asked), Pass::Elsewhere, "{site}");
        }
        assert_eq!(gate.check("/", &headers(&[("host", "localhost:80"), ("cookie", &cookie)])), Pass::In);
    }
}
