//! Least privilege: what RBAC grants to an account, held against what the audit log says it has used.

use std::collections::BTreeSet;
use std::fmt;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::audit::Request;
use crate::cluster::Cluster;

/// One verb on one resource. A wildcard is a name like any other: nobody asks for it, so it counts as never used.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Right {
    /// The plural name, with the subresource if there is one.
    pub resource: String,
    /// The API group; empty for the core's.
    pub group: String,
    /// As RBAC spells it.
    pub verb: String,
    /// `None`: in all namespaces, and on what has none.
    pub namespace: Option<String>,
    /// `None`: whatever the object's name.
    pub name: Option<String>,
}

/// Where rights and use differ.
#[derive(Debug, Default, Eq, PartialEq)]
pub struct Difference {
    /// Granted, and never used.
    pub unused: BTreeSet<Right>,
    /// Asked for, and not granted. Names are left out.
    pub missing: BTreeSet<Right>,
}

impl Right {
    /// The rights of a role's `rules`, in one namespace or in all.
    ///
    /// # Errors
    /// When they are no rules.
    pub fn of_rules(rules: &Value, namespace: Option<&str>) -> Result<Vec<Self>> {
        let rules = rules.as_array().context("a list of rules")?;
        Ok(rules.iter().flat_map(|rule| Self::of_rule(rule, namespace)).collect())
    }

    fn of_rule(rule: &Value, namespace: Option<&str>) -> Vec<Self> {
        let names = match texts(rule, "resourceNames").as_slice() {
            [] => vec![None],
            names => names.iter().cloned().map(Some).collect(),
        };
        let mut rights = Vec::new();
        for group in texts(rule, "apiGroups") {
            for resource in texts(rule, "resources") {
                for verb in texts(rule, "verbs") {
                    rights.extend(names.iter().map(|name| Self {
                        resource: resource.clone(),
                        group: group.clone(),
                        verb: verb.clone(),
                        namespace: namespace.map(str::to_owned),
                        name: name.clone(),
                    }));
                }
            }
        }
        rights
    }

    /// What a request needs: an apply that creates needs `create` as well, and the audit log says `patch` alone.
    fn used_by(request: &Request) -> Vec<Self> {
        let created = request.verb == "patch" && [201, 403].contains(&request.code);
        let verbs = [Some(request.verb.as_str()), created.then_some("create")];
        let right = |verb: &str| Self {
            resource: request.resource.clone(),
            group: request.group.clone(),
            verb: verb.to_owned(),
            namespace: Some(request.namespace.clone()),
            name: Some(request.name.clone()),
        };
        verbs.into_iter().flatten().map(right).collect()
    }

    fn covers(&self, used: &Self) -> bool {
        let fits = |granted: &Option<String>, used: &Option<String>| granted.is_none() || granted == used;
        (&self.resource, &self.group, &self.verb) == (&used.resource, &used.group, &used.verb)
            && fits(&self.namespace, &used.namespace)
            && fits(&self.name, &used.name)
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { resource, group, verb, namespace, name } = self;
        let all = "*".to_owned();
        write!(f, "{verb} {resource}.{group} {}/{}", namespace.as_ref().unwrap_or(&all), name.as_ref().unwrap_or(&all))
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.unused.iter().try_for_each(|right| writeln!(f, "never used: {right}"))?;
        self.missing.iter().try_for_each(|right| writeln!(f, "not granted: {right}"))
    }
}

/// Holds what is granted against what was asked for. Requests for no resource, such as discovery, need none of these rights.
pub fn compare(granted: &[Right], requests: &[Request]) -> Difference {
    let about_objects = requests.iter().filter(|request| !request.resource.is_empty());
    let used: BTreeSet<Right> = about_objects.flat_map(Right::used_by).collect();
    let unused = granted.iter().filter(|right| !used.iter().any(|used| right.covers(used)));
    let missing = used.iter().filter(|used| !granted.iter().any(|right| right.covers(used)));
    Difference {
        unused: unused.cloned().collect(),
        missing: missing.map(|right| Right { name: None, ..right.clone() }).collect(),
    }
}

/// What the roles grant that are bound to the ServiceAccount `account` of `namespace`.
///
/// # Errors
/// When the API server does not answer.
pub fn granted_to(cluster: &Cluster, namespace: &str, account: &str) -> Result<Vec<Right>> {
    let mut granted = Vec::new();
    for (bindings, within) in [("rolebindings", Some(namespace)), ("clusterrolebindings", None)] {
        let list = objects(cluster, bindings, within)?;
        let all = list["items"].as_array().into_iter().flatten();
        for binding in all.filter(|binding| is_bound(binding, namespace, account)) {
            let role = &binding["roleRef"];
            let kind = role["kind"].as_str().context("a role's kind")?.to_lowercase();
            let name = role["name"].as_str().context("a role's name")?;
            let role = objects(cluster, &format!("{kind}/{name}"), (kind == "role").then_some(namespace))?;
            granted.extend(Right::of_rules(&role["rules"], within)?);
        }
    }
    Ok(granted)
}

