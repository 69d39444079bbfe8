//! Exemption certificates of customers, and requests for them.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::{Span, Timestamp};
use serde_json::{Value, json};

use super::cursor::{Cursor, limit};
use super::quirk::Quirk;
use super::state::State;
use super::tax_table::US_STATES;
use super::transactions::reprocess_customer;
use super::validate::{Fields, Outcome, Refusal, instant_text};
use crate::seed::{At, SeedError};

/// A certificate as it was uploaded. The file itself is not kept.
#[derive(Clone)]
pub(super) struct Certificate {
    id: String,
    serial: u64,
    customer_id: String,
    created_at: Timestamp,
    effective_from: Date,
    exemption_number: String,
    notes: String,
    jurises: Vec<CertificateJuris>,
    archived: bool,
}

#[derive(Clone)]
struct CertificateJuris {
    juris_id: String,
    registration_id: String,
    effective_to: Option<Date>,
    notes: String,
}

impl CertificateJuris {
    fn holds_on(&self, day: Date) -> bool {
        self.effective_to.is_none_or(|end| day <= end)
    }
}

impl Certificate {
    /// Whether it frees the customer from the tax of this jurisdiction on this day.
    pub(super) fn exempts(&self, customer: &str, juris_id: &str, day: Date) -> bool {
        !self.archived
            && self.customer_id == customer
            && self.effective_from <= day
            && self.jurises.iter().any(|j| j.juris_id == juris_id && j.holds_on(day))
    }

    // rule: certificate-status
    fn status(&self, today: Date) -> &'static str {
        let soon = today.saturating_add(Span::new().days(60));
        if self.archived {
            "archived"
        } else if !self.jurises.is_empty() && self.jurises.iter().all(|j| !j.holds_on(today)) {
            "expired"
        } else if self.jurises.iter().any(|j| j.holds_on(today) && !j.holds_on(soon)) {
            "expiringSoon"
        } else {
            "active"
        }
    }

    fn json(&self, state: &State) -> Value {
        let date = |day: Option<Date>| day.map(|d| d.to_string());
        let jurises: Vec<Value> = self
            .jurises
            .iter()
            .map(|j| {
                // rule: effective-date-endi
                json!({
                    "jurisId": j.juris_id,
                    "registrationId": j.registration_id,
                    "effectiveDateEndi": date(j.effective_to),
                    "notes": j.notes,
                })
            })
            .collect();
        json!({
            "id": self.id,
            "status": self.status(state.today()),
            "customerId": self.customer_id,
            "customerName": state.customers.get(&self.customer_id).cloned().unwrap_or_default(),
            "createdTime": instant_text(self.created_at),
            "effectiveDateBegin": self.effective_from.to_string(),
            "expiryDate": date(self.jurises.iter().filter_map(|j| j.effective_to).min()),
            "exemptionNumber": self.exemption_number,
            "notes": self.notes,
            "jurises": jurises,
        })
    }
}

fn owned(text: Option<&str>) -> String {
    text.unwrap_or_default().to_owned()
}

fn read_juris(fields: &Fields<'_>) -> Result<CertificateJuris, Refusal> {
    let juris = CertificateJuris {
        juris_id: fields.string("jurisId")?.to_owned(),
        registration_id: owned(fields.any_string("registrationId")?),
        effective_to: fields.optional_date("effectiveDateEndi")?,
        notes: owned(fields.any_string("notes")?),
    };
    fields.only(&["jurisId", "registrationId", "effectiveDateEndi", "notes"])?;
    Ok(juris)
}

/// File types a certificate can have, by the end of the file's name.
// rule: certificate-file-types
const FILE_TYPES: &[&str] = &["pdf", "png", "jpg", "jpeg"];

