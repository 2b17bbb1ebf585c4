use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kafkapipelines_crds::{CaSpec, UserCertificatesSpec, UserSpec};
use rcgen::KeyPair;
use serde_json::{Value, json};

use super::*;
use crate::build::tests::fixtures;
use crate::cluster::users::credentials::{Held, Input, credentials};
use crate::cluster::users::password::{Password, PasswordSource};
use crate::pki::authority::{self, Authority, AuthorityName, Found};
use crate::pki::tests::{FreshKeys, at, days};
use crate::pki::{Error, KeySource};

/// The same password every time: a stand-in.
struct Fresh(&'static str);

impl KeySource for Fresh {
    fn generate(&self) -> Result<KeyPair, Error> {
        FreshKeys.generate()
    }
}

impl PasswordSource for Fresh {
    fn password(&self) -> Result<Password, Error> {
        Ok(Password::new(self.0).unwrap())
    }
}

fn authority() -> Authority {
    let name = AuthorityName { common_name: "ca", certificate_secret: "c", key_secret: "k" };
    authority::own(&Found::default(), &CaSpec::default(), &name, at(0), &FreshKeys).unwrap().unwrap().authority
}

fn user(authentication: &Value) -> UserSpec {
    serde_json::from_value(json!({"name": "shop", "authentication": authentication})).unwrap()
}

/// What the user's Secret comes to, and why its credentials are new.
fn kept(
    user: &UserSpec,
    ca: &Authority,
    before: Option<&Secret>,
    now: Timestamp,
    fresh: &Fresh,
) -> (Secret, Option<&'static str>) {
    let held = Held::read(before);
    let lifetime = UserCertificatesSpec { duration: "240h".into(), renew_before: "72h".into() };
    let input = Input { clients_ca: ca, lifetime: &lifetime, held: &held, given: None, now };
    let (credentials, why) = credentials(user, &input, fresh).unwrap();
    let child = secret(&pipeline(), &OwnerReference::default(), user, &credentials, "CA\n", held.applied.as_deref());
    (serde_json::from_value(child.intent).unwrap(), why)
}

fn pipeline() -> Pipeline {
    let mut pipeline = fixtures::reference();
    pipeline.spec.kafka.listeners = serde_json::from_value(json!([
        {"name": "mutual", "port": 9093, "type": "internal", "tls": true, "authentication": {"type": "tls"}},
        {"name": "sasl", "port": 9094, "type": "internal", "tls": true, "authentication": {"type": "scram-sha-512"}},
    ]))
    .unwrap();
    pipeline
}

fn text(secret: &Secret, key: &str) -> String {
    String::from_utf8(secret.data.as_ref().unwrap()[key].0.clone()).unwrap()
}

#[test]
fn credentials_are_kept_byte_for_byte_until_something_asks_for_others() {
    let (ca, other) = (authority(), authority());
    let (tls, scram) = (user(&json!({"type": "tls"})), user(&json!({"type": "scram-sha-512"})));
    let rotated = |type_: &str| user(&json!({"type": type_, "rotation": "2026-01-31"}));
    let (certificate, _) = kept(&tls, &ca, None, at(0), &Fresh("one"));
    let (password, _) = kept(&scram, &ca, None, at(0), &Fresh("one"));
    for (user, ca, before, now, why) in [
        (&tls, &ca, Some(&certificate), days(7) - 1, None),
        (&tls, &ca, Some(&certificate), days(7), Some("it ends soon")),
        (&tls, &other, Some(&certificate), 0, Some("another authority signs")),
        (&tls, &ca, None, 0, Some("there is none")),
        (&tls, &ca, Some(&password), 0, Some("there is none")),
        (&rotated("tls"), &ca, Some(&certificate), 0, Some("rotation has another value")),
        (&scram, &ca, Some(&password), days(999), None),
        (&scram, &ca, Some(&certificate), 0, Some("there is none")),
        (&rotated("scram-sha-512"), &ca, Some(&password), 0, Some("rotation has another value")),
    ] {
        let (after, said) = kept(user, ca, before, at(now), &Fresh("two"));
        assert_eq!(said, why);
        assert_eq!(Some(&after) == before, why.is_none(), "{why:?}");
        if now < days(999) {
            let (again, said) = kept(user, ca, Some(&after), at(now), &Fresh("three"));
            assert_eq!((again, said), (after, None), "once");
        }
    }
}

#[test]
fn a_password_of_the_users_own_is_taken_as_it_is() {
    let (ca, given) = (authority(), Password::new("mine").unwrap());
    let lifetime = UserCertificatesSpec::default();
    let held = Held::default();
    let input = Input { clients_ca: &ca, lifetime: &lifetime, held: &held, given: Some(&given), now: at(0) };
    let (credentials, _) = credentials(&user(&json!({"type": "scram-sha-512"})), &input, &Fresh("made")).unwrap();
    assert_eq!(credentials, Credentials::Password(given));
}

#[test]
fn the_secret_of_a_certificate_holds_all_that_a_client_needs() {
    let (secret, _) = kept(&user(&json!({"type": "tls", "rotation": "1"})), &authority(), None, at(0), &Fresh("x"));
    let keys: Vec<_> = secret.data.as_ref().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, [BOOTSTRAP, CA, JAVA, LIBRDKAFKA, CERTIFICATE, KEY, COMBINED]);
    assert_eq!(text(&secret, COMBINED), text(&secret, KEY) + &text(&secret, CERTIFICATE));
    assert!(text(&secret, KEY).starts_with("-----BEGIN PRIVATE KEY-----"), "PKCS#8, which Kafka reads");
    assert_eq!(secret.metadata.annotations.unwrap(), [(labels::ROTATION.to_owned(), "1".to_owned())].into());
    assert_eq!(secret.metadata.labels.unwrap()[labels::USER], "shop");
    assert_eq!(secret.metadata.name.unwrap(), "log-aggregator-kafka-shop");
}

