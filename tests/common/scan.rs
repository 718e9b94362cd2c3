//! Reads the process's own memory and looks for a key in it, and for whatever could stand in for the key.
//!
//! What is looked for is held masked, so that the search does not find itself.

use std::fs::File;
use std::hint::black_box;
use std::io::Read;
use std::os::unix::fs::FileExt;

use hookseal::Digest;
use sha2::Digest as _;
use sha2::block_api::{compress256, compress512};

const MASK: u8 = 0xA5;
/// This many bytes in a row are a find.
const WINDOW: usize = 8;
/// Bytes of memory that are looked at, or left out, together.
const BLOCK: usize = 1 << 12;
/// What [`below`] leaves between its caller and the work: more stack than a scan needs.
const DEPTH: usize = 64 << 10;

const HEX: &[u8] = b"0123456789abcdef";
const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Secret bytes. No function leaves them in the clear, not even on the stack, where it does not say so.
#[derive(Clone, Default)]
pub(crate) struct Masked(Vec<u8>);

impl Masked {
    pub(crate) fn of(bytes: &[u8]) -> Masked {
        bytes.iter().copied().collect()
    }

    /// A key that differs for each seed, and of which no part looks like anything else in memory.
    pub(crate) fn key(seed: u64, length: usize) -> Masked {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mixed = (state ^ state >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
            mixed.to_le_bytes()[0]
        };
        (0..length).map(|_| next()).collect()
    }

    fn bytes(&self) -> impl Iterator<Item = u8> {
        self.0.iter().map(|byte| byte ^ black_box(MASK))
    }

    /// In the clear, for the caller to give away, in one allocation that does not move.
    pub(crate) fn to_vec(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.len());
        bytes.extend(self.bytes());
        bytes
    }

    /// In the clear, for the caller to give away, in one allocation that does not move.
    pub(crate) fn to_text(&self, prefix: &str) -> String {
        let mut text = String::with_capacity(prefix.len() + self.0.len());
        text.extend(prefix.chars().chain(self.bytes().map(char::from)));
        text
    }

    pub(crate) fn hex(&self) -> Masked {
        regrouped(self.bytes().map(u32::from), 8, 4).map(|digit| HEX[digit as usize]).collect()
    }

    /// Without padding.
    pub(crate) fn base64(&self) -> Masked {
        regrouped(self.bytes().map(u32::from), 8, 6).map(|digit| BASE64[digit as usize]).collect()
    }

    /// The key of a text in hex, or in base64 without padding.
    pub(crate) fn decoded(&self, hex: bool) -> Masked {
        let (digits, bits) = if hex { (HEX, 4) } else { (BASE64, 6) };
        let values = self.bytes().map(|byte| digits.iter().position(|digit| *digit == byte).unwrap() as u32);
        let mut key: Masked = regrouped(values, bits, 8).map(|byte| byte as u8).collect();
        key.0.truncate(32);
        key
    }

    fn xor(&self, pad: u8) -> Masked {
        Masked(self.0.iter().map(|byte| byte ^ pad).collect())
    }
}

impl FromIterator<u8> for Masked {
    fn from_iter<I: IntoIterator<Item = u8>>(bytes: I) -> Masked {
        Masked(bytes.into_iter().map(|byte| byte ^ black_box(MASK)).collect())
    }
}

/// Groups of `from` bits as groups of `to` bits; the last one is filled up with zeros.
fn regrouped(groups: impl Iterator<Item = u32>, from: u32, to: u32) -> impl Iterator<Item = u32> {
    let (mut held, mut count) = (0_u64, 0);
    let mut groups = groups.fuse();
    std::iter::from_fn(move || {
        while count < to {
            match groups.next() {
                Some(group) => (held, count) = (held << from | u64::from(group), count + from),
                None if count == 0 => return None,
                None => (held, count) = (held << (to - count), to),
            }
        }
        count -= to;
        Some((held >> count) as u32 & ((1 << to) - 1))
    })
}

