//! My program is not async: how do I call the clients?
//!
//! Look at: `Blocking`, six lines around a runtime of one thread. There is no second, blocking API to learn, and none that
//! could differ from the first. Make one and keep it; do not call it from inside an async function.

use std::future::Future;
use std::io;
use std::process::ExitCode;

use ordway_anrok_examples::{Rates, exit_code, ordway_or_demo};
use ordway_client::customers::ListCustomers;
use tokio::runtime::{Builder, Runtime};

struct Blocking(Runtime);

impl Blocking {
    fn new() -> io::Result<Self> {
        Builder::new_current_thread().enable_all().build().map(Self)
    }

    fn call<F: Future>(&self, future: F) -> F::Output {
        self.0.block_on(future)
    }
}

fn main() -> ExitCode {
    exit_code(run())
}

fn run() -> anyhow::Result<()> {
    let blocking = Blocking::new()?;
    let (ordway, _) = ordway_or_demo(Rates::default())?;

    blocking.call(ordway.check())?;
    let mut customers = ordway.customers().list(ListCustomers::default());
    let mut count = 0;
    while let Some(customer) = blocking.call(customers.try_next())? {
        count += 1;
        if count <= 5 {
            println!("{} {}", customer.id, customer.currency.unwrap_or_default());
        }
    }
    println!("{count} customers, read without an async function in sight");
    Ok(())
}
