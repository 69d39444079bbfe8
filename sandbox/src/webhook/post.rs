//! One HTTP POST to a receiver.

use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, header};
use http_body_util::Full;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use url::{Host, Url};

use super::WebhookUrlError;

/// Where a URL leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    host: String,
    port: u16,
    /// `Host` header.
    authority: String,
    /// Path and query.
    target: String,
    /// The URL without query and user information, to be shown.
    pub(crate) shown: String,
}

/// Reads a receiver's URL; other machines only where allowed.
pub(crate) fn address(url: &str, anywhere: bool) -> Result<Address, WebhookUrlError> {
    let url: Url = url.parse().map_err(|_| WebhookUrlError::NotHttp)?;
    let (Some(host), Some(port), "http") = (url.host(), url.port_or_known_default(), url.scheme()) else {
        return Err(WebhookUrlError::NotHttp);
    };
    let (loopback, host) = match host {
        // The name is not looked up: whatever the machine's tables say, it is this machine.
        Host::Domain("localhost") => (true, "127.0.0.1".to_owned()),
        Host::Domain(name) => (false, name.to_owned()),
        Host::Ipv4(ip) => (ip.is_loopback(), ip.to_string()),
        Host::Ipv6(ip) => (ip.is_loopback(), ip.to_string()),
    };
    if !loopback && !anywhere {
        return Err(WebhookUrlError::NotLoopback);
    }
    let authority = url.host_str().unwrap_or_default();
    let authority = url.port().map_or_else(|| authority.to_owned(), |port| format!("{authority}:{port}"));
    let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let shown = format!("http://{authority}{}", url.path());
    Ok(Address { host, port, authority, target, shown })
}

/// Sends `body` and gives the status of the answer, or in a word why there is none. Redirects are not followed.
pub(super) async fn post(
    address: &Address,
    headers: &[(String, String)],
    body: Bytes,
    timeout: Duration,
) -> Result<u16, &'static str> {
    let request = request(address, headers, body).ok_or("a header of the webhook cannot be sent")?;
    let sending = async {
        let stream = TcpStream::connect((address.host.as_str(), address.port)).await;
        let stream = stream.map_err(|_| "nobody listens there")?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|_| "the connection broke")?;
        let mut answer = pin!(sender.send_request(request));
        // The connection has to be driven for the answer to come; it may end in the same moment.
        let answer = tokio::select! {
            answer = &mut answer => answer,
            _ = connection => answer.await,
        };
        answer.map(|answer| answer.status().as_u16()).map_err(|_| "the connection broke")
    };
    tokio::time::timeout(timeout, sending).await.unwrap_or(Err("no answer in time"))
}

fn request(address: &Address, headers: &[(String, String)], body: Bytes) -> Option<Request<Full<Bytes>>> {
    let mut request = Request::post(&address.target).body(Full::new(body)).ok()?;
    let all = request.headers_mut();
    all.insert(header::HOST, HeaderValue::from_str(&address.authority).ok()?);
    all.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    all.insert(header::USER_AGENT, HeaderValue::from_static("ordway-anrok-sandbox"));
    for (name, value) in headers {
        all.insert(HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value).ok()?);
    }
    Some(request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_unless_allowed() {
        for url in
            ["http://127.0.0.1:9/x", "http://localhost/", "http://LOCALHOST", "http://[::1]:8080/a?b=c"]
        {
            assert!(address(url, false).is_ok(), "{url}");
        }
        for url in [
            "http://10.0.0.1/",
            "http://receiver.example/",
            "http://127.0.0.1.receiver.example/",
            "http://0.0.0.0/",
        ] {
            assert_eq!(address(url, false), Err(WebhookUrlError::NotLoopback), "{url}");
            assert!(address(url, true).is_ok(), "{url}");
        }
        for url in ["https://127.0.0.1/", "127.0.0.1:8080", "", "file:///etc/hosts", "http://"] {
            assert_eq!(address(url, true), Err(WebhookUrlError::NotHttp), "{url}");
        }
    }

    #[test]
    fn query_and_user_are_sent_but_not_shown() {
        let address = address("http://user:pass@localhost:9/hook?token=s3cret", false).unwrap();
        assert_eq!(
            (address.shown.as_str(), address.target.as_str()),
            ("http://localhost:9/hook", "/hook?token=s3cret")
        );
        let secret = [("X-Company-Token".to_owned(), "s3cret".to_owned())];
        let request = request(&address, &secret, Bytes::from_static(b"{}")).unwrap();
        assert_eq!(request.headers()["x-company-token"], "s3cret");
        assert_eq!(request.headers()["host"], "localhost:9");
    }
}
