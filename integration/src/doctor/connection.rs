//! Whether both accounts answer, which ones they are, and whether the clocks agree.

use jiff::SignedDuration;

use super::code::Code;
use super::{Doctor, Severity};
use crate::connect::{self, ConnectError, Environment};

/// Which accounts can be asked.
pub(super) struct Open {
    pub(super) ordway: bool,
    pub(super) anrok: bool,
}

/// From here on documents dated near midnight may get another day's date.
const SKEW_TO_WARN: SignedDuration = SignedDuration::from_secs(30);
const SKEW_TO_STOP: SignedDuration = SignedDuration::from_mins(5);

impl Doctor<'_> {
    pub(super) async fn connection(&mut self) -> Result<Open, ConnectError> {
        let bridge = self.bridge;
        let ordway = connect::check_ordway(&bridge.ordway).await;
        let anrok = connect::check_anrok(&bridge.anrok).await;
        // Without one permission the rest can still be looked at.
        let usable = |result: &Result<(), ConnectError>| {
            matches!(result, Ok(()) | Err(ConnectError::Forbidden { .. }))
        };
        let open = Open { ordway: usable(&ordway), anrok: usable(&anrok) };
        if !open.ordway && !open.anrok {
            return ordway.map(|()| open);
        }
        self.identity();
        for (subject, result) in [("Ordway", ordway), ("Anrok", anrok)] {
            if let Err(error) = result {
                self.found(Severity::Error, Code::Connection(&error), subject, error.to_string());
            }
        }
        self.environments();
        Ok(open)
    }

    fn identity(&mut self) {
        let (ordway, anrok) = (&self.bridge.ordway, &self.bridge.anrok);
        let text = format!(
            "Ordway at {}; Anrok at {}, seller {}, API key {}.",
            ordway.base_url(),
            anrok.base_url(),
            anrok.seller_id(),
            anrok.key_id()
        );
        self.found(Severity::Info, Code::Accounts, "accounts", text);
    }

    /// Both vendors keep test data in accounts of their own, and nothing but labels and hosts tells which is which.
    fn environments(&mut self) {
        let Some(source) = &self.bridge.data_source else { return };
        let host = host(self.bridge.ordway.base_url().as_str());
        let label = source.environment;
        let mut found = |subject, text: String| {
            self.found(Severity::Warning, Code::EnvironmentMismatch, subject, text);
        };
        match (label, is_for_tests(host)) {
            (Environment::Production, Some(true)) => {
                found(
                    "Ordway",
                    format!("The data source is labelled production, but {host} is a test host."),
                );
            }
            (Environment::Sandbox, Some(false)) => {
                found(
                    "Ordway",
                    format!("The data source is labelled sandbox, but {host} is the production host."),
                );
            }
            _ => {}
        }
        // Live is the client's default, so it proves nothing.
        if label == Environment::Production
            && self.bridge.anrok.environment() == anrok_client::Environment::Test
        {
            let text = "The data source is labelled production, but the Anrok client is labelled test.";
            self.found(Severity::Warning, Code::EnvironmentMismatch, "Anrok", text);
        }
    }

    pub(super) fn clocks(&mut self) {
        let services =
            [("Ordway", self.bridge.ordway.clock_skew()), ("Anrok", self.bridge.anrok.clock_skew())];
        if services.iter().all(|(_, skew)| skew.is_none()) {
            let text = "Neither service says what time it is, so this machine's clock could not be compared.";
            self.found(Severity::Info, Code::ClockUnknown, "clock", text);
        }
        for (service, skew) in services {
            let Some(skew) = skew.filter(|skew| skew.abs() > SKEW_TO_WARN) else { continue };
            let severity = if skew.abs() > SKEW_TO_STOP { Severity::Error } else { Severity::Warning };
            let direction = if skew.is_negative() { "ahead of" } else { "behind" };
            let text = format!(
                "This machine's clock is {} seconds {direction} {service}'s: what is decided by today's date goes wrong near \
                 midnight.",
                skew.abs().as_secs()
            );
            self.found(severity, Code::ClockSkew, "clock", text);
        }
    }
}

/// The host of a base URL, without port.
pub(super) fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or(rest);
    authority
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()))
        .map_or(authority, |a| a.0)
}

/// Whether an Ordway host serves test companies; `None` for hosts that tell nothing.
fn is_for_tests(host: &str) -> Option<bool> {
    let host = host.to_ascii_lowercase();
    let test = host.split('.').any(|part| matches!(part, "sandbox" | "staging"));
    (test || host == "api.ordwaylabs.com").then_some(test)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_tell_the_environment() {
        assert_eq!(host("https://api.sandbox.ordwaylabs.com/api/v1"), "api.sandbox.ordwaylabs.com");
        assert_eq!(host("http://127.0.0.1:8080/api/v1"), "127.0.0.1");
        assert_eq!(host("http://[::1]:80"), "[::1]");
        for (host, test) in [
            ("api.ordwaylabs.com", Some(false)),
            ("sandbox.ordwaylabs.com", Some(true)),
            ("staging.ordwaylabs.com", Some(true)),
            ("api.sandbox.ordwaylabs.com", Some(true)),
            ("127.0.0.1", None),
            ("proxy.example", None),
        ] {
            assert_eq!(is_for_tests(host), test, "{host}");
        }
    }
}
