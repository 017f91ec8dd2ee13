#![expect(clippy::unwrap_used, reason = "a test may panic")]

use crate::world::World;
use std::fs;

/// Extensions of an authority.
pub(crate) const AUTHORITY: &str = "basicConstraints=critical,CA:TRUE\n\
    keyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n";
/// Extensions of Ann's certificate.
pub(crate) const ANN_MAIL: &str = "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\n\
    extendedKeyUsage=emailProtection\nsubjectKeyIdentifier=hash\n\
    subjectAltName=email:ann@example.org\n";

/// A certificate and its key, by the paths of their PEM files.
#[derive(Clone, PartialEq)]
pub(crate) struct Issued {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

/// What a certificate is to be like.
pub(crate) struct Wish<'a> {
    /// The file names and the common name.
    pub(crate) name: &'a str,
    pub(crate) subject: &'a str,
    pub(crate) extensions: &'a str,
    /// Arguments of `openssl genpkey`.
    pub(crate) key: &'a [&'a str],
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
}

impl Default for Wish<'_> {
    fn default() -> Self {
        Self {
            name: "ann",
            subject: "/CN=Ann",
            extensions: ANN_MAIL,
            key: &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
            from: "20200101000000Z",
            to: "20400101000000Z",
        }
    }
}

impl World {
    /// Makes a root authority.
    pub(crate) fn root(&self, name: &str) -> Issued {
        let subject = format!("/O=Example/CN={name}");
        let wish = Wish {
            name,
            subject: &subject,
            extensions: AUTHORITY,
            to: "20990101000000Z",
            ..Wish::default()
        };
        self.issue(None, &wish)
    }

    /// Has `authority` issue a certificate, or makes one that issues itself.
    pub(crate) fn issue(&self, authority: Option<&Issued>, wish: &Wish<'_>) -> Issued {
        let file =
            |ending: &str| self.path(&format!("{}.{ending}", wish.name)).display().to_string();
        let issued = Issued { certificate: file("pem"), key: file("key") };
        self.run("openssl", &[&["genpkey", "-out", &issued.key], wish.key].concat(), b"");
        let request = file("csr");
        let args = ["req", "-new", "-key", &issued.key, "-subj", wish.subject, "-out", &request];
        self.run("openssl", &args, b"");
        let extensions = file("ext");
        fs::write(&extensions, wish.extensions).unwrap();
        let by = authority.unwrap_or(&issued);
        let config = self.configuration(by);
        let common = [
            "ca",
            "-batch",
            "-notext",
            "-config",
            &config,
            "-in",
            &request,
            "-extfile",
            &extensions,
            "-startdate",
            wish.from,
            "-enddate",
            wish.to,
            "-keyfile",
            &by.key,
            "-out",
            &issued.certificate,
        ];
        let own: &[&str] = match authority {
            Some(authority) => &["-cert", &authority.certificate],
            None => &["-selfsign"],
        };
        self.run("openssl", &[&common[..], own].concat(), b"");
        issued
    }

    /// Revokes a certificate.
    pub(crate) fn revoke(&self, authority: &Issued, revoked: &Issued, reason: &str) {
        let config = self.configuration(authority);
        self.run(
            "openssl",
            &[
                "ca",
                "-config",
                &config,
                "-cert",
                &authority.certificate,
                "-keyfile",
                &authority.key,
                "-revoke",
                &revoked.certificate,
                "-crl_reason",
                reason,
            ],
            b"",
        );
    }

    /// Makes the authority's revocation list.
    pub(crate) fn list(&self, authority: &Issued) -> Vec<u8> {
        let config = self.configuration(authority);
        self.run(
            "openssl",
            &[
                "ca",
                "-config",
                &config,
                "-cert",
                &authority.certificate,
                "-keyfile",
                &authority.key,
                "-gencrl",
                "-crl_lastupdate",
                "20250101000000Z",
                "-crl_nextupdate",
                "20980101000000Z",
            ],
            b"",
        )
    }

    /// Signs bytes as detached CMS and returns the PEM with the label that git knows.
    pub(crate) fn cms(&self, signer: &Issued, payload: &[u8], more: &[&str]) -> String {
        let args = [
            "cms",
            "-sign",
            "-binary",
            "-nosmimecap",
            "-outform",
            "PEM",
            "-signer",
            &signer.certificate,
            "-inkey",
            &signer.key,
        ];
        let pem = self.run("openssl", &[&args[..], more].concat(), payload);
        String::from_utf8(pem).unwrap().replace(" CMS-----", " SIGNED MESSAGE-----")
    }

    /// Makes a commit with an openssl signature and returns its id.
    pub(crate) fn commit_cms(&self, signer: &Issued, more: &[&str]) -> String {
        let unsigned = self.commit_unsigned("signed by openssl");
        self.write_signed(&unsigned, &self.cms(signer, &self.raw(&unsigned), more))
    }

    /// Writes the configuration and the database of an authority, once.
    fn configuration(&self, authority: &Issued) -> String {
        let folder = format!("{}.ca", authority.key);
        let config = format!("{folder}/config");
        if fs::exists(&config).unwrap() {
            return config;
        }
        fs::create_dir(&folder).unwrap();
        fs::write(format!("{folder}/index"), "").unwrap();
        let text = format!(
            "[ca]\ndefault_ca=own\n[own]\ndatabase={folder}/index\nnew_certs_dir={folder}\n\
             rand_serial=yes\ndefault_md=sha256\npolicy=any\nunique_subject=no\nemail_in_dn=yes\n\
             crl_extensions=list\n[list]\nauthorityKeyIdentifier=keyid\n\
             [any]\norganizationName=optional\ncommonName=optional\nemailAddress=optional\n"
        );
        fs::write(&config, text).unwrap();
        config
    }
}
