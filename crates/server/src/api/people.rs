//! People in the API: sessions, accounts, credentials. Secrets come in, and go out once; none is ever shown again.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `POST /session`.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInRequest {
    /// The account.
    #[schemars(length(max = 64))]
    pub name: String,
    /// Its password.
    #[schemars(length(max = 1024))]
    pub password: String,
    /// The code of its authenticator app, where it has one.
    #[schemars(length(max = 16))]
    pub code: Option<String>,
}

/// Who is signed in, and what that person may do.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct MeView {
    pub name: String,
    pub roles: Vec<String>,
    pub clearance: String,
    /// `*` alone for any.
    pub subjects: Vec<String>,
    pub nationality: String,
    pub official_duty: bool,
    /// `operator`, `session` or `token NAME`.
    pub way: String,
    /// Whether this session may do nothing yet but set up a second factor.
    pub enrolling: bool,
    /// When a session ends at the latest.
    pub ends: Option<String>,
}

/// An account.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct UserView {
    pub name: String,
    pub roles: Vec<String>,
    pub clearance: String,
    pub subjects: Vec<String>,
    pub nationality: String,
    pub official_duty: bool,
    pub created: String,
    /// Since when it is disabled.
    pub disabled: Option<String>,
    /// Changes with every change; `PUT` names the one that it replaces.
    pub revision: i64,
    pub has_password: bool,
    pub has_totp: bool,
    pub passkeys: u64,
    /// How many certificates are bound to it, for TAXII.
    pub certificates: u64,
    /// Issuer and subject at an OpenID Connect provider.
    #[schemars(with = "Option<[String; 2]>")]
    pub external: Option<(String, String)>,
    /// Which administrator set it last; null where it was the operator.
    pub set_by: Option<String>,
    /// Who else has looked at it since.
    pub vouched_by: Option<String>,
}

/// `POST /users/{name}/vouch`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VouchRequest {
    /// The revision that was looked at.
    pub revision: i64,
}

/// `POST /users`.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "named as the command line's options")]
pub struct AddUserRequest {
    #[schemars(length(min = 1, max = 64))]
    pub name: String,
    #[serde(flatten)]
    pub rights: RightsRequest,
    /// Its first password; a one-time link when absent.
    pub password: Option<String>,
}

/// What an account may do.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as the command line's options")]
pub struct RightsRequest {
    pub roles: Vec<String>,
    pub clearance: String,
    /// `*` alone for any.
    pub subjects: Vec<String>,
    /// The node's own party when absent.
    pub nationality: Option<String>,
    #[serde(default)]
    pub official_duty: bool,
    /// Issuer and subject at an OpenID Connect provider.
    #[schemars(with = "Option<[String; 2]>")]
    pub external: Option<(String, String)>,
}

/// `PUT /users/{name}`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ChangeUserRequest {
    /// What it may do from now on. Its sessions and tokens end.
    #[serde(flatten)]
    pub rights: RightsRequest,
    /// The revision that is replaced.
    pub revision: i64,
}

/// An account that was added or reset, and the link by which its owner comes in, shown once.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct InvitedView {
    pub user: UserView,
    /// Whoever has it sets the password of the account: hand it over by a way that nobody else reads.
    pub link: Option<String>,
    pub link_expires: Option<String>,
}

/// `POST /invitations/accept`.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "named as shown")]
pub struct AcceptRequest {
    /// What stands behind the `#` of the link.
    pub secret: String,
    pub password: String,
}

/// Whose link it was.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct AcceptedView {
    pub name: String,
}

/// `POST /me/password`.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "named as shown")]
pub struct PasswordRequest {
    pub old: String,
    pub new: String,
}

/// What lets somebody in besides the new password. Sessions, tokens and known browsers are over.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PasswordView {
    /// Whether an authenticator app counts.
    pub has_totp: bool,
    /// The passkeys that count; one that its owner does not know is to be taken away.
    pub passkeys: Vec<PasskeyView>,
}

/// A new secret for an authenticator app, shown once. It counts once a code of it has come back.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct TotpView {
    /// For typing in (base 32).
    pub secret: String,
    /// For a picture.
    pub address: String,
}

/// `POST /me/totp/confirm`.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmTotpRequest {
    /// As it was shown.
    pub secret: String,
    /// What the app shows now.
    pub code: String,
}

