//! Kubernetes quantities such as `500m` and `1.5Gi`, as numbers.

const FACTORS: [(&str, u128); 13] = [
    ("m", 1),
    ("k", 1_000_000),
    ("M", 1_000_000_000),
    ("G", 1_000_000_000_000),
    ("T", 1_000_000_000_000_000),
    ("P", 1_000_000_000_000_000_000),
    ("E", 1_000_000_000_000_000_000_000),
    ("Ki", 1000 << 10),
    ("Mi", 1000 << 20),
    ("Gi", 1000 << 30),
    ("Ti", 1000 << 40),
    ("Pi", 1000 << 50),
    ("Ei", 1000 << 60),
];

/// Thousandths of the unit, rounded down; `None` where the text is no quantity.
pub fn thousandths(quantity: &str) -> Option<u128> {
    let suffixed = FACTORS.iter().find_map(|(suffix, factor)| Some((quantity.strip_suffix(suffix)?, *factor)));
    let (number, factor) = suffixed.unwrap_or((quantity, 1000));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let scale = 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let digits: u128 = format!("{whole}{fraction}").parse().ok()?;
    Some(digits.checked_mul(factor)? / scale)
}

/// Bytes, rounded down; `None` where the text is no quantity.
pub fn bytes(quantity: &str) -> Option<u128> {
    thousandths(quantity).map(|thousandths| thousandths / 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_as_kubernetes_reads_them() {
        for (text, expected) in [
            ("0", Some(0)),
            ("1024", Some(1024)),
            ("1Ki", Some(1024)),
            ("1.5Gi", Some(1_610_612_736)),
            ("2G", Some(2_000_000_000)),
            ("1500m", Some(1)),
            ("512M", Some(512_000_000)),
            ("1Ei", Some(1 << 60)),
            ("Gi", None),
            ("many", None),
            ("-1Gi", None),
            ("99999999999999999999999999999999999999999", None),
        ] {
            assert_eq!(bytes(text), expected, "{text}");
        }
        assert_eq!((thousandths("250m"), thousandths("0.25"), thousandths("1")), (Some(250), Some(250), Some(1000)));
    }
}
