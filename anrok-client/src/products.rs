//! Products: what lines name.

use ordway_anrok_http::{Call, Endpoint, EndpointInfo, Safety, open_enum, record};
use serde::{Serialize, Serializer};

use crate::client::Client;
use crate::conflict::Conflict;
use crate::error::{AnrokError, Error, Result};
use crate::wire::{Done, Nothing, filled, handle_trait, is_blank};

/// Creates a product. Repeatable: the caller chooses the id, a second try answers `externalIdAlreadyExists`.
pub const CREATE: Endpoint<CreateProduct, Done> =
    Endpoint::post("products.create", "/v1/seller/products/create", Safety::Repeatable);

/// Reads a product.
pub const GET: Endpoint<Nothing, Product> =
    Endpoint::post("products.get", "/v1/seller/products/externalId:{externalId}/get", Safety::Read);

/// The endpoints of this file. The API has no update, delete or list of products.
pub const ENDPOINTS: &[EndpointInfo] = &[CREATE.info(), GET.info()];

open_enum! {
    /// Whose a tax category is.
    #[derive(Default)]
    pub enum TaxCategoryKind {
        /// One of Anrok's.
        #[default]
        Standard = "standard",
        /// One made on this seller account.
        Custom = "custom",
    }
}

record! {
    /// The id of a product tax category, for instance `standard` `saasBusiness`.
    pub struct TaxCategoryId {
        /// Anrok's own, or one of this account.
        kind: TaxCategoryKind = "type",
        /// The id: a name for standard ones, `sptc…` for custom ones.
        id: String,
    }
}

impl TaxCategoryId {
    /// One of Anrok's categories.
    pub fn standard(id: impl Into<String>) -> Self {
        Self { kind: TaxCategoryKind::Standard, id: id.into(), ..Self::default() }
    }

    /// One of this account's own.
    pub fn custom(id: impl Into<String>) -> Self {
        Self { kind: TaxCategoryKind::Custom, id: id.into(), ..Self::default() }
    }
}

record! {
    /// A product of the account.
    pub struct Product {
        /// The id that lines name.
        external_id: String = "externalId",
        /// Its tax category: decides what is taxable where.
        tax_category_id: Option<TaxCategoryId> = "taxCategoryId",
        /// Display name.
        name: Option<String>,
        /// Description; Anrok answers an empty text for none.
        description: Option<String>,
    }
}

/// The body of `products/create`. A product's tax settings cannot be changed afterwards (grade B).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateProduct {
    /// Your id of the product: letters, digits, single spaces inside, and `. - _ :` (grade A).
    pub external_id: String,
    /// Its tax category, one of `productTaxCategories/list`.
    #[serde(serialize_with = "only_documented")]
    pub tax_category_id: TaxCategoryId,
    /// Display name.
    pub name: String,
    /// Description.
    #[serde(skip_serializing_if = "is_blank")]
    pub description: Option<String>,
}

/// A category read from Anrok may carry members that a request must not have.
fn only_documented<S: Serializer>(id: &TaxCategoryId, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Wire<'a> {
        r#type: &'a TaxCategoryKind,
        id: &'a str,
    }
    Wire { r#type: &id.kind, id: id.id.trim() }.serialize(serializer)
}

/// A product that Anrok would refuse, found before any call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProductError {
    /// The external id breaks Anrok's rule.
    #[error(
        "the external id of a product may hold only letters, digits, single spaces inside, and . - _ : characters"
    )]
    ExternalId,
    /// No name.
    #[error("a product needs a name")]
    NoName,
    /// No tax category id.
    #[error("a product needs a tax category")]
    NoTaxCategory,
}

impl CreateProduct {
    /// A product without description.
    pub fn new(
        external_id: impl Into<String>,
        tax_category_id: TaxCategoryId,
        name: impl Into<String>,
    ) -> Self {
        Self { external_id: external_id.into(), tax_category_id, name: name.into(), description: None }
    }

    /// What Anrok would refuse whatever the account holds. The call checks this first.
    ///
    /// # Errors
    /// The first [`ProductError`].
    pub fn check(&self) -> std::result::Result<(), ProductError> {
        if !is_external_id(&self.external_id) {
            return Err(ProductError::ExternalId);
        }
        if filled(&self.name).is_none() {
            return Err(ProductError::NoName);
        }
        if filled(&self.tax_category_id.id).is_none() {
            return Err(ProductError::NoTaxCategory);
        }
        Ok(())
    }
}

/// Whether `id` keeps Anrok's rule for external ids of products (grade A; whether "alphanumeric" goes beyond ASCII is
/// left to Anrok: `externalIdInvalid`).
pub fn is_external_id(id: &str) -> bool {
    !id.is_empty()
        && id.trim() == id
        && !id.contains("  ")
        && id.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '.' | '-' | '_' | ':'))
}

