//! All cryptography: no other file names hmac, sha1, sha2 or subtle.

use hmac::KeyInit;
use hmac::block_api::HmacCore;
use hmac::digest::Output;
use hmac::digest::block_api::{Buffer, FixedOutputCore, UpdateCore};
use sha2::{Digest as _, Sha256, Sha512};
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroizing, zeroize_stack};

use crate::words::display_as_serialized;

/// Makes the hash, the keyed MAC and the running MACs from one line for each hash.
///
/// `wiping` is how many bytes of stack are overwritten after each MAC in an optimised build: as many as the MAC uses,
/// if it leaves keyed states there. SHA-1 finishes a copy of them, and SHA-512 does not fit into registers. SHA-256
/// fits and finishes in place, so the usual MAC pays nothing; `tests/memory.rs` checks this. (Optimised for size, it
/// can leave the state after the outer pad, which cannot sign anything without the state after the inner pad.)
macro_rules! digests {
    ($($(#[$attribute:meta])* $name:ident = $hash:ty, wiping $bytes:literal $(, if $gate:meta)?;)+) => {
        /// The hash function of an HMAC.
        ///
        /// ```
        /// use hookseal::{Digest, Scheme, Secret, Signer};
        ///
        /// const PAYSTACK: Scheme = Scheme::new("X-Paystack-Signature: {hex}", "{body}").with_digest(Digest::Sha512);
        /// let secret = Secret::new("a secret of twenty-some bytes")?;
        /// let headers = Signer::new(PAYSTACK, secret)?.sign("evt_1", b"{}")?;
        /// assert_eq!(headers["x-paystack-signature"].len(), 128);
        /// # Ok::<(), Box<dyn std::error::Error>>(())
        /// ```
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "lowercase", try_from = "Name")]
        #[non_exhaustive]
        pub enum Digest {
            $($(#[cfg($gate)])? $(#[$attribute])* $name,)+
        }

        /// The words in files, also of a hash whose feature is off.
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum Name {
            $($name,)+
        }

        impl TryFrom<Name> for Digest {
            type Error = &'static str;

            fn try_from(name: Name) -> Result<Digest, &'static str> {
                match name {
                    $($(#[cfg($gate)])? Name::$name => Ok(Digest::$name),)+
                    #[cfg(not(feature = "sha1"))]
                    Name::Sha1 => Err("`sha1` needs the crate's feature `sha1`"),
                }
            }
        }

        /// An HMAC that has absorbed its key.
        ///
        /// This is the block-level form of the hmac crate: without the buffer of its `Hmac`, a key takes 80 bytes
        /// instead of 144, and a short message a quarter less time.
        ///
        /// It is boxed, because moving an enum also copies its unused bytes: what the stack held there would never be
        /// wiped.
        #[derive(Clone)]
        pub(crate) enum Mac {
            $($(#[cfg($gate)])? $name(Box<HmacCore<$hash>>),)+
            /// Not an HMAC but a hash, for schemes whose content contains the secret.
            Plain(Digest, Zeroizing<Vec<u8>>),
        }

        impl Mac {
            /// A plain hash of what contains the key.
            pub(crate) fn plain(key: &[u8], digest: Digest) -> Mac {
                Mac::Plain(digest, Zeroizing::new(key.to_vec()))
            }

            /// The key itself, for a plain hash.
            pub(crate) fn text(&self) -> &[u8] {
                match self {
                    Mac::Plain(_, key) => key,
                    _ => &[],
                }
            }

            pub(crate) fn new(key: &[u8], digest: Digest) -> Mac {
                match digest {
                    $($(#[cfg($gate)])? Digest::$name => Mac::$name(Box::new(keyed(key))),)+
                }
            }

            /// The MAC of a message in pieces.
            #[inline]
            pub(crate) fn tag<'a>(&self, message: impl Iterator<Item = &'a [u8]>) -> Tag {
                match self {
                    $($(#[cfg($gate)])? Mac::$name(core) => wiping::<$bytes, _>(|| tag(core.as_ref(), message)),)+
                    $($(#[cfg($gate)])? Mac::Plain(Digest::$name, _) => plain_tag::<$hash>(message),)+
                }
            }

            /// Like [`tag`](Self::tag), for thousands of tries: the caller wipes the stack after the last.
            pub(crate) fn probe<'a>(&self, message: impl Iterator<Item = &'a [u8]>) -> Tag {
                match self {
                    $($(#[cfg($gate)])? Mac::$name(core) => tag(core.as_ref(), message),)+
                    Mac::Plain(..) => self.tag(message),
                }
            }

            /// The length of the finished MAC in bytes.
            pub(crate) fn length(&self) -> usize {
                match self {
                    $($(#[cfg($gate)])? Mac::$name(_) | Mac::Plain(Digest::$name, _) => <$hash>::output_size(),)+
                }
            }
        }

        /// The HMACs of one message that arrives in pieces, one for each key.
        ///
        /// They are on the heap, and wiped there when they are dropped: a state that moved with its owner would leave a
        /// copy behind.
        pub(crate) enum RunningMacs {
            $($(#[cfg($gate)])? $name(Vec<Running<HmacCore<$hash>>>),)+
        }

        impl RunningMacs {
            /// Takes one allocation. All keys have the same digest.
            pub(crate) fn new(keys: &[Mac]) -> RunningMacs {
                match keys {
                    $($(#[cfg($gate)])? [Mac::$name(_), ..] => wiping_stack(|| {
                        // With enough capacity from the start: a vector that grows leaves states behind.
                        let mut running = Vec::with_capacity(keys.len());
                        for key in keys {
                            if let Mac::$name(core) = key {
                                running.push(Running::new(core.as_ref()));
                            }
                        }
                        RunningMacs::$name(running)
                    }),)+
                    // Content that contains the secret does not arrive in pieces.
                    _ => RunningMacs::Sha256(Vec::new()),
                }
            }

            pub(crate) fn update(&mut self, piece: &[u8]) {
                match self {
                    $($(#[cfg($gate)])? RunningMacs::$name(all) => wiping::<$bytes, _>(|| {
                        all.iter_mut().for_each(|running| running.update(piece));
                    }),)+
                }
            }

            /// The place of the first finished MAC that `is_right` accepts. The others are not finished.
            pub(crate) fn finish(&mut self, is_right: impl FnMut(Tag) -> bool) -> Option<usize> {
                match self {
                    $($(#[cfg($gate)])? RunningMacs::$name(all) => wiping_stack(|| {
                        all.iter_mut().map(Running::finish).position(is_right)
                    }),)+
                }
            }
        }
    };
}

digests! {
    /// HMAC-SHA1, 20 bytes: for schemes that offer nothing better.
    Sha1 = sha1::Sha1, wiping 1024, if feature = "sha1";
    /// HMAC-SHA256, 32 bytes. This is the default, because nearly every provider uses it.
    #[default]
    Sha256 = Sha256, wiping 0;
    /// HMAC-SHA512, 64 bytes.
    Sha512 = Sha512, wiping 2048;
}

/// Does `work`, and then overwrites the stack that it used: the hmac crate leaves the padded key there, and moving a
/// state leaves a copy. The result of `work` may contain secrets only on the heap.
pub(crate) fn wiping_stack<T>(work: impl FnOnce() -> T) -> T {
    wiping::<{ 4 << 10 }, _>(work)
}

#[inline(always)]
fn wiping<const BYTES: usize, T>(work: impl FnOnce() -> T) -> T {
    #[inline(never)]
    fn below<T>(work: impl FnOnce() -> T) -> T {
        work()
    }
    // Without optimisation, everything is copied, and stack frames are many times larger.
    let unoptimised = cfg!(debug_assertions);
    if BYTES == 0 && !unoptimised {
        return work();
    }
    let result = below(work);
    if unoptimised {
        zeroize_stack::<{ 32 << 10 }>();
    } else {
        zeroize_stack::<BYTES>();
    }
    result
}

display_as_serialized!(Digest);

/// HMAC accepts a key of any length; `new_from_slice` returns a `Result` for the sake of other MACs.
#[expect(clippy::expect_used, reason = "this cannot fail, see above")]
fn keyed<C: KeyInit>(key: &[u8]) -> C {
    C::new_from_slice(key).expect("HMAC accepts keys of any length")
}

pub(crate) struct Running<C: UpdateCore + FixedOutputCore> {
    core: C,
    buffer: Buffer<C>,
}

impl<C: UpdateCore + FixedOutputCore + Clone> Running<C> {
    fn new(core: &C) -> Self {
        Running { core: core.clone(), buffer: Buffer::<C>::default() }
    }

    fn update(&mut self, piece: &[u8]) {
        self.buffer.digest_blocks(piece, |blocks| self.core.update_blocks(blocks));
    }

    fn finish(&mut self) -> Tag {
        Tag::of(&mut self.core, &mut self.buffer)
    }
}

/// Does what a [`Running`] does, but on local variables: moving the state costs as much as half a compression.
///
/// It is not inlined, so that its stack frame is the same for every caller and what it leaves there can be tested.
#[inline(never)]
fn tag<'a, C: UpdateCore + FixedOutputCore + Clone>(core: &C, message: impl Iterator<Item = &'a [u8]>) -> Tag {
    let mut core = core.clone();
    let mut buffer = Buffer::<C>::default();
    message.for_each(|piece| buffer.digest_blocks(piece, |blocks| core.update_blocks(blocks)));
    let tag = Tag::of(&mut core, &mut buffer);
    // Wiping them here is not worth the time: if they were finished in place, they hold the MAC and no longer the key;
    // otherwise the caller wipes the stack.
    std::mem::forget((core, buffer));
    tag
}

/// The plain hash of a message. What it contains of the secret is wiped with the stack.
#[inline(never)]
fn plain_tag<'a, D: sha2::Digest>(message: impl Iterator<Item = &'a [u8]>) -> Tag {
    wiping_stack(|| {
        let mut hash = D::new();
        message.for_each(|piece| hash.update(piece));
        let hash = hash.finalize();
        let mut tag = Tag { bytes: [0; MAX_MAC], length: hash.len() };
        tag.bytes.iter_mut().zip(&hash).for_each(|(to, from)| *to = *from);
        tag
    })
}

/// Whether schemes may be plain hashes of what contains the secret.
pub(crate) const PLAIN_HASHES: bool = cfg!(feature = "extendable-hashes");

/// A secret that a request contains as it is. Only its SHA-256 is kept, so that a comparison takes the same time whatever the
/// received text and its length are.
#[derive(Clone)]
pub(crate) struct Token([u8; 32]);

impl Token {
    pub(crate) fn new(text: &[u8]) -> Token {
        wiping_stack(|| Token(sha256([text])))
    }

    pub(crate) fn is(&self, received: &[u8]) -> bool {
        is_same_key(&self.0, &sha256([received]))
    }
}

impl PartialEq for Token {
    fn eq(&self, other: &Token) -> bool {
        is_same_key(&self.0, &other.0)
    }
}

/// A finished MAC.
pub(crate) struct Tag {
    /// `[MAC | zeros]`
    bytes: [u8; MAX_MAC],
    length: usize,
}

impl Tag {
    /// A signature of Ed25519, to be written like a MAC.
    pub(crate) fn of_signature(bytes: [u8; MAX_MAC]) -> Tag {
        Tag { bytes, length: MAX_MAC }
    }

    #[inline(always)]
    fn of<C: FixedOutputCore>(core: &mut C, buffer: &mut Buffer<C>) -> Tag {
        let mut mac = Output::<C>::default();
        core.finalize_fixed_core(buffer, &mut mac);
        let mut tag = Tag { bytes: [0; MAX_MAC], length: mac.len() };
        tag.bytes[..mac.len()].copy_from_slice(&mac);
        tag
    }

    #[inline]
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// The longest MAC in bytes: that of SHA-512.
const MAX_MAC: usize = 64;

/// Whether one of the texts of signatures equals ours. All of the same length are compared, each in constant time. `ignored`
/// are bits that each byte of ours has.
#[inline]
pub(crate) fn is_among<'t>(ours: &[u8], texts: impl Iterator<Item = &'t [u8]>, ignored: u8) -> bool {
    let mut found: Option<Choice> = None;
    for text in texts {
        if text.len() == ours.len() {
            let is_same = same(ours, text, ignored);
            found = Some(found.map_or(is_same, |found| found | is_same));
        }
    }
    found.is_some_and(Into::into)
}

/// Compares two texts of the same length in 16-byte words, without stopping early, with `subtle`'s barrier around the sum of
/// the differences. The last word overlaps the one before it; no MAC's text is shorter than a word.
#[inline]
fn same(ours: &[u8], theirs: &[u8], ignored: u8) -> Choice {
    let (Some(our_last), Some(their_last)) = (ours.last_chunk(), theirs.last_chunk()) else { return Choice::from(0) };
    let ignored = u128::from_ne_bytes([ignored; 16]);
    let difference =
        |ours: &[u8; 16], theirs: &[u8; 16]| u128::from_ne_bytes(*ours) ^ (u128::from_ne_bytes(*theirs) | ignored);
    let words = ours.as_chunks().0.iter().zip(theirs.as_chunks().0);
    words.fold(difference(our_last, their_last), |sum, (ours, theirs)| sum | difference(ours, theirs)).ct_eq(&0)
}

/// Whether two keys are the same, compared in constant time.
pub(crate) fn is_same_key(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}

/// The SHA-256 hash of the texts, one after the other.
pub(crate) fn sha256<'a>(texts: impl IntoIterator<Item = &'a [u8]>) -> [u8; 32] {
    let mut hash = Sha256::new();
    texts.into_iter().for_each(|text| hash.update(text));
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The last word of a text overlaps the one before it by any number of bytes.
    #[test]
    fn every_byte_of_a_text_of_any_length_counts() {
        for length in 16..=128 {
            let ours: Vec<u8> = (0..length).map(|place| b'`' | place as u8 & 15).collect();
            let is_same = |theirs: &[u8]| is_among(&ours, [&ours[1..], theirs].into_iter(), 0);
            assert!(is_same(&ours));
            for place in 0..length {
                let mut theirs = ours.clone();
                theirs[place] ^= 1;
                assert!(!is_same(&theirs), "byte {place} of {length}");
            }
        }
    }
}
