//! Images: the executables and libraries in the memory of a crashed program.

use super::text::Untrusted;

/// An executable or a library in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Image {
    /// The path of the image's file.
    pub path: Option<Untrusted>,
    /// The id of the image's debug file.
    pub debug_id: Option<Untrusted>,
    /// The address of the image's first byte in memory.
    pub begin: u64,
    /// The size of the image in memory, in bytes.
    pub size: u64,
    /// Whether Sentry has the image's debug file. `None` if Sentry did not report it.
    pub has_debug_file: Option<bool>,
}

/// The folders that belong to the operating system: Android, Linux, Apple's systems and Windows.
const SYSTEM: &[&str] = &[
    "/system/",
    "/apex/",
    "/vendor/",
    "/lib/",
    "/lib64/",
    "/usr/lib",
    "/System/",
    "/Library/Apple/",
    r"C:\Windows\",
];

impl Image {
    /// Returns the offset of an address from the image's beginning, or `None` if the image does not contain the
    /// address.
    #[must_use]
    pub fn offset(&self, address: u64) -> Option<u64> {
        address.checked_sub(self.begin).filter(|offset| *offset < self.size)
    }

    /// Whether the image is a part of the operating system, for which the program's developers have no debug file.
    #[must_use]
    pub fn is_of_system(&self) -> bool {
        let path = self.path.as_ref().map(Untrusted::raw).unwrap_or_default();
        SYSTEM
            .iter()
            .any(|folder| path.get(..folder.len()).is_some_and(|start| start.eq_ignore_ascii_case(folder)))
    }

    /// Returns the name of the image's file without its folders.
    #[must_use]
    pub fn name(&self) -> Option<Untrusted> {
        let path = self.path.as_ref()?.raw();
        path.rsplit(['/', '\\']).next().filter(|name| !name.is_empty()).map(Untrusted::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_gives_offsets_in_its_range_its_name_and_its_origin() {
        let image = Image { begin: 0x1000, size: 0x100, ..Image::default() };
        assert_eq!((image.offset(0x1000), image.offset(0x10ff)), (Some(0), Some(0xff)));
        assert_eq!((image.offset(0xfff), image.offset(0x1100)), (None, None));
        let image = |path: &str| Image { path: Some(Untrusted::new(path)), ..Image::default() };
        assert!(
            image(r"c:\windows\System32\ntdll.dll").is_of_system()
                && image("/apex/x/libart.so").is_of_system()
        );
        assert!(!image("/data/app/lib/arm/libgame.so").is_of_system() && !image("/").is_of_system());
        let name = |path: &str| Image { path: Some(Untrusted::new(path)), ..Image::default() }.name();
        assert_eq!(name(r"C:\app\crash.exe"), Some(Untrusted::new("crash.exe")));
        assert_eq!(name("/data/app/libgame.so"), Some(Untrusted::new("libgame.so")));
    }
}