/// `POST /me/tokens`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    /// For its owner to tell it from others.
    #[schemars(length(min = 1, max = 64))]
    pub name: String,
    /// The roles that it may use; all of its owner's when absent. `calendar` alone: it opens the calendar of meetings by an
    /// address, and nothing else.
    pub roles: Option<Vec<String>>,
    /// Whether it may only read.
    pub read_only: bool,
    /// How many days it counts, 1 to 366.
    #[schemars(range(min = 1, max = 366))]
    pub days: u32,
}

/// `POST /users/{name}/calendars`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CalendarRequest {
    /// To tell it from others of the account.
    #[schemars(length(min = 1, max = 64))]
    pub name: String,
    /// How many days it counts, 1 to 366.
    #[schemars(range(min = 1, max = 366))]
    pub days: u32,
}

/// A token.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct TokenView {
    pub name: String,
    pub roles: Vec<String>,
    pub read_only: bool,
    pub created: String,
    pub expires: String,
    /// When it was used last, within a minute.
    pub used: Option<String>,
}

/// A session, as its owner and who looks after accounts see it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SessionView {
    /// What tells it from the others of its account.
    pub id: String,
    /// With what its owner came in.
    pub way: String,
    /// Whether it may do nothing but set up a second factor.
    pub enrolling: bool,
    /// When it began.
    pub began: String,
    /// When it was used last, within a minute.
    pub used: String,
    /// Whether it is the one that asks.
    pub this: bool,
}

/// A new token.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct NewTokenView {
    pub token: TokenView,
    /// Shown once: `Authorization: Bearer …`.
    pub secret: String,
    /// Of a token for calendars: the address that a calendar program is given. It has the secret in it, and is shown once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// `POST /users/{name}/certificates`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BindRequest {
    /// To tell it from others of the account.
    #[schemars(length(min = 1, max = 64))]
    pub name: String,
    /// The certificate in PEM; the first one where there are several.
    #[schemars(length(max = 65536))]
    pub certificate: String,
    /// How many days it counts, 1 to 1096, whatever stands in it.
    #[schemars(range(min = 1, max = 1096))]
    pub days: u32,
}

/// A certificate with which programs come in as an account, over TAXII alone.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct CertificateView {
    pub name: String,
    /// SHA-256 of its public key (SubjectPublicKeyInfo), in lower-case hexadecimal.
    pub spki_sha256: String,
    pub created: String,
    pub expires: String,
    /// When it was used last, within a minute.
    pub used: Option<String>,
}

/// A passkey of one's own.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as shown")]
pub struct PasskeyView {
    /// In base64url.
    pub id: String,
    pub name: String,
    pub created: String,
    pub used: Option<String>,
}

/// What `navigator.credentials.create` is to be given; bytes in base64url.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as in Web Authentication")]
pub struct PasskeyOptions {
    pub challenge: String,
    pub rp_id: String,
    pub rp_name: String,
    pub user_id: String,
    pub user_name: String,
    /// COSE algorithms, the best first.
    pub algorithms: Vec<i64>,
    /// Credentials that are there already.
    pub exclude: Vec<String>,
}

/// `POST /me/passkeys`: what the authenticator answered; bytes in base64url.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPasskeyRequest {
    /// For its owner to tell it from others.
    #[schemars(length(min = 1, max = 64))]
    pub name: String,
    /// `response.clientDataJSON`.
    pub client_data: String,
    /// `response.attestationObject`.
    pub attestation_object: String,
}

/// What `navigator.credentials.get` is to be given.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "named as in Web Authentication")]
pub struct PasskeyChallenge {
    pub challenge: String,
    pub rp_id: String,
}

/// `POST /session/passkey`: what the authenticator answered; bytes in base64url.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PasskeySignIn {
    /// The credential's id.
    pub id: String,
    /// `response.clientDataJSON`.
    pub client_data: String,
    /// `response.authenticatorData`.
    pub authenticator_data: String,
    /// `response.signature`.
    pub signature: String,
}

/// Where to send the browser for a sign-in with OpenID Connect.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct OpenIdView {
    /// The provider's page.
    pub address: String,
}

/// What the provider sends back with the browser.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct OpenIdReturn {
    /// As it was sent.
    pub state: String,
    /// What the node hands in for a token.
    pub code: Option<String>,
    /// Why there is none.
    pub error: Option<String>,
}
