//! From what was looked at to the explanation: pure.

use std::collections::BTreeMap;

use anrok_client::transactions::{Calculation, Exemption, LineJuris, LineResult, NotTaxed, Tax};
use rust_decimal::Decimal;

use super::Explanation;
use super::next::next;
use super::parts::{
    AddressExplained, Amounts, AnswerExplained, CustomerExplained, HoldExplained, InOrdway,
    JurisdictionExplained, LineExplained, Money, Personal, ProblemExplained, Remembered, SentExplained,
    TaxExplained,
};
use crate::document::{Document, DocumentKind, DocumentLine, Standing};
use crate::engine::examining::{Answered, Examined};
use crate::ledger::{Entry, Operation, Problem, Recording};
use crate::map::address::{AddressSource, PostalAddress};
use crate::map::request::{self, TaxRequest, TaxRequestLine};
use crate::map::{money, write_back};
use crate::settings::{Settings, WriteBack};

pub(super) fn explanation(
    examined: &Examined,
    categories: &BTreeMap<String, String>,
    settings: &Settings,
) -> Explanation {
    let document = &examined.document;
    let (request, exponent) = (to_send(examined), exponent(examined));
    let answered = examined.answer.as_ref().and_then(|answer| answer.as_ref().ok());
    let refused = examined.answer.as_ref().and_then(|answer| answer.as_ref().err());
    Explanation {
        document: document.key.clone(),
        status: status(&document.standing),
        date: document.date,
        currency: request.map(|request| request.currency.clone()).or_else(|| document.currency.clone()),
        customer: customer(document, settings),
        address: address(examined, settings),
        lines: lines(examined, categories, settings, exponent),
        sent: request.map(|request| sent(examined, request, settings)),
        holds: holds(examined),
        answer: answered.zip(request).map(|(answered, request)| answer(answered, request)),
        no_answer: refused.map(|problem| explained(document, problem)),
        in_ordway: in_ordway(examined, settings, exponent),
        remembered: (examined.entry != Entry::new(document.key.clone()))
            .then(|| remembered(&examined.entry, document, exponent)),
        next: next(examined),
        notes: notes(examined),
    }
}

/// What is sent. Of a reversed document nothing is.
fn to_send(examined: &Examined) -> Option<&TaxRequest> {
    examined.request.as_ref().ok().filter(|_| examined.document.standing != Standing::Reversed)
}

fn exponent(examined: &Examined) -> u32 {
    let request = examined.request.as_ref().ok().map(|request| request.exponent);
    let code = examined.document.currency.as_deref().map(|code| code.trim().to_ascii_uppercase());
    // Without a currency no amount was sent; two decimals are as good as any for showing what the ledger has.
    request.or_else(|| code.as_deref().and_then(money::exponent)).unwrap_or(2)
}

fn status(standing: &Standing) -> String {
    match standing {
        Standing::Draft => "draft".to_owned(),
        Standing::Live => "in force".to_owned(),
        Standing::Reversed => "reversed".to_owned(),
        Standing::Unknown(status) => format!("{status:?}, which is not known to mean in force or undone"),
    }
}

fn customer(document: &Document, settings: &Settings) -> CustomerExplained {
    let id = document.customer_id.clone();
    CustomerExplained {
        anrok_id: id.as_deref().map(|id| settings.rules.prefix.customer_id(id)),
        id,
        name: Personal::new(document.customer_name.clone().unwrap_or_default()),
        tax_ids: document.tax_id.iter().map(Personal::new).collect(),
        exempt_in_ordway: document.tax_exempt,
    }
}

