//! Loopback calls never go through a proxy, and a proxy's password is never printed.

use std::process::Command;

use ordway_anrok_http::{BaseUrl, Call, ReqwestTransport};

use crate::server::{Act, Wire, json as ok};
use crate::{GET, client};

const MARK: &str = "ORDWAY_ANROK_TEST_PROXIES_TARGET";

/// Runs this test program again with proxies in its environment: the environment of a running program cannot be
/// changed safely.
#[tokio::test]
async fn loopback_ignores_the_proxies_of_the_environment() {
    let target = Wire::start(|_, _| Act::Send(ok("{}"))).await;
    let proxy = Wire::start(|_, _| Act::Send(ok("{}"))).await;
    let with_password = proxy.url().replace("http://", "http://user:CANARY-password@");
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "proxies::the_child", "--nocapture"]).env(MARK, target.url());
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        command.env(name, &with_password);
    }
    command.env_remove("NO_PROXY").env_remove("no_proxy");
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{text}");
    assert!(text.contains("1 passed"), "{text}");
    assert_eq!((target.seen().len(), proxy.connections()), (1, 0));
}

/// The other half of the test above; alone it has nothing to do.
#[tokio::test]
async fn the_child() {
    let Ok(target) = std::env::var(MARK) else { return };
    client(&target).call(&GET, Call::new(&()).id("1")).await.unwrap();
    let elsewhere = ReqwestTransport::new(&BaseUrl::parse("https://shop.example").unwrap()).unwrap();
    let text = format!("{elsewhere:?}");
    assert!(!text.contains("CANARY") && !text.contains("password"), "{text}");
}
