//! Notification settings of the company (setup API).

use ordway_anrok_http::{Call, Core, Endpoint, EndpointInfo, Grade, Method, Safety, record};

use crate::client::Client;
use crate::error::{OrdwayError, Result};
use crate::list::{maybe, one};
use crate::traits::api;

/// `GET /notifications` (grade B).
pub const GET: Endpoint<(), NotificationSettings> =
    Endpoint::decoded_by("notifications.get", Method::Get, "/notifications", Safety::Read, one)
        .grade(Grade::B);
/// `PUT /notifications` (grade B).
pub const UPDATE: Endpoint<NotificationSettings, Option<NotificationUpdate>> =
    Endpoint::decoded_by("notifications.update", Method::Put, "/notifications", Safety::Repeatable, maybe)
        .grade(Grade::B);

/// All endpoints of this resource.
pub const ENDPOINTS: &[EndpointInfo] = &[GET.info(), UPDATE.info()];

record! {
    /// Who is told about one kind of event (grade B).
    pub struct NotificationSetting {
        /// `Import Data`, `Quotes`, `Billing Run`, `Payment Run`, `Subscriptions`.
        event_type: Option<String>,
        /// By e-mail.
        email_enabled: Option<bool>,
        /// In the application.
        notification_enabled: Option<bool>,
    }
}

impl NotificationSetting {
    /// A setting for this kind of event.
    pub fn new(event_type: impl Into<String>, email_enabled: bool, notification_enabled: bool) -> Self {
        Self {
            event_type: Some(event_type.into()),
            email_enabled: Some(email_enabled),
            notification_enabled: Some(notification_enabled),
            ..Self::default()
        }
    }
}

record! {
    /// The settings, wrapped as Ordway wraps them both ways (grade B).
    pub struct NotificationSettings {
        /// One per kind of event.
        notification_settings: Vec<NotificationSetting>,
    }
}

impl NotificationSettings {
    /// These settings.
    pub fn new(settings: Vec<NotificationSetting>) -> Self {
        Self { notification_settings: settings, ..Self::default() }
    }
}

record! {
    /// What an update answers (grade B).
    pub struct NotificationUpdate {
        /// `Notification settings updated successfully`.
        message: Option<String>,
    }
}

/// The notification settings of the company.
#[derive(Clone, Debug)]
pub struct Notifications {
    core: Core<OrdwayError>,
}

impl Client {
    /// The notification settings.
    pub fn notifications(&self) -> Notifications {
        Notifications { core: self.core.clone() }
    }
}

impl Notifications {
    /// The settings. `GET /notifications` (grade B), read.
    pub async fn get(&self) -> Result<NotificationSettings> {
        self.core.call(&GET, Call::new(&())).await
    }

    /// Changes the settings. `PUT /notifications` (grade B), repeatable. Whether kinds of event that are left
    /// out keep
    /// their setting is unknown: give all. `None` where Ordway answers without a message.
    ///
    /// # Errors
    /// Without any setting Ordway refuses: `notification_settings param is required` (grade B).
    pub async fn update(&self, settings: &NotificationSettings) -> Result<Option<NotificationUpdate>> {
        self.core.call(&UPDATE, Call::new(settings)).await
    }
}

api! {
    /// What [`Notifications`] does.
    pub trait NotificationsApi for Notifications {
        lists {}
        calls {
            get() -> Result<NotificationSettings>;
            update(settings: &NotificationSettings) -> Result<Option<NotificationUpdate>>;
        }
    }
}
