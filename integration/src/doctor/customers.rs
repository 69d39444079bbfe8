//! Customers: whether their addresses settle a jurisdiction, and whether tax ids can be found.

use ordway_client::contacts::Contact;
use ordway_client::customers::{ActiveStatus, Customer, ListCustomers};

use super::code::Code;
use super::{Doctor, Severity, counted};
use crate::map::address::{self, AddressFallback, AddressProblem, PostalAddress};

/// The custom field that carries a customer's VAT number (help centre of both vendors).
const TAX_ID: &str = "tax_id";

/// What the customers taught.
#[derive(Default)]
struct Seen {
    active: usize,
    /// Customer and what its address lacks.
    unusable: Vec<String>,
    /// Customers whose contacts the list does not show.
    unseen: Vec<String>,
    has_tax_id_field: bool,
    abroad: bool,
}

impl Seen {
    fn take(&mut self, customer: &Customer, fallback: AddressFallback) {
        self.has_tax_id_field |=
            customer.custom_fields.contains_key(TAX_ID) || customer.extra.contains_key(TAX_ID);
        if customer.status.as_ref().is_some_and(|status| *status != ActiveStatus::Active) {
            return;
        }
        self.active += 1;
        let contact = |id: &Option<_>| {
            let id = id.as_ref()?;
            customer.contacts.iter().find(|contact| contact.id == *id)
        };
        let (shipping, billing) =
            (contact(&customer.shipping_contact_id), contact(&customer.billing_contact_id));
        let named = customer.shipping_contact_id.is_some() || customer.billing_contact_id.is_some();
        if named && shipping.is_none() && billing.is_none() {
            self.unseen.push(customer.id.to_string());
            return;
        }
        let (shipping, billing) = (shipping.map(postal), billing.map(postal));
        match address::choose(shipping.as_ref(), billing.as_ref(), fallback) {
            Ok((_, address)) => self.abroad |= address.country_to_send().as_deref() != Some("US"),
            Err(AddressProblem::None) => self.unusable.push(format!("{} (no address)", customer.id)),
            Err(AddressProblem::Incomplete { source, missing }) => {
                self.unusable.push(format!("{} ({source} without {missing})", customer.id));
            }
        }
    }
}

fn postal(contact: &Contact) -> PostalAddress {
    PostalAddress::new([
        contact.address1.as_deref(),
        contact.address2.as_deref(),
        contact.city.as_deref(),
        contact.state.as_deref(),
        contact.zip.as_deref(),
        contact.country.as_deref(),
    ])
}

impl Doctor<'_> {
    pub(super) async fn customers(&mut self) {
        let mut seen = Seen::default();
        let fallback = self.bridge.settings.rules.address_fallback;
        let list = self.bridge.ordway.customers().list(ListCustomers::default());
        let limit = self.limits.customers;
        let more = self.read("customers", list, limit, |customer| seen.take(&customer, fallback)).await;
        if more {
            let text =
                format!("Only {} looked at; there may be more.", counted(seen.active, "active customer"));
            self.found(Severity::Info, Code::CustomersLimit, "customers", text);
        }
        if !seen.unusable.is_empty() {
            let text = format!(
                "{} of {} cannot be placed by the address, so the invoices will be held: {}.",
                seen.unusable.len(),
                counted(seen.active, "active customer"),
                self.some(&seen.unusable)
            );
            self.found(Severity::Warning, Code::CustomerAddress, "customers", text);
        }
        if !seen.unseen.is_empty() {
            let text = format!(
                "Ordway's list does not show the contacts of {}, so no address could be checked: {}.",
                counted(seen.unseen.len(), "customer"),
                self.some(&seen.unseen)
            );
            self.found(Severity::Info, Code::CustomerContactsUnseen, "customers", text);
        }
        self.tax_id_field(&seen);
    }

    fn tax_id_field(&mut self, seen: &Seen) {
        if seen.has_tax_id_field || seen.active == 0 {
            return;
        }
        let (severity, effect) = if seen.abroad {
            (
                Severity::Warning,
                "businesses outside the US may be charged VAT that they should account for themselves",
            )
        } else {
            (Severity::Info, "there are only US customers, who need none")
        };
        let text =
            format!("No customer has the custom field {TAX_ID}, so no tax id reaches Anrok; {effect}.");
        self.found(severity, Code::TaxIdField, "customers", text);
    }
}
