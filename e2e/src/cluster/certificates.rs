//! The cluster's own certificate authority, the certificates of its parts, and their kubeconfigs.

use std::fs;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use serde_json::json;

/// Who a certificate speaks for: `CN` is the user, `O` the group.
pub(super) struct Subject<'a> {
    pub(super) user: &'a str,
    pub(super) group: Option<&'a str>,
}

impl<'a> Subject<'a> {
    pub(super) fn user(user: &'a str) -> Self {
        Self { user, group: None }
    }

    pub(super) fn in_group(user: &'a str, group: &'a str) -> Self {
        Self { user, group: Some(group) }
    }
}

/// The folder of keys and certificates; each is made once and kept.
#[derive(Debug, Clone)]
pub(super) struct Certificates {
    dir: PathBuf,
}

impl Certificates {
    /// Opens the folder and makes the authority and the key that signs service account tokens, if they are not there.
    pub(super) fn in_dir(dir: &Path) -> Result<Self> {
        fs::create_dir_all(dir).with_context(|| format!("create {}", dir.display()))?;
        let certificates = Self { dir: dir.to_owned() };
        if !certificates.certificate("ca").exists() {
            certificates.create_authority()?;
        }
        if !certificates.service_account_public_key().exists() {
            let key = KeyPair::generate()?;
            write_private(&certificates.key("service-account"), &key.serialize_pem())?;
            fs::write(certificates.service_account_public_key(), key.public_key_pem())?;
        }
        Ok(certificates)
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(super) fn certificate(&self, name: &str) -> PathBuf {
        self.dir.join(format!("{name}.crt"))
    }

    pub(super) fn key(&self, name: &str) -> PathBuf {
        self.dir.join(format!("{name}.key"))
    }

    pub(super) fn service_account_public_key(&self) -> PathBuf {
        self.dir.join("service-account.pub")
    }

    /// Makes `<name>.crt` and `<name>.key` unless they are there. `hosts` are DNS names and addresses.
    pub(super) fn issue(&self, name: &str, subject: &Subject<'_>, hosts: &[&str]) -> Result<()> {
        if self.certificate(name).exists() {
            return Ok(());
        }
        let authority = Issuer::from_ca_cert_pem(
            &fs::read_to_string(self.certificate("ca"))?,
            KeyPair::from_pem(&fs::read_to_string(self.key("ca"))?)?,
        )?;
        let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
        let mut params = CertificateParams::new(hosts)?;
        params.distinguished_name.push(DnType::CommonName, subject.user);
        if let Some(group) = subject.group {
            params.distinguished_name.push(DnType::OrganizationName, group);
        }
        params.use_authority_key_identifier_extension = true;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate()?;
        write_private(&self.key(name), &key.serialize_pem())?;
        fs::write(self.certificate(name), params.signed_by(&key, &authority)?.pem())?;
        Ok(())
    }

    /// A kubeconfig that stands alone: `subject` at the API server at `server`. Returns its path.
    pub(super) fn kubeconfig(&self, name: &str, subject: &Subject<'_>, server: &str) -> Result<PathBuf> {
        self.issue(name, subject, &[])?;
        let data = |path: PathBuf| -> Result<String> { Ok(STANDARD.encode(fs::read(path)?)) };
        let cluster = json!({"server": server, "certificate-authority-data": data(self.certificate("ca"))?});
        let user = json!({
            "client-certificate-data": data(self.certificate(name))?,
            "client-key-data": data(self.key(name))?,
        });
        let config = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "testbed", "cluster": cluster}],
            "users": [{"name": name, "user": user}],
            "contexts": [{"name": "testbed", "context": {"cluster": "testbed", "user": name}}],
            "current-context": "testbed",
        });
        let path = self.dir.join(format!("{name}.kubeconfig"));
        // JSON is YAML too: every client reads it.
        write_private(&path, &serde_json::to_string_pretty(&config)?)?;
        Ok(path)
    }

    fn create_authority(&self) -> Result<()> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "kafkapipelines-testbed");
        let key = KeyPair::generate()?;
        write_private(&self.key("ca"), &key.serialize_pem())?;
        fs::write(self.certificate("ca"), params.self_signed(&key)?.pem())?;
        Ok(())
    }
}

fn write_private(path: &Path, content: &str) -> Result<()> {
    use std::io::Write as _;
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("write {}", path.display()))?;
    file.write_all(content.as_bytes())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_kubeconfig_stands_alone_and_its_key_is_private() {
        let dir = tempfile::tempdir().unwrap();
        let certificates = Certificates::in_dir(dir.path()).unwrap();
        let subject = Subject::in_group("admin", "system:masters");
        let path = certificates.kubeconfig("admin", &subject, "https://127.0.0.1:1").unwrap();
        let config: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let encoded = config["clusters"][0]["cluster"]["certificate-authority-data"].as_str().unwrap();
        assert_eq!(STANDARD.decode(encoded).unwrap(), fs::read(certificates.certificate("ca")).unwrap());
        for file in [path, certificates.key("admin"), certificates.key("ca")] {
            assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn what_was_made_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let read = || {
            let certificates = Certificates::in_dir(dir.path()).unwrap();
            certificates.issue("server", &Subject::user("server"), &["127.0.0.1"]).unwrap();
            ["ca", "server"].map(|name| fs::read_to_string(certificates.certificate(name)).unwrap())
        };
        assert_eq!(read(), read());
    }
}
