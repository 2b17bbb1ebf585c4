//! The images of the product and of what it runs.

use anyhow::Result;

use crate::cluster::{Cluster, step};
use crate::image::operator::{Profile, build_binary};
use crate::image::{self, Image, Vector, kafka::Version};

/// Builds what is missing of the images and imports them: the operator, Vector or its stand-in, a probe, and Kafka in `versions`.
/// A cluster of the user's pulls its own.
///
/// # Errors
/// When an image cannot be built; the error names what is missing on this machine.
pub fn provide_images(cluster: &Cluster, versions: &[Version]) -> Result<()> {
    if cluster.nodes().is_empty() {
        return Ok(());
    }
    let binary = step("build the operator, one static binary", || build_binary(Profile::Testbed))?;
    let vector = step("build what runs transforms, one static binary", Vector::from_env)?;
    let mut images = vec![Image::Operator(binary), Image::Vector(vector), Image::Probe];
    images.extend(versions.iter().copied().map(Image::Kafka));
    import(cluster, &images)
}

/// Builds the image of a store and imports it, as [`provide_images`] does with others.
///
/// # Errors
/// As [`provide_images`].
pub fn provide_store(cluster: &Cluster, store: Image) -> Result<()> {
    if cluster.nodes().is_empty() { Ok(()) } else { import(cluster, &[store]) }
}

/// Builds the client that speaks bytes and imports it, as [`provide_images`] does with others.
///
/// # Errors
/// As [`provide_images`].
pub fn provide_byte_client(cluster: &Cluster) -> Result<()> {
    if cluster.nodes().is_empty() { Ok(()) } else { import(cluster, &[Image::ByteClient]) }
}

fn import(cluster: &Cluster, images: &[Image]) -> Result<()> {
    image::ensure(images)?.iter().try_for_each(|archive| cluster.import_image(archive))
}