/// What must not be found, by name.
#[derive(Default)]
pub(crate) struct Hidden {
    names: Vec<&'static str>,
    /// Every run of [`WINDOW`] bytes, masked, with the place of its name. Sorted.
    windows: Vec<([u8; WINDOW], usize)>,
}

impl Hidden {
    pub(crate) fn add(&mut self, name: &'static str, masked: &Masked) {
        let place = self.names.len();
        self.names.push(name);
        self.windows.extend(masked.0.windows(WINDOW).map(|run| (run.try_into().unwrap(), place)));
        self.windows.sort_unstable();
    }

    /// A key, its texts, its pads, and the states of a hash after them. Leaves all of it on the stack.
    pub(crate) fn of(key: &Masked, digest: Digest) -> Hidden {
        let mut hidden = Hidden::default();
        hidden.add("key", key);
        hidden.add("key in hex", &key.hex());
        hidden.add("key in base64", &key.base64());
        let block = if digest == Digest::Sha512 { 128 } else { 64 };
        let mut short = key.clone();
        if key.0.len() > block {
            short = in_the_clear(key, key.0.len(), 0, |key| hash(key, digest));
            hidden.add("hashed key", &short);
        }
        for (pad, [padded, state, shuffled]) in [
            (0x36, ["key and ipad", "state after ipad", "state after ipad in registers' order"]),
            (0x5C, ["key and opad", "state after opad", "state after opad in registers' order"]),
        ] {
            hidden.add(padded, &short.xor(pad));
            let words = in_the_clear(&short, block, pad, |block| compressed(block, digest));
            hidden.add(state, &words);
            for order in orders(digest) {
                let word = |at: &usize| words.0[4 * at..][..4].to_vec();
                hidden.add(shuffled, &Masked(order.iter().flat_map(word).collect()));
            }
        }
        hidden
    }
}

/// Gives a key, padded with zeros and then xored with `pad`, and wipes it afterwards.
fn in_the_clear<T>(key: &Masked, size: usize, pad: u8, run: impl FnOnce(&[u8]) -> T) -> T {
    let mut block = vec![pad; size];
    block.iter_mut().zip(key.bytes()).for_each(|(to, from)| *to ^= from);
    let result = run(&block);
    block.fill(0);
    black_box(&mut block);
    result
}

/// How x86 instructions for a hash hold the words of its state in registers, which may be spilled.
fn orders(digest: Digest) -> &'static [[usize; 4]] {
    match digest {
        Digest::Sha256 => &[[5, 4, 1, 0], [7, 6, 3, 2], [1, 0, 3, 2], [7, 6, 5, 4]],
        Digest::Sha512 => &[],
        _ => &[[3, 2, 1, 0]],
    }
}

fn hash(key: &[u8], digest: Digest) -> Masked {
    match digest {
        Digest::Sha256 => Masked::of(&sha2::Sha256::digest(key)),
        Digest::Sha512 => Masked::of(&sha2::Sha512::digest(key)),
        #[cfg(feature = "sha1")]
        Digest::Sha1 => Masked::of(&sha1::Sha1::digest(key)),
        _ => unreachable!(),
    }
}

