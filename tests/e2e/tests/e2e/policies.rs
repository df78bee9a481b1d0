//! The policies of the functions' roles in template.yaml.

use std::collections::BTreeSet;

use serde_json::Value;
use simulation::{Access, Permission};

const TEMPLATE: &str = include_str!("../../../../template.yaml");

const ROLES: [&str; 5] = [
    "ApiRole",
    "StartWorkflowRole",
    "RequeueStartsRole",
    "DispatchTouchpointsRole",
    "WakeRunsRole",
];

/// Returns the values of a field in an IAM statement, which holds one value or a list.
fn many(value: &Value) -> Vec<Value> {
    value
        .as_array()
        .cloned()
        .unwrap_or_else(|| vec![value.clone()])
}

/// Same as [`many`], for texts.
fn texts(value: &Value) -> Vec<String> {
    let texts = many(value).into_iter();
    texts.map(|it| it.as_str().unwrap().to_owned()).collect()
}

/// A statement that denies actions on some partitions of the table.
struct Denial {
    role: &'static str,
    actions: Vec<String>,
    /// Patterns of `dynamodb:LeadingKeys`, one of which one key must match.
    leading_keys: Vec<String>,
    /// The only attributes that a call may name. `None` if the call is denied whatever it names.
    attributes: Option<Vec<String>>,
}

impl Denial {
    fn of(role: &'static str, statement: &Value) -> Self {
        assert_eq!(statement["Resource"], "*", "{statement}");
        let mut conditions = statement["Condition"].as_object().unwrap().clone();
        let mut take = |operator: &str, key: &str| {
            let values = conditions.remove(operator)?;
            assert_eq!(values.as_object().unwrap().len(), 1, "{statement}");
            Some(texts(&values[key]))
        };
        let denial = Self {
            role,
            actions: texts(&statement["Action"]),
            leading_keys: take("ForAnyValue:StringLike", "dynamodb:LeadingKeys").unwrap(),
            attributes: take("ForAnyValue:StringNotEquals", "dynamodb:Attributes"),
        };
        assert!(conditions.is_empty(), "{statement}");
        denial
    }

    fn refuses(&self, access: &Access) -> bool {
        let Access {
            permission,
            leading_keys,
            attributes,
        } = access;
        // A pattern is a kind of key and a star, or a partition that is alone of its kind.
        let matches = |key: &String| {
            self.leading_keys.contains(key) || self.leading_keys.contains(&format!("{key}*"))
        };
        let known = self.attributes.as_ref();
        self.role == permission.role
            && self.actions.contains(&permission.action)
            && leading_keys.iter().any(matches)
            && known.is_none_or(|known| attributes.iter().any(|it| !known.contains(it)))
    }
}

/// Policies `work` of the roles, without a customer's key (`HasKey`), on the stack's own table. The
/// policies `telemetry` are for Lambda, and not for the functions' code.
pub struct Policies {
    pub allowed: BTreeSet<Permission>,
    denials: Vec<Denial>,
}

impl Policies {
    pub fn read() -> Self {
        let template: Value = serde_saphyr::from_str(TEMPLATE).unwrap();
        let (mut allowed, mut denials) = (BTreeSet::new(), Vec::new());
        for role in ROLES {
            let policies = &template["Resources"][role]["Properties"]["Policies"];
            let policies = policies.as_array().unwrap();
            let work = policies.iter().find(|it| it["PolicyName"] == "work");
            let statements = work.unwrap()["PolicyDocument"]["Statement"].as_array();
            for statement in statements.unwrap().iter().filter(|it| it.is_object()) {
                if statement["Effect"] == "Deny" {
                    denials.push(Denial::of(role, statement));
                    continue;
                }
                // Our own resource comes first, then the same of a restored table.
                let resource = many(&statement["Resource"])[0].as_str().unwrap().to_owned();
                for action in texts(&statement["Action"]) {
                    allowed.insert(Permission {
                        role,
                        action,
                        resource: resource.clone(),
                    });
                }
            }
        }
        assert!(!allowed.is_empty());
        Self { allowed, denials }
    }

    /// Returns whether the roles permit a call.
    pub fn permits(&self, access: &Access) -> bool {
        let is_denied = self.denials.iter().any(|denial| denial.refuses(access));
        self.allowed.contains(&access.permission) && !is_denied
    }
}
