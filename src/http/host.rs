//! Which names are answered to. A page on the web can have a browser ask a worker in its network under a name of its own
//! (DNS rebinding), and read the answer: so requests to names that others can own are refused.

use std::net::IpAddr;

use actix_web::http::header::{HOST, HeaderMap};

use crate::settings::Http;

/// The names that are answered to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Hosts {
    /// All: whoever asks is known, here or in front. (A browser sends no password to another name.)
    All,
    /// Those that nobody on the internet can own.
    OfThisMachine,
    /// These, and addresses, and this machine's loopback.
    Listed(Vec<String>),
}

// === impl Hosts ===

impl Hosts {
    /// As configured.
    pub fn of(settings: &Http) -> Self {
        if !settings.allowed_hosts.is_empty() {
            return Self::Listed(settings.allowed_hosts.clone());
        }
        let is_seen_to = settings.authentication.is_some() || settings.allow_public;
        if is_seen_to { Self::All } else { Self::OfThisMachine }
    }

    /// Whether a request with these headers was made to one of them. One without a host comes from no browser.
    pub fn answer_to(&self, headers: &HeaderMap) -> bool {
        let Some(host) = headers.get(HOST) else { return true };
        let Ok(host) = host.to_str() else { return *self == Self::All };
        if *self == Self::All || is_address(host) {
            return true;
        }
        let name = name(host).to_ascii_lowercase();
        if name == "localhost" || name.ends_with(".localhost") {
            return true;
        }
        match self {
            Self::All => true,
            Self::OfThisMachine => !name.contains('.'),
            Self::Listed(names) => names.iter().any(|listed| listed.eq_ignore_ascii_case(&name)),
        }
    }
}

/// Without the port.
fn name(host: &str) -> &str {
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

fn is_address(host: &str) -> bool {
    match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => name(host).parse::<IpAddr>().is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn names_that_others_can_own_are_not_answered_to() {
        let listed = Hosts::Listed(vec!["dynamoi".to_owned(), "Worker.example".to_owned()]);
        for (host, of_this_machine, of_the_list) in [
            ("127.0.0.1:9464", true, true),
            ("[::1]:9464", true, true),
            ("localhost:9464", true, true),
            ("worker.localhost", true, true),
            ("dynamoi:9464", true, true),
            ("other:9464", true, false),
            ("worker.example:443", false, true),
            ("evil.example", false, false),
            ("evil.example:9464", false, false),
            ("127.0.0.1.evil.example", false, false),
            ("[evil.example]", false, false),
            ("localhost.", false, false),
            ("", true, false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_static(host));
            assert_eq!(Hosts::OfThisMachine.answer_to(&headers), of_this_machine, "{host}");
            assert_eq!(listed.answer_to(&headers), of_the_list, "{host}");
            assert!(Hosts::All.answer_to(&headers), "{host}");
        }
        assert!(listed.answer_to(&HeaderMap::new()));
    }
}