fn objects(cluster: &Cluster, what: &str, namespace: Option<&str>) -> Result<Value> {
    let within = namespace.map(|namespace| format!("--namespace={namespace}"));
    let json = cluster.kubectl(["get", what, "--output=json"].into_iter().chain(within.as_deref()))?;
    serde_json::from_str(&json).with_context(|| format!("read {what}"))
}

fn is_bound(binding: &Value, namespace: &str, account: &str) -> bool {
    binding["subjects"].as_array().into_iter().flatten().any(|subject| {
        subject["kind"] == "ServiceAccount" && subject["namespace"] == namespace && subject["name"] == account
    })
}

fn texts(rule: &Value, field: &str) -> Vec<String> {
    rule[field].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;

    const HERE: &str = "here";

    fn request(verb: &str, resource: &str, namespace: &str, name: &str, code: i64) -> Request {
        Request {
            user: "operator".to_owned(),
            verb: verb.to_owned(),
            group: String::new(),
            resource: resource.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            code,
            received: Timestamp::UNIX_EPOCH,
            answered: Timestamp::UNIX_EPOCH,
        }
    }

    fn rules(resource: &str, verbs: &[&str]) -> Value {
        json!([{"apiGroups": [""], "resources": [resource], "verbs": verbs}])
    }

    /// What is granted and asked for, and what is found: unused, then missing.
    fn difference(rules: &Value, namespace: Option<&str>, requests: &[Request]) -> [Vec<String>; 2] {
        let found = compare(&Right::of_rules(rules, namespace).unwrap(), requests);
        [found.unused, found.missing].map(|rights| rights.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn what_is_never_used_and_what_is_not_granted_is_found() {
        let get = request("get", "pods", HERE, "a", 200);
        let own = json!([{"apiGroups": [""], "resources": ["pods"], "resourceNames": ["a"], "verbs": ["get"]}]);
        for (rules, namespace, requests, unused, missing) in [
            (rules("pods", &["get"]), Some(HERE), vec![get.clone()], vec![], vec![]),
            (rules("pods", &["get"]), None, vec![get.clone()], vec![], vec![]),
            (own.clone(), Some(HERE), vec![get.clone()], vec![], vec![]),
            (rules("pods", &["get", "list"]), Some(HERE), vec![get.clone()], vec!["list pods. here/*"], vec![]),
            (rules("pods", &["*"]), None, vec![get.clone()], vec!["* pods. */*"], vec!["get pods. here/*"]),
            (
                rules("pods", &["get"]),
                Some("there"),
                vec![get.clone()],
                vec!["get pods. there/*"],
                vec!["get pods. here/*"],
            ),
            (rules("pods/log", &["get"]), None, vec![get], vec!["get pods/log. */*"], vec!["get pods. here/*"]),
            (
                own,
                Some(HERE),
                vec![request("get", "pods", HERE, "b", 403)],
                vec!["get pods. here/a"],
                vec!["get pods. here/*"],
            ),
            (rules("nodes", &["get"]), None, vec![request("get", "nodes", "", "n", 200)], vec![], vec![]),
            (json!([]), None, vec![request("get", "", "", "", 200)], vec![], vec![]),
        ] {
            assert_eq!(
                difference(&rules, namespace, &requests),
                [unused, missing],
                "{rules} in {namespace:?}, {requests:?}"
            );
        }
    }

    #[test]
    fn an_apply_that_creates_needs_two_verbs() {
        let both = rules("pods", &["create", "patch"]);
        let changed = difference(&both, None, &[request("patch", "pods", HERE, "a", 200)]);
        assert_eq!(changed, [vec!["create pods. */*"], vec![]]);
        assert_eq!(difference(&both, None, &[request("patch", "pods", HERE, "a", 201)]), [[""; 0], []]);
        let refused = difference(&rules("pods", &["patch"]), None, &[request("patch", "pods", HERE, "a", 403)]);
        assert_eq!(refused, [vec![], vec!["create pods. here/*"]]);
    }

    #[test]
    fn a_binding_is_of_one_account() {
        let binding = json!({"subjects": [{"kind": "ServiceAccount", "namespace": "here", "name": "operator"}]});
        assert!(is_bound(&binding, HERE, "operator"));
        assert!(!is_bound(&binding, "there", "operator") && !is_bound(&binding, HERE, "other"));
    }
}