/// What became of a product that was to be created.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ProductCreated {
    /// It was created by this call.
    Created,
    /// It was there already as wanted.
    Confirmed(Product),
    /// It was there already and differs. Anrok cannot change it: use another id, or take it as it is.
    Different {
        /// The product as it is.
        existing: Product,
        /// The members that differ: `taxCategoryId`, `name`, `description`. Only the first changes taxes.
        members: Vec<&'static str>,
    },
}

/// Calls on products. From [`Client::products`].
#[derive(Clone, Debug)]
pub struct Products {
    client: Client,
}

impl Client {
    /// Create and look up products.
    pub fn products(&self) -> Products {
        Products { client: self.clone() }
    }
}

impl Products {
    /// Creates a product.
    ///
    /// `POST products/create`, repeatable: a second try answers `externalIdAlreadyExists`;
    /// [`Products::create_or_confirm`] then compares.
    ///
    /// Errors: [`ProductError`] before any call; `externalIdAlreadyExists`, `externalIdInvalid`,
    /// `taxCategoryIdNotFound`.
    pub async fn create(&self, product: &CreateProduct) -> Result<()> {
        product.check().map_err(|error| Error::config("anrok", CREATE.name(), error))?;
        self.client.call(&CREATE, Call::new(product)).await.map(drop)
    }

    /// Creates a product; where its id exists already, reads it and compares before believing.
    ///
    /// ```no_run
    /// # async fn run(anrok: anrok_client::Client) -> Result<(), anrok_client::Error> {
    /// use anrok_client::products::{CreateProduct, ProductCreated, TaxCategoryId};
    ///
    /// let product = CreateProduct::new("P-00001", TaxCategoryId::standard("saasBusiness"), "Pro plan");
    /// if let ProductCreated::Different { members, .. } = anrok.products().create_or_confirm(&product).await? {
    ///     println!("already there with another {}", members.join(", "));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn create_or_confirm(&self, product: &CreateProduct) -> Result<ProductCreated> {
        let error = match self.create(product).await {
            Ok(()) => return Ok(ProductCreated::Created),
            Err(error) => error,
        };
        if error.api().and_then(AnrokError::conflict) != Some(&Conflict::ExternalIdAlreadyExists) {
            return Err(error);
        }
        // Archived between the two calls: the first answer is all there is to say.
        let Some(existing) = self.get(&product.external_id).await? else { return Err(error) };
        let members = differences(product, &existing);
        Ok(if members.is_empty() {
            ProductCreated::Confirmed(existing)
        } else {
            ProductCreated::Different { existing, members }
        })
    }

    /// Reads a product, `None` where the account has none of this id (`productExternalIdNotFound`).
    ///
    /// `POST products/externalId:{id}/get`, a read.
    pub async fn get(&self, external_id: &str) -> Result<Option<Product>> {
        match self.client.call(&GET, Call::new(&Nothing {}).id(external_id)).await {
            Ok(product) => Ok(Some(product)),
            Err(error)
                if error.api().and_then(AnrokError::conflict)
                    == Some(&Conflict::ProductExternalIdNotFound) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

fn differences(wanted: &CreateProduct, existing: &Product) -> Vec<&'static str> {
    let category = existing.tax_category_id.as_ref();
    let same_category = category.is_some_and(|category| {
        (&category.kind, &category.id) == (&wanted.tax_category_id.kind, &wanted.tax_category_id.id)
    });
    let text = |text: &Option<String>| text.as_deref().and_then(filled).unwrap_or_default().to_owned();
    let same_name = text(&existing.name) == wanted.name.trim();
    let same_description = text(&existing.description) == text(&wanted.description);
    [("taxCategoryId", same_category), ("name", same_name), ("description", same_description)]
        .into_iter()
        .filter_map(|(member, same)| (!same).then_some(member))
        .collect()
}

handle_trait! {
    /// [`Products`] as a trait, for mocking.
    trait ProductsApi for Products {
        /// See [`Products::create`].
        async fn create(&self, product: &CreateProduct) -> Result<()>;
        /// See [`Products::create_or_confirm`].
        async fn create_or_confirm(&self, product: &CreateProduct) -> Result<ProductCreated>;
        /// See [`Products::get`].
        async fn get(&self, external_id: &str) -> Result<Option<Product>>;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_for_external_ids() {
        for good in ["sku-1001", "P-00001", "a b.c_d:e", "1", "ä"] {
            assert!(is_external_id(good), "{good}");
        }
        for bad in ["", " a", "a ", "a  b", "a/b", "a#", "a\tb"] {
            assert!(!is_external_id(bad), "{bad}");
        }
    }
}
