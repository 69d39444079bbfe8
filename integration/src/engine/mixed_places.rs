//! Documents whose lines ship to different places, told by reading where each line's subscription or customer ships to.

use std::collections::BTreeSet;

use ordway_client::contacts::Contact;
use ordway_client::{ContactId, CustomerId, SubscriptionId};

use crate::document::{Document, DocumentLine};
use crate::map::address::{self, PostalAddress};
use crate::map::mixed_places::{PlaceGroup, group_by_place};
use crate::map::money;
use crate::map::request::{self, TaxRequest};
use crate::settings::MixedAddresses;

use super::{Run, lock, ordway};

/// Where a line comes from: its customer and its subscription.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Origin {
    customer: Option<String>,
    subscription: Option<String>,
}

impl Origin {
    fn of(line: &DocumentLine, document: &Document) -> Self {
        let customer = line.customer_id.clone().or_else(|| document.customer_id.clone());
        Self { customer, subscription: line.subscription_id.clone() }
    }
}

impl Run<'_> {
    /// What a person should know of lines that ship elsewhere than the document, whose tax is `tax` as it is.
    pub(super) async fn mixed_places(
        &self,
        document: &Document,
        asked: &TaxRequest,
        tax: i64,
    ) -> Option<String> {
        if self.settings.mixed_addresses == MixedAddresses::Tell {
            return None;
        }
        let fallback = self.settings.rules.address_fallback;
        let own = address::choose(document.shipping.as_ref(), document.billing.as_ref(), fallback).ok()?.1;
        let origins: Vec<Origin> = document.lines.iter().map(|line| Origin::of(line, document)).collect();
        let distinct: BTreeSet<&Origin> = origins.iter().collect();
        let header = Origin { customer: document.customer_id.clone(), subscription: None };
        if distinct.len() < 2 && distinct.iter().all(|origin| origin.customer == header.customer) {
            // One subscription: its address is on the document.
            return None;
        }
        let mut unknown = 0usize;
        for origin in distinct {
            unknown += usize::from(!self.look_up_place(origin).await);
        }
        let places: Vec<Option<PostalAddress>> = {
            let known = lock(&self.places);
            origins.iter().map(|origin| known.get(origin).cloned().flatten()).collect()
        };
        let groups = group_by_place(own, &places);
        let number = |index: &usize| {
            let line = document.lines.get(*index).and_then(|line| line.line_no.clone());
            line.unwrap_or_else(|| (index + 1).to_string())
        };
        let listed: Vec<String> = groups
            .iter()
            .map(|group| group.lines.iter().map(number).collect::<Vec<_>>().join(", "))
            .collect();
        match groups.len() {
            0 | 1 if unknown > 0 => {
                Some("whether its lines ship to one place could not be read from Ordway".to_owned())
            }
            0 | 1 => None,
            count => {
                let mut told = format!(
                    "its lines ship to {count} places (lines {}), and all of it is taxed at one address; bill them separately",
                    listed.join(" / ")
                );
                if self.settings.mixed_addresses == MixedAddresses::Preview {
                    told.push_str("; ");
                    told.push_str(&self.difference(document, asked, tax, &groups).await);
                }
                Some(told)
            }
        }
    }

    /// What the tax would be if each group were taxed where it goes.
    async fn difference(
        &self,
        document: &Document,
        asked: &TaxRequest,
        tax: i64,
        groups: &[PlaceGroup],
    ) -> String {
        let mut sum = 0i64;
        for group in groups {
            let mut part = document.clone();
            part.lines = group.lines.iter().filter_map(|index| document.lines.get(*index)).cloned().collect();
            (part.subtotal, part.shipping, part.billing) = (None, Some(group.place.clone()), None);
            let built = request::build(&part, None, &self.settings.rules, self.today());
            let answer = match built {
                Ok(request) => self.preview(&request).await.map_err(|problem| problem.code.clone()),
                Err(holds) => Err(holds.first().map(|hold| hold.code().to_owned()).unwrap_or_default()),
            };
            match answer {
                Ok(answer) => sum = sum.saturating_add(answer.tax_to_collect),
                Err(code) => return format!("what the tax would be there could not be computed ({code})"),
            }
        }
        let text = |minor| money::text(minor, asked.exponent);
        format!(
            "taxed where each ships to it would be {} {currency} instead of {}, {} {currency} of difference",
            text(sum),
            text(tax),
            text(sum.saturating_sub(tax)),
            currency = asked.currency,
        )
    }

    /// Reads where the lines of an origin ship to, once a run; `false` where that cannot be read.
    async fn look_up_place(&self, origin: &Origin) -> bool {
        if lock(&self.places).contains_key(origin) {
            return true;
        }
        let Ok(place) = self.read_place(origin).await else { return false };
        lock(&self.places).insert(origin.clone(), place);
        true
    }

    async fn read_place(&self, origin: &Origin) -> Result<Option<PostalAddress>, ordway_client::Error> {
        let Some(id) = &origin.customer else { return Ok(None) };
        let customer = self.ordway.customers().get(&CustomerId::from(id.as_str())).await?;
        let of_subscription = match &origin.subscription {
            Some(id) => {
                let read = self.ordway.subscriptions().get(&SubscriptionId::from(id.as_str())).await;
                match read {
                    Ok(subscription) => subscription.shipping_contact_id,
                    Err(error) if error.is_not_found() => None,
                    Err(error) => return Err(error),
                }
            }
            None => None,
        };
        let find = |id: Option<&ContactId>| -> Option<&Contact> {
            customer.contacts.iter().find(|contact| Some(&contact.id) == id)
        };
        let choices = [
            of_subscription.as_ref(),
            customer.shipping_contact_id.as_ref(),
            customer.billing_contact_id.as_ref(),
        ];
        let usable = |contact: &&Contact| ordway::contact_address(contact).is_present();
        let contact = choices.into_iter().filter_map(find).find(usable);
        Ok(contact.map(ordway::contact_address))
    }
}
