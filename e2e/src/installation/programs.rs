//! The images of the product and of what it runs.

use anyhow::Result;

use crate::cluster::{Cluster, step};
use crate::image::operator::{Profile, build_binary};
use crate::image::{self, Image, kafka::Version};

/// Builds what is missing of the images and imports them: the operator, the stand-in for Vector, a probe, and Kafka in `versions`.
/// A cluster of the user's pulls its own.
///
/// # Errors
/// When an image cannot be built; the error names what is missing on this machine.
pub fn provide_images(cluster: &Cluster, versions: &[Version]) -> Result<()> {
    if cluster.nodes().is_empty() {
        return Ok(());
    }
    let binary = step("build the operator, one static binary", || build_binary(Profile::Testbed))?;
    let mut images = vec![Image::Operator(binary), Image::VectorStandIn, Image::Probe];
    images.extend(versions.iter().copied().map(Image::Kafka));
    image::ensure(&images)?.iter().try_for_each(|archive| cluster.import_image(archive))
}
