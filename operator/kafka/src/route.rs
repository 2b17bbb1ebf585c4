//! Which node is asked.

/// Which listener a client speaks to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Endpoint {
    /// Brokers, which pass on what is the controllers'.
    Brokers,
    /// Controllers, for when no broker is up and for what brokers do not pass on. Only the active one answers most requests.
    Controllers,
}

/// Whom a request is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Route {
    /// Whoever answers.
    Any,
    /// The active controller; through any broker where brokers are spoken to.
    Controller,
    /// This node.
    Node(i32),
}