fn address(examined: &Examined, settings: &Settings) -> AddressExplained {
    let document = &examined.document;
    let chosen = request::address(document, examined.credited.as_ref(), &settings.rules);
    let (used, why, address) = match &chosen {
        Ok((source, address)) => {
            (Some(source.to_string()), why_this_address(document, *source), address.clone())
        }
        Err(hold) => {
            let unusable =
                [&document.shipping, &document.billing].into_iter().flatten().find(|a| a.is_present());
            (None, format!("No address can be used: {hold}."), unusable.cloned().unwrap_or_default())
        }
    };
    let country_sent = address.country_to_send().filter(|_| used.is_some());
    AddressExplained {
        used,
        why,
        street: Personal::new(address.street_lines().unwrap_or_default()),
        city: address.city,
        state: address.state,
        zip: address.zip,
        country: address.country,
        country_sent,
    }
}

fn why_this_address(document: &Document, source: AddressSource) -> String {
    let present = |address: &Option<PostalAddress>| address.as_ref().is_some_and(PostalAddress::is_present);
    let place = |address: &Option<PostalAddress>| {
        let address = address.as_ref()?;
        let parts = [address.city.clone(), address.state.clone(), address.country_to_send()];
        Some(parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
    };
    match source {
        AddressSource::Shipping => {
            let other = match place(&document.billing).filter(|_| present(&document.billing)) {
                None => "there is no billing address".to_owned(),
                Some(billing) if Some(&billing) == place(&document.shipping).as_ref() => {
                    format!("the billing address lies in the same place ({billing})")
                }
                Some(billing) => format!("the billing address ({billing}) is not asked then"),
            };
            format!("The shipping address is taxed where any part of it is filled; {other}.")
        }
        AddressSource::Billing if present(&document.shipping) => {
            let missing = document.shipping.as_ref().and_then(PostalAddress::missing).unwrap_or("rest of it");
            format!("The shipping address lacks the {missing}, and the settings let the billing address stand in for it.")
        }
        AddressSource::Billing => "The shipping address is empty, so the billing address is taxed.".to_owned(),
        AddressSource::CreditedInvoice => {
            "The credit carries no address of its own; it undoes the tax of its invoice, so that one's address is taxed."
                .to_owned()
        }
    }
}

fn lines(
    examined: &Examined,
    categories: &BTreeMap<String, String>,
    settings: &Settings,
    exponent: u32,
) -> Vec<LineExplained> {
    let document = &examined.document;
    let request = to_send(examined);
    let answered = examined.answer.as_ref().and_then(|answer| answer.as_ref().ok());
    let line = |(index, line): (usize, &DocumentLine)| {
        let asked = request.and_then(|request| request.lines.get(index));
        let result =
            answered.zip(asked).and_then(|(answered, asked)| result(&answered.calculation, asked, index));
        let anrok_product =
            line.product_id.as_deref().map(|id| settings.rules.products.external_id(id).to_owned());
        let to_write = answered
            .filter(|_| document.standing == Standing::Draft)
            .and_then(|answered| answered.write.as_ref().ok())
            .and_then(|write| write.lines.get(index));
        let mut rounding = Vec::new();
        let sign = sign(document);
        if let (Some(asked), Some(amount)) = (asked, line.amount)
            && money::exact_minor(amount, exponent).map(|minor| minor.saturating_mul(sign))
                != Some(asked.amount)
        {
            rounding.push(format!(
                "the amount {amount} has more decimals than the currency and was sent as {}, so that the lines add up to the \
                 subtotal",
                money::text(asked.amount, exponent)
            ));
        }
        let tax = result.zip(asked).map(|(result, asked)| line_amounts(result, asked, exponent));
        if let Some(tax) = &tax
            && tax.borne_by_seller.is_zero()
            && tax.included.is_zero()
            && tax.shown != money::to_decimal(tax.to_collect.minor, exponent)
        {
            rounding.push(format!("Anrok rounded the tax {} to {}", tax.shown.normalize(), tax.to_collect));
        }
        LineExplained {
            line: request::label(line, index),
            product: line.product_id.clone(),
            product_name: line.product_name.clone(),
            category: anrok_product.as_deref().and_then(|product| categories.get(product).cloned()),
            anrok_product,
            amount: line.amount,
            sent: asked.map(|asked| Money::new(asked.amount, exponent)),
            tax_included: asked.is_some_and(|asked| asked.tax_included),
            jurisdictions: result
                .iter()
                .flat_map(|result| &result.jurises)
                .map(|j| jurisdiction(j, exponent))
                .collect(),
            tax,
            tax_in_ordway: line.tax,
            tax_to_write: to_write.map(|write| Money::new(write.tax, exponent)),
            rounding,
        }
    };
    document.lines.iter().enumerate().map(line).collect()
}

/// The answer to a line, by its id where Anrok echoes it, else by its place.
fn result<'a>(calculation: &'a Calculation, asked: &TaxRequestLine, index: usize) -> Option<&'a LineResult> {
    let named = calculation.lines.iter().find(|line| line.id.as_deref() == Some(asked.id.as_str()));
    named.or_else(|| calculation.lines.get(index))
}

