//! How far the users are: what the status and the condition `UsersReady` say.

use std::collections::{BTreeMap, BTreeSet};

use kafkapipelines_crds::{ProblemStatus, UserSpec, UsersStatus};

use crate::conditions::{Finding, USERS_READY};

/// So many are named in a message.
const NAMED: usize = 5;

/// How far the users are. Each is ready until something else is said of it.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    desired: BTreeSet<String>,
    pending: BTreeSet<String>,
    problems: BTreeMap<String, (String, String)>,
    authorizer_pending: bool,
}

impl Progress {
    /// Of these users, all ready.
    pub fn of(users: &[UserSpec]) -> Self {
        Self { desired: users.iter().map(|user| user.name.clone()).collect(), ..Self::default() }
    }

    /// The user is being brought to what the spec says.
    pub fn pending(&mut self, user: &str) {
        self.pending.insert(user.to_owned());
    }

    /// The user is not as the spec says, and why. The first reason stays.
    pub fn problem(&mut self, user: &str, reason: &str, message: impl Into<String>) {
        self.problems.entry(user.to_owned()).or_insert_with(|| (reason.to_owned(), message.into()));
    }

    /// Kafka does not know rules yet: the controllers are still being restarted with the authorizer.
    pub fn authorizer_pending(&mut self) {
        self.authorizer_pending = true;
    }

    /// Whether the user is as the spec says, so far.
    pub fn is_ready(&self, user: &str) -> bool {
        !self.authorizer_pending && self.is_unhindered(user)
    }

    /// Whether nothing is said of the user.
    pub fn is_unhindered(&self, user: &str) -> bool {
        !self.pending.contains(user) && !self.problems.contains_key(user)
    }

    /// Whether something will be different in a moment.
    pub fn is_busy(&self) -> bool {
        self.authorizer_pending || !self.pending.is_empty()
    }

    /// For the status.
    pub fn status(&self) -> UsersStatus {
        let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
        let problem = |(name, (reason, message)): (&String, &(String, String))| ProblemStatus {
            name: name.clone(),
            reason: reason.clone(),
            message: message.clone(),
        };
        UsersStatus {
            desired: count(self.desired.len()),
            ready: count(self.desired.iter().filter(|user| self.is_ready(user)).count()),
            problems: self.problems.iter().map(problem).collect(),
        }
    }

    /// The condition; none where there is nobody to speak of.
    pub fn finding(&self) -> Option<Finding> {
        let finding =
            |ready: bool, reason: &str, message: &str| Some(Finding::new(USERS_READY, ready, reason, message));
        if let Some((user, (_, message))) = self.problems.first_key_value() {
            let others = self.problems.keys().skip(1);
            return finding(false, "UsersNotReady", &format!("{user}: {message}{}", also(others)));
        }
        if self.authorizer_pending {
            let message =
                "access is granted and taken away once the controllers have been restarted with the authorizer";
            return finding(false, "AuthorizerPending", message);
        }
        if !self.pending.is_empty() {
            return finding(false, "UsersPending", "credentials, access or quotas of users are being brought to Kafka");
        }
        let message = "every user has its credentials, its access and its quotas";
        if self.desired.is_empty() { None } else { finding(true, "AllUsersReady", message) }
    }
}

fn also<'a>(others: impl ExactSizeIterator<Item = &'a String>) -> String {
    let count = others.len();
    let names: Vec<_> = others.take(NAMED).map(String::as_str).collect();
    match count {
        0 => String::new(),
        1..=NAMED => format!("; the same or something else with {}", names.join(", ")),
        _ => format!("; the same or something else with {} and {} more", names.join(", "), count - NAMED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(names: &[&str]) -> Progress {
        let user = |name: &&str| json!({"name": name, "authentication": {"type": "tls"}});
        let users: Vec<UserSpec> = names.iter().map(|name| serde_json::from_value(user(name)).unwrap()).collect();
        Progress::of(&users)
    }

    fn told(progress: &Progress) -> (i32, i32, Option<String>) {
        let status = progress.status();
        (status.desired, status.ready, progress.finding().map(|finding| finding.reason))
    }

    #[test]
    fn what_hinders_most_is_said_first() {
        assert_eq!(told(&of(&[])), (0, 0, None));
        let mut progress = of(&["shop", "till"]);
        assert_eq!(told(&progress), (2, 2, Some("AllUsersReady".into())));
        progress.pending("shop");
        assert_eq!((told(&progress), progress.is_busy()), ((2, 1, Some("UsersPending".into())), true));
        progress.authorizer_pending();
        assert_eq!(told(&progress), (2, 0, Some("AuthorizerPending".into())));
        progress.problem("till", "NameTaken", "first");
        progress.problem("till", "Other", "second");
        assert_eq!(told(&progress), (2, 0, Some("UsersNotReady".into())));
        assert_eq!(progress.finding().unwrap().message, "till: first");
        assert_eq!(progress.status().problems[0].reason, "NameTaken");
    }

    #[test]
    fn somebody_who_is_gone_is_a_problem_but_not_one_of_those_who_are_wanted() {
        let mut progress = of(&["shop"]);
        for user in ["a", "b", "c", "d", "e", "f", "g"] {
            progress.problem(user, "ClusterAuthorizationFailed", "no");
        }
        assert_eq!(told(&progress), (1, 1, Some("UsersNotReady".into())));
        assert_eq!(
            progress.finding().unwrap().message,
            "a: no; the same or something else with b, c, d, e, f and 1 more"
        );
    }
}
