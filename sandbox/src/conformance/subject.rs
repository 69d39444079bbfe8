//! What the checks are run against.

use std::fmt;
use std::sync::Arc;

use ordway_anrok_http::{
    BaseUrl, BaseUrlError, Clock, ReqwestTransport, SystemClock, Transport, TransportError,
};
use serde_json::Value;
use thiserror::Error;

use crate::Fakes;
use crate::fault::Service;

/// The four headers of Ordway. `Debug` shows nothing of them.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OrdwayAccess {
    /// `X-User-Company`.
    pub company: String,
    /// `X-User-Email`.
    pub user_email: String,
    /// `X-User-Token`. Secret.
    pub user_token: String,
    /// `X-API-KEY`. Secret.
    pub api_key: String,
}

impl OrdwayAccess {
    /// Company, e-mail, user token, API key.
    pub fn new(
        company: impl Into<String>,
        user_email: impl Into<String>,
        user_token: impl Into<String>,
        api_key: impl Into<String>,
    ) -> Self {
        Self {
            company: company.into(),
            user_email: user_email.into(),
            user_token: user_token.into(),
            api_key: api_key.into(),
        }
    }
}

impl fmt::Debug for OrdwayAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OrdwayAccess(..)")
    }
}

/// What only a hand behind the scenes can do.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Act {
    /// Ordway: make this draft, the body of a `POST /invoices`.
    CreateDraft(Value),
    /// Ordway: post the draft with this id.
    PostInvoice(String),
    /// So many requests in any second; none for no limit.
    Limit(Service, Option<u32>),
    /// Anrok: lock the returns of a month, `2026-02`.
    FreezeMonth(String),
    /// Anrok: open what was locked.
    Unfreeze,
    /// Anrok: the next calculation meets a failure of another service.
    FailExternalService,
    /// Anrok: the seller's time zone.
    SellerTimeZone(String),
    /// Anrok: an integration of Anrok's own with this id.
    AddIntegration(String),
    /// Anrok: the seller bears the tax of this jurisdiction.
    PayBySeller(String),
}

/// A hand behind the scenes of an implementation. What it cannot do makes the checks that need it not applicable.
pub trait Control: fmt::Debug + Send + Sync {
    /// Does it, or says that it cannot.
    fn act(&self, act: &Act) -> bool;

    /// The newest payload that a webhook of Ordway would have sent.
    fn newest_webhook(&self) -> Option<Value> {
        None
    }
}

impl Control for Fakes {
    fn act(&self, act: &Act) -> bool {
        match act {
            Act::CreateDraft(body) => self.ordway().create("invoices", body).is_ok(),
            Act::PostInvoice(id) => self.ordway().post_invoice(id).is_ok(),
            Act::Limit(Service::Ordway, limit) => {
                self.ordway().reconfigure(|config| config.rate_limit = *limit);
                true
            }
            Act::Limit(Service::Anrok, limit) => {
                self.anrok().configure(|config| config.rate_limit = *limit);
                true
            }
            Act::FreezeMonth(month) => self.anrok().freeze_month(month),
            Act::Unfreeze => {
                self.anrok().unfreeze();
                true
            }
            Act::FailExternalService => {
                self.anrok().fail_external_service(1);
                true
            }
            Act::SellerTimeZone(zone) => {
                self.anrok().configure(|config| config.seller_time_zone = Some(zone.clone()));
                true
            }
            Act::AddIntegration(id) => {
                self.anrok().add_integration(id);
                true
            }
            Act::PayBySeller(juris) => {
                self.anrok().set_paid_by_seller(juris);
                true
            }
        }
    }

    fn newest_webhook(&self) -> Option<Value> {
        self.ordway().events().last().map(crate::ordway::Event::payload)
    }
}

/// Why an account cannot be reached.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SubjectError {
    /// The base URL is none.
    #[error("the base URL of {service:?} cannot be used: {source}")]
    BaseUrl {
        /// Which one.
        service: Service,
        /// Why.
        source: BaseUrlError,
    },
    /// The HTTP library could not be set up.
    #[error("no connection to {service:?} can be set up")]
    Transport {
        /// Which one.
        service: Service,
        /// Why.
        source: TransportError,
    },
}

