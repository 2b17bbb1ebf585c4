//! Lines of a file through the transforms of a consumer.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use jiff::Timestamp;
use kafkapipelines_vrl::chain::{Chain, Line};
use kafkapipelines_vrl::{Fate, fates};
use serde::Serialize;

/// What becomes of a line.
#[derive(Debug, Serialize)]
pub(super) struct SampleLine {
    /// Number, from 1; 0 for what `reduce` held back until the end.
    pub line: usize,
    /// Where its events end; nowhere when it is dropped on purpose.
    pub fates: Vec<Fate>,
}

/// The lines of a file, each a payload. They need not be text.
pub(super) fn read(path: &Path) -> Result<Vec<Vec<u8>>> {
    let bytes = fs::read(path).with_context(|| path.display().to_string())?;
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    Ok(bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect())
}

/// Passes lines through a rendered file, one after another, as if they arrived now.
pub(super) fn pass(file: &str, topic: &str, payloads: &[Vec<u8>]) -> Result<Vec<SampleLine>> {
    let mut chain = Chain::of(file)?;
    let mut lines: Vec<_> = (1..)
        .zip(payloads)
        .map(|(number, payload)| {
            let now = Timestamp::now();
            let offset = i64::try_from(number).unwrap_or_default() - 1;
            let line = Line {
                payload: payload.clone(),
                topic: topic.to_owned(),
                offset,
                timestamp: Some(now),
                ..Line::default()
            };
            SampleLine { line: number, fates: fates(&chain.pass(&line, now)) }
        })
        .collect();
    let rest = fates(&chain.finish());
    lines.extend((!rest.is_empty()).then_some(SampleLine { line: 0, fates: rest }));
    Ok(lines)
}