fn sign(document: &Document) -> i64 {
    if document.key.kind == DocumentKind::Credit { -1 } else { 1 }
}

/// Decimal minor units in currency units.
fn units(minor: Decimal, exponent: u32) -> Decimal {
    minor.checked_mul(Decimal::new(1, exponent)).unwrap_or(minor)
}

fn shown(line: &LineResult) -> Decimal {
    let taxes = line.jurises.iter().flat_map(|juris| juris.taxes.iter().flatten());
    taxes.filter_map(|tax| tax.tax_amount).fold(Decimal::ZERO, Decimal::saturating_add)
}

/// Splits what the breakdown of a line shows: in minor units (included, borne).
///
/// Within less than a minor unit the difference is rounding; beyond it somebody else than the customer pays.
fn split(line: &LineResult, tax_included: bool) -> (Decimal, Decimal) {
    let shown = shown(line);
    if tax_included {
        return (shown, Decimal::ZERO);
    }
    let left = shown.saturating_sub(Decimal::from(line.tax_amount_to_collect));
    (Decimal::ZERO, if left.abs() < Decimal::ONE { Decimal::ZERO } else { left })
}

fn line_amounts(line: &LineResult, asked: &TaxRequestLine, exponent: u32) -> Amounts {
    let (included, borne) = split(line, asked.tax_included);
    Amounts {
        shown: units(shown(line), exponent),
        to_collect: Money::new(line.tax_amount_to_collect, exponent),
        included: units(included, exponent),
        borne_by_seller: units(borne, exponent),
    }
}

fn answer(answered: &Answered, request: &TaxRequest) -> AnswerExplained {
    let Answered { calculation, write } = answered;
    let exponent = request.exponent;
    let (mut all, mut included, mut borne) = (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO);
    for (index, asked) in request.lines.iter().enumerate() {
        if let Some(line) = result(calculation, asked, index) {
            let (inside, seller) = split(line, asked.tax_included);
            all = all.saturating_add(shown(line));
            included = included.saturating_add(inside);
            borne = borne.saturating_add(seller);
        }
    }
    AnswerExplained {
        tax: Amounts {
            shown: units(all, exponent),
            to_collect: Money::new(calculation.tax_amount_to_collect, exponent),
            included: units(included, exponent),
            borne_by_seller: units(borne, exponent),
        },
        pre_tax: calculation.pre_tax_amount.map(|amount| units(amount, exponent)),
        corrected: write.as_ref().map_or(0, |write| write.corrected),
        mismatch: write.as_ref().err().map(ToString::to_string),
    }
}

fn jurisdiction(juris: &LineJuris, exponent: u32) -> JurisdictionExplained {
    let in_units = |minor: Option<Decimal>| minor.map(|minor| units(minor, exponent));
    let tax = |tax: &Tax| TaxExplained {
        name: tax.tax_name.clone(),
        base: in_units(tax.taxable_amount),
        rate: tax.tax_rate,
        tax: in_units(tax.tax_amount),
    };
    let reason = juris.not_taxed_reason.as_ref();
    let kind = reason.and_then(|reason| reason.kind.as_ref());
    let ground = reason.and_then(|reason| reason.reason.as_ref()).and_then(|ground| ground.kind.as_ref());
    JurisdictionExplained {
        name: juris.name.clone(),
        taxes: juris.taxes.iter().flatten().map(tax).collect(),
        not_taxed: kind.map(ToString::to_string),
        exemption: ground.map(ToString::to_string),
        why: why_not_taxed(kind, ground),
    }
}

