//! What the runs of one watch hand on to each other. A full pass begins without: it asks and tries everything anew.

use std::collections::HashMap;
use std::sync::Mutex;

use crate::document::DocumentKey;
use crate::fingerprint::Fingerprint;

use super::lock;
use super::ordway::CustomerFacts;

/// So often the same tax is put on a draft from which it vanishes. Every write makes Ordway show the draft as changed: without
/// a limit, a run that reads what changed would never come to its end.
const WRITES: u32 = 3;

#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// Customers that were read, by id.
    pub(super) customers: Mutex<HashMap<String, CustomerFacts>>,
    /// Drafts on which a tax did not stay: its inputs, and how often it was written.
    in_vain: Mutex<HashMap<DocumentKey, (Fingerprint, u32)>>,
}

impl Kept {
    /// The tax for these inputs is written once more, because it no longer stands there.
    pub(super) fn written_again(&self, draft: &DocumentKey, inputs: &Fingerprint) {
        let mut in_vain = lock(&self.in_vain);
        let (of, times) = in_vain.entry(draft.clone()).or_insert_with(|| (inputs.clone(), 0));
        if of == inputs {
            *times = times.saturating_add(1);
        } else {
            (*of, *times) = (inputs.clone(), 1);
        }
    }

    /// The write of the tax for these inputs was answered, and had no effect.
    pub(super) fn had_no_effect(&self, draft: &DocumentKey, inputs: &Fingerprint) {
        lock(&self.in_vain).insert(draft.clone(), (inputs.clone(), WRITES));
    }

    /// Whether writing the tax for these inputs has been tried often enough.
    pub(super) fn is_in_vain(&self, draft: &DocumentKey, inputs: &Fingerprint) -> bool {
        lock(&self.in_vain).get(draft).is_some_and(|(of, times)| of == inputs && *times >= WRITES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tax_is_put_back_three_times_and_one_without_effect_not_at_all() {
        let (kept, draft) = (Kept::default(), DocumentKey::invoice("INV-1"));
        let (one, other) = (Fingerprint::from_text("one"), Fingerprint::from_text("other"));
        for _ in 0..WRITES {
            assert!(!kept.is_in_vain(&draft, &one));
            kept.written_again(&draft, &one);
        }
        assert!(kept.is_in_vain(&draft, &one) && !kept.is_in_vain(&draft, &other));
        kept.written_again(&draft, &other);
        assert!(!kept.is_in_vain(&draft, &one) && !kept.is_in_vain(&draft, &other), "it changed in between");
        kept.had_no_effect(&draft, &one);
        assert!(kept.is_in_vain(&draft, &one));
    }
}
