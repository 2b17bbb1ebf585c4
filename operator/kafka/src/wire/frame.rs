//! Frames: a length of four bytes, then as many bytes.

use std::io;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt};

/// Room that is made before anything has arrived.
const FIRST_ROOM: usize = 16 << 10;

/// Takes one frame off the stream. Room is made as bytes arrive, never because a length is claimed.
///
/// # Errors
/// `InvalidData` for a length that is negative, too small for an answer, or over `limit`; else what the stream says.
pub(crate) async fn read(stream: &mut (impl AsyncRead + Unpin), limit: usize) -> io::Result<Bytes> {
    let length = stream.read_i32().await?;
    let length = usize::try_from(length)
        .ok()
        .filter(|length| (4..=limit).contains(length))
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, format!("a frame of {length} bytes")))?;
    let mut frame = BytesMut::with_capacity(length.min(FIRST_ROOM));
    let mut stream = stream.take(length as u64);
    while frame.len() < length {
        if stream.read_buf(&mut frame).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(frame.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn kind(bytes: &[u8]) -> io::ErrorKind {
        read(&mut &*bytes, 100).await.unwrap_err().kind()
    }

    #[tokio::test]
    async fn a_frame_is_read_whole_or_not_at_all() {
        let mut stream: &[u8] = &[0, 0, 0, 5, 1, 2, 3, 4, 5, 0];
        assert_eq!(read(&mut stream, 100).await.unwrap().as_ref(), [1, 2, 3, 4, 5]);
        assert_eq!(stream, [0]);
        assert_eq!(kind(&[0, 0, 0, 5, 1, 2]).await, io::ErrorKind::UnexpectedEof);
        assert_eq!(kind(&[0, 0]).await, io::ErrorKind::UnexpectedEof);
    }

    #[tokio::test]
    async fn lengths_that_lie_are_refused() {
        for length in [-1, 0, 3, 101, i32::MAX, i32::MIN] {
            assert_eq!(kind(&length.to_be_bytes()).await, io::ErrorKind::InvalidData, "{length}");
        }
    }
}