fn why_not_taxed(kind: Option<&NotTaxed>, ground: Option<&Exemption>) -> String {
    let text = match (kind, ground) {
        (None, _) => "taxed",
        (Some(NotTaxed::Exempt), Some(Exemption::ReverseCharge)) => {
            "exempt: reverse charge, the customer accounts for the tax under its tax id"
        }
        (Some(NotTaxed::Exempt), Some(Exemption::CustomerExempt)) => {
            "exempt: the customer has a certificate in Anrok"
        }
        (Some(NotTaxed::Exempt), Some(Exemption::TransactionExempt)) => "exempt: this transaction is",
        (Some(NotTaxed::Exempt), _) => "exempt",
        (Some(NotTaxed::JurisHasNoTax), _) => "not taxed: there is no such tax there",
        (Some(NotTaxed::NotCollecting), _) => {
            "not taxed: the seller does not collect there (no registration in Anrok)"
        }
        (Some(NotTaxed::ProductNotTaxed), _) => "not taxed: products of this category are not taxed there",
        (Some(other), _) => return format!("not taxed: {other}"),
    };
    text.to_owned()
}

fn sent(examined: &Examined, request: &TaxRequest, settings: &Settings) -> SentExplained {
    let live = match &examined.entry.recording {
        Recording::Live { transaction, .. } => Some(transaction.clone()),
        Recording::None | Recording::Ended { .. } => None,
    };
    let next = || settings.rules.prefix.transaction_id(&examined.document.key, examined.entry.generation);
    SentExplained {
        transaction: live.unwrap_or_else(next),
        amount: Money::new(request.amount(), request.exponent),
        lines: request.lines.len(),
        accounting_date: request.accounting_date,
        tax_date: request.tax_date,
        unchanged: examined.unchanged,
    }
}

fn holds(examined: &Examined) -> Vec<HoldExplained> {
    let of_request = examined.request.as_ref().err().map(Vec::as_slice).unwrap_or_default();
    let of_step = match &examined.step {
        crate::plan::Step::Hold(holds) => holds.as_slice(),
        _ => &[],
    };
    // Nothing of a reversed document has to be sent, whatever stands in the way of it.
    let all = if examined.document.standing == Standing::Reversed || of_request.is_empty() {
        of_step
    } else {
        of_request
    };
    all.iter()
        .map(|hold| HoldExplained {
            code: hold.code().to_owned(),
            reason: examined.document.without_personal_data(&hold.to_string()),
            remedy: hold.remedy(),
            disposition: hold.disposition(),
        })
        .collect()
}

fn in_ordway(examined: &Examined, settings: &Settings, exponent: u32) -> InOrdway {
    let document = &examined.document;
    let answered = examined.answer.as_ref().and_then(|answer| answer.as_ref().ok());
    let charged = document.tax.unwrap_or(Decimal::ZERO);
    let is_draft = document.standing == Standing::Draft;
    let agrees = answered.map(|answered| match &answered.write {
        Ok(write) if is_draft => write_back::already_there(write, document),
        _ => {
            let due = answered.calculation.tax_amount_to_collect.saturating_mul(sign(document));
            money::exact_minor(charged, exponent) == Some(due)
        }
    });
    let note = match (&document.standing, agrees) {
        (Standing::Draft, Some(true)) => "The tax stands on the draft, line by line.",
        (Standing::Draft, _) if settings.write_back == WriteBack::ReportOnly => {
            "By the settings tax is reported only, never written to drafts."
        }
        (Standing::Draft, Some(false)) => "A sync writes the tax to the draft.",
        (Standing::Live, Some(false)) if document.key.kind == DocumentKind::Credit => {
            "It is not the tax that Anrok computes now; credits are not written to. Correct the credit in Ordway if the \
             customer was given back the wrong tax."
        }
        (Standing::Live, Some(false)) => {
            "It is not the tax that Anrok computes now; only drafts are written to. Credit and bill the difference if the \
             customer was charged the wrong tax."
        }
        (Standing::Live, Some(true)) => "It is the tax that Anrok computes.",
        _ => "",
    };
    InOrdway { subtotal: document.subtotal, tax: document.tax, agrees, note: note.to_owned() }
}

