//! Debian's slapd on loopback ports, with fictional people of あさひの市 in it; ended when dropped.
//!
//! It answers yes to a bind without a password, as Active Directory does (RFC 4513 §5.1.2): whoever asks it that is
//! fooled.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use crate::service::free_address;

/// Longest wait for it.
const PATIENCE: Duration = Duration::from_secs(30);
/// Password of everybody.
pub const PASSWORD: &str = "春の桜と秋の紅葉 2026";
/// Who searches.
pub const SERVICE: &str = "cn=shoki,ou=services,dc=asahino,dc=example";
/// That account's password.
pub const SERVICE_PASSWORD: &str = "service secret";

/// The server.
pub struct Slapd {
    home: tempfile::TempDir,
    plain: SocketAddr,
    secure: SocketAddr,
    child: Option<Child>,
}

impl Slapd {
    /// A server with people (`ito`, `suzuki`, two of `*`-ish names) and these groups of them.
    pub fn start(groups: &[(&str, &[&str])]) -> Self {
        let mut server = Self {
            home: tempfile::tempdir().expect("a directory"),
            plain: free_address(),
            secure: free_address(),
            child: None,
        };
        server.write_certificates();
        server.put("service-password", &format!("{SERVICE_PASSWORD}\n"));
        server.go_on(groups);
        server
    }

    /// The same server with other groups: what an administrator of the directory changed.
    pub fn go_on(&mut self, groups: &[(&str, &[&str])]) {
        self.stop();
        let database = self.path("database");
        if database.exists() {
            fs::remove_dir_all(&database).expect("removed");
        }
        fs::create_dir(&database).expect("made");
        let configuration = self.put("slapd.conf", &self.configuration());
        let people = self.put("people.ldif", &ldif(groups));
        let loaded = Command::new("/usr/sbin/slapadd")
            .arg("-f")
            .arg(&configuration)
            .arg("-l")
            .arg(&people)
            .output()
            .expect("slapd is installed: run cargo xtask test");
        assert!(loaded.status.success(), "{loaded:?}");
        let log = fs::File::create(self.path("slapd.log")).expect("a log");
        let addresses = format!("ldap://{} ldaps://{}", self.plain, self.secure);
        let child = Command::new("/usr/sbin/slapd")
            .arg("-f")
            .arg(&configuration)
            .args(["-h", &addresses, "-d", "0"])
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("slapd starts");
        self.child = Some(child);
        let deadline = Instant::now() + PATIENCE;
        for address in [self.plain, self.secure] {
            while TcpStream::connect(address).is_err() {
                assert!(Instant::now() < deadline, "slapd does not listen: {}", self.log());
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }

    /// Ends it; its ports are closed then.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("it runs");
            child.wait().expect("it ends");
        }
    }

    /// `ldap://…`
    pub fn plain_url(&self) -> String {
        format!("ldap://{}", self.plain)
    }

    /// `ldap://localhost…`: the name that its certificate has.
    pub fn named_url(&self) -> String {
        format!("ldap://localhost:{}", self.plain.port())
    }

    /// `ldaps://localhost…`
    pub fn secure_url(&self) -> String {
        format!("ldaps://localhost:{}", self.secure.port())
    }

    /// A file in its home: `ca.pem`, `other-ca.pem`, `service-password`.
    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path("slapd.log")).unwrap_or_default()
    }

    fn put(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).expect("written");
        path
    }

    fn write_certificates(&self) {
        for (authority, certificate) in [("ca.pem", Some("certificate")), ("other-ca.pem", None)] {
            let key = KeyPair::generate().expect("a key");
            let mut parameters = CertificateParams::default();
            parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            let root = parameters.self_signed(&key).expect("a root");
            self.put(authority, &root.pem());
            let Some(name) = certificate else { continue };
            let issuer = Issuer::new(parameters, key);
            let own = KeyPair::generate().expect("a key");
            let signed = CertificateParams::new(vec!["localhost".to_owned()])
                .and_then(|parameters| parameters.signed_by(&own, &issuer))
                .expect("a certificate");
            self.put(&format!("{name}.pem"), &signed.pem());
            self.put(&format!("{name}.key"), &own.serialize_pem());
        }
    }

    fn configuration(&self) -> String {
        let home = self.home.path().display();
        format!(
            "include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile {home}/pid
TLSCACertificateFile {home}/ca.pem
TLSCertificateFile {home}/certificate.pem
TLSCertificateKeyFile {home}/certificate.key
modulepath /usr/lib/ldap
moduleload back_mdb
allow bind_anon_dn
database mdb
suffix \"dc=asahino,dc=example\"
directory {home}/database
maxsize 10485760
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact=\"{SERVICE}\" read by * none
"
        )
    }
}

impl Drop for Slapd {
    fn drop(&mut self) {
        self.stop();
    }
}

fn ldif(groups: &[(&str, &[&str])]) -> String {
    let mut entries = vec![
        "dn: dc=asahino,dc=example\nobjectClass: dcObject\nobjectClass: organization\no: asahino\ndc: asahino\n"
            .to_owned(),
    ];
    for unit in ["services", "people", "groups"] {
        entries.push(format!(
            "dn: ou={unit},dc=asahino,dc=example\nobjectClass: organizationalUnit\nou: {unit}\n"
        ));
    }
    entries.push(format!(
        "dn: {SERVICE}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: shoki\n\
         userPassword: {SERVICE_PASSWORD}\n"
    ));
    for (uid, name) in [("ito", "伊藤 春"), ("suzuki", "鈴木 夏"), ("admin", "山本 秋")] {
        entries.push(format!(
            "dn: uid={uid},ou=people,dc=asahino,dc=example\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {name}\n\
             sn: {name}\ndisplayName: {name}\nuserPassword: {PASSWORD}\n"
        ));
    }
    for (group, members) in groups {
        let members: String = members
            .iter()
            .map(|uid| format!("member: uid={uid},ou=people,dc=asahino,dc=example\n"))
            .collect();
        entries.push(format!(
            "dn: cn={group},ou=groups,dc=asahino,dc=example\nobjectClass: groupOfNames\ncn: {group}\n{members}"
        ));
    }
    entries.join("\n")
}
