//! All endpoints in one list, for tables and tests.

use ordway_anrok_http::EndpointInfo;

use crate::{
    addresses, certificate_requests, certificates, customers, filings, product_mappings,
    product_tax_categories, products, tax_ids, transactions,
};

/// The operations of the API 1.1 document, in its order of groups.
///
/// ```
/// assert_eq!(anrok_client::endpoints().len(), 17);
/// ```
pub fn endpoints() -> Vec<EndpointInfo> {
    [
        certificates::ENDPOINTS,
        certificate_requests::ENDPOINTS,
        transactions::ENDPOINTS,
        products::ENDPOINTS,
        product_tax_categories::ENDPOINTS,
        product_mappings::ENDPOINTS,
        tax_ids::ENDPOINTS,
        filings::ENDPOINTS,
    ]
    .concat()
}

/// The operations that only third parties have seen, or that are assumed (grades C and D).
pub fn newer_endpoints() -> Vec<EndpointInfo> {
    [&[transactions::GET.info()], customers::ENDPOINTS, addresses::ENDPOINTS].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every change of a path or of a retry safety shows up here.
    #[test]
    fn the_inventory() {
        let table: Vec<String> =
            endpoints().iter().chain(&newer_endpoints()).map(ToString::to_string).collect();
        assert_eq!(table, EXPECTED.lines().collect::<Vec<_>>(), "{}", table.join("\n"));
    }

    const EXPECTED: &str = "\
POST /v1/seller/certificates/create certificates.create (Once, grade A)
POST /v1/seller/certificates/id:{certificateId}/archive certificates.archive (Repeatable, grade A)
POST /v1/seller/certificates/id:{certificateId}/get certificates.get (Read, grade A)
POST /v1/seller/certificates/list certificates.list (Read, grade A)
POST /v1/seller/certificateRequests/create certificateRequests.create (Once, grade A)
POST /v1/seller/transactions/createEphemeral transactions.createEphemeral (Read, grade A)
POST /v1/seller/transactions/createOrUpdate transactions.createOrUpdate (Repeatable, grade A)
POST /v1/seller/transactions/createNegation transactions.createNegation (Repeatable, grade A)
POST /v1/seller/transactions/id:{transactionId}/void transactions.void (Repeatable, grade A)
POST /v1/seller/transactions/list transactions.list (Read, grade A)
POST /v1/seller/products/create products.create (Repeatable, grade A)
POST /v1/seller/products/externalId:{externalId}/get products.get (Read, grade A)
POST /v1/seller/productTaxCategories/list productTaxCategories.list (Read, grade A)
POST /v1/seller/integrations/id:{integrationId}/productIdMapping/list productMappings.list (Read, grade A)
POST /v1/seller/integrations/id:{integrationId}/productIdMapping/add productMappings.add (Repeatable, grade A)
POST /v1/seller/taxId/validate taxIds.validate (Read, grade A)
POST /v1/seller/filings/list filings.list (Read, grade A)
POST /v1/seller/transactions/id:{transactionId}/get transactions.get (Read, grade C)
POST /v1/seller/customers/list customers.list (Read, grade C)
POST /v1/seller/customers/id:{customerId}/get customers.get (Read, grade C)
POST /v1/seller/addresses/resolve addresses.resolve (Read, grade D)";
}
