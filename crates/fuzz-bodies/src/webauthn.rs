//! Properties of what authenticators and browsers say.

use entente_formats::webauthn::{PublicKey, attestation_object, authenticator_data, client_data, public_key};

/// Authenticator data that reads has a credential that fits in it, and what is behind it is not passed over.
pub fn authenticator_data_that_reads_is_read_whole(bytes: &[u8]) {
    let _ = client_data(bytes);
    let _ = attestation_object(bytes);
    if let Ok(PublicKey::Rsa { n, e }) = public_key(bytes) {
        assert!(n.len() + e.len() <= bytes.len());
    }
    if let Ok(read) = authenticator_data(bytes) {
        let attested = read.attested.map_or(0, |attested| attested.id.len() + attested.key.len());
        assert!(attested + 37 <= bytes.len());
        let longer = [bytes, &[0x18]].concat();
        assert!(authenticator_data(&longer).is_err(), "something stands behind it");
    }
}