fn explained(document: &Document, problem: &Problem) -> ProblemExplained {
    ProblemExplained {
        code: problem.code.clone(),
        reason: document.without_personal_data(&problem.reason),
        remedy: problem.remedy.clone(),
        attempts: problem.attempts,
        first_at: problem.first_at,
        last_at: problem.last_at,
        next_attempt_at: problem.next_attempt_at,
        archived_at: problem.archived_at,
    }
}

fn remembered(entry: &Entry, document: &Document, exponent: u32) -> Remembered {
    let exponent = entry.currency.as_deref().and_then(money::exponent).unwrap_or(exponent);
    let amount = |minor: Option<i64>| minor.map(|minor| Money::new(minor, exponent));
    let (state, transaction, version, negation) = match &entry.recording {
        Recording::None if entry.draft.is_some() => {
            ("calculated as a draft, nothing on record", None, None, None)
        }
        Recording::None => ("nothing on record", None, None, None),
        Recording::Live { transaction, version, .. } => ("on record", Some(transaction), *version, None),
        Recording::Ended { transaction, negation } => {
            ("taken off record", Some(transaction), None, negation.clone())
        }
    };
    let unfinished = entry.intent.as_ref().map(|intent| match intent.operation {
        Operation::WriteTax => "writing tax to the draft".to_owned(),
        Operation::Record => format!("recording {}", intent.transaction),
        Operation::Void => format!("voiding {}", intent.transaction),
        Operation::Negate => format!("negating {}", intent.transaction),
        Operation::Delta => format!("recording a difference, {}", intent.transaction),
    });
    let draft = entry.draft.iter().flat_map(|draft| &draft.lines);
    Remembered {
        state: state.to_owned(),
        transaction: transaction.cloned(),
        version,
        negation,
        generation: entry.generation,
        amount: amount(entry.amount_minor),
        tax: amount(entry.tax_minor),
        chain: entry.chain.clone(),
        credited_invoice: entry.credited_invoice.clone(),
        draft: draft.map(|(line, minor)| (line.clone(), Money::new(*minor, exponent))).collect(),
        placeholder: entry.placeholder.is_some(),
        unfinished,
        problem: entry.problem.as_ref().map(|problem| explained(document, problem)),
    }
}

fn notes(examined: &Examined) -> Vec<String> {
    let mut notes: Vec<String> = examined.warnings.iter().map(|text| sentence(text)).collect();
    if let Some(Ok(Answered { write: Ok(write), .. })) = &examined.answer {
        if write.corrected != 0 {
            notes.push(format!(
                "Anrok's lines and its total differ by {} minor units; the total counts, the lines are made to fit.",
                write.corrected
            ));
        }
        let taxed = |index: usize| write.lines.get(index).is_some_and(|line| line.tax != 0);
        if examined.document.tax_exempt && (0..write.lines.len()).any(taxed) {
            notes.push(
                "Ordway calls the customer exempt, Anrok taxes: an exemption certificate may be missing in Anrok.".to_owned(),
            );
        }
        for (index, line) in examined.document.lines.iter().enumerate() {
            if line.taxable == Some(false) && taxed(index) {
                notes.push(format!(
                    "Ordway calls line {} not taxable, Anrok taxes it: another product category may be needed in Anrok.",
                    request::label(line, index)
                ));
            }
        }
    }
    notes
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}
