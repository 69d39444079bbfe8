//! httpmock, keyed by endpoint constants.

use httpmock::{Method as MockMethod, Mock, MockServer, Then, When};

use crate::endpoint::{Endpoint, Method};

/// Adds mocks for endpoints: method and path come from the constant.
pub trait MockServerExt {
    /// A mock for `endpoint` under `base_path` (for instance `/api/v1`; empty for none), with any ids in its
    /// path. Refine it in `spec`.
    fn on<Q: ?Sized, R>(
        &self,
        base_path: &str,
        endpoint: &Endpoint<Q, R>,
        spec: impl FnOnce(When, Then),
    ) -> Mock<'_>;
}

impl MockServerExt for MockServer {
    fn on<Q: ?Sized, R>(
        &self,
        base_path: &str,
        endpoint: &Endpoint<Q, R>,
        spec: impl FnOnce(When, Then),
    ) -> Mock<'_> {
        let info = endpoint.info();
        let method = match info.method {
            Method::Get => MockMethod::GET,
            Method::Post => MockMethod::POST,
            Method::Put => MockMethod::PUT,
            Method::Patch => MockMethod::PATCH,
            Method::Delete => MockMethod::DELETE,
        };
        let pattern = path_pattern(base_path, info.path);
        self.mock(|when, then| {
            let when = when.method(method).path_matches(pattern);
            spec(when, then);
        })
    }
}

fn path_pattern(base_path: &str, template: &str) -> String {
    let mut pattern = String::from("^");
    let full = format!("{}{template}", base_path.trim_end_matches('/'));
    let mut rest = full.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        pattern.push_str(&escape(before));
        pattern.push_str("[^/]+");
        rest = after.split_once('}').map_or("", |(_, tail)| tail);
    }
    pattern.push_str(&escape(rest));
    pattern.push('$');
    pattern
}

fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if !c.is_ascii_alphanumeric() && c != '/' && c != '_' && c != ':' {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
