//! What a sandbox holds at the start and after a reset.

use std::path::PathBuf;

use thiserror::Error;

use crate::anrok::FakeAnrok;
use crate::demo::Demo;
use crate::ordway::{FakeOrdway, Refusal};
use crate::seed::{Seed, SeedError};

#[derive(Clone, Debug)]
pub(crate) enum Contents {
    Demo,
    Folder(PathBuf),
    Document(Seed),
    Empty,
}

/// Why the fakes could not be filled.
#[derive(Debug, Error)]
pub(crate) enum FillError {
    #[error(transparent)]
    Seed(#[from] SeedError),
    #[error("the demo company cannot be seeded: {0}")]
    Demo(Refusal),
}

impl Contents {
    pub(crate) fn fill(&self, ordway: &FakeOrdway, anrok: &FakeAnrok) -> Result<(), FillError> {
        match self {
            Self::Empty => {}
            Self::Demo => {
                Demo::seed(ordway).map_err(FillError::Demo)?;
                Demo::seed_anrok(anrok);
            }
            Self::Document(seed) => {
                seed.sow_ordway(ordway)?;
                seed.sow_anrok(anrok)?;
            }
            Self::Folder(folder) => {
                ordway.seed_folder(folder)?;
                Demo::map_products_in_use(ordway, anrok);
            }
        }
        Ok(())
    }
}
