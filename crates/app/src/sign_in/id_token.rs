//! Whether an ID token is the provider's, for us, for this sign-in and still good (OpenID Connect Core §3.1.3.7).
//!
//! `jsonwebtoken` reads and checks the token; its signatures are verified with ring, which the service has for TLS
//! already: with neither of its own back ends the crate brings no other dependency. `openidconnect` would bring some
//! fifty, a second generation of RustCrypto among them.
//! Promises: RS256 or ES256 and nothing else, whatever the token says; issuer, audience, expiry and nonce are looked
//! at in every token. Never: a key from the token's own header, a token in a message.

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind, new_error};
use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use jsonwebtoken::signature::{self, Verifier};
use jsonwebtoken::{
    Algorithm, AlgorithmFamily, DecodingKey, DecodingKeyKind, EncodingKey, Validation, decode, decode_header,
};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde_json::{Map, Value};

use super::SignInError;

/// What a token says.
pub(super) type Claims = Map<String, Value>;

/// What a token must say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected<'a> {
    /// The provider.
    pub(super) issuer: &'a str,
    /// Us.
    pub(super) client_id: &'a str,
    /// This sign-in.
    pub(super) nonce: &'a str,
}

/// The claims of a token that is signed with one of the provider's keys (a JWK set) and says what it must.
pub(super) fn verified(token: &str, keys: &[u8], expected: Expected<'_>) -> Result<Claims, SignInError> {
    // Installed once; a later call finds it there.
    let _ = RING.install_default();
    let header = decode_header(token).map_err(|_| SignInError::Untrusted("no signed token"))?;
    if !matches!(header.alg, Algorithm::RS256 | Algorithm::ES256) {
        return Err(SignInError::Untrusted("the token's algorithm"));
    }
    let mut validation = Validation::new(header.alg);
    validation.set_issuer(&[expected.issuer]);
    validation.set_audience(&[expected.client_id]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.validate_nbf = true;
    let kid = header.kid.as_deref();
    for key in usable_keys(keys, kid)? {
        let Ok(key) = DecodingKey::from_jwk(&key) else {
            continue;
        };
        if key.family() != header.alg.family() {
            continue;
        }
        match decode::<Claims>(token, &key, &validation) {
            Ok(token) => return checked(token.claims, expected),
            Err(error) if *error.kind() == ErrorKind::InvalidSignature => {}
            Err(error) => return Err(SignInError::Untrusted(named(error.kind()))),
        }
    }
    Err(SignInError::Untrusted("the token's signature"))
}

/// The keys of a set that sign, with the id that the token names if it names one. A key that cannot be read is none.
fn usable_keys(keys: &[u8], kid: Option<&str>) -> Result<Vec<Jwk>, SignInError> {
    let unusable = || SignInError::Unusable("no JWK set");
    let set: Value = serde_json::from_slice(keys).map_err(|_| unusable())?;
    let keys = set.get("keys").and_then(Value::as_array).ok_or_else(unusable)?;
    let keys = keys
        .iter()
        .filter_map(|key| serde_json::from_value::<Jwk>(key.clone()).ok());
    Ok(keys
        .filter(|key| {
            key.common
                .public_key_use
                .as_ref()
                .is_none_or(|of| *of == PublicKeyUse::Signature)
        })
        .filter(|key| kid.is_none() || key.common.key_id.as_deref() == kid)
        .collect())
}

/// What `jsonwebtoken` does not look at: the nonce, one issuer, and for whom among several the token is.
fn checked(claims: Claims, expected: Expected<'_>) -> Result<Claims, SignInError> {
    let text = |claim: &str| claims.get(claim).and_then(Value::as_str);
    if text("nonce") != Some(expected.nonce) {
        return Err(SignInError::Untrusted("the token's nonce"));
    }
    if text("iss") != Some(expected.issuer) {
        return Err(SignInError::Untrusted("the token's issuer"));
    }
    let is_for_several = claims
        .get("aud")
        .and_then(Value::as_array)
        .is_some_and(|audience| audience.len() > 1);
    let is_ours = match text("azp") {
        Some(party) => party == expected.client_id,
        None => !is_for_several,
    };
    if !is_ours {
        return Err(SignInError::Untrusted("the token's authorized party"));
    }
    if !claims.get("iat").is_some_and(Value::is_number) {
        return Err(SignInError::Untrusted("the token's time of issue"));
    }
    Ok(claims)
}

const fn named(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::ExpiredSignature => "the token's expiry",
        ErrorKind::ImmatureSignature => "the token's beginning",
        ErrorKind::InvalidIssuer => "the token's issuer",
        ErrorKind::InvalidAudience => "the token's audience",
        ErrorKind::MissingRequiredClaim(_) => "a claim is missing",
        _ => "the token",
    }
}

