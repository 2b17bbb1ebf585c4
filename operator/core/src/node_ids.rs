//! Which node ids a pool gets.
//!
//! A pool keeps what it has: the base in its spec, else the one recorded in a status, else the one written on its claims.
//! Pools without any are numbered in the order of their names: with brokers in blocks of 1000 from 0, controllers alone from 9000.

use std::collections::BTreeMap;

use kafkapipelines_crds::Role;

/// Nodes that a block has room for.
pub const BLOCK: i32 = 1000;
const FIRST_CONTROLLER_BLOCK: i32 = 9000;

/// A pool, as far as its node ids are concerned.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Name of the pool.
    pub pool: &'a str,
    /// Its roles.
    pub roles: &'a [Role],
    /// The base it has already: from its spec, a status or its claims.
    pub base: Option<i32>,
}

/// The base of every pool, by name. Does not depend on the order of the requests.
pub fn assign(requests: &[Request<'_>]) -> BTreeMap<String, i32> {
    let mut bases: BTreeMap<_, _> = requests.iter().filter_map(|r| Some((r.pool.to_owned(), r.base?))).collect();
    let mut open: Vec<_> = requests.iter().filter(|request| request.base.is_none()).collect();
    open.sort_by_key(|request| request.pool);
    for request in open {
        let base = lowest_free(first_block(request.roles), &bases);
        bases.insert(request.pool.to_owned(), base);
    }
    bases
}

/// The names of two pools whose node ids overlap, if any do.
pub fn overlap<'a>(ranges: &[(&'a str, i32, i32)]) -> Option<(&'a str, &'a str)> {
    let mut sorted = ranges.to_vec();
    sorted.sort_by_key(|(name, base, _)| (*base, *name));
    sorted.windows(2).find(|pair| pair[0].1 + pair[0].2 > pair[1].1).map(|pair| (pair[0].0, pair[1].0))
}

fn first_block(roles: &[Role]) -> i32 {
    if roles.contains(&Role::Broker) { 0 } else { FIRST_CONTROLLER_BLOCK }
}

fn lowest_free(first: i32, taken: &BTreeMap<String, i32>) -> i32 {
    let is_taken = |block: i32| taken.values().any(|base| base.div_euclid(BLOCK) == block.div_euclid(BLOCK));
    (first..).step_by(BLOCK as usize).find(|block| !is_taken(*block)).unwrap_or(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request<'a>(pool: &'a str, roles: &'a [Role], base: Option<i32>) -> Request<'a> {
        Request { pool, roles, base }
    }

    const BROKER: &[Role] = &[Role::Broker];
    const CONTROLLER: &[Role] = &[Role::Controller];
    const BOTH: &[Role] = &[Role::Controller, Role::Broker];

    #[test]
    fn the_reference_installation_gets_0_and_9000() {
        let bases = assign(&[request("controller", CONTROLLER, None), request("broker", BROKER, None)]);
        assert_eq!(bases, BTreeMap::from([("broker".to_owned(), 0), ("controller".to_owned(), 9000)]));
    }

    #[test]
    fn order_of_arrival_does_not_matter() {
        let mut requests = vec![request("c", BOTH, None), request("a", BROKER, None), request("b", BROKER, None)];
        let expected = assign(&requests);
        requests.reverse();
        assert_eq!(assign(&requests), expected);
        assert_eq!(expected["a"], 0);
        assert_eq!(expected["c"], 2000);
    }

    #[test]
    fn a_pool_keeps_what_it_has_and_others_pass_around_it() {
        let bases =
            assign(&[request("z", BROKER, Some(0)), request("a", BROKER, None), request("m", BROKER, Some(1500))]);
        assert_eq!(bases["z"], 0);
        assert_eq!(bases["a"], 2000);
    }

    #[test]
    fn overlapping_pools_are_named() {
        assert_eq!(overlap(&[("a", 0, 3), ("b", 2, 3)]), Some(("a", "b")));
        assert_eq!(overlap(&[("b", 3, 3), ("a", 0, 3)]), None);
        assert_eq!(overlap(&[("a", 0, 0), ("b", 0, 3)]), None);
    }
}
