//! `/admin/ordway/…` and `/admin/anrok/…`: what people do in the two products.
//!
//! Each answers with the record as it is afterwards. What the product itself would refuse is refused with 404 or 422.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{Admin, Answer, Call, Outcome, Problem};
use crate::demo::Demo;
use crate::ordway::Address;
use http::StatusCode;

const AMOUNT: &str = "write it as a decimal in quotes, like \"12.50\"";

/// `POST /admin/ordway/records/{collection}`: the record of the body, completed by the rules of `POST /{collection}`. Webhooks are
/// registered so as well.
pub(super) fn create(admin: &Admin, call: &Call<'_>) -> Outcome {
    Ok(Answer::Json(admin.ordway.create(call.part(), &Value::Object(call.body.clone()))?))
}

/// `POST /admin/ordway/invoices/{id}/post`: Draft to Posted.
pub(super) fn post_invoice(admin: &Admin, call: &Call<'_>) -> Outcome {
    call.only(&[])?;
    Ok(Answer::Json(admin.ordway.post_invoice(call.part())?))
}

/// `POST /admin/ordway/invoices/{id}/edit`: `amount` becomes the net amount of the line `line_no` (the first where missing); the
/// totals are made anew, the tax stays as it was. Not on a reversed invoice.
pub(super) fn edit_invoice(admin: &Admin, call: &Call<'_>) -> Outcome {
    call.only(&["amount", "line_no"])?;
    let amount = amount(call)?.ok_or_else(|| Problem::bad("amount is missing", AMOUNT))?;
    let line_no = call.text("line_no")?;
    let refuse = |error: &str, remedy| Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error, remedy));
    let before = admin.ordway.get("invoices", call.part()).unwrap_or_default();
    if before.get("status").is_some_and(|status| status == "Reversed") {
        return refuse("a reversed invoice cannot be changed", "create another invoice");
    }
    let mut found = false;
    let invoice = admin.ordway.edit_lines(call.part(), |lines| {
        let is_wanted = |line: &&mut Value| line_no.is_none_or(|number| line["line_no"] == number);
        if let Some(line) = lines.iter_mut().find(is_wanted).and_then(Value::as_object_mut) {
            line.insert("effective_price".to_owned(), Value::from(amount.to_string()));
            found = true;
        }
    })?;
    if !found {
        return refuse("the invoice has no such line", "see its line_items in /admin/state");
    }
    Ok(Answer::Json(invoice))
}

/// `POST /admin/ordway/invoices/{id}/reverse`.
pub(super) fn reverse_invoice(admin: &Admin, call: &Call<'_>) -> Outcome {
    Ok(Answer::Json(admin.ordway.reverse_invoice(call.part(), &date(admin, call)?)?))
}

/// `POST /admin/ordway/invoices/{id}/credit`: a processed credit on the first line's product, applied to the invoice.
pub(super) fn credit_invoice(admin: &Admin, call: &Call<'_>) -> Outcome {
    call.only(&["amount"])?;
    let amount = amount(call)?.ok_or_else(|| Problem::bad("amount is missing", AMOUNT))?;
    Ok(Answer::Json(admin.ordway.credit_invoice(call.part(), &amount.to_string())?))
}

/// `POST /admin/ordway/invoices/{id}/pay`: an external payment, applied to the invoice.
pub(super) fn pay_invoice(admin: &Admin, call: &Call<'_>) -> Outcome {
    call.only(&["amount"])?;
    let amount = amount(call)?.map(|amount| amount.to_string()).unwrap_or_default();
    Ok(Answer::Json(admin.ordway.pay_invoice(call.part(), &amount)?))
}

/// `POST /admin/ordway/invoices/{id}/address`: over both contacts of the invoice and those of its customer.
pub(super) fn repair_address(admin: &Admin, call: &Call<'_>) -> Outcome {
    call.only(&["street", "city", "state", "zip", "country"])?;
    let part = |name| Ok::<_, Problem>(call.text(name)?.unwrap_or_default());
    let address =
        Address::new(part("street")?, part("city")?, part("state")?, part("zip")?, call.required("country")?);
    Ok(Answer::Json(admin.ordway.repair_address(call.part(), &address)?))
}

/// `POST /admin/ordway/credits/{id}/reverse`.
pub(super) fn reverse_credit(admin: &Admin, call: &Call<'_>) -> Outcome {
    Ok(Answer::Json(admin.ordway.reverse_credit(call.part(), &date(admin, call)?)?))
}

/// `POST /admin/ordway/second-act`: [`Demo::second_act`]. Only once, and only for the demo company.
pub(super) fn second_act(admin: &Admin, call: &Call<'_>) -> Outcome {
    call.only(&[])?;
    Demo::second_act(&admin.ordway, &admin.anrok)?;
    Ok(Answer::Json(json!({"played": true})))
}

/// `POST /admin/anrok/products`: Anrok knows the product from now on.
pub(super) fn map_product(admin: &Admin, call: &Call<'_>) -> Outcome {
    call.only(&["external_id", "category_id"])?;
    let id = call.required("external_id")?;
    let category = call.text("category_id")?.unwrap_or("saasBusiness");
    if admin.anrok.add_product(id, category) {
        return Ok(Answer::Json(json!({"external_id": id, "category_id": category})));
    }
    let error = format!("there is no category {category}");
    Err(Problem::bad(error, "use one that FakeAnrok::add_product lists, for instance saasBusiness"))
}

/// `POST /admin/anrok/freeze`.
pub(super) fn freeze(admin: &Admin, call: &Call<'_>) -> Outcome {
    call.only(&["month"])?;
    let month = call.required("month")?;
    if month.len() == 7 && admin.anrok.freeze_month(month) {
        return Ok(locks(admin));
    }
    Err(Problem::bad(format!("{month} is no month"), "write it as YYYY-MM"))
}

/// `POST /admin/anrok/unfreeze`.
pub(super) fn unfreeze(admin: &Admin, call: &Call<'_>) -> Outcome {
    call.only(&["month"])?;
    match call.text("month")? {
        None => admin.anrok.unfreeze(),
        Some(month) if admin.anrok.unfreeze_month(month) => {}
        Some(month) => {
            let error = format!("{month} is not locked");
            return Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                error,
                "see frozen_months in /admin/summary",
            ));
        }
    }
    Ok(locks(admin))
}

fn locks(admin: &Admin) -> Answer {
    Answer::Json(json!({"frozen_months": admin.anrok.frozen_months()}))
}

fn amount(call: &Call<'_>) -> Result<Option<Decimal>, Problem> {
    let Some(text) = call.text("amount")? else { return Ok(None) };
    let amount = Decimal::from_str_exact(text);
    amount.map(Some).map_err(|_| Problem::bad(format!("{text} is no amount"), AMOUNT))
}

/// The date of the body, or the fakes' today.
fn date(admin: &Admin, call: &Call<'_>) -> Result<String, Problem> {
    call.only(&["date"])?;
    Ok(call.text("date")?.map_or_else(|| admin.ordway.today().to_string(), str::to_owned))
}
