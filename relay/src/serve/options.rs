//! The options of `serve`, as `clap` reads them. In scope: names, help, defaults. Not in scope: what they do. No key and
//! no passphrase is ever an argument; `serve` needs no passphrase, because it never opens the organisation's key.

use std::{net::SocketAddr, path::PathBuf};

use clap::Args;

use super::witness::Address;

/// `serve …`
#[derive(Clone, Debug, Args)]
pub struct ServeOptions {
    /// The relay's data folder
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// Address and UDP port to listen on; port 0 picks a free one
    #[arg(long, value_name = "IP:PORT", default_value = "0.0.0.0:4433")]
    pub listen: SocketAddr,
    /// Write {"listen":…,"pid":…} to this file once the relay listens
    #[arg(long, value_name = "FILE")]
    pub ready_file: Option<PathBuf>,
    /// Folder of the halves of recording keys; destroying one erases its recording. Keep it out of every backup (default: DIR.shred
    /// beside the data folder)
    #[arg(long, value_name = "DIR")]
    pub shred: Option<PathBuf>,
    /// Bytes that all session logs and recordings may take (suffixes K, M, G, T); without it, the disk's end
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    pub quota: Option<u64>,
    /// Bytes that one session's log and recording may take (suffixes K, M, G, T)
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    pub session_quota: Option<u64>,
    /// Show every head of the organisation's log to this outside witness (C2SP tlog-witness), which the statement names; may be repeated
    #[arg(long, value_name = "NAME=URL")]
    pub witness: Vec<Address>,
}

/// A number of bytes: digits, and K, M, G or T for powers of 1024.
fn bytes(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let exponent = match &text[digits.len()..] {
        "" => 0,
        "K" | "k" => 1,
        "M" | "m" => 2,
        "G" | "g" => 3,
        "T" | "t" => 4,
        other => return Err(format!("{other:?} is no unit: use K, M, G or T")),
    };
    let number: u64 = digits.parse().map_err(|_| format!("{text:?} is no number of bytes, for example 500M"))?;
    number.checked_mul(1 << (10 * exponent)).ok_or_else(|| format!("{text} is more than any disk has"))
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_are_read_with_their_units_and_nothing_else_is_taken() {
        assert_eq!(bytes("1500"), Ok(1_500));
        assert_eq!(bytes("2K"), Ok(2_048));
        assert_eq!(bytes("3g"), Ok(3 << 30));
        for wrong in ["", "K", "1.5G", "-1", "1GB", "99999999T", "1 G"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }
}
