//! Product tax categories: what products may be assigned to.

use ordway_anrok_http::{Bulk, Call, Endpoint, EndpointInfo, Safety, record};

use crate::client::Client;
use crate::error::Result;
use crate::products::TaxCategoryId;
use crate::wire::{Nothing, handle_trait};

/// Lists all categories of the account. Needs no data, is no premium call and has no conflicts: the credential check.
pub const LIST: Endpoint<Nothing, TaxCategoryList> =
    Endpoint::post("productTaxCategories.list", "/v1/seller/productTaxCategories/list", Safety::Read)
        .bulk(Bulk::List);

/// The endpoints of this file.
pub const ENDPOINTS: &[EndpointInfo] = &[LIST.info()];

record! {
    /// The answer of the list, unpaged.
    pub struct TaxCategoryList {
        /// All categories, Anrok's own and those of this account.
        product_tax_categories: Vec<TaxCategory> = "productTaxCategories",
    }
}

record! {
    /// A product tax category.
    pub struct TaxCategory {
        /// Its id, as products name it.
        id: TaxCategoryId,
        /// Its display name, for instance `SaaS - General, B2B`.
        name: Option<String>,
    }
}

/// Calls on product tax categories. From [`Client::product_tax_categories`].
#[derive(Clone, Debug)]
pub struct ProductTaxCategories {
    client: Client,
}

impl Client {
    /// The tax categories that products may have.
    pub fn product_tax_categories(&self) -> ProductTaxCategories {
        ProductTaxCategories { client: self.clone() }
    }
}

impl ProductTaxCategories {
    /// All tax categories of the account.
    ///
    /// `POST productTaxCategories/list`, a read, not paged. It documents no conflicts.
    ///
    /// ```no_run
    /// # async fn run(anrok: anrok_client::Client) -> Result<(), anrok_client::Error> {
    /// for category in anrok.product_tax_categories().list().await? {
    ///     println!("{} {}", category.id.id, category.name.unwrap_or_default());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn list(&self) -> Result<Vec<TaxCategory>> {
        self.client.call(&LIST, Call::new(&Nothing {})).await.map(|answer| answer.product_tax_categories)
    }
}

handle_trait! {
    /// [`ProductTaxCategories`] as a trait, for mocking.
    trait ProductTaxCategoriesApi for ProductTaxCategories {
        /// See [`ProductTaxCategories::list`].
        async fn list(&self) -> Result<Vec<TaxCategory>>;
    }
}