/// `certificates/create`. Sent twice it makes two certificates: there is no id of the caller's.
// rule: certificate-not-idempotent
pub(super) fn create(state: &mut State, body: &Value) -> Outcome {
    let fields = Fields::root(body, !state.config.has(Quirk::UnknownKeysIgnored))?;
    let customer = fields.string("customerId")?.to_owned();
    let name = fields.optional_string("customerName")?;
    fields.required_text("effectiveDateBegin")?;
    let effective_from = fields.optional_date("effectiveDateBegin")?.unwrap_or_default();
    let exemption_number = owned(fields.any_string("exemptionNumber")?);
    let notes = owned(fields.any_string("notes")?);
    let file = fields.object("certificateFile")?;
    let file_name = file.string("name")?;
    file.string("contentsBase64")?;
    file.only(&["name", "contentsBase64"])?;
    let mut jurises = Vec::new();
    for juris in fields.objects("jurises")? {
        jurises.push(read_juris(&juris)?);
    }
    fields.only(&[
        "customerId",
        "customerName",
        "effectiveDateBegin",
        "exemptionNumber",
        "notes",
        "certificateFile",
        "jurises",
    ])?;
    // rule: certificate-jurisdictions
    let distinct: BTreeSet<&str> = jurises.iter().map(|j| j.juris_id.as_str()).collect();
    if distinct.len() != jurises.len() {
        return Err(Refusal::conflict("duplicateJurisIds"));
    }
    if distinct.iter().any(|id| !US_STATES.iter().any(|s| s.juris_id == *id)) {
        return Err(Refusal::conflict("jurisNotFound"));
    }
    let known = |end: &str| FILE_TYPES.iter().any(|t| t.eq_ignore_ascii_case(end));
    let any = state.config.has(Quirk::AnyCertificateFile);
    if !any && !file_name.rsplit_once('.').is_some_and(|(_, end)| known(end)) {
        return Err(Refusal::conflict("fileTypeNotSupported"));
    }
    state.know_customer(&customer, name)?;
    let id = state.mint("ctec");
    let serial = state.next_serial();
    state.certificates.push(Certificate {
        id: id.clone(),
        serial,
        customer_id: customer.clone(),
        created_at: state.now,
        effective_from,
        exemption_number,
        notes,
        jurises,
        archived: false,
    });
    reprocess_customer(state, &customer);
    Ok(json!({ "id": id }))
}

/// A certificate as a seed document has it.
pub(super) fn export(certificate: &Certificate) -> Value {
    let jurises: Vec<Value> = certificate
        .jurises
        .iter()
        .map(|juris| {
            json!({
                "jurisId": juris.juris_id,
                "registrationId": juris.registration_id,
                "effectiveDateEndi": juris.effective_to.map(|day| day.to_string()),
                "notes": juris.notes,
            })
        })
        .collect();
    json!({
        "id": certificate.id,
        "customerId": certificate.customer_id,
        "createdTime": instant_text(certificate.created_at),
        "effectiveDateBegin": certificate.effective_from.to_string(),
        "exemptionNumber": certificate.exemption_number,
        "notes": certificate.notes,
        "archived": certificate.archived,
        "jurises": jurises,
    })
}

/// The reverse: the customer, the first day and the jurisdictions are needed.
pub(super) fn restore(state: &mut State, row: &At<'_>) -> Result<(), SeedError> {
    row.only(&[
        "id",
        "customerId",
        "createdTime",
        "effectiveDateBegin",
        "exemptionNumber",
        "notes",
        "archived",
        "jurises",
    ])?;
    let customer_id = row.text("customerId")?.to_owned();
    if !state.customers.contains_key(&customer_id) {
        let problem = format!("there is no customer {customer_id:?}");
        return Err(row.member("customerId").wrong(problem, "add it to anrok.customers with id and name"));
    }
    let effective_from = row.date("effectiveDateBegin")?.ok_or_else(|| {
        row.member("effectiveDateBegin").wrong("it is missing", "write the first day, \"2026-01-01\"")
    })?;
    let mut jurises = Vec::new();
    for juris in row.rows("jurises")? {
        juris.only(&["jurisId", "registrationId", "effectiveDateEndi", "notes"])?;
        let juris_id = juris.text("jurisId")?;
        if !US_STATES.iter().any(|state| state.juris_id == juris_id) {
            let problem = format!("there are no certificates for {juris_id:?}");
            return Err(juris.member("jurisId").wrong(problem, "use a state of the United States, us-NY"));
        }
        jurises.push(CertificateJuris {
            juris_id: juris_id.to_owned(),
            registration_id: juris.text_or_blank("registrationId")?.to_owned(),
            effective_to: juris.date("effectiveDateEndi")?,
            notes: juris.text_or_blank("notes")?.to_owned(),
        });
    }
    let created_at = match row.text_or_blank("createdTime")? {
        "" => state.now,
        text => text.parse().map_err(|_| {
            let remedy = "write it as \"2026-03-10T12:00:00.000Z\"";
            row.member("createdTime").wrong(format!("{text:?} is no instant"), remedy)
        })?,
    };
    let id = match row.text_or_blank("id")? {
        "" => state.mint("ctec"),
        id => id.to_owned(),
    };
    if state.certificates.iter().any(|known| known.id == id) {
        let remedy = "leave the id out to get a new one";
        return Err(row.member("id").wrong(format!("{id} is there already"), remedy));
    }
    let serial = state.next_serial();
    state.certificates.push(Certificate {
        id,
        serial,
        customer_id,
        created_at,
        effective_from,
        exemption_number: row.text_or_blank("exemptionNumber")?.to_owned(),
        notes: row.text_or_blank("notes")?.to_owned(),
        jurises,
        archived: row.flag("archived")?,
    });
    Ok(())
}

