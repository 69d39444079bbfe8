//! Members of records.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::spelling::Spelling;
use super::wire::{Object, Taken, Unreadable, Wire, is_empty_form};

/// A member of a record: `Option<T>`, `Vec<T>`, maps, or a bare `T` that the record is useless without.
pub trait Field: Sized + PartialEq {
    /// Reads the member; `None` where it is missing. Gives the original back where it must be kept.
    ///
    /// # Errors
    /// [`Unreadable`].
    fn take_field(value: Option<Value>) -> Result<Taken<Self>, Unreadable>;

    /// The canonical form; `None` where the member is left out.
    fn write_field(&self) -> Option<Value>;

    /// A changed value in the kind of its original.
    fn write_field_like(&self, _original: &Value) -> Option<Value> {
        self.write_field()
    }

    /// Whether there is anything in it.
    fn is_present(&self) -> bool;
}

impl<T: Wire> Field for T {
    fn take_field(value: Option<Value>) -> Result<Taken<Self>, Unreadable> {
        let (read, kept) = T::take(value.unwrap_or(Value::Null))?;
        read.map(|read| (read, kept)).ok_or_else(|| Unreadable::new("missing"))
    }

    fn write_field(&self) -> Option<Value> {
        Some(self.write())
    }

    fn write_field_like(&self, original: &Value) -> Option<Value> {
        Some(self.write_like(original))
    }

    fn is_present(&self) -> bool {
        true
    }
}

impl<T: Wire> Field for Option<T> {
    fn take_field(value: Option<Value>) -> Result<Taken<Self>, Unreadable> {
        value.map_or(Ok((None, None)), T::take)
    }

    fn write_field(&self) -> Option<Value> {
        self.as_ref().map(Wire::write)
    }

    fn write_field_like(&self, original: &Value) -> Option<Value> {
        self.as_ref().map(|value| value.write_like(original))
    }

    fn is_present(&self) -> bool {
        self.is_some()
    }
}

impl<T: Wire> Field for Vec<T> {
    fn take_field(value: Option<Value>) -> Result<Taken<Self>, Unreadable> {
        match value {
            None => Ok((Vec::new(), None)),
            Some(empty) if is_empty_form(&empty) => Ok((Vec::new(), Some(empty))),
            Some(Value::Array(elements)) => take_elements(elements),
            Some(lone) => Ok((T::read(&lone)?.into_iter().collect(), Some(lone))),
        }
    }

    fn write_field(&self) -> Option<Value> {
        self.is_present().then(|| self.iter().map(Wire::write).collect())
    }

    fn is_present(&self) -> bool {
        !self.is_empty()
    }
}

fn take_elements<T: Wire>(elements: Vec<Value>) -> Result<Taken<Vec<T>>, Unreadable> {
    let mut items = Vec::with_capacity(elements.len());
    // (how many items stood before it, whether it became one, its original)
    let mut odd: Vec<(usize, bool, Value)> = Vec::new();
    for (index, element) in elements.into_iter().enumerate() {
        let (read, kept) = T::take(element).map_err(|e| e.in_element(index))?;
        if let Some(original) = kept {
            odd.push((items.len(), read.is_some(), original));
        }
        items.extend(read);
    }
    if odd.is_empty() {
        return Ok((items, None));
    }
    let mut original = Vec::with_capacity(items.len() + odd.len());
    let mut odd = odd.into_iter().peekable();
    for place in 0..=items.len() {
        let mut written = false;
        while let Some((_, is_item, value)) = odd.next_if(|(at, ..)| *at == place) {
            written |= is_item;
            original.push(value);
        }
        if let Some(item) = items.get(place)
            && !written
        {
            original.push(item.write());
        }
    }
    Ok((items, Some(Value::Array(original))))
}

impl Field for Object {
    fn take_field(value: Option<Value>) -> Result<Taken<Self>, Unreadable> {
        match value {
            None => Ok((Object::new(), None)),
            Some(Value::Object(members)) if !members.is_empty() => Ok((members, None)),
            Some(empty) if is_empty_form(&empty) => Ok((Object::new(), Some(empty))),
            Some(_) => Err(Unreadable::new("object expected")),
        }
    }

    fn write_field(&self) -> Option<Value> {
        self.is_present().then(|| Value::Object(self.clone()))
    }

    fn is_present(&self) -> bool {
        !self.is_empty()
    }
}

impl<T: Wire> Field for BTreeMap<String, T> {
    fn take_field(value: Option<Value>) -> Result<Taken<Self>, Unreadable> {
        let (object, mut kept) = Object::take_field(value)?;
        let mut members = Self::new();
        let mut originals = Object::new();
        for (name, value) in object {
            let (read, original) = T::take(value).map_err(|e| e.in_member(&name))?;
            if let Some(original) = original {
                originals.insert(name.clone(), original);
            }
            members.extend(read.map(|read| (name, read)));
        }
        if !originals.is_empty() {
            for (name, member) in &members {
                originals.entry(name.as_str()).or_insert_with(|| member.write());
            }
            kept = Some(Value::Object(originals));
        }
        Ok((members, kept))
    }

    fn write_field(&self) -> Option<Value> {
        let write = || self.iter().map(|(name, member)| (name.clone(), member.write())).collect();
        self.is_present().then(|| Value::Object(write()))
    }

    fn is_present(&self) -> bool {
        !self.is_empty()
    }
}

/// Moves the member `name` out of `object`.
///
/// # Errors
/// [`Unreadable`] under the member's name.
pub fn take<F: Field>(
    object: &mut Object,
    name: &'static str,
    spelling: &mut Spelling,
) -> Result<F, Unreadable> {
    let (value, kept) = F::take_field(object.remove(name)).map_err(|e| e.in_member(name))?;
    if let Some(original) = kept {
        spelling.keep(name, original);
    }
    Ok(value)
}

/// Writes the member `name`: as it came where it still has the value that was read, else canonically.
pub fn put<F: Field>(object: &mut Object, name: &'static str, value: &F, spelling: &Spelling) {
    let written = match spelling.original(name) {
        None => value.write_field(),
        Some(original) => {
            let unchanged = F::take_field(Some(original.clone())).is_ok_and(|(read, _)| read == *value);
            if unchanged { Some(original) } else { value.write_field_like(&original) }
        }
    };
    if let Some(written) = written {
        object.insert(name.to_owned(), written);
    }
}

/// Stands for a value that `Debug` must not print: says only that it is there.
#[derive(Clone, Copy)]
pub struct Presence;

impl fmt::Debug for Presence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[present]")
    }
}