/// Signatures are verified with ring; nothing is signed here.
static RING: CryptoProvider = CryptoProvider {
    signer_factory: no_signer,
    verifier_factory: verifier,
    key_utils: KeyUtils::new_unimplemented(),
};

fn no_signer(_: &Algorithm, _: &EncodingKey) -> Result<Box<dyn JwtSigner>, Error> {
    Err(new_error(ErrorKind::UnsupportedAlgorithm))
}

fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>, Error> {
    let verifier = match (algorithm, key.family(), key.kind()) {
        (Algorithm::RS256, AlgorithmFamily::Rsa, DecodingKeyKind::RsaModulusExponent { n, e }) => {
            RingVerifier::Rs256 {
                modulus: n.clone(),
                exponent: e.clone(),
            }
        }
        (Algorithm::ES256, AlgorithmFamily::Ec, DecodingKeyKind::SecretOrDer(point)) => {
            RingVerifier::Es256 { point: point.clone() }
        }
        _ => return Err(new_error(ErrorKind::UnsupportedAlgorithm)),
    };
    Ok(Box::new(verifier))
}

/// A public key and how its signatures are verified (RFC 7518 §3.3, §3.4).
enum RingVerifier {
    Rs256 { modulus: Vec<u8>, exponent: Vec<u8> },
    Es256 { point: Vec<u8> },
}

