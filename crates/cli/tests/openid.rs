//! Sign-in with OpenID Connect, against a provider that runs here: `oidc-provider-mock` of the Python package index, whose protocol
//! is that of Authlib. Ignored otherwise, because it needs Python and a package: `make api` runs it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test stops at what it did not expect, and is one of the hands"
)]

mod python;
mod site;
mod web;

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Stdio},
};

use python::Python;
use serde_json::Value;
use web::{Answer, Console, Visitor};

/// The version that this was tried with.
const PROVIDER: &str = "oidc-provider-mock==0.3.4";

struct Provider {
    child: Child,
    address: SocketAddr,
}

impl Provider {
    fn start(python: &Python) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let port = address.port().to_string();
        let mut program = python.program("oidc-provider-mock");
        let child = program.args(["--port", &port]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        site::eventually("the provider listens", || TcpStream::connect(("localhost", address.port())).is_ok());
        Self { child, address }
    }

    fn issuer(&self) -> String {
        format!("http://localhost:{}", self.address.port())
    }

    /// What somebody does at the provider's page: says who it is. Where the browser is sent then.
    fn says(&self, page: &str, subject: &str) -> String {
        let path = page.strip_prefix(&self.issuer()).unwrap();
        let mut visitor = Visitor::new(self.address);
        visitor.headers.clear();
        let kind = [("Content-Type", "application/x-www-form-urlencoded")];
        let answer = visitor.ask("POST", path, &kind, format!("sub={subject}").as_bytes());
        answer.header("location").unwrap_or_else(|| panic!("{answer:?}")).to_owned()
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Begins a sign-in: the browser, bound to it, and the provider's page.
fn begin(kor: &Console) -> (Visitor, String) {
    let mut visitor = kor.stranger();
    let answer = visitor.post_keeping("/session/openid", &Value::Null);
    assert_eq!(answer.status, 200, "{answer:?}");
    (visitor, answer.json()["address"].as_str().unwrap().to_owned())
}

/// The browser comes back, as one that another site sends.
fn back(visitor: &Visitor, location: &str) -> Answer {
    let path = location.split_once("/api/v1").unwrap().1;
    let mut visitor = visitor.clone();
    visitor.headers = vec![("Sec-Fetch-Site".to_owned(), "cross-site".to_owned())];
    visitor.get(path)
}

#[test]
#[ignore = "needs Python and a provider: make api"]
fn who_the_provider_knows_and_has_an_account_here_comes_in() {
    let Some(python) = Python::with("openid", &[PROVIDER]) else { return };
    let provider = Provider::start(&python);
    let parent = tempfile::tempdir().unwrap();
    let secret = parent.path().join("openid.secret");
    std::fs::write(&secret, "between us\n").unwrap();
    std::fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let issuer = provider.issuer();
    let config =
        format!("[openid]\nissuer = \"{issuer}\"\nclient_id = \"entente\"\nclient_secret = \"{}\"\n", secret.display());
    let kor = Console::with_config(parent.path(), "KOR", "", &config);
    let rights = ["--role", "analyst", "--clearance", "SECRET", "--subject", "*"];
    let account = ["user", "add", "sato", "--external", &issuer, "sato-subject", "--config", &kor.site.config()];
    site::expect(0, &[&account[..], &rights].concat());

    let (mut visitor, page) = begin(&kor);
    for word in
        ["code_challenge_method=S256", "response_type=code", "nonce=", "state=", "redirect_uri=http%3A%2F%2Flocalhost"]
    {
        assert!(page.contains(word), "{page}");
    }
    let location = provider.says(&page, "sato-subject");
    // Another browser, whoever sent it there, is not let in, and the code is spoilt.
    let (second, second_page) = begin(&kor);
    let second_location = provider.says(&second_page, "sato-subject");
    assert_eq!(back(&kor.stranger(), &second_location).status, 401);
    assert_eq!(back(&second, &second_location).status, 401, "a sign-in is tried once");

    let answer = back(&visitor, &location);
    assert_eq!(answer.status, 200, "{answer:?}");
    visitor.cookies.extend(answer.cookies());
    let me = visitor.get("/me").json();
    assert_eq!((me["name"].as_str(), me["enrolling"].as_bool()), (Some("sato"), Some(false)));
    assert_eq!(back(&visitor, &location).status, 401, "a code counts once");

    // Known to the provider, and nobody here.
    let (other, page) = begin(&kor);
    assert_eq!(back(&other, &provider.says(&page, "somebody-else")).status, 401);
    // Somebody's answer to another sign-in: its state, or its code.
    let (third, page) = begin(&kor);
    let location = provider.says(&page, "sato-subject");
    assert_eq!(back(&third, &location.replace("state=", "state=x")).status, 401);
    let (mixed, page) = begin(&kor);
    let own = provider.says(&page, "sato-subject");
    let state = own.split("state=").nth(1).unwrap().split('&').next().unwrap();
    let code = location.split("code=").nth(1).unwrap().split('&').next().unwrap();
    assert_eq!(
        back(&mixed, &format!("/api/v1/session/openid/return?code={code}&state={state}")).status,
        401,
        "a code of another sign-in"
    );
    let (refusing, page) = begin(&kor);
    let state = page.split("state=").nth(1).unwrap().split('&').next().unwrap();
    let answer = back(&refusing, &format!("/api/v1/session/openid/return?error=access_denied&state={state}"));
    assert_eq!(answer.status, 401);
    // Disabled here, whatever the provider says.
    site::expect(0, &["user", "disable", "sato", "--config", &kor.site.config()]);
    let (disabled, page) = begin(&kor);
    assert_eq!(back(&disabled, &provider.says(&page, "sato-subject")).status, 401);
}
