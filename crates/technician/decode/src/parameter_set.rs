//! Reads just enough of H.264 to know, before the codec sees it, how large a picture it describes.
//!
//! In scope: NAL unit types and the sequence parameter set (ITU-T H.264, 7.3.1, 7.3.2.1.1, 7.4.2.1.1). Not in scope:
//! pictures. The codec takes memory for whatever size a parameter set names, so that size is checked first.

/// Highest number of reference frames a stream may ask memory for.
const MAX_REFERENCE_FRAMES: u32 = 2;

/// Picture size after cropping, in pixels.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct PictureSize {
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// The NAL units of an Annex B byte stream, without their start codes (B.1.1). Bytes before the first start code are left out.
pub(crate) fn nal_units(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = next_start(data).map(|(_, after)| after);
    std::iter::from_fn(move || {
        let unit = rest?;
        match next_start(unit) {
            Some((before, after)) => {
                rest = Some(after);
                Some(before)
            }
            None => {
                rest = None;
                Some(unit)
            }
        }
    })
}

/// What is before and after the next start code `00 00 01`.
fn next_start(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut from = 0;
    loop {
        let one = from + 2 + data.get(from + 2..)?.iter().position(|byte| *byte == 1)?;
        if data[one - 2] == 0 && data[one - 1] == 0 {
            return Some((&data[..one - 2], &data[one + 1..]));
        }
        from = one - 1;
    }
}

/// Checks every NAL unit of an access unit: only types a live stream of ours has, and parameter sets of exactly this size.
/// Says whether a parameter set was among them.
pub(crate) fn check(data: &[u8], size: PictureSize) -> Result<bool, &'static str> {
    let mut described = false;
    for unit in nal_units(data) {
        let header = *unit.first().ok_or("an empty NAL unit")?;
        match header & 0x1F {
            // Slices, parameter sets of pictures, delimiters. No partitions, no extensions, no supplemental information.
            1 | 5 | 8 | 9 => {}
            7 => {
                if sequence(&unit[1..]).ok_or("a parameter set that is not of our kind")? != size {
                    return Err("its size is not that of its rectangle");
                }
                described = true;
            }
            _ => return Err("a NAL unit that is not of our kind"),
        }
    }
    Ok(described)
}

/// The size a sequence parameter set describes; `None` when it is malformed or is not 8-bit 4:2:0 frames with few references.
fn sequence(payload: &[u8]) -> Option<PictureSize> {
    let mut bits = Bits { bytes: without_emulation(payload), at: 0 };
    let profile = bits.take(8)?;
    bits.take(16)?; // constraint flags and level
    bits.number()?; // seq_parameter_set_id
    match profile {
        66 | 77 => {}
        100 => {
            let chroma = bits.number()?;
            let depths = (bits.number()?, bits.number()?);
            let (bypass, scaling) = (bits.take(1)?, bits.take(1)?);
            if chroma != 1 || depths != (0, 0) || bypass != 0 || scaling != 0 {
                return None;
            }
        }
        _ => return None,
    }
    bits.number()?; // log2_max_frame_num_minus4
    match bits.number()? {
        0 => _ = bits.number()?, // log2_max_pic_order_cnt_lsb_minus4
        2 => {}
        _ => return None,
    }
    let references = bits.number()?;
    bits.take(1)?; // gaps_in_frame_num_value_allowed_flag
    let across = bits.number()?.checked_add(1)?;
    let down = bits.number()?.checked_add(1)?;
    let whole_frames = bits.take(1)? == 1;
    bits.take(1)?; // direct_8x8_inference_flag
    if references > MAX_REFERENCE_FRAMES || !whole_frames {
        return None;
    }
    let (mut left, mut right, mut top, mut bottom) = (0, 0, 0, 0);
    if bits.take(1)? == 1 {
        (left, right, top, bottom) = (bits.number()?, bits.number()?, bits.number()?, bits.number()?);
    }
    // Crop units are two pixels in 4:2:0 (table 6-1, 7.4.2.1.1).
    let cropped = |blocks: u32, low: u32, high: u32| blocks.checked_mul(16)?.checked_sub(low.checked_add(high)?.checked_mul(2)?);
    Some(PictureSize { width: cropped(across, left, right)?, height: cropped(down, top, bottom)? })
}

/// Takes out the bytes that keep start codes out of a payload (7.3.1).
fn without_emulation(payload: &[u8]) -> Vec<u8> {
    /// Longer parameter sets are not ours.
    const LONGEST: usize = 256;
    let mut out = Vec::with_capacity(payload.len().min(LONGEST));
    let mut zeros = 0;
    for byte in payload.iter().take(LONGEST) {
        if zeros >= 2 && *byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        out.push(*byte);
    }
    out
}

struct Bits {
    bytes: Vec<u8>,
    at: usize,
}

impl Bits {
    fn take(&mut self, count: usize) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            let byte = self.bytes.get(self.at / 8)?;
            value = value << 1 | u32::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Some(value)
    }

    /// An Exp-Golomb number (9.1).
    fn number(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.take(1)? == 0 {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        Some((1_u32 << zeros) - 1 + self.take(zeros)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nal_units_are_split_at_start_codes() {
        let units: Vec<&[u8]> = nal_units(&[9, 0, 0, 1, 5, 1, 0, 0, 0, 1, 7, 0, 1, 1, 0, 0, 1]).collect();
        assert_eq!(units, [&[5, 1, 0][..], &[7, 0, 1, 1], &[]]);
        assert_eq!(nal_units(&[0, 0, 2, 1, 1, 1]).count(), 0);
    }

    #[test]
    fn a_parameter_set_gives_the_cropped_size() {
        // Baseline, one reference, 20 x 12 macroblocks less 2 crop units at the right and 5 at the bottom: 316 x 182.
        let mut bits = String::from("01000010 11000000 00011110 ");
        bits += "1 1 011 010 0 "; // ids, frame number bits, order type 2, one reference, no gaps
        bits += "000010100 0001100 1 1 1 "; // 20 and 12 macroblocks, whole frames, inference, cropping
        bits += "1 011 1 00110 "; // left 0, right 2, top 0, bottom 5
        bits += "0 1000000";
        let bits: Vec<u8> = bits.bytes().filter(u8::is_ascii_digit).map(|digit| digit - b'0').collect();
        let bytes: Vec<u8> = bits.chunks(8).map(|bits| bits.iter().enumerate().map(|(at, bit)| bit << (7 - at)).sum()).collect();
        assert_eq!(sequence(&bytes), Some(PictureSize { width: 316, height: 182 }));
        for cut in 0..bytes.len() - 2 {
            assert_eq!(sequence(&bytes[..cut]), None, "cut at {cut}");
        }
    }

    #[test]
    fn other_kinds_of_units_are_refused() {
        let size = PictureSize { width: 16, height: 16 };
        assert_eq!(check(&[0, 0, 1, 0x65, 1], size), Ok(false));
        for header in [0x06, 0x6F, 0x74, 0x02, 0x00] {
            assert!(check(&[0, 0, 1, header, 1], size).is_err(), "{header:#x}");
        }
    }
}
