//! Connecting the two accounts: the vendors' five steps as code. Writes nothing on either side.

use std::fmt;
use std::str::FromStr;

use anrok_client::AccountingTimeZone;
use ordway_client::CredentialFault;
use ordway_client::invoices::ListInvoices;
use ordway_client::products::ListProducts;
use ordway_client::{List, ListQuery, Listable};

use crate::hold::Disposition;

/// Which kind of accounts are connected. Both vendors keep test data in separate accounts with credentials of
/// their own; the label guards against mixing them up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Environment {
    /// Real invoices, real tax.
    #[default]
    Production,
    /// A test company and a test seller.
    Sandbox,
}

/// The fifth step: what the connection is to Anrok.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DataSource {
    /// Production or sandbox.
    pub environment: Environment,
    /// The seller's zone, as in Anrok's Settings > Accounting. Dates are sent without it; it tells people in which
    /// zone a day ends.
    pub accounting_time_zone: AccountingTimeZone,
    /// The id (`si…`) of an Anrok-built integration whose product mappings are to be read.
    pub integration_id: Option<String>,
}

/// A data source that Anrok cannot have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DataSourceError {
    /// Not one of the zones of the official document.
    #[error(
        "Anrok does not take the time zone {0:?}; use one of the zones it lists, for instance UTC or America/New_York"
    )]
    TimeZone(String),
    /// Not an integration id.
    #[error("{0:?} is not an integration id; they begin with si (Anrok > Data sources)")]
    IntegrationId(String),
}

impl DataSourceError {
    /// Who has to act.
    pub fn disposition(&self) -> Disposition {
        Disposition::FixConfiguration
    }

    /// What to do. `Display` says the same with the particulars.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::TimeZone(_) => {
                "Use one of the zones that Anrok lists, for instance UTC or America/New_York."
            }
            Self::IntegrationId(_) => "Use the id that begins with si (Anrok > Data sources).",
        }
    }
}

impl DataSource {
    /// A data source in this zone.
    ///
    /// # Errors
    /// [`DataSourceError::TimeZone`] where the official document does not list the zone.
    pub fn new(environment: Environment, accounting_time_zone: &str) -> Result<Self, DataSourceError> {
        let zone = AccountingTimeZone::from_str(accounting_time_zone)
            .map_err(|_| DataSourceError::TimeZone(accounting_time_zone.to_owned()))?;
        Ok(Self { environment, accounting_time_zone: zone, integration_id: None })
    }

    /// Names the Anrok-built integration whose mappings are read.
    ///
    /// # Errors
    /// [`DataSourceError::IntegrationId`] where it does not begin with `si`.
    pub fn with_integration(mut self, id: &str) -> Result<Self, DataSourceError> {
        if !id.starts_with("si") || id.len() < 3 {
            return Err(DataSourceError::IntegrationId(id.to_owned()));
        }
        self.integration_id = Some(id.to_owned());
        Ok(self)
    }
}

/// Why the accounts could not be connected.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConnectError {
    /// A service refuses a credential. Do not repeat; correct what `credential` names.
    Refused {
        /// `Ordway` or `Anrok`.
        service: &'static str,
        /// Which credential, as far as the answer tells.
        credential: String,
        /// What to do.
        remedy: String,
        /// What the service said.
        said: String,
    },
    /// The API user may not read something a sync reads.
    Forbidden {
        /// `customers`, `products`, `invoices`, `credits`.
        what: &'static str,
        /// What Ordway said.
        said: String,
    },
    /// A service does not answer. Try again later.
    Unavailable {
        /// `ordway` or `anrok`.
        service: &'static str,
        /// What happened.
        said: String,
    },
    /// A service answers, but not as this API does.
    Unexpected {
        /// `ordway` or `anrok`.
        service: &'static str,
        /// What happened.
        said: String,
    },
}

impl ConnectError {
    /// Whether a later try may succeed without any change.
    pub fn is_worth_retrying_later(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }

    /// Who has to act.
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::Unavailable { .. } => Disposition::RetryLater,
            Self::Refused { .. } | Self::Forbidden { .. } | Self::Unexpected { .. } => {
                Disposition::FixConfiguration
            }
        }
    }

    /// What to do. `Display` says the same with the particulars.
    pub fn remedy(&self) -> String {
        match self {
            Self::Refused { remedy, .. } => remedy.clone(),
            Self::Forbidden { what, .. } => format!(
                "Give the user behind ORDWAY_USER_EMAIL a role that may read {what}, best the Admin role."
            ),
            Self::Unavailable { .. } => {
                "Try again in some minutes. If it lasts, check the service's status page and the network."
                    .to_owned()
            }
            Self::Unexpected { service, .. } => {
                format!("Check the base URL ({}_BASE_URL).", service.to_uppercase())
            }
        }
    }

    /// The service it is about: `ordway` or `anrok`.
    pub fn service(&self) -> &'static str {
        match self {
            Self::Refused { service: "Anrok", .. } => "anrok",
            Self::Refused { .. } | Self::Forbidden { .. } => "ordway",
            Self::Unavailable { service, .. } | Self::Unexpected { service, .. } => service,
        }
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { service, credential, remedy, said } => {
                write!(f, "{service} refuses the credentials: {credential}. {remedy} (It said: {said})")
            }
            Self::Forbidden { what, said } => write!(
                f,
                "Ordway does not let this user read {what}. Give the user behind ORDWAY_USER_EMAIL a role that may read \
                 {what}, best the Admin role (step 1 of the set-up: an Admin user for the integration). (It said: {said})"
            ),
            Self::Unavailable { service, said } => {
                write!(f, "{service} does not answer; try again in some minutes. ({said})")
            }
            Self::Unexpected { service, said } => write!(
                f,
                "the answers do not look like {service}'s API: check the base URL ({}_BASE_URL). ({said})",
                service.to_uppercase()
            ),
        }
    }
}

impl std::error::Error for ConnectError {}

/// Proves that customers, products, invoices and credits can be read.
pub(crate) async fn check_ordway(ordway: &ordway_client::Client) -> Result<(), ConnectError> {
    ordway.check().await.map_err(|error| of_ordway("customers", &error))?;
    let one = Some(1);
    let products = ordway.products().list(ListProducts { size: one, ..ListProducts::default() });
    readable("products", first_page(products).await)?;
    let invoices = ordway.invoices().list(ListInvoices { size: one, ..ListInvoices::default() });
    readable("invoices", first_page(invoices).await)?;
    let credits = ordway.credits().list(ListQuery { size: one, ..ListQuery::default() });
    let credits = first_page(credits).await;
    readable("credits", credits)
}

/// Proves that the API key works.
pub(crate) async fn check_anrok(anrok: &anrok_client::Client) -> Result<(), ConnectError> {
    anrok.check().await.map_err(|error| of_anrok(&error))
}

