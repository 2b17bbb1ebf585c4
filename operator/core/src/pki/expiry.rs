//! When the certificates of a Secret end.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;

use super::x509::Facts;

/// When the first of the certificates in a Secret ends; `None` where it has none. Of a chain or a bundle only the first counts: the others
/// are authorities, which have Secrets of their own.
pub fn earliest(secret: &Secret) -> Option<Timestamp> {
    let values = secret.data.iter().flatten();
    let texts = values.filter_map(|(_, bytes)| std::str::from_utf8(&bytes.0).ok());
    texts.filter_map(|text| Some(Facts::first(text)?.not_after)).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::authority::{self, AuthorityName, Found};
    use crate::pki::client_certificate;
    use crate::pki::tests::{FreshKeys, at, days};
    use k8s_openapi::ByteString;
    use kafkapipelines_crds::CaSpec;
    use std::time::Duration;

    #[test]
    fn the_first_to_end_counts_and_keys_do_not() {
        let name = AuthorityName { common_name: "ca", certificate_secret: "c", key_secret: "k" };
        let ca = authority::own(&Found::default(), &CaSpec::default(), &name, at(0), &FreshKeys).unwrap().unwrap();
        let user =
            client_certificate::issue(&ca.authority, "shop", Duration::from_hours(24), at(0), &FreshKeys).unwrap();
        let secret = |values: &[(&str, &str)]| {
            let data = values.iter().map(|(key, text)| ((*key).to_owned(), ByteString(text.as_bytes().to_vec())));
            Secret { data: Some(data.collect()), ..Secret::default() }
        };
        let (ca, key) = (ca.authority.certificates.as_str(), user.key.pem());
        assert_eq!(earliest(&secret(&[("user.key", key), ("password", "x")])), None);
        assert_eq!(
            earliest(&secret(&[("ca.crt", ca), ("user.crt", &user.chain), ("user.key", key)])),
            Some(at(days(1)))
        );
        let combined = format!("{key}{}", user.chain);
        assert_eq!(earliest(&secret(&[("user.pem", &combined)])), Some(at(days(1))));
    }
}
