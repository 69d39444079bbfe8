//! Products and the tax categories they can have.

use serde_json::{Value, json};

use super::config::AnrokConfig;
use super::quirk::Quirk;
use super::state::{Product, State};
use super::tax_table::{CATEGORIES, Category};
use super::validate::{Fields, Outcome, Refusal};

/// `products/create`.
pub(super) fn create(state: &mut State, body: &Value) -> Outcome {
    let fields = Fields::root(body, !state.config.has(Quirk::UnknownKeysIgnored))?;
    let external_id = fields.required_text("externalId")?;
    let category = fields.object("taxCategoryId")?;
    let kind = category.choice("type", &["standard", "custom"])?;
    let category_id = category.string("id")?;
    category.only(&["type", "id"])?;
    let name = fields.string("name")?;
    let description = fields.nullable_text("description")?.unwrap_or_default();
    fields.only(&["externalId", "taxCategoryId", "name", "description"])?;
    // rule: external-id-format
    if let Some(message) = id_fault(external_id) {
        return Err(Refusal::Conflict(json!({ "type": "externalIdInvalid", "message": message })));
    }
    if state.products.contains_key(external_id) {
        return Err(Refusal::conflict("externalIdAlreadyExists"));
    }
    let category = CATEGORIES
        .iter()
        .find(|c| c.kind == kind && shown_id(&state.config, c) == category_id)
        .ok_or_else(|| Refusal::conflict("taxCategoryIdNotFound"))?;
    add(state, external_id, name, description, *category);
    Ok(json!({}))
}

/// Adds a product, or replaces it: only the control surface may do the latter.
pub(super) fn add(state: &mut State, external_id: &str, name: &str, description: &str, category: Category) {
    let product = Product {
        internal_id: state.mint("sp"),
        external_id: external_id.to_owned(),
        name: name.to_owned(),
        description: description.to_owned(),
        category,
    };
    state.products.insert(external_id.to_owned(), product);
}

/// The id of a category as requests and answers have it.
// rule: category-ids
pub(super) fn shown_id(config: &AnrokConfig, category: &Category) -> String {
    if category.kind == "custom" || !config.has(Quirk::OtherCategoryIds) {
        return category.id.to_owned();
    }
    let mut id = String::new();
    for letter in category.id.chars() {
        if letter.is_ascii_uppercase() {
            id.push('_');
        }
        id.push(letter.to_ascii_lowercase());
    }
    id
}

fn id_fault(id: &str) -> Option<&'static str> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '.' | '-' | '_' | ':');
    if id.is_empty() {
        Some("External ID must not be empty.")
    } else if !id.chars().all(allowed) {
        Some("External ID may contain only alphanumeric characters, spaces, and \".-_:\".")
    } else if id.trim() != id {
        Some("External ID must not contain leading or trailing spaces.")
    } else if id.contains("  ") {
        Some("External ID must not contain consecutive spaces.")
    } else {
        None
    }
}

/// `products/externalId:{externalId}/get`.
pub(super) fn get(state: &mut State, external_id: &str, body: &Value) -> Outcome {
    Fields::root(body, !state.config.has(Quirk::UnknownKeysIgnored))?.only(&[])?;
    let product =
        state.products.get(external_id).ok_or_else(|| Refusal::conflict("productExternalIdNotFound"))?;
    Ok(json!({
        "externalId": product.external_id,
        "taxCategoryId": { "type": product.category.kind, "id": shown_id(&state.config, &product.category) },
        "name": product.name,
        "description": product.description,
    }))
}

/// `productTaxCategories/list`: not paged, no 409.
pub(super) fn list_categories(state: &mut State, body: &Value) -> Outcome {
    Fields::root(body, !state.config.has(Quirk::UnknownKeysIgnored))?.only(&[])?;
    let all: Vec<Value> = CATEGORIES
        .iter()
        .map(|c| json!({ "id": { "type": c.kind, "id": shown_id(&state.config, c) }, "name": c.name }))
        .collect();
    Ok(json!({ "productTaxCategories": all }))
}