/// As `java.util.Properties` does, as far as it is used here.
fn read_by_java(file: &str) -> Vec<(String, String)> {
    let lines = file.replace("\\\\", "\u{1}").replace("\\\n", "").replace("\\n", "\n\u{2}");
    let joined = lines.replace("\n\u{2}", "\u{2}");
    let unescaped = |text: &str| text.replace('\u{2}', "\n").replace('\u{1}', "\\");
    joined.lines().filter_map(|line| line.split_once('=')).map(|(k, v)| (k.to_owned(), unescaped(v))).collect()
}

#[test]
fn the_ready_made_files_hold_certificates_as_their_readers_want_them() {
    let (secret, _) = kept(&user(&json!({"type": "tls"})), &authority(), None, at(0), &Fresh("x"));
    let java = read_by_java(&text(&secret, JAVA));
    let trimmed = |key: &str| text(&secret, key).trim_end().to_owned();
    let wanted = [
        ("bootstrap.servers", "log-aggregator-kafka-kafka-bootstrap.kafka.svc:9093".to_owned()),
        ("security.protocol", "SSL".to_owned()),
        ("ssl.truststore.type", "PEM".to_owned()),
        ("ssl.truststore.certificates", trimmed(CA)),
        ("ssl.keystore.type", "PEM".to_owned()),
        ("ssl.keystore.certificate.chain", trimmed(CERTIFICATE)),
        ("ssl.keystore.key", trimmed(KEY)),
    ];
    assert_eq!(java, wanted.map(|(key, value)| (key.to_owned(), value)));
    assert_eq!(
        text(&secret, LIBRDKAFKA),
        "bootstrap.servers=log-aggregator-kafka-kafka-bootstrap.kafka.svc:9093\nsecurity.protocol=SSL\n\
         ssl.ca.location=/etc/kafka-user/ca.crt\nssl.certificate.location=/etc/kafka-user/user.crt\n\
         ssl.key.location=/etc/kafka-user/user.key\n"
    );
}

#[test]
fn a_password_goes_whole_through_every_file() {
    let (secret, _) = kept(&user(&json!({"type": "scram-sha-512"})), &authority(), None, at(0), &Fresh(r#"a\"b= #"#));
    assert_eq!(text(&secret, PASSWORD), r#"a\"b= #"#);
    let jaas =
        r#"org.apache.kafka.common.security.scram.ScramLoginModule required username="shop" password="a\\\"b= #";"#;
    assert_eq!(text(&secret, JAAS), jaas);
    assert_eq!(read_by_java(&text(&secret, JAVA)).pop(), Some(("sasl.jaas.config".to_owned(), jaas.to_owned())));
    assert!(
        text(&secret, LIBRDKAFKA)
            .ends_with("sasl.mechanism=SCRAM-SHA-512\nsasl.username=shop\nsasl.password=a\\\"b= #\n")
    );
    assert!(text(&secret, LIBRDKAFKA).contains("security.protocol=SASL_SSL\n"));
}

#[test]
fn a_user_that_no_listener_lets_in_gets_no_files_for_it() {
    let mut pipeline = pipeline();
    pipeline.spec.kafka.listeners.remove(1);
    let credentials = Credentials::Password(Password::new("x").unwrap());
    let user = user(&json!({"type": "scram-sha-512"}));
    let child = secret(&pipeline, &OwnerReference::default(), &user, &credentials, "CA", Some("f"));
    let secret: Secret = serde_json::from_value(child.intent).unwrap();
    assert_eq!(secret.data.unwrap().keys().collect::<Vec<_>>(), [CA, PASSWORD, JAAS]);
    assert_eq!(secret.metadata.annotations.unwrap()[labels::CREDENTIAL_APPLIED], "f");
}
