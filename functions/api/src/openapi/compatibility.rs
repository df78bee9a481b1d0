//! Finds promises of the released description that the new one breaks. Both descriptions are spread out into
//! places, such as `POST /api/public/leads request first_name`, and compared place by place.

mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// The description of a place in a request or a reply.
#[derive(Default)]
struct Fact {
    in_request: bool,
    required: bool,
    types: BTreeSet<String>,
    values: BTreeSet<String>,
}

type Places = BTreeMap<String, Fact>;

/// A schema with its references, parts and alternatives in one.
#[derive(Default)]
struct Shape<'a> {
    types: BTreeSet<String>,
    values: BTreeSet<String>,
    required: BTreeSet<&'a str>,
    inner: BTreeMap<String, Vec<&'a Value>>,
}

struct Reader<'a> {
    document: &'a Value,
    places: Places,
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn places(document: &Value) -> Places {
    let mut reader = Reader {
        document,
        places: Places::new(),
    };
    for (path, methods) in entries(&document["paths"]) {
        for (method, operation) in entries(methods) {
            reader.operation(&format!("{} {path}", method.to_uppercase()), operation);
        }
    }
    reader.places
}

impl<'a> Reader<'a> {
    fn resolve(&self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(reference) => self
                .document
                .pointer(reference.trim_start_matches('#'))
                .unwrap(),
            None => value,
        }
    }

    fn operation(&mut self, name: &str, operation: &'a Value) {
        self.places.insert(name.to_owned(), Fact::default());
        for parameter in list(&operation["parameters"]) {
            let (kind, parameter_name) = (&parameter["in"], &parameter["name"]);
            let place = format!(
                "{name} {}:{}",
                kind.as_str().unwrap(),
                parameter_name.as_str().unwrap()
            );
            let required = parameter["required"] == true;
            self.place(
                &place,
                &[&parameter["schema"]],
                true,
                required,
                &mut Vec::new(),
            );
        }
        let body = &operation["requestBody"];
        for (_, content) in entries(&body["content"]) {
            let place = format!("{name} request");
            self.place(
                &place,
                &[&content["schema"]],
                true,
                body["required"] == true,
                &mut Vec::new(),
            );
        }
        for (status, reply) in entries(&operation["responses"]) {
            let reply = self.resolve(reply);
            for (header, described) in entries(&reply["headers"]) {
                let described = self.resolve(described);
                let place = format!("{name} reply {status} header {header}");
                let required = described["required"] == true;
                self.place(
                    &place,
                    &[&described["schema"]],
                    false,
                    required,
                    &mut Vec::new(),
                );
            }
            for (_, content) in entries(&reply["content"]) {
                let place = format!("{name} reply {status}");
                self.place(&place, &[&content["schema"]], false, true, &mut Vec::new());
            }
        }
    }

    fn place(
        &mut self,
        place: &str,
        schemas: &[&'a Value],
        in_request: bool,
        required: bool,
        within: &mut Vec<*const Value>,
    ) {
        let schemas: Vec<_> = schemas.iter().map(|schema| self.resolve(schema)).collect();
        let first = std::ptr::from_ref(schemas[0]);
        if within.contains(&first) {
            return;
        }
        within.push(first);
        let shape = self.any_of(schemas);
        for (name, schemas) in &shape.inner {
            let required = shape.required.contains(name.as_str());
            self.place(
                &format!("{place} {name}"),
                schemas,
                in_request,
                required,
                within,
            );
        }
        within.pop();
        let Shape { types, values, .. } = shape;
        self.places.insert(
            place.to_owned(),
            Fact {
                in_request,
                required,
                types,
                values,
            },
        );
    }

    fn shape(&self, schema: &'a Value) -> Shape<'a> {
        let schema = self.resolve(schema);
        let mut shape = Shape::default();
        match &schema["type"] {
            Value::String(one) => shape.types.extend([one.clone()]),
            several => shape
                .types
                .extend(list(several).filter_map(Value::as_str).map(str::to_owned)),
        }
        shape
            .values
            .extend(list(&schema["enum"]).map(Value::to_string));
        shape
            .values
            .extend(schema.get("const").map(Value::to_string));
        shape
            .required
            .extend(list(&schema["required"]).filter_map(Value::as_str));
        let properties =
            entries(&schema["properties"]).map(|(name, property)| (name.clone(), vec![property]));
        shape.inner.extend(properties);
        for (name, keyword) in [("[]", "items"), ("*", "additionalProperties")] {
            let inner = schema.get(keyword).filter(|inner| inner.is_object());
            shape
                .inner
                .extend(inner.map(|inner| (name.to_owned(), vec![inner])));
        }
        for part in list(&schema["allOf"]) {
            let part = self.shape(part);
            shape.required.extend(&part.required);
            shape.add(part);
        }
        for alternatives in ["oneOf", "anyOf"].map(|keyword| &schema[keyword]) {
            let alternatives = self.any_of(list(alternatives).collect());
            shape.required.extend(&alternatives.required);
            shape.add(alternatives);
        }
        shape
    }

    fn any_of(&self, alternatives: Vec<&'a Value>) -> Shape<'a> {
        let mut all = Shape::default();
        let mut required: Option<BTreeSet<_>> = None;
        for shape in alternatives.into_iter().map(|schema| self.shape(schema)) {
            // Only an object has fields that can be missing.
            if shape.types.is_empty() || shape.types.contains("object") {
                required = Some(match required {
                    Some(required) => &required & &shape.required,
                    None => shape.required.clone(),
                });
            }
            all.add(shape);
        }
        all.required = required.unwrap_or_default();
        all
    }
}

impl<'a> Shape<'a> {
    fn add(&mut self, other: Shape<'a>) {
        self.types.extend(other.types);
        self.values.extend(other.values);
        for (name, schemas) in other.inner {
            self.inner.entry(name).or_default().extend(schemas);
        }
    }
}

/// Returns a line for each promise of `old` that `new` breaks.
fn broken(old: &Value, new: &Value) -> Vec<String> {
    let (old, new) = (places(old), places(new));
    let is_within = |place: &str, gone: &str| {
        place
            .strip_prefix(gone)
            .is_some_and(|rest| rest.starts_with(' '))
    };
    let mut broken: Vec<String> = Vec::new();
    let mut gone: Vec<&str> = Vec::new();
    for (place, was) in &old {
        let Some(is) = new.get(place) else {
            if !gone.iter().any(|gone| is_within(place, gone)) {
                broken.push(format!("{place}: is gone"));
                gone.push(place);
            }
            continue;
        };
        let (of, in_) = if is.in_request {
            (&was.types, &is.types)
        } else {
            (&is.types, &was.types)
        };
        if !of.is_subset(in_) {
            broken.push(format!("{place}: was {:?}, is {:?}", was.types, is.types));
        }
        if !is.values.is_empty() {
            let missing = was.values.difference(&is.values);
            broken.extend(missing.map(|value| format!("{place}: {value} is gone")));
        }
        match (is.in_request, was.required, is.required) {
            (true, false, true) => broken.push(format!("{place}: is required now")),
            (false, true, false) => broken.push(format!("{place}: can be missing now")),
            _ => {}
        }
    }
    for (place, _) in new
        .iter()
        .filter(|(place, is)| is.in_request && is.required && !old.contains_key(*place))
    {
        let parent = place.rsplit_once(' ').map_or("", |(parent, _)| parent);
        if old.contains_key(parent) {
            broken.push(format!("{place}: is new and required"));
        }
    }
    broken
}