/// The client's remedies are clauses; people get sentences.
fn sentence(clause: &str) -> String {
    let mut letters = clause.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

async fn first_page<T: Listable>(mut list: List<T>) -> Result<(), ordway_client::Error> {
    list.next_page().await.map(drop)
}

/// Only what is about credentials and reachability counts here; a list that cannot be read otherwise is reported
/// by the run that needs it.
fn readable(what: &'static str, result: Result<(), ordway_client::Error>) -> Result<(), ConnectError> {
    match result {
        Err(error) if error.is_auth() || (error.is_worth_retrying_later() && !error.is_decode()) => {
            Err(of_ordway(what, &error))
        }
        _ => Ok(()),
    }
}

pub(crate) fn of_ordway(what: &'static str, error: &ordway_client::Error) -> ConnectError {
    let said = error.to_string();
    if !error.is_auth() {
        return if error.is_worth_retrying_later() && !error.is_decode() {
            ConnectError::Unavailable { service: "ordway", said }
        } else {
            ConnectError::Unexpected { service: "ordway", said }
        };
    }
    if error.api().is_some_and(|api| api.message.to_ascii_lowercase().contains("company")) {
        return ConnectError::Refused {
            service: "Ordway",
            credential: "company".to_owned(),
            remedy: "Check ORDWAY_COMPANY: it is the company's name exactly as in its profile, and the user must belong to it."
                .to_owned(),
            said,
        };
    }
    match error.api().and_then(ordway_client::OrdwayError::fault) {
        Some(CredentialFault::Permission) if what != "customers" => ConnectError::Forbidden { what, said },
        Some(fault) => ConnectError::Refused {
            service: "Ordway",
            credential: fault.suspects().iter().map(ToString::to_string).collect::<Vec<_>>().join(" or "),
            remedy: sentence(fault.remedy()),
            said,
        },
        None => ConnectError::Refused {
            service: "Ordway",
            credential: "which one, the answer does not tell".to_owned(),
            remedy: "Check ORDWAY_COMPANY, ORDWAY_USER_EMAIL, ORDWAY_USER_TOKEN and ORDWAY_API_KEY."
                .to_owned(),
            said,
        },
    }
}

/// Proves that the mappings of an Anrok-built integration can be read.
pub(crate) async fn mappings(anrok: &anrok_client::Client, integration: &str) -> Result<(), ConnectError> {
    anrok.data_source(integration).product_mappings().list().await.map(drop).map_err(|error| of_anrok(&error))
}

pub(crate) fn of_anrok(error: &anrok_client::Error) -> ConnectError {
    let said = error.to_string();
    if error.is_auth() {
        let remedy = error.api().map(|api| api.remedy().into_owned()).unwrap_or_default();
        return ConnectError::Refused { service: "Anrok", credential: "API key".to_owned(), remedy, said };
    }
    if error.is_worth_retrying_later() && !error.is_decode() {
        return ConnectError::Unavailable { service: "anrok", said };
    }
    ConnectError::Unexpected { service: "anrok", said }
}

#[cfg(test)]
impl ConnectError {
    /// One of each kind, for the table of errors and remedies.
    pub(crate) fn examples() -> Vec<Self> {
        let said = || "(what the service said)".to_owned();
        let mut all = crate::errors_and_remedies::every!(ConnectError:
            ConnectError::Refused { .. } => ConnectError::Refused {
                service: "Ordway",
                credential: "which one, the answer does not tell".to_owned(),
                remedy: "Check ORDWAY_COMPANY, ORDWAY_USER_EMAIL, ORDWAY_USER_TOKEN and ORDWAY_API_KEY.".to_owned(),
                said: said(),
            },
            ConnectError::Forbidden { .. } => ConnectError::Forbidden { what: "credits", said: said() },
            ConnectError::Unavailable { .. } => ConnectError::Unavailable { service: "anrok", said: said() },
            ConnectError::Unexpected { .. } => ConnectError::Unexpected { service: "anrok", said: said() },
        );
        all.extend(CredentialFault::ALL.map(|fault| ConnectError::Refused {
            service: "Ordway",
            credential: fault.suspects().iter().map(ToString::to_string).collect::<Vec<_>>().join(" or "),
            remedy: sentence(fault.remedy()),
            said: said(),
        }));
        all
    }
}

#[cfg(test)]
impl DataSourceError {
    /// One of each kind, for the table of errors and remedies.
    pub(crate) fn examples() -> Vec<Self> {
        crate::errors_and_remedies::every!(DataSourceError:
            DataSourceError::TimeZone(_) => DataSourceError::TimeZone("Europe/Vienna".to_owned()),
            DataSourceError::IntegrationId(_) => DataSourceError::IntegrationId("sp1".to_owned()),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_sources_are_checked_offline() {
        assert!(DataSource::new(Environment::Production, "America/New_York").is_ok());
        assert!(matches!(
            DataSource::new(Environment::Production, "Europe/Vienna"),
            Err(DataSourceError::TimeZone(zone)) if zone == "Europe/Vienna"
        ));
        let source = DataSource::new(Environment::Sandbox, "UTC").unwrap();
        assert!(source.clone().with_integration("si5kec86tpyt").is_ok());
        assert!(source.with_integration("sp1").is_err());
    }
}
