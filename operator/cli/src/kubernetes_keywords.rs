//! Kubernetes' own keywords in a schema: lists whose items are unique, values that are integers or strings.

use jsonschema::{Keyword, ValidationError, ValidationOptions};
use serde_json::{Map, Value};

/// Makes validators refuse what `x-kubernetes-list-type` and `x-kubernetes-int-or-string` refuse.
pub fn enforce(options: ValidationOptions) -> ValidationOptions {
    options
        .with_keyword("x-kubernetes-list-type", |parent, kind, _| Ok(list_type(parent, kind)))
        .with_keyword("x-kubernetes-int-or-string", |_, _, _| Ok(Box::new(IntOrString)))
}

fn list_type(parent: &Map<String, Value>, kind: &Value) -> Box<dyn for<'i> Keyword<'i>> {
    let keys = parent.get("x-kubernetes-list-map-keys").and_then(Value::as_array).into_iter().flatten();
    match kind.as_str() {
        Some("map") => Box::new(Unique { keys: Some(keys.filter_map(Value::as_str).map(str::to_owned).collect()) }),
        Some("set") => Box::new(Unique { keys: None }),
        _ => Box::new(Anything),
    }
}

/// Items of a list are different: as a whole, or by their keys.
struct Unique {
    keys: Option<Vec<String>>,
}

impl Unique {
    fn identity(&self, item: &Value) -> Value {
        let Some(keys) = &self.keys else { return item.clone() };
        keys.iter().map(|key| (key.clone(), item[key].clone())).collect()
    }

    fn duplicate(&self, list: &Value) -> Option<Value> {
        let identities: Vec<Value> = list.as_array()?.iter().map(|item| self.identity(item)).collect();
        let repeated =
            |(index, identity): (usize, &Value)| identities[..index].contains(identity).then(|| identity.clone());
        identities.iter().enumerate().find_map(repeated)
    }
}

impl<'i> Keyword<'i> for Unique {
    fn validate(&self, list: &'i Value) -> Result<(), ValidationError<'i>> {
        self.duplicate(list).map_or(Ok(()), |twice| Err(ValidationError::custom(format!("Duplicate value: {twice}"))))
    }

    fn is_valid(&self, list: &'i Value) -> bool {
        self.duplicate(list).is_none()
    }
}

struct IntOrString;

impl<'i> Keyword<'i> for IntOrString {
    fn validate(&self, value: &'i Value) -> Result<(), ValidationError<'i>> {
        let message = "must be of type integer,string: write true, false and fractions in quotes";
        if Keyword::is_valid(self, value) {
            Ok(())
        } else {
            Err(ValidationError::custom(format!("Invalid value: {value}: {message}")))
        }
    }

    fn is_valid(&self, value: &'i Value) -> bool {
        value.is_string() || value.is_i64() || value.is_u64()
    }
}

struct Anything;

impl<'i> Keyword<'i> for Anything {
    fn validate(&self, _: &'i Value) -> Result<(), ValidationError<'i>> {
        Ok(())
    }

    fn is_valid(&self, _: &'i Value) -> bool {
        true
    }
}