#[derive(Clone)]
pub(super) struct Door {
    pub(super) transport: Arc<dyn Transport>,
    /// Without a slash at its end.
    pub(super) base: String,
}

/// What the checks are run against: one service or both, with or without a hand behind the scenes.
#[derive(Clone)]
pub struct Subject {
    pub(super) ordway: Option<(Door, OrdwayAccess)>,
    pub(super) anrok: Option<(Door, String)>,
    pub(super) control: Option<Arc<dyn Control>>,
    pub(super) clock: Arc<dyn Clock>,
}

impl Default for Subject {
    fn default() -> Self {
        Self { ordway: None, anrok: None, control: None, clock: Arc::new(SystemClock::new()) }
    }
}

impl Subject {
    /// Both fakes in process, with all that can be done behind their backs.
    pub fn of(fakes: &Fakes) -> Self {
        let config = fakes.ordway().config();
        let access = OrdwayAccess::new(config.company, config.user_email, config.user_token, config.api_key);
        Self::default()
            .clock(Arc::clone(fakes.clock()))
            .ordway(Arc::new(fakes.ordway().clone()), "https://app.ordwaylabs.com/api/v1", access)
            .anrok(Arc::new(fakes.anrok().clone()), "https://api.anrok.com", fakes.anrok().api_key())
            .control(Arc::new(fakes.clone()))
    }

    /// An Ordway behind a transport of your own. The base URL has `/api/v1`.
    #[must_use]
    pub fn ordway(mut self, transport: Arc<dyn Transport>, base_url: &str, access: OrdwayAccess) -> Self {
        let base = base_url.trim_end_matches('/').to_owned();
        self.ordway = Some((Door { transport, base }, access));
        self
    }

    /// An Anrok behind a transport of your own. The base URL has no path.
    #[must_use]
    pub fn anrok(
        mut self,
        transport: Arc<dyn Transport>,
        base_url: &str,
        api_key: impl Into<String>,
    ) -> Self {
        let base = base_url.trim_end_matches('/').to_owned();
        self.anrok = Some((Door { transport, base }, api_key.into()));
        self
    }

    /// An Ordway over HTTP.
    ///
    /// # Errors
    /// The base URL cannot be used.
    pub fn ordway_at(self, base_url: &str, access: OrdwayAccess) -> Result<Self, SubjectError> {
        let transport = over_http(Service::Ordway, base_url)?;
        Ok(self.ordway(transport, base_url, access))
    }

    /// An Anrok over HTTP.
    ///
    /// # Errors
    /// The base URL cannot be used.
    pub fn anrok_at(self, base_url: &str, api_key: impl Into<String>) -> Result<Self, SubjectError> {
        let transport = over_http(Service::Anrok, base_url)?;
        Ok(self.anrok(transport, base_url, api_key))
    }

    /// A hand behind the scenes.
    #[must_use]
    pub fn control(mut self, control: Arc<dyn Control>) -> Self {
        self.control = Some(control);
        self
    }

    /// The clock to wait by and to take today from, where it is not the machine's.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    pub(super) fn has(&self, service: Service) -> bool {
        match service {
            Service::Ordway => self.ordway.is_some(),
            Service::Anrok => self.anrok.is_some(),
        }
    }
}

fn over_http(service: Service, base_url: &str) -> Result<Arc<dyn Transport>, SubjectError> {
    let base = BaseUrl::parse(base_url).map_err(|source| SubjectError::BaseUrl { service, source })?;
    let transport =
        ReqwestTransport::new(&base).map_err(|source| SubjectError::Transport { service, source })?;
    Ok(Arc::new(transport))
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject")
            .field("ordway", &self.ordway.as_ref().map(|(door, _)| &door.base))
            .field("anrok", &self.anrok.as_ref().map(|(door, _)| &door.base))
            .field("control", &self.control.is_some())
            .finish_non_exhaustive()
    }
}
