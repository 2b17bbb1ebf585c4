//! Feature levels, such as `metadata.version`.

use std::collections::BTreeMap;

use kafka_protocol::messages::update_features_request::FeatureUpdateKey;
use kafka_protocol::messages::{ApiVersionsResponse, UpdateFeaturesRequest};

pub use kafkapipelines_core::cluster::features::Features;

use super::outcome::{Outcomes, outcome};
use super::{Mode, kafka_timeout};
use crate::client::Client;
use crate::error::Error;
use crate::route::Route;
use crate::wire::{text, versions, wire};

/// How a feature's level may move.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Move {
    /// Up only.
    Up,
    /// Down, if nothing is lost.
    DownSafely,
}

fn features(answer: &ApiVersionsResponse) -> Features {
    let supported = answer.supported_features.iter();
    let finalized = answer.finalized_features.iter();
    Features {
        supported: supported.map(|feature| (text(&feature.name), (feature.min_version, feature.max_version))).collect(),
        finalized: finalized.map(|feature| (text(&feature.name), feature.max_version_level)).collect(),
    }
}

impl Client {
    /// Feature levels as this node sees them. What is supported differs by node, and every node must support a level.
    pub async fn describe_features(&self, node: i32) -> Result<Features, Error> {
        Ok(features(&self.ask(Route::Node(node), &versions::question()).await?))
    }

    /// Moves features to levels. Raising `metadata.version` raises no other feature, and there is no way back.
    ///
    /// # Errors
    /// From 4.0 on, a level that a node does not support is an error of the whole call; in 3.9, of the feature's outcome.
    pub async fn update_features(
        &self,
        levels: &BTreeMap<String, i16>,
        direction: Move,
        mode: Mode,
    ) -> Result<Outcomes<String>, Error> {
        let update = |(feature, level): (&String, &i16)| {
            FeatureUpdateKey::default()
                .with_feature(wire(feature))
                .with_max_version_level(*level)
                .with_upgrade_type(if direction == Move::Up { 1 } else { 2 })
        };
        let request = UpdateFeaturesRequest::default()
            .with_timeout_ms(kafka_timeout(self.limits().request))
            .with_feature_updates(levels.iter().map(update).collect())
            .with_validate_only(mode == Mode::Validate);
        let answer = self.ask(Route::Controller, &request).await?;
        let results = answer.results.iter();
        let mut told: Outcomes<String> = results
            .map(|result| (text(&result.feature), outcome((), result.error_code, result.error_message.as_ref())))
            .collect();
        // From 4.0 on, the answer mentions no feature where all went well.
        Ok(levels.keys().map(|name| (name.clone(), told.remove(name).unwrap_or(Ok(())))).collect())
    }
}
