//! As much of DER as public keys are made of.

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const SEQUENCE: u8 = 0x30;
/// `version [0]` of a certificate.
const VERSION: u8 = 0xa0;

/// The content of the next DER value, which is taken from the input.
fn value<'d>(tag: u8, input: &mut &'d [u8]) -> Option<&'d [u8]> {
    let [found, length, rest @ ..] = *input else { return None };
    let (length, rest) = match usize::from(*length) {
        short @ 0..0x80 => (short, rest),
        long => {
            let (digits, rest) =
                rest.split_at_checked(long - 0x80).filter(|(digits, _)| (1..=3).contains(&digits.len()))?;
            (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
        }
    };
    let (value, rest) = rest.split_at_checked(length)?;
    *input = rest;
    (*found == tag).then_some(value)
}

/// The algorithm and the key of a `SubjectPublicKeyInfo` (RFC 5280).
pub(super) fn spki(mut der: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut parts = value(SEQUENCE, &mut der).filter(|_| der.is_empty())?;
    let (algorithm, bits) = (value(SEQUENCE, &mut parts)?, value(BIT_STRING, &mut parts)?);
    Some((algorithm, bits.strip_prefix(&[0])?)).filter(|_| parts.is_empty())
}

/// The modulus and the exponent of an `RSAPublicKey` (PKCS #1).
pub(super) fn rsa_numbers(mut der: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut numbers = value(SEQUENCE, &mut der)?;
    let (modulus, exponent) = (value(INTEGER, &mut numbers)?, value(INTEGER, &mut numbers)?);
    let is_positive = |number: &[u8]| number.first().is_some_and(|first| *first < 0x80);
    let is_whole = der.is_empty() && numbers.is_empty();
    (is_whole && is_positive(modulus) && is_positive(exponent)).then_some((modulus, exponent))
}

/// The public key of a certificate, with its tag and length.
pub(super) fn spki_of_certificate(der: &[u8]) -> Option<&[u8]> {
    let mut whole = der;
    let mut certificate = value(SEQUENCE, &mut whole)?;
    let mut fields = value(SEQUENCE, &mut certificate)?;
    if fields.first() == Some(&VERSION) {
        value(VERSION, &mut fields)?;
    }
    value(INTEGER, &mut fields)?;
    for _ in ["signature", "issuer", "validity", "subject"] {
        value(SEQUENCE, &mut fields)?;
    }
    let before = fields;
    value(SEQUENCE, &mut fields)?;
    before.get(..before.len() - fields.len())
}

pub(super) fn sequence(content: &[u8]) -> Vec<u8> {
    [&[SEQUENCE][..], &length(content.len()), content].concat()
}

pub(super) fn integer(number: &[u8]) -> Vec<u8> {
    let sign: &[u8] = if number.first().is_some_and(|first| *first >= 0x80) { &[0] } else { &[] };
    [&[INTEGER][..], &length(sign.len() + number.len()), sign, number].concat()
}

fn length(length: usize) -> Vec<u8> {
    let bytes = length.to_be_bytes();
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len() - 1);
    let digits = bytes.get(start..).unwrap_or_default();
    match length {
        0..0x80 => digits.to_vec(),
        _ => [&[0x80 | digits.len() as u8][..], digits].concat(),
    }
}

/// A number without leading zeros.
pub(super) fn without_zeros(number: &[u8]) -> &[u8] {
    let start = number.iter().position(|byte| *byte != 0).unwrap_or(number.len());
    number.get(start..).unwrap_or_default()
}