/// `certificates/id:{id}/get`.
pub(super) fn get(state: &mut State, id: &str, body: &Value) -> Outcome {
    Fields::root(body, !state.config.has(Quirk::UnknownKeysIgnored))?.only(&[])?;
    let certificate = state.certificates.iter().find(|c| c.id == id);
    certificate.map(|c| c.json(state)).ok_or_else(|| Refusal::conflict("certificateIdNotFound"))
}

/// `certificates/id:{id}/archive`. A second time changes nothing.
// rule: archive-twice
pub(super) fn archive(state: &mut State, id: &str, body: &Value) -> Outcome {
    Fields::root(body, !state.config.has(Quirk::UnknownKeysIgnored))?.only(&[])?;
    let certificate = state.certificates.iter_mut().find(|c| c.id == id);
    let certificate = certificate.ok_or_else(|| Refusal::conflict("certificateIdNotFound"))?;
    if certificate.archived && state.config.has(Quirk::ArchiveTwiceNotFound) {
        return Err(Refusal::conflict("certificateIdNotFound"));
    }
    if !certificate.archived {
        certificate.archived = true;
        let customer = certificate.customer_id.clone();
        reprocess_customer(state, &customer);
    }
    Ok(json!({}))
}

/// `certificates/list`.
pub(super) fn list(state: &mut State, body: &Value) -> Outcome {
    let fields = Fields::root(body, !state.config.has(Quirk::UnknownKeysIgnored))?;
    let filter = fields.optional_object("filter")?;
    let (mut customer, mut status) = (None, None);
    if let Some(filter) = &filter {
        customer = filter.optional_string("customerId")?.map(str::to_owned);
        status = filter
            .optional_choice("status", &["active", "expiringSoon", "expired", "archived"])?
            .map(str::to_owned);
        filter.only(&["customerId", "status"])?;
    }
    let limit = limit(&fields, 100, 25)?;
    let cursor = Cursor::read(&fields, "certificates", filter.is_some())?;
    fields.only(&["filter", "limit", "cursor"])?;
    if let Some(id) = &customer
        && !state.customers.contains_key(id)
    {
        return Err(Refusal::conflict("customerIdNotFound"));
    }
    let cursor = cursor?.unwrap_or_else(|| Cursor::new("certificates", json!([customer, status])));
    let wanted = |c: &Certificate| {
        let is = |at: usize, value: &str| cursor.filter_text(at).is_none_or(|wanted| wanted == value);
        is(0, &c.customer_id) && is(1, c.status(state.today()))
    };
    let rest = state.certificates.iter().filter(|c| c.serial > cursor.after).filter(|c| wanted(c));
    let (page, next) = cursor.page(rest.map(|c| (c.serial, c)), limit);
    let items: Vec<Value> = page.into_iter().map(|c| c.json(state)).collect();
    Ok(json!({ "certificates": items, "hasMore": next.is_some(), "nextCursor": next }))
}

/// `certificateRequests/create`. Sends an e-mail each time unless told not to.
// rule: certificate-request-emails
pub(super) fn create_request(state: &mut State, body: &Value) -> Outcome {
    let fields = Fields::root(body, !state.config.has(Quirk::UnknownKeysIgnored))?;
    let customer = fields.string("customerId")?.to_owned();
    let name = fields.optional_string("customerName")?;
    let email = fields.required_text("emailAddress")?;
    let send = fields.optional_bool("sendEmail")?.unwrap_or(true);
    fields.only(&["customerId", "customerName", "emailAddress", "sendEmail"])?;
    if !state.config.certificate_requests_enabled {
        return Err(Refusal::conflict("featureNotEnabled"));
    }
    // rule: email-shape
    let plausible = email.split_once('@').is_some_and(|(user, host)| {
        !user.is_empty() && host.contains('.') && !host.contains('@') && !email.contains(char::is_whitespace)
    });
    if !plausible && !state.config.has(Quirk::AnyEmail) {
        return Err(Refusal::conflict("invalidEmailAddress"));
    }
    state.know_customer(&customer, name)?;
    state.emails_sent += u64::from(send);
    let id = state.mint("cre_");
    Ok(json!({ "requestId": id, "requestLink": format!("https://app.anrok.com/certificate-request/{id}") }))
}
