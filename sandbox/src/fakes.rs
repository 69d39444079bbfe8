//! Both fakes on one clock, without sockets.

use std::path::Path;
use std::sync::Arc;

use ordway_anrok_http::{Clock, SystemClock};

use crate::anrok::{AnrokConfig, FakeAnrok};
use crate::demo::Demo;
use crate::ordway::FakeOrdway;
use crate::rule::Assumption;
use crate::seed::{Seed, SeedError};

/// Both fakes on one clock, in process. Neither limits its callers, so that nothing waits; `AnrokConfig::rate_limit` brings the
/// documented limit back. A clone is another handle to the same two.
///
/// With the feature `clients`, [`Fakes::ordway_client`] and [`Fakes::anrok_client`] give ready clients.
///
/// ```
/// use ordway_anrok_sandbox::Fakes;
///
/// let fakes = Fakes::demo()?;
/// assert_eq!(fakes.ordway().count("invoices"), 21);
/// fakes.assume("void-twice=not-found".parse()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Fakes {
    clock: Arc<dyn Clock>,
    ordway: FakeOrdway,
    anrok: FakeAnrok,
}

impl Fakes {
    /// Empty fakes on a clock of your own, for instance a `VirtualClock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let ordway = FakeOrdway::new(Arc::clone(&clock));
        let config = AnrokConfig { rate_limit: None, ..AnrokConfig::default() };
        let anrok = FakeAnrok::with_config(Arc::clone(&clock), config);
        Self { clock, ordway, anrok }
    }

    /// Empty fakes on the machine's clock.
    pub fn empty() -> Self {
        Self::new(Arc::new(SystemClock::new()))
    }

    /// Fakes with the demo company, on the machine's clock.
    ///
    /// # Errors
    /// None on empty fakes, as these are.
    pub fn demo() -> Result<Self, SeedError> {
        let fakes = Self::empty();
        fakes.seed_demo()?;
        Ok(fakes)
    }

    /// Adds the demo company.
    ///
    /// # Errors
    /// Records with its ids are there already.
    pub fn seed_demo(&self) -> Result<(), SeedError> {
        Demo::seed(&self.ordway).map_err(SeedError::Demo)?;
        Demo::seed_anrok(&self.anrok);
        Ok(())
    }

    /// Adds what a seed document has.
    ///
    /// # Errors
    /// The document is wrong; the error says where. The part of a fake whose part is wrong stays out.
    pub fn seed(&self, seed: &Seed) -> Result<(), SeedError> {
        seed.sow_ordway(&self.ordway)?;
        seed.sow_anrok(&self.anrok)
    }

    /// Adds what the text of a seed document has; see [`Fakes::seed`].
    ///
    /// # Errors
    /// As for [`Fakes::seed`].
    pub fn seed_json(&self, document: &str) -> Result<(), SeedError> {
        self.seed(&Seed::parse(document)?)
    }

    /// Adds what a file has; see [`Fakes::seed`].
    ///
    /// # Errors
    /// The file cannot be read, or as for [`Fakes::seed`].
    pub fn seed_file(&self, path: impl AsRef<Path>) -> Result<(), SeedError> {
        self.seed(&Seed::read(path)?)
    }

    /// What both hold at present, as a seed document. What was recorded at Anrok is not part of it.
    pub fn export(&self) -> Seed {
        Seed::of(&self.ordway, &self.anrok)
    }

    /// Chooses another behaviour where a rule is only assumed.
    pub fn assume(&self, assumption: Assumption) {
        assumption.apply(&self.ordway, &self.anrok);
    }

    /// The Ordway company.
    pub fn ordway(&self) -> &FakeOrdway {
        &self.ordway
    }

    /// The Anrok account.
    pub fn anrok(&self) -> &FakeAnrok {
        &self.anrok
    }

    /// The clock of both.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }
}
