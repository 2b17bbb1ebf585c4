//! How much of the brokers users may take: what the spec says, and the changes that bring Kafka to it.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use kafkapipelines_crds::{QuotasSpec, UserSpec};

use crate::quantity;

/// Whom a quota is for.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum QuotaOf {
    /// A user, by principal without `User:`.
    User(String),
    /// Every user that has none of its own.
    DefaultUser,
}

/// Quotas by key: `producer_byte_rate`, `consumer_byte_rate` (bytes a second by broker), `request_percentage`,
/// `controller_mutation_rate` (mutations a second).
pub type Quotas = BTreeMap<String, f64>;

/// What to do with quotas, by key: a new value, or none any more.
pub type QuotaChanges = BTreeMap<String, Option<f64>>;

/// The quotas of all that are managed: the users, those that are gone (none), and users in general where the spec says something of them.
pub fn desired(users: &[UserSpec], gone: &BTreeSet<&str>, default: Option<&QuotasSpec>) -> BTreeMap<QuotaOf, Quotas> {
    let of_user =
        |user: &UserSpec| (QuotaOf::User(user.name.clone()), user.quotas.as_ref().map(quotas).unwrap_or_default());
    let of_gone = |name: &&str| (QuotaOf::User((*name).to_owned()), Quotas::new());
    let of_default = default.map(|spec| (QuotaOf::DefaultUser, quotas(spec)));
    gone.iter().map(of_gone).chain(users.iter().map(of_user)).chain(of_default).collect()
}

/// The changes that bring those in `desired` to what it says. All others keep what they have.
pub fn plan(
    desired: &BTreeMap<QuotaOf, Quotas>,
    actual: &BTreeMap<QuotaOf, Quotas>,
) -> BTreeMap<QuotaOf, QuotaChanges> {
    let none = Quotas::new();
    let changes = |(of, wanted): (&QuotaOf, &Quotas)| (of.clone(), difference(wanted, actual.get(of).unwrap_or(&none)));
    desired.iter().map(changes).filter(|(_, changes)| !changes.is_empty()).collect()
}

fn difference(wanted: &Quotas, actual: &Quotas) -> QuotaChanges {
    let set = wanted.iter().filter(|(key, value)| actual.get(*key) != Some(*value));
    let removed = actual.keys().filter(|key| !wanted.contains_key(*key));
    set.map(|(key, value)| (key.clone(), Some(*value))).chain(removed.map(|key| (key.clone(), None))).collect()
}

/// Quotas as Kafka has them. A quantity that is none, which validation refuses, is left out.
fn quotas(spec: &QuotasSpec) -> Quotas {
    let bytes = |quantity: &Option<Quantity>| quantity.as_ref().and_then(byte_rate);
    [
        ("producer_byte_rate", bytes(&spec.producer_byte_rate)),
        ("consumer_byte_rate", bytes(&spec.consumer_byte_rate)),
        ("request_percentage", spec.request_percentage.map(f64::from)),
        ("controller_mutation_rate", spec.controller_mutation_rate.map(f64::from)),
    ]
    .into_iter()
    .filter_map(|(key, value)| Some((key.to_owned(), value?)))
    .collect()
}

/// Bytes a second, as Kafka takes them: one or more. `None` where the text says something else.
pub(crate) fn byte_rate(quantity: &Quantity) -> Option<f64> {
    /// Whole numbers up to here are exact in what the protocol has for quotas.
    const MOST: u128 = 1 << 53;
    let bytes = quantity::bytes(&quantity.0).filter(|bytes| (1..=MOST).contains(bytes))?;
    #[expect(clippy::cast_precision_loss, reason = "bounded to what is exact")]
    Some(bytes as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::sample::select;
    use serde_json::json;

    fn of(user: &str) -> QuotaOf {
        QuotaOf::User(user.to_owned())
    }

    #[test]
    fn quotas_are_those_of_the_spec_in_kafkas_words() {
        let users: Vec<UserSpec> = serde_json::from_value(json!([
            {"name": "shop", "authentication": {"type": "tls"}, "quotas":
                {"producerByteRate": "10Mi", "consumerByteRate": "1k", "requestPercentage": 50, "controllerMutationRate": 5}},
            {"name": "till", "authentication": {"type": "tls"}},
        ]))
        .unwrap();
        let shop = [
            ("producer_byte_rate", 10_485_760.0),
            ("consumer_byte_rate", 1000.0),
            ("request_percentage", 50.0),
            ("controller_mutation_rate", 5.0),
        ];
        let shop: Quotas = shop.map(|(key, value)| (key.to_owned(), value)).into();
        let wanted = BTreeMap::from([(of("shop"), shop), (of("till"), Quotas::new()), (of("old"), Quotas::new())]);
        assert_eq!(desired(&users, &["old"].into(), None), wanted);
        assert_eq!(
            desired(&[], &BTreeSet::new(), Some(&QuotasSpec::default())),
            [(QuotaOf::DefaultUser, Quotas::new())].into()
        );
    }

    #[test]
    fn a_byte_rate_is_a_whole_number_that_kafka_takes() {
        let rate = |text: &str| byte_rate(&Quantity(text.to_owned()));
        assert_eq!(
            (rate("1"), rate("8Pi"), rate("16Pi"), rate("0"), rate("900m"), rate("x")),
            (Some(1.0), Some(9_007_199_254_740_992.0), None, None, None, None)
        );
    }

    fn quotas_of_some() -> impl Strategy<Value = BTreeMap<QuotaOf, Quotas>> {
        let entity = select(vec![of("shop"), of("till"), QuotaOf::DefaultUser]);
        let key =
            select(vec!["producer_byte_rate", "consumer_byte_rate", "request_percentage"]).prop_map(str::to_owned);
        let values = proptest::collection::btree_map(key, select(vec![1.0, 2.0]), 0..4);
        proptest::collection::btree_map(entity, values, 0..4)
    }

    fn applied(
        changes: &BTreeMap<QuotaOf, QuotaChanges>,
        mut actual: BTreeMap<QuotaOf, Quotas>,
    ) -> BTreeMap<QuotaOf, Quotas> {
        for (of, changes) in changes {
            let quotas = actual.entry(of.clone()).or_default();
            for (key, value) in changes {
                match value {
                    Some(value) => drop(quotas.insert(key.clone(), *value)),
                    None => drop(quotas.remove(key)),
                }
            }
        }
        actual
    }

    proptest! {
        #[test]
        fn a_plan_gives_what_is_desired_and_leaves_the_others(wanted in quotas_of_some(), actual in quotas_of_some()) {
            let after = applied(&plan(&wanted, &actual), actual.clone());
            for (of, quotas) in &wanted {
                prop_assert_eq!(after.get(of).cloned().unwrap_or_default(), quotas.clone());
            }
            for (of, quotas) in actual.iter().filter(|(of, _)| !wanted.contains_key(*of)) {
                prop_assert_eq!(after.get(of), Some(quotas));
            }
            prop_assert!(plan(&wanted, &after).is_empty());
        }
    }
}
