//! Reads gzip and deflate (RFC 1950 to 1952), to see whether a compressed body contains the signed one. Decompressing a request
//! is no part of the crate's work, so this is small and slow instead of a dependency.

/// The largest body that is unpacked: more than any provider sends.
const MAX: usize = 4 << 20;

/// What a compressed body contains. `None` for any other.
pub(super) fn inflated(body: &[u8]) -> Option<Vec<u8>> {
    let data = match body {
        [0x1f, 0x8b, 8, flags, ..] => {
            let mut rest = body.get(10..)?;
            if flags & 4 != 0 {
                let [low, high, ..] = rest else { return None };
                rest = rest.get(2 + usize::from(u16::from_le_bytes([*low, *high]))..)?;
            }
            for flag in [8, 16] {
                if flags & flag != 0 {
                    rest = rest.get(rest.iter().position(|c| *c == 0)? + 1..)?;
                }
            }
            if flags & 2 != 0 { rest.get(2..)? } else { rest }
        }
        [0x78, 0x01 | 0x5e | 0x9c | 0xda, rest @ ..] => rest,
        _ => return None,
    };
    Inflate { data, bit: 0, out: Vec::new() }.run()
}

struct Inflate<'d> {
    data: &'d [u8],
    bit: usize,
    out: Vec<u8>,
}

/// A canonical Huffman code: how many codes there are of each length, and the symbols in their order.
struct Code {
    counts: [u16; 16],
    symbols: Vec<u16>,
}

impl Code {
    fn new(lengths: &[u8]) -> Code {
        let mut counts = [0; 16];
        for length in lengths {
            counts[usize::from(*length & 15)] += 1;
        }
        counts[0] = 0;
        let mut symbols: Vec<u16> =
            (0..).zip(lengths).filter(|(_, length)| **length > 0).map(|(symbol, _)| symbol).collect();
        symbols.sort_by_key(|symbol| lengths.get(usize::from(*symbol)));
        Code { counts, symbols }
    }
}

impl Inflate<'_> {
    fn run(mut self) -> Option<Vec<u8>> {
        loop {
            let is_last = self.bits(1)? == 1;
            match self.bits(2)? {
                0 => self.stored()?,
                1 => {
                    let mut lengths = [8; 288];
                    lengths[144..256].fill(9);
                    lengths[256..280].fill(7);
                    self.block(&Code::new(&lengths), &Code::new(&[5; 30]))?;
                }
                2 => {
                    let (literals, distances) = self.codes()?;
                    self.block(&literals, &distances)?;
                }
                _ => return None,
            }
            if is_last {
                return Some(self.out);
            }
        }
    }

    fn bits(&mut self, count: usize) -> Option<usize> {
        let mut value = 0;
        for place in 0..count {
            let byte = self.data.get(self.bit / 8)?;
            value |= usize::from(byte >> (self.bit % 8) & 1) << place;
            self.bit += 1;
        }
        Some(value)
    }

    fn symbol(&mut self, code: &Code) -> Option<usize> {
        let (mut value, mut first, mut index) = (0_usize, 0_usize, 0_usize);
        for count in code.counts.iter().skip(1) {
            value |= self.bits(1)?;
            let count = usize::from(*count);
            if value < first + count {
                return code.symbols.get(index + value.checked_sub(first)?).map(|symbol| usize::from(*symbol));
            }
            index += count;
            first = (first + count) << 1;
            value <<= 1;
        }
        None
    }

    fn stored(&mut self) -> Option<()> {
        let start = self.bit.div_ceil(8);
        let [low, high, _, _] = *self.data.get(start..start + 4)? else { return None };
        let length = usize::from(u16::from_le_bytes([low, high]));
        let bytes = self.data.get(start + 4..start + 4 + length)?;
        self.out.extend_from_slice(bytes);
        self.bit = 8 * (start + 4 + length);
        (self.out.len() <= MAX).then_some(())
    }

    fn codes(&mut self) -> Option<(Code, Code)> {
        const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
        let (literals, distances, count) = (self.bits(5)? + 257, self.bits(5)? + 1, self.bits(4)? + 4);
        let mut lengths = [0; 19];
        for place in ORDER.iter().take(count) {
            lengths[*place] = u8::try_from(self.bits(3)?).ok()?;
        }
        let code = Code::new(&lengths);
        let mut lengths: Vec<u8> = Vec::new();
        while lengths.len() < literals + distances {
            let (value, times) = match self.symbol(&code)? {
                16 => (*lengths.last()?, self.bits(2)? + 3),
                17 => (0, self.bits(3)? + 3),
                18 => (0, self.bits(7)? + 11),
                length => (u8::try_from(length).ok()?, 1),
            };
            lengths.extend(std::iter::repeat_n(value, times));
        }
        let (literal, distance) = lengths.get(..literals + distances)?.split_at_checked(literals)?;
        Some((Code::new(literal), Code::new(distance)))
    }

    fn block(&mut self, literals: &Code, distances: &Code) -> Option<()> {
        const LENGTHS: [(usize, usize); 29] = [
            (3, 0),
            (4, 0),
            (5, 0),
            (6, 0),
            (7, 0),
            (8, 0),
            (9, 0),
            (10, 0),
            (11, 1),
            (13, 1),
            (15, 1),
            (17, 1),
            (19, 2),
            (23, 2),
            (27, 2),
            (31, 2),
            (35, 3),
            (43, 3),
            (51, 3),
            (59, 3),
            (67, 4),
            (83, 4),
            (99, 4),
            (115, 4),
            (131, 5),
            (163, 5),
            (195, 5),
            (227, 5),
            (258, 0),
        ];
        loop {
            match self.symbol(literals)? {
                256 => return Some(()),
                byte if byte < 256 => self.out.push(u8::try_from(byte).ok()?),
                symbol => {
                    let (base, extra) = *LENGTHS.get(symbol - 257)?;
                    let length = base + self.bits(extra)?;
                    let symbol = self.symbol(distances)?;
                    let extra = (symbol / 2).saturating_sub(1);
                    let base = if symbol < 4 { symbol + 1 } else { ((2 + symbol % 2) << extra) + 1 };
                    let distance = base + self.bits(extra)?;
                    let from = self.out.len().checked_sub(distance)?;
                    for place in from..from + length {
                        self.out.push(*self.out.get(place)?);
                    }
                }
            }
            if self.out.len() > MAX {
                return None;
            }
        }
    }
}
