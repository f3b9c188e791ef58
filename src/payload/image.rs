//! Images: the executables and libraries of native code that were loaded into a process.

use serde::Deserialize;

use super::Interface;
use crate::domain::image::Image;
use crate::json::{Int, Text};

/// At most this many images are read. No real process has more.
const MOST: usize = 1_000;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ImageEntry {
    code_file: Text,
    debug_file: Text,
    debug_id: Text,
    uuid: Text,
    image_addr: Text,
    image_size: Int,
    debug_status: Text,
}

impl Interface {
    /// Returns the loaded executables and libraries of `debug_meta`.
    pub(crate) fn images(self) -> Vec<Image> {
        self.images
            .0
            .into_iter()
            .filter_map(|image| image.0)
            .take(MOST)
            .filter_map(ImageEntry::read)
            .collect()
    }
}

impl ImageEntry {
    /// Reads one image, or returns `None` for an entry without an address or a size, such as a JavaScript bundle.
    fn read(self) -> Option<Image> {
        Some(Image {
            begin: address(&self.image_addr)?,
            size: self.image_size.non_negative()?,
            path: self.code_file.untrusted().or_else(|| self.debug_file.untrusted()),
            debug_id: self.debug_id.untrusted().or_else(|| self.uuid.untrusted()),
            has_debug_file: match self.debug_status.as_deref() {
                Some("found") => Some(true),
                Some("missing") => Some(false),
                _ => None,
            },
        })
    }
}

/// Parses a memory address such as `0x708e0000`, or the same as a decimal number.
pub(super) fn address(text: &Text) -> Option<u64> {
    let text = text.as_deref()?.trim();
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    hex.map_or_else(|| text.parse().ok(), |hex| u64::from_str_radix(hex, 16).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_images_without_an_address_are_ignored() {
        let json = r#"{"images":[null,{"type":"proguard","uuid":"a"},
            {"type":"elf","code_file":"/x/libgame.so","image_addr":"0x708e0000","image_size":262144,"debug_id":"c0"},
            {"image_addr":4096,"image_size":"16","debug_status":"found"}]}"#;
        let images = serde_json::from_str::<Interface>(json).expect("debug meta").images();
        let read: Vec<_> =
            images.iter().map(|image| (image.begin, image.size, image.has_debug_file)).collect();
        assert_eq!(read, [(0x708e_0000, 262_144, None), (4096, 16, Some(true))]);
    }
}
