//! Exemption certificates of customers (US jurisdictions only).

use jiff::civil::Date;
use ordway_anrok_http::{Bulk, Call, Endpoint, EndpointInfo, Method, Safety, id, open_enum, record};
use serde::Serialize;

use crate::client::Client;
use crate::conflict::Conflict;
use crate::error::{AnrokError, Error, Result};
use crate::list::{self, BlankFilter, ListRequest, Listable, Listed, Pages};
use crate::transactions::CustomerId;
use crate::us_juris::UsJuris;
use crate::wire::{Day, Done, Moment, Nothing, debug_hiding, filled, handle_trait, is_blank};

id! {
    /// A certificate's id, given by Anrok, `ctec…`.
    pub struct CertificateId
}

/// Creates a certificate. Not repeatable: the caller chooses no id, a second try makes a second certificate.
pub const CREATE: Endpoint<CreateCertificate, CertificateCreated> =
    Endpoint::post("certificates.create", "/v1/seller/certificates/create", Safety::Once);

/// Reads a certificate.
pub const GET: Endpoint<Nothing, Certificate> =
    Endpoint::post("certificates.get", "/v1/seller/certificates/id:{certificateId}/get", Safety::Read);

/// Archives (invalidates) a certificate.
pub const ARCHIVE: Endpoint<Nothing, Done> = Endpoint::post(
    "certificates.archive",
    "/v1/seller/certificates/id:{certificateId}/archive",
    Safety::Repeatable,
);

/// Lists certificates.
pub const LIST: Endpoint<ListRequest<CertificateFilter>, Listed<Certificate>> = Endpoint::decoded_by(
    "certificates.list",
    Method::Post,
    "/v1/seller/certificates/list",
    Safety::Read,
    list::decode,
)
.bulk(Bulk::List);

/// The endpoints of this file.
pub const ENDPOINTS: &[EndpointInfo] = &[CREATE.info(), ARCHIVE.info(), GET.info(), LIST.info()];

/// The most certificates on a page of the list (grade A; 25 where the limit is left out).
pub const MAX_PAGE: u32 = 100;

/// A certificate's file. `Debug` prints neither name nor contents.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateFile {
    /// File name with its extension.
    pub name: String,
    /// The contents in Base64.
    pub contents_base64: String,
}

debug_hiding!(CertificateFile {} hides { name, contents_base64 });

/// A jurisdiction of a new certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateJuris {
    /// The jurisdiction.
    pub juris_id: UsJuris,
    /// Registration id there. Display only.
    #[serde(skip_serializing_if = "is_blank")]
    pub registration_id: Option<String>,
    /// Last day there. The wire's name is misspelt, `effectiveDateEndi`, in the document too (grade A).
    #[serde(rename = "effectiveDateEndi", skip_serializing_if = "Option::is_none")]
    pub effective_date_end: Option<Date>,
    /// Internal notes. Display only.
    #[serde(skip_serializing_if = "is_blank")]
    pub notes: Option<String>,
}

impl CertificateJuris {
    /// A jurisdiction without end.
    pub fn new(juris_id: UsJuris) -> Self {
        Self { juris_id, registration_id: None, effective_date_end: None, notes: None }
    }
}

/// The body of `certificates/create`. `Debug` prints neither names nor notes nor the file.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateCertificate {
    /// The customer. Without `customer_name` it must exist in Anrok.
    pub customer_id: CustomerId,
    /// Creates the customer where it does not exist yet. Display only.
    #[serde(skip_serializing_if = "is_blank")]
    pub customer_name: Option<String>,
    /// First day.
    pub effective_date_begin: Date,
    /// Number of the certificate. Display only.
    #[serde(skip_serializing_if = "is_blank")]
    pub exemption_number: Option<String>,
    /// Internal notes.
    #[serde(skip_serializing_if = "is_blank")]
    pub notes: Option<String>,
    /// The file.
    pub certificate_file: CertificateFile,
    /// Where it applies, each jurisdiction once.
    pub jurises: Vec<CertificateJuris>,
}

debug_hiding!(CreateCertificate { customer_id, effective_date_begin, jurises } hides {
    customer_name, exemption_number, notes, certificate_file
});

