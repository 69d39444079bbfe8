//! The bridge's futures can be spawned: a web service's handlers need that.

use ordway_anrok::document::DocumentKey;
use ordway_anrok::reconcile::Scope;
use ordway_anrok::{Bridge, Intake, SyncError, WatchSettings};

fn sendable<T: Send>(future: T) -> T {
    future
}

/// Compiles, or fails to: nothing has to run.
#[allow(dead_code)]
fn every_call_can_be_spawned(bridge: Bridge) {
    let one = bridge.clone();
    drop(sendable(async move { one.sync().await.map_err(|error: SyncError| error.to_string()) }));
    let one = bridge.clone();
    drop(sendable(async move { one.doctor().await }));
    let one = bridge.clone();
    drop(sendable(async move { one.reconcile(&Scope::default()).await }));
    let one = bridge.clone();
    drop(sendable(async move { one.explain(&DocumentKey::invoice("INV-1")).await }));
    let one = bridge.clone();
    let (settings, intake) = (WatchSettings::default(), Intake::default());
    drop(sendable(async move { one.watch(&settings, &intake).await }));
    drop(sendable(async move {
        Bridge::builder(bridge.ordway().clone(), bridge.anrok().clone()).connect().await
    }));
}

#[test]
fn it_compiles() {}