/// The state of a hash after its first block, as it lies in memory.
#[rustfmt::skip]
fn compressed(block: &[u8], digest: Digest) -> Masked {
    match digest {
        Digest::Sha256 => {
            let mut state = [
                0x6a09e667_u32, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
            ];
            compress256(&mut state, &[block.try_into().unwrap()]);
            state.into_iter().flat_map(u32::to_ne_bytes).collect()
        }
        Digest::Sha512 => {
            let mut state = [
                0x6a09e667f3bcc908_u64, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
                0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
            ];
            compress512(&mut state, &[block.try_into().unwrap()]);
            state.into_iter().flat_map(u64::to_ne_bytes).collect()
        }
        #[cfg(feature = "sha1")]
        Digest::Sha1 => {
            let mut state = [0x67452301_u32, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
            sha1::block_api::compress(&mut state, &[block.try_into().unwrap()]);
            state.into_iter().flat_map(u32::to_ne_bytes).collect()
        }
        _ => unreachable!(),
    }
}

/// The process's memory. Reading it allocates nothing, so that freed memory stays as it was.
pub(crate) struct Scan {
    memory: File,
    maps: String,
    chunk: Vec<u8>,
    /// For the first two bytes of a window, masked, the place of the first such window.
    starts: Vec<u32>,
    found: Vec<&'static str>,
}

impl Scan {
    pub(crate) fn new() -> Scan {
        Scan {
            memory: File::open("/proc/self/mem").unwrap(),
            maps: String::with_capacity(256 << 10),
            chunk: vec![0; 1 << 20],
            starts: vec![0; 1 << 16],
            found: Vec::with_capacity(1 << 10),
        }
    }

    /// What of `hidden` there is in memory, a name for each place.
    pub(crate) fn find(&mut self, hidden: &Hidden) -> &[&'static str] {
        self.found.clear();
        self.starts.fill(u32::MAX);
        for (place, (window, _)) in hidden.windows.iter().enumerate().rev() {
            self.starts[start(window, 0)] = u32::try_from(place).unwrap();
        }
        self.maps.clear();
        File::open("/proc/self/maps").unwrap().read_to_string(&mut self.maps).unwrap();
        let maps = std::mem::take(&mut self.maps);
        for line in maps.lines() {
            let mut words = line.split_ascii_whitespace();
            let (range, rights) = (words.next().unwrap(), words.next().unwrap());
            // The kernel's own pages cannot be read.
            if rights.starts_with("rw") && !words.nth(3).is_some_and(|name| name.starts_with("[v")) {
                let (from, to) = range.split_once('-').unwrap();
                let address = |text| usize::from_str_radix(text, 16).unwrap();
                self.find_between(address(from), address(to), hidden);
            }
        }
        self.maps = maps;
        self.chunk.fill(0);
        &self.found
    }

    fn find_between(&mut self, mut from: usize, to: usize, hidden: &Hidden) {
        // The copies that the scan itself makes do not count.
        let own = self.chunk.as_ptr().addr()..self.chunk.as_ptr().addr() + self.chunk.len();
        let mut last = (usize::MAX, 0);
        while to - from >= WINDOW {
            let room = self.chunk.len().min(to - from);
            let Ok(length) = self.memory.read_at(&mut self.chunk[..room], from as u64) else { return };
            if length < WINDOW {
                return;
            }
            for at in (0..=length - WINDOW).step_by(BLOCK) {
                let block = &self.chunk[at..length.min(at + BLOCK + WINDOW - 1)];
                // Nearly all of the memory is one byte repeated, which is no key.
                if block[1..] == block[..block.len() - 1] {
                    continue;
                }
                for (offset, run) in block.windows(WINDOW).enumerate() {
                    let (address, key) = (from + at + offset, start(run, MASK));
                    let first = self.starts[key];
                    if first == u32::MAX || own.contains(&address) {
                        continue;
                    }
                    let alike = hidden.windows[first as usize..].iter().take_while(|(other, _)| start(other, 0) == key);
                    for (masked, name) in alike {
                        if run.iter().zip(masked).all(|(byte, masked)| byte ^ MASK == *masked) {
                            // A longer run is one find.
                            if last != (*name, address - 1) {
                                self.found.push(hidden.names[*name]);
                            }
                            last = (*name, address);
                        }
                    }
                }
            }
            from += length - WINDOW + 1;
        }
    }
}

fn start(window: &[u8], mask: u8) -> usize {
    usize::from(u16::from_ne_bytes([window[0] ^ mask, window[1] ^ mask]))
}

/// Does `work` far down the stack, where the scan that follows does not overwrite what it left.
#[inline(never)]
pub(crate) fn below<T>(work: impl FnOnce() -> T) -> T {
    let mut between = [0_u8; DEPTH];
    black_box(&mut between);
    let result = work();
    black_box(&mut between);
    result
}

/// Overwrites the stack that [`below`] uses.
#[inline(never)]
pub(crate) fn sweep() {
    black_box(&mut [0_u8; 8 * DEPTH]);
}