/// A certificate that Anrok would refuse, found before any call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// A blank customer id.
    #[error("a certificate needs a customer id")]
    NoCustomer,
    /// A file without name or contents.
    #[error("a certificate needs a file with a name and contents")]
    NoFile,
    /// The same jurisdiction twice.
    #[error("the certificate names {0} twice")]
    DuplicateJuris(UsJuris),
}

impl CreateCertificate {
    /// What Anrok would refuse whatever the account holds. The call checks this first.
    ///
    /// # Errors
    /// The first [`CertificateError`].
    pub fn check(&self) -> std::result::Result<(), CertificateError> {
        if filled(self.customer_id.as_str()).is_none() {
            return Err(CertificateError::NoCustomer);
        }
        let CertificateFile { name, contents_base64 } = &self.certificate_file;
        if filled(name).is_none() || filled(contents_base64).is_none() {
            return Err(CertificateError::NoFile);
        }
        let mut seen = std::collections::HashSet::new();
        match self.jurises.iter().find(|juris| !seen.insert(juris.juris_id)) {
            Some(juris) => Err(CertificateError::DuplicateJuris(juris.juris_id)),
            None => Ok(()),
        }
    }
}

record! {
    /// The answer of `certificates/create`.
    pub struct CertificateCreated {
        /// The new certificate's id.
        id: CertificateId,
    }
}

open_enum! {
    /// The state of a certificate.
    pub enum CertificateStatus {
        /// Valid.
        Active = "active",
        /// Valid, and expires within 60 days in at least one jurisdiction (an article says 30, grade B).
        ExpiringSoon = "expiringSoon",
        /// Expired in every jurisdiction it covers.
        Expired = "expired",
        /// Archived.
        Archived = "archived",
    }
}

record! {
    /// An exemption certificate.
    pub struct Certificate {
        /// Its id.
        id: CertificateId,
        /// Its state.
        status: Option<CertificateStatus>,
        /// The customer.
        customer_id: Option<CustomerId> = "customerId",
        /// The customer's name.
        customer_name: Option<String> = "customerName" => personal,
        /// When Anrok got it.
        created_time: Option<Moment> = "createdTime",
        /// First day.
        effective_date_begin: Option<Day> = "effectiveDateBegin",
        /// The earliest last day of any jurisdiction.
        expiry_date: Option<Day> = "expiryDate",
        /// Its number.
        exemption_number: Option<String> = "exemptionNumber" => personal,
        /// Internal notes.
        notes: Option<String> => personal,
        /// Where it applies.
        jurises: Vec<ListedCertificateJuris>,
    }
}

impl Listable for Certificate {
    const MEMBER: &'static str = "certificates";
}

record! {
    /// A jurisdiction of a certificate.
    pub struct ListedCertificateJuris {
        /// The jurisdiction, for instance `us-MA`.
        juris_id: Option<String> = "jurisId",
        /// Registration id there.
        registration_id: Option<String> = "registrationId" => personal,
        /// Last day there under the documented, misspelt name. Read it with [`Self::last_day`].
        effective_date_endi: Option<Day> = "effectiveDateEndi",
        /// The same under the name that a correction would give it (grade D).
        effective_date_end: Option<Day> = "effectiveDateEnd",
        /// Internal notes.
        notes: Option<String> => personal,
    }
}

impl ListedCertificateJuris {
    /// Last day of the certificate in this jurisdiction, `None` where it has none.
    pub fn last_day(&self) -> Option<&Day> {
        self.effective_date_endi.as_ref().or(self.effective_date_end.as_ref())
    }
}

/// Which certificates to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateFilter {
    /// Of this customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<CustomerId>,
    /// In this state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<CertificateStatus>,
}

/// Which certificates to list, and how many at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListCertificates {
    /// The filter; all of every state where empty.
    pub filter: CertificateFilter,
    /// Certificates on a page, 1 to [`MAX_PAGE`].
    pub limit: Option<u32>,
}

/// Calls on exemption certificates. From [`Client::certificates`].
#[derive(Clone, Debug)]
pub struct Certificates {
    client: Client,
}

impl Client {
    /// Create, read, archive and list exemption certificates.
    pub fn certificates(&self) -> Certificates {
        Certificates { client: self.clone() }
    }
}

