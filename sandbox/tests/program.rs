//! The program as a person starts it.
#![cfg(all(feature = "server", unix))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test that fails may panic

mod wire;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ordway-anrok-sandbox"));
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs it to its end and gives the exit code and what it complains about.
fn refused(arguments: &[&str]) -> (i32, String) {
    let Output { status, stderr, .. } = program(arguments).output().unwrap();
    (status.code().unwrap(), String::from_utf8(stderr).unwrap())
}

/// Does not outlive the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
    }
}

#[tokio::test]
async fn it_says_how_to_use_it_and_ends_well() {
    let ports = ["--ordway-port", "0", "--anrok-port", "0", "--admin-port", "0"];
    let clock = ["--clock", "2026-03-31T23:59:00Z", "--freeze-clock", "--shell", "fish"];
    let mut child = Running(program(&[ports.as_slice(), &clock].concat()).spawn().unwrap());
    let mut lines = BufReader::new(child.0.stdout.take().unwrap()).lines();
    let mut said = Vec::new();
    while !said.last().is_some_and(|line: &String| line.contains("Ctrl-C")) {
        said.push(lines.next().unwrap().unwrap());
    }
    let set: Vec<_> = said.iter().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(set.len(), 7, "{said:#?}");
    assert!(set.iter().all(|line| line.starts_with("set -gx ")), "{said:#?}");
    assert!(said.iter().any(|line| line.contains("cargo run --example sync")));
    let page = said.iter().find_map(|line| line.split_once("Page: ")).unwrap().1.trim_end_matches('/');
    let (status, clock) = wire::admin(page, "GET", "/admin/clock", &Value::Null).await;
    assert_eq!((status, &clock["now"]), (200, &"2026-03-31T23:59:00.000Z".into()));

    let pid = child.0.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let last = lines.next().unwrap().unwrap();
    assert!(last.contains("answered 0 requests"), "{last}");
    assert_eq!(child.0.wait().unwrap().code(), Some(0));
}

#[test]
fn what_it_cannot_use_is_named() {
    let folder = std::env::temp_dir().join(format!("sandbox-program-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let plan = file("plan.json", r#"{"rules": [{"fault": {"kind": "status", "status": 200}}]}"#);
    let seed = file("seed.json", r#"{"format": "soup"}"#);
    for (arguments, wanted) in [
        (vec!["--faults", "/no/such/plan.json"], "/no/such/plan.json"),
        (vec!["--faults", &plan], "rule 0 of the fault plan: status must be 400 to 599"),
        (vec!["--seed", "/no/such/seed.json"], "/no/such/seed.json"),
        (vec!["--seed", &seed], "soup"),
        (vec!["--seed", "x", "--empty"], "cannot be used with"),
        (vec!["--clock", "tomorrow"], "--clock"),
        (vec!["--webhook-header", "A: b"], "--webhook"),
        (
            vec![
                "--webhook",
                "https://receiver.example/",
                "--admin-port",
                "0",
                "--ordway-port",
                "0",
                "--anrok-port",
                "0",
            ],
            "speaks no TLS",
        ),
    ] {
        let (code, complaint) = refused(&arguments);
        assert_eq!(code, 2, "{arguments:?}: {complaint}");
        assert!(complaint.contains(wanted), "{arguments:?}: {complaint}");
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (code, complaint) = refused(&["--admin-port", &port, "--ordway-port", "0", "--anrok-port", "0"]);
    assert_eq!(code, 2);
    assert!(complaint.contains(&format!("cannot listen on port {port}; choose another one")), "{complaint}");
    std::fs::remove_dir_all(&folder).unwrap();
}
