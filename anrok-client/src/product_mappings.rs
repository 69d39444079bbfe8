//! Product mappings of an Anrok-built integration: which product of the billing system is which in Anrok.

use std::collections::BTreeMap;

use ordway_anrok_http::{Bulk, Call, Endpoint, EndpointInfo, Safety, id};
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::conflict::Conflict;
use crate::error::{AnrokError, Error, Result};
use crate::wire::{Done, Nothing, filled, handle_trait};

id! {
    /// The id of an Anrok-built integration (a data source in Anrok's UI), `si…`.
    ///
    /// A client that talks to the API alone has none: API traffic is no data source (grade D).
    pub struct IntegrationId
}

/// Lists all mappings of an integration.
pub const LIST: Endpoint<Nothing, MappingList> = Endpoint::post(
    "productMappings.list",
    "/v1/seller/integrations/id:{integrationId}/productIdMapping/list",
    Safety::Read,
)
.bulk(Bulk::List);

/// Adds a mapping. Repeatable: a second try answers `sourceIdAlreadyMapped`.
pub const ADD: Endpoint<AddMapping, Done> = Endpoint::post(
    "productMappings.add",
    "/v1/seller/integrations/id:{integrationId}/productIdMapping/add",
    Safety::Repeatable,
);

/// The endpoints of this file.
pub const ENDPOINTS: &[EndpointInfo] = &[LIST.info(), ADD.info()];

/// The answer of the list, unpaged: objects of one member each, source id to target id, as they came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MappingList(pub Vec<BTreeMap<String, String>>);

impl MappingList {
    /// Pairs of source id (billing system) and target id (Anrok).
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flatten().map(|(source, target)| (source.as_str(), target.as_str()))
    }

    /// What a source id is mapped to.
    pub fn target_of(&self, source_id: &str) -> Option<&str> {
        self.iter().find_map(|(source, target)| (source == source_id).then_some(target))
    }
}

/// The body of an addition. Several sources may map to one target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AddMapping {
    /// Product of the billing system.
    pub source_id: String,
    /// Product in Anrok; it must exist.
    pub target_id: String,
    /// Whether an existing mapping of the source is replaced. Left out: it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub should_overwrite: Option<bool>,
}

impl AddMapping {
    /// A mapping that replaces nothing.
    pub fn new(source_id: impl Into<String>, target_id: impl Into<String>) -> Self {
        Self { source_id: source_id.into(), target_id: target_id.into(), should_overwrite: None }
    }
}

/// A mapping that Anrok would refuse, found before any call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a product mapping needs a source id and a target id")]
pub struct MappingError;

/// What became of a mapping that was to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MappingAdded {
    /// It was added by this call.
    Added,
    /// It was there already.
    Confirmed,
    /// The source is mapped to another target; send `should_overwrite` to replace it.
    Different {
        /// The target as it is, where the list shows it.
        target_id: Option<String>,
    },
}

/// The calls that belong to one integration. From [`Client::data_source`].
#[derive(Clone, Debug)]
pub struct DataSource {
    client: Client,
    integration_id: IntegrationId,
}

impl Client {
    /// The calls of one Anrok-built integration, `si…`.
    pub fn data_source(&self, integration_id: impl Into<IntegrationId>) -> DataSource {
        DataSource { client: self.clone(), integration_id: integration_id.into() }
    }
}

impl DataSource {
    /// The integration.
    pub fn integration_id(&self) -> &IntegrationId {
        &self.integration_id
    }

    /// Its product mappings.
    pub fn product_mappings(&self) -> ProductMappings {
        ProductMappings { client: self.client.clone(), integration_id: self.integration_id.clone() }
    }
}

/// Calls on the product mappings of one integration. From [`DataSource::product_mappings`].
#[derive(Clone, Debug)]
pub struct ProductMappings {
    client: Client,
    integration_id: IntegrationId,
}

impl ProductMappings {
    /// All mappings of the integration.
    ///
    /// `POST integrations/id:{id}/productIdMapping/list`, a read, not paged. Errors: `integrationIdNotFound`.
    ///
    /// ```no_run
    /// # async fn run(anrok: anrok_client::Client) -> Result<(), anrok_client::Error> {
    /// let mappings = anrok.data_source("si5kec86tpyt").product_mappings().list().await?;
    /// println!("{:?}", mappings.target_of("P-00001"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn list(&self) -> Result<MappingList> {
        self.client.call(&LIST, Call::new(&Nothing {}).id(&self.integration_id)).await
    }

    /// Adds a mapping.
    ///
    /// `POST integrations/id:{id}/productIdMapping/add`, repeatable: a second try answers `sourceIdAlreadyMapped`;
    /// [`ProductMappings::add_or_confirm`] then compares. Errors: that, `integrationIdNotFound`, `targetIdNotFound`.
    pub async fn add(&self, mapping: &AddMapping) -> Result<()> {
        if filled(&mapping.source_id).is_none() || filled(&mapping.target_id).is_none() {
            return Err(Error::config("anrok", ADD.name(), MappingError));
        }
        self.client.call(&ADD, Call::new(mapping).id(&self.integration_id)).await.map(drop)
    }

    /// Adds a mapping; where the source is mapped already, reads the list and compares before believing.
    pub async fn add_or_confirm(&self, mapping: &AddMapping) -> Result<MappingAdded> {
        let error = match self.add(mapping).await {
            Ok(()) => return Ok(MappingAdded::Added),
            Err(error) => error,
        };
        if error.api().and_then(AnrokError::conflict) != Some(&Conflict::SourceIdAlreadyMapped) {
            return Err(error);
        }
        let mappings = self.list().await?;
        let target = mappings.target_of(&mapping.source_id);
        Ok(if target == Some(mapping.target_id.as_str()) {
            MappingAdded::Confirmed
        } else {
            MappingAdded::Different { target_id: target.map(str::to_owned) }
        })
    }
}

handle_trait! {
    /// [`ProductMappings`] as a trait, for mocking.
    trait ProductMappingsApi for ProductMappings {
        /// See [`ProductMappings::list`].
        async fn list(&self) -> Result<MappingList>;
        /// See [`ProductMappings::add`].
        async fn add(&self, mapping: &AddMapping) -> Result<()>;
        /// See [`ProductMappings::add_or_confirm`].
        async fn add_or_confirm(&self, mapping: &AddMapping) -> Result<MappingAdded>;
    }
}