impl Certificates {
    /// Creates a certificate. Anrok then reprocesses the customer's transactions that are not filed yet, so their
    /// versions move (grade B).
    ///
    /// `POST certificates/create`, **not repeatable**: after an unknown outcome list the customer's certificates
    /// before trying again.
    ///
    /// Errors: [`CertificateError`] before any call; `customerIdNotFound`, `duplicateJurisIds`,
    /// `fileTypeNotSupported`, `jurisNotFound`.
    pub async fn create(&self, certificate: &CreateCertificate) -> Result<CertificateId> {
        certificate.check().map_err(|error| Error::config("anrok", CREATE.name(), error))?;
        self.client.call(&CREATE, Call::new(certificate)).await.map(|created| created.id)
    }

    /// Reads a certificate, `None` where the account has none of this id (`certificateIdNotFound`).
    ///
    /// `POST certificates/id:{id}/get`, a read.
    pub async fn get(&self, id: &CertificateId) -> Result<Option<Certificate>> {
        match self.client.call(&GET, Call::new(&Nothing {}).id(id)).await {
            Ok(certificate) => Ok(Some(certificate)),
            Err(error)
                if error.api().and_then(AnrokError::conflict) == Some(&Conflict::CertificateIdNotFound) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Archives a certificate: it is no longer applied.
    ///
    /// `POST certificates/id:{id}/archive`, repeatable. Errors: `certificateIdNotFound`.
    pub async fn archive(&self, id: &CertificateId) -> Result<()> {
        self.client.call(&ARCHIVE, Call::new(&Nothing {}).id(id)).await.map(drop)
    }

    /// Lists certificates.
    ///
    /// `POST certificates/list`, a read. Errors: `customerIdNotFound` where the filter names an unknown customer,
    /// `invalidCursor` (start again).
    ///
    /// ```no_run
    /// # async fn run(anrok: anrok_client::Client) -> Result<(), anrok_client::Error> {
    /// use anrok_client::certificates::{CertificateFilter, CertificateStatus, ListCertificates};
    ///
    /// let filter = CertificateFilter { status: Some(CertificateStatus::ExpiringSoon), ..Default::default() };
    /// let mut soon = anrok.certificates().list(ListCertificates { filter, limit: None });
    /// while let Some(certificate) = soon.try_next().await? {
    ///     println!("{}", certificate.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self, query: ListCertificates) -> Pages<Certificate> {
        let filter = match &query.filter {
            CertificateFilter { customer_id: Some(id), .. } if filled(id.as_str()).is_none() => {
                Err(BlankFilter("customer id"))
            }
            empty if *empty == CertificateFilter::default() => Ok(None),
            _ => Ok(Some(query.filter)),
        };
        list::pager(&self.client, LIST, filter, query.limit, MAX_PAGE)
    }
}

handle_trait! {
    /// [`Certificates`] as a trait, for mocking.
    trait CertificatesApi for Certificates {
        /// See [`Certificates::create`].
        async fn create(&self, certificate: &CreateCertificate) -> Result<CertificateId>;
        /// See [`Certificates::get`].
        async fn get(&self, id: &CertificateId) -> Result<Option<Certificate>>;
        /// See [`Certificates::archive`].
        async fn archive(&self, id: &CertificateId) -> Result<()>;
        ;
        /// See [`Certificates::list`].
        fn list(&self, query: ListCertificates) -> Pages<Certificate>;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn contents_and_persons_are_not_printed() {
        let text = || Some("CANARY".to_owned());
        let create = CreateCertificate {
            customer_id: "c".into(),
            customer_name: text(),
            effective_date_begin: "2022-01-01".parse().unwrap(),
            exemption_number: text(),
            notes: text(),
            certificate_file: CertificateFile { name: "CANARY".into(), contents_base64: "CANARY".into() },
            jurises: vec![],
        };
        let read: Certificate = serde_json::from_value(json!({
            "id": "ctec1", "customerName": "CANARY", "exemptionNumber": "CANARY", "notes": "CANARY",
            "jurises": [{"jurisId": "us-MA", "registrationId": "CANARY", "notes": "CANARY"}], "new": "CANARY",
        }))
        .unwrap();
        assert!(!format!("{create:?} {:?} {read:?}", create.certificate_file).contains("CANARY"));
    }

    #[test]
    fn both_spellings_of_the_last_day_are_read() {
        for name in ["effectiveDateEndi", "effectiveDateEnd"] {
            let read: ListedCertificateJuris = serde_json::from_value(json!({name: "2023-01-01"})).unwrap();
            assert_eq!(read.last_day().map(Day::as_str), Some("2023-01-01"));
        }
    }
}
