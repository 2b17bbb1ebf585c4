//! `kubectl kafkapipelines`: what a person does at a terminal. The program is `kubectl-kafkapipelines`.
#![warn(missing_docs)]

pub mod admission;
mod kubernetes_keywords;
pub mod problem;
