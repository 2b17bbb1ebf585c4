//! A reader of answers that cannot be made to allocate more than their size warrants.
//!
//! The codec reserves room for as many items as an answer says it has, before it reads the first: twenty bytes would end the process. In the
//! protocol's flexible versions, the only ones this client speaks, every length and count is an unsigned varint, and an item has at
//! least one byte. So a varint that says more than there are bytes left is a lie and is refused here, before the codec sees it.

use bytes::{Buf, Bytes, TryGetError};
use kafka_protocol::protocol::buf::ByteBuf;

/// Counts up to this are always let through: tags of optional fields are varints too.
const HARMLESS: u64 = 127;
/// The codec reads at most so many bytes of a varint.
const LONGEST_VARINT: u32 = 5;

/// The bytes of one answer.
pub(crate) struct Bounded {
    bytes: Bytes,
    /// The last five bytes' payloads, newest on top.
    window: u64,
    /// How many bytes in a row may belong to the present varint.
    run: u32,
}

impl Bounded {
    /// Reads `bytes`.
    pub(crate) fn new(bytes: Bytes) -> Self {
        Self { bytes, window: 0, run: 0 }
    }

    /// The largest count that a varint ending with `byte` can be. A flag of a single byte is read the same way; one that lies can
    /// only make the count look larger.
    fn count(&mut self, byte: u8) -> u64 {
        self.run = (self.run + 1).min(LONGEST_VARINT);
        self.window = (self.window >> 7) | (u64::from(byte & 0x7f) << (7 * (LONGEST_VARINT - 1)));
        let count = self.window >> (7 * (LONGEST_VARINT - self.run));
        if byte < 0x80 {
            self.run = 0;
        }
        count
    }
}

impl Buf for Bounded {
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.bytes.chunk()
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
    }

    fn try_get_u8(&mut self) -> Result<u8, TryGetError> {
        let byte = self.bytes.try_get_u8()?;
        let (count, available) = (self.count(byte), self.bytes.remaining());
        // The count of what may be absent is one more than what there is.
        if count > HARMLESS && count > available as u64 + 1 {
            return Err(TryGetError { requested: usize::try_from(count).unwrap_or(usize::MAX), available });
        }
        Ok(byte)
    }
}

impl ByteBuf for Bounded {
    fn peek_bytes(&mut self, range: std::ops::Range<usize>) -> Bytes {
        self.bytes.slice(range)
    }

    fn get_bytes(&mut self, size: usize) -> Bytes {
        self.bytes.split_to(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], padding: usize) -> Result<Vec<u8>, TryGetError> {
        let mut all = bytes.to_vec();
        all.resize(bytes.len() + padding, 0);
        let mut bounded = Bounded::new(all.into());
        bytes.iter().map(|_| bounded.try_get_u8()).collect()
    }

    #[test]
    fn a_count_that_fits_what_is_left_is_read() {
        assert!(read(&[0xff, 0x01], 254).is_ok(), "255 says 254 items");
        assert!(read(&[0xff, 0x01], 253).is_err());
        assert!(read(&[0x7f], 0).is_ok(), "harmless");
        assert!(read(&[0x01, 0x00, 0x01, 0x7f], 0).is_ok(), "flags, one after the other");
    }

    #[test]
    fn flags_with_a_high_bit_do_not_hide_a_count() {
        let huge = [0x80, 0x80, 0x80, 0x80, 0x0f];
        for flags in 0..8 {
            let bytes: Vec<u8> = std::iter::repeat_n(0x80, flags).chain(huge).collect();
            assert!(read(&bytes, 100).is_err(), "{flags} flags before it");
        }
    }
}
