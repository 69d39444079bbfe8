//! Product mappings of Anrok-built integrations.

use serde_json::{Value, json};

use super::quirk::Quirk;
use super::state::State;
use super::validate::{Fields, Outcome, Refusal};

/// `integrations/id:{id}/productIdMapping/list`: an array of objects with one key each, not paged.
pub(super) fn list(state: &mut State, integration: &str, body: &Value) -> Outcome {
    Fields::root(body, !state.config.has(Quirk::UnknownKeysIgnored))?.only(&[])?;
    let mappings =
        state.integrations.get(integration).ok_or_else(|| Refusal::conflict("integrationIdNotFound"))?;
    Ok(mappings.iter().map(|(source, target)| json!({ source: target })).collect())
}

/// `integrations/id:{id}/productIdMapping/add`.
pub(super) fn add(state: &mut State, integration: &str, body: &Value) -> Outcome {
    let fields = Fields::root(body, !state.config.has(Quirk::UnknownKeysIgnored))?;
    let source = fields.string("sourceId")?;
    let target = fields.string("targetId")?;
    let overwrite = fields.optional_bool("shouldOverwrite")?.unwrap_or_default();
    fields.only(&["sourceId", "targetId", "shouldOverwrite"])?;
    let external_only = state.config.has(Quirk::MappingTargetExternalOnly);
    let known = state
        .products
        .values()
        .any(|p| p.external_id == target || (p.internal_id == target && !external_only));
    let mappings =
        state.integrations.get_mut(integration).ok_or_else(|| Refusal::conflict("integrationIdNotFound"))?;
    // rule: mapping-target-either-id
    if !known {
        return Err(Refusal::conflict("targetIdNotFound"));
    }
    // rule: mapping-overwrite
    if mappings.contains_key(source) && !overwrite {
        return Err(Refusal::conflict("sourceIdAlreadyMapped"));
    }
    mappings.insert(source.to_owned(), target.to_owned());
    Ok(json!({}))
}
