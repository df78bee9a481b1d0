//! The definition of an account: its settings, workflows, campaigns and destinations.

use domain::{country::Country, destination::Destination, name::trim};
use serde::{Serialize, Serializer};

use super::{
    destination::DestinationDefinition,
    node::{Node, Value},
    reader::{Reader, object},
    workflow::WorkflowDefinition,
};

/// An account in a file. `apply` does not change a setting that is `None`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AccountDefinition {
    /// Display name.
    pub name: Option<String>,
    /// Country of the phone numbers that have no country code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_country: Option<Country>,
    /// All workflows of the account.
    pub workflows: Option<Vec<WorkflowDefinition>>,
    /// All campaigns of the account.
    pub campaigns: Option<Vec<CampaignDefinition>>,
    /// All destinations of the account.
    #[serde(serialize_with = "destinations")]
    pub destinations: Option<Vec<Destination>>,
}

/// A campaign in a file.
#[derive(Clone, Debug, Serialize)]
pub struct CampaignDefinition {
    /// Display name. No other campaign of the account has it.
    pub name: String,
}

fn destinations<S: Serializer>(
    destinations: &Option<Vec<Destination>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let forms = destinations
        .iter()
        .flatten()
        .map(DestinationDefinition::from);
    serializer.collect_seq(forms)
}

impl Reader {
    pub fn account(&mut self, node: &Node) -> Option<AccountDefinition> {
        self.names_differ(node.field("workflows"));
        self.names_differ(node.field("campaigns"));
        self.names_differ(node.field("destinations"));
        Some(object!(
            self,
            node,
            AccountDefinition {
                name: if_given(Self::name),
                default_country: if_given(Self::parse),
                workflows: if_given(|reader, node| reader.each(node, Self::workflow)),
                campaigns: if_given(|reader, node| reader.each(node, Self::campaign)),
                destinations: if_given(Self::destinations),
            }
        ))
    }

    fn campaign(&mut self, node: &Node) -> Option<CampaignDefinition> {
        Some(object!(
            self,
            node,
            CampaignDefinition {
                name: required(Self::name)
            }
        ))
    }

    /// Checks that each name occurs once in a list, because `apply` finds stored items by name.
    fn names_differ(&mut self, list: Option<&Node>) {
        let Some(Value::List(elements)) = list.map(|list| &list.value) else {
            return;
        };
        let mut names = Vec::new();
        for node in elements.iter().filter_map(|element| element.field("name")) {
            let Value::Text(text) = &node.value else {
                continue;
            };
            let name = trim(text);
            if names.contains(&name) {
                let value = &node.value;
                let problem =
                    format_args!("is {value}, which an earlier entry has: choose another name");
                self.problem(node, problem);
            }
            names.push(name);
        }
    }
}
