//! Who may drive the admin port: programs and pages of this machine, and no page of another site.
//!
//! The port listens on loopback only, but a browser on this machine would carry requests of any site to it. A name of
//! that site that resolves to 127.0.0.1 (DNS rebinding) shows in `Host`; a page of another origin shows in `Origin`, and
//! cannot send JSON without asking first, which is never granted.

use http::{HeaderMap, Method, StatusCode, header};

use super::Problem;

const REMEDY: &str =
    "call http://127.0.0.1:PORT from this machine, with Content-Type: application/json on writes";

/// Lets a request pass or says why not.
pub(super) fn check(method: &Method, path: &str, headers: &HeaderMap) -> Result<(), Problem> {
    let refuse = |why: &str| Err(Problem::new(StatusCode::FORBIDDEN, why, REMEDY));
    let Some(host) = text(headers, header::HOST.as_str()).filter(|host| is_loopback(host)) else {
        return refuse("the Host of this request is not this machine");
    };
    let origin = text(headers, header::ORIGIN.as_str());
    if headers.contains_key(header::ORIGIN)
        && origin.and_then(|origin| origin.strip_prefix("http://")) != Some(host)
    {
        return refuse("a page of another origin sent this request");
    }
    // A link on another site may lead to the page; nothing else may come from there.
    let site = text(headers, "sec-fetch-site").unwrap_or("none");
    if path.starts_with("/admin/") && !matches!(site, "none" | "same-origin") {
        return refuse("a page of another site sent this request");
    }
    if *method != Method::GET && !is_json(headers) {
        let why = "a write needs Content-Type: application/json";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, why, REMEDY));
    }
    Ok(())
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = text(headers, header::CONTENT_TYPE.as_str()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

/// `localhost`, `127.0.0.1` or `[::1]`, with or without a port.
fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    name.eq_ignore_ascii_case("localhost") || name == "127.0.0.1" || name == "[::1]"
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn status(method: &Method, path: &str, headers: &[(&'static str, &'static str)]) -> u16 {
        let headers =
            headers.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)));
        check(method, path, &headers.collect()).map_or_else(|problem| problem.status.as_u16(), |()| 200)
    }

    #[test]
    fn only_this_machine_by_its_own_name() {
        for host in ["127.0.0.1:4012", "localhost:4012", "LOCALHOST", "[::1]:4012", "[::1]"] {
            assert_eq!(status(&Method::GET, "/admin/state", &[("host", host)]), 200, "{host}");
        }
        for host in
            ["rebound.example:4012", "127.0.0.1.rebound.example", "localhost.example", "10.0.0.1", "", "::1"]
        {
            assert_eq!(status(&Method::GET, "/admin/state", &[("host", host)]), 403, "{host}");
        }
        assert_eq!(status(&Method::GET, "/", &[]), 403, "no Host at all");
    }

    #[test]
    fn no_page_of_another_site_gets_through() {
        let host = ("host", "127.0.0.1:4012");
        let json = ("content-type", "application/json; charset=utf-8");
        let post =
            |more: (&'static str, &'static str)| status(&Method::POST, "/admin/reset", &[host, json, more]);
        assert_eq!(post(("origin", "http://127.0.0.1:4012")), 200);
        assert_eq!(post(("sec-fetch-site", "same-origin")), 200);
        for origin in ["https://evil.example", "null", "http://127.0.0.1:8080", "http://localhost:4012"] {
            assert_eq!(post(("origin", origin)), 403, "{origin}");
        }
        for site in ["cross-site", "same-site"] {
            assert_eq!(post(("sec-fetch-site", site)), 403, "{site}");
        }
        assert_eq!(
            status(&Method::GET, "/", &[host, ("sec-fetch-site", "cross-site")]),
            200,
            "a link may lead here"
        );
    }

    #[test]
    fn a_form_cannot_write() {
        let host = ("host", "127.0.0.1:4012");
        for kind in ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"] {
            assert_eq!(status(&Method::POST, "/admin/reset", &[host, ("content-type", kind)]), 415, "{kind}");
        }
        assert_eq!(status(&Method::DELETE, "/admin/faults", &[host]), 415);
    }
}
