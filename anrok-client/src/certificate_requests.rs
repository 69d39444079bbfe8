//! Requests to customers to upload their exemption certificate.

use ordway_anrok_http::{Call, Endpoint, EndpointInfo, Safety, id, record};
use serde::Serialize;

use crate::client::Client;
use crate::error::{Error, Result};
use crate::transactions::CustomerId;
use crate::wire::{debug_hiding, filled, handle_trait, is_blank};

id! {
    /// The id of a request, given by Anrok, `cre_…`.
    pub struct CertificateRequestId
}

/// Creates a request and, unless told otherwise, sends an e-mail. Not repeatable. A premium feature.
pub const CREATE: Endpoint<CreateCertificateRequest, CertificateRequest> =
    Endpoint::post("certificateRequests.create", "/v1/seller/certificateRequests/create", Safety::Once);

/// The endpoints of this file.
pub const ENDPOINTS: &[EndpointInfo] = &[CREATE.info()];

/// The body of `certificateRequests/create`. `Debug` prints neither name nor e-mail address.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateCertificateRequest {
    /// The customer. Without `customer_name` it must exist in Anrok.
    pub customer_id: CustomerId,
    /// Creates the customer where it does not exist yet. Display only.
    #[serde(skip_serializing_if = "is_blank")]
    pub customer_name: Option<String>,
    /// Who is asked.
    pub email_address: String,
    /// Whether Anrok sends the e-mail. Left out: it does. With `false` hand over the link yourself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_email: Option<bool>,
}

debug_hiding!(CreateCertificateRequest { customer_id, send_email } hides { customer_name, email_address });

impl CreateCertificateRequest {
    /// A request that Anrok e-mails to this address.
    pub fn new(customer_id: impl Into<CustomerId>, email_address: impl Into<String>) -> Self {
        Self {
            customer_id: customer_id.into(),
            customer_name: None,
            email_address: email_address.into(),
            send_email: None,
        }
    }
}

/// A request that Anrok would refuse, found before any call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a certificate request needs a customer id and an e-mail address")]
pub struct CertificateRequestError;

record! {
    /// A request that was created.
    pub struct CertificateRequest {
        /// Its id.
        request_id: CertificateRequestId = "requestId",
        /// Where the customer uploads the certificate. Whoever has the link may: it is not printed by `Debug`.
        request_link: Option<String> = "requestLink" => secret,
    }
}

/// Calls on certificate requests. From [`Client::certificate_requests`].
#[derive(Clone, Debug)]
pub struct CertificateRequests {
    client: Client,
}

impl Client {
    /// Ask customers for their exemption certificates. A premium feature.
    pub fn certificate_requests(&self) -> CertificateRequests {
        CertificateRequests { client: self.clone() }
    }
}

impl CertificateRequests {
    /// Creates a request and (by default) e-mails it.
    ///
    /// `POST certificateRequests/create`, **not repeatable**: every call sends another e-mail. With `send_email`
    /// false a repeat is harmless: `client.with(CallOptions::default().repeatable())`.
    ///
    /// Errors: `customerIdNotFound`, `invalidEmailAddress`, `featureNotEnabled`.
    pub async fn create(&self, request: &CreateCertificateRequest) -> Result<CertificateRequest> {
        if filled(request.customer_id.as_str()).is_none() || filled(&request.email_address).is_none() {
            return Err(Error::config("anrok", CREATE.name(), CertificateRequestError));
        }
        self.client.call(&CREATE, Call::new(request)).await
    }
}

handle_trait! {
    /// [`CertificateRequests`] as a trait, for mocking.
    trait CertificateRequestsApi for CertificateRequests {
        /// See [`CertificateRequests::create`].
        async fn create(&self, request: &CreateCertificateRequest) -> Result<CertificateRequest>;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn link_and_address_are_not_printed() {
        let mut request = CreateCertificateRequest::new("c", "CANARY@example.com");
        request.customer_name = Some("CANARY".to_owned());
        let answer: CertificateRequest = serde_json::from_value(
            serde_json::json!({"requestId": "cre_1", "requestLink": "https://CANARY"}),
        )
        .unwrap();
        assert!(!format!("{request:?} {answer:?}").contains("CANARY"));
        assert_eq!(answer.request_link.as_deref(), Some("https://CANARY"));
    }
}