impl Verifier<Vec<u8>> for RingVerifier {
    fn verify(&self, message: &[u8], signed: &Vec<u8>) -> Result<(), signature::Error> {
        let verified = match self {
            Self::Rs256 { modulus, exponent } => {
                let key = RsaPublicKeyComponents {
                    n: modulus,
                    e: exponent,
                };
                key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signed)
            }
            Self::Es256 { point } => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signed)
            }
        };
        verified.map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for RingVerifier {
    fn algorithm(&self) -> Algorithm {
        match self {
            Self::Rs256 { .. } => Algorithm::RS256,
            Self::Es256 { .. } => Algorithm::ES256,
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
    use serde_json::json;

    use super::*;

    const EXPECTED: Expected<'static> = Expected {
        issuer: "https://sso.example",
        client_id: "shoki",
        nonce: "n",
    };

    /// A provider with one key.
    struct Provider(EcdsaKeyPair);

    impl Provider {
        fn new() -> Self {
            let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
            let key = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("randomness");
            Self(EcdsaKeyPair::from_pkcs8(algorithm, key.as_ref(), &random).expect("a key"))
        }

        fn keys(&self) -> Value {
            let point = self.0.public_key().as_ref();
            let (x, y) = point[1..].split_at(32);
            json!({"keys": [
                {"kty": "something new", "kid": "k"},
                {"kty": "EC", "crv": "P-256", "use": "sig", "kid": "k",
                 "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y)},
            ]})
        }

        fn token(&self, header: &Value, claims: &Value) -> String {
            let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
            let message = format!("{}.{}", part(header), part(claims));
            let signed = self
                .0
                .sign(&SystemRandom::new(), message.as_bytes())
                .expect("signed");
            format!("{message}.{}", URL_SAFE_NO_PAD.encode(signed))
        }
    }

    fn claims() -> Value {
        let now = jsonwebtoken::get_current_timestamp();
        json!({"iss": EXPECTED.issuer, "aud": "shoki", "sub": "1", "nonce": "n", "iat": now, "exp": now + 300})
    }

    fn header() -> Value {
        json!({"alg": "ES256", "kid": "k"})
    }

    fn why(token: &str, keys: &Value) -> Result<Claims, &'static str> {
        verified(token, keys.to_string().as_bytes(), EXPECTED).map_err(|error| match error {
            SignInError::Untrusted(why) | SignInError::Unusable(why) => why,
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn a_token_says_who_somebody_is() {
        let provider = Provider::new();
        let token = provider.token(&header(), &claims());
        assert_eq!(why(&token, &provider.keys()).expect("right")["sub"], "1");
        let without_kid = provider.token(&json!({"alg": "ES256"}), &claims());
        assert!(why(&without_kid, &provider.keys()).is_ok());
        let mut several = claims();
        several["aud"] = json!(["other", "shoki"]);
        several["azp"] = json!("shoki");
        assert!(why(&provider.token(&header(), &several), &provider.keys()).is_ok());
    }

    #[test]
    fn a_token_of_somebody_else_says_nothing() {
        let provider = Provider::new();
        let keys = provider.keys();
        let token = provider.token(&header(), &claims());
        let foreign = Provider::new().token(&header(), &claims());
        assert_eq!(why(&foreign, &keys), Err("the token's signature"));
        let (message, signed) = token.rsplit_once('.').expect("three parts");
        let (head, _) = message.split_once('.').expect("three parts");
        let mut raised = claims();
        raised["sub"] = json!("2");
        let body = URL_SAFE_NO_PAD.encode(raised.to_string());
        assert_eq!(
            why(&format!("{head}.{body}.{signed}"), &keys),
            Err("the token's signature")
        );
        let unsigned = format!("{}.{body}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#));
        assert_eq!(why(&unsigned, &keys), Err("no signed token"));
        for algorithm in ["HS256", "RS384", "ES384", "EdDSA", "PS256"] {
            let other = provider.token(&json!({"alg": algorithm, "kid": "k"}), &claims());
            assert_eq!(why(&other, &keys), Err("the token's algorithm"), "{algorithm}");
        }
        let unknown_key = provider.token(&json!({"alg": "ES256", "kid": "other"}), &claims());
        assert_eq!(why(&unknown_key, &keys), Err("the token's signature"));
        let confused = provider.token(&json!({"alg": "RS256", "kid": "k"}), &claims());
        assert_eq!(why(&confused, &keys), Err("the token's signature"));
        assert_eq!(why(&token, &json!({"no": "keys"})), Err("no JWK set"));
        for nonsense in ["", "a", "a.b", "a.b.c", "a.b.c.d"] {
            assert_eq!(why(nonsense, &keys), Err("no signed token"), "{nonsense}");
        }
    }

    #[test]
    fn every_claim_must_be_right() {
        let provider = Provider::new();
        let now = jsonwebtoken::get_current_timestamp();
        for (claim, value, said) in [
            ("iss", json!("https://other.example"), "the token's issuer"),
            (
                "iss",
                json!([EXPECTED.issuer, "https://other.example"]),
                "the token's issuer",
            ),
            ("iss", Value::Null, "a claim is missing"),
            ("aud", json!("other"), "the token's audience"),
            ("aud", json!(["other", "shoki"]), "the token's authorized party"),
            ("aud", Value::Null, "a claim is missing"),
            ("azp", json!("other"), "the token's authorized party"),
            ("exp", json!(now - 120), "the token's expiry"),
            ("exp", Value::Null, "a claim is missing"),
            ("nbf", json!(now + 600), "the token's beginning"),
            ("sub", Value::Null, "a claim is missing"),
            ("nonce", json!("another"), "the token's nonce"),
            ("nonce", Value::Null, "the token's nonce"),
            ("iat", Value::Null, "the token's time of issue"),
        ] {
            let mut wrong = claims();
            wrong[claim] = value;
            let token = provider.token(&header(), &wrong);
            assert_eq!(why(&token, &provider.keys()), Err(said), "{claim} {wrong}");
        }
    }
}
