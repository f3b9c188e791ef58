//! Crashes of native code and hangs: what tells them from exceptions, and where in memory they were.

use super::event::{Event, Frame};
use super::image::Image;
use super::text::Untrusted;

/// What SDKs write where an app did not respond: types and mechanisms of exceptions.
const HANGS: &[&str] = &[
    "ANR",
    "ANRv2",
    "ANRException",
    "ApplicationNotResponding",
    "AppHang",
    "App Hanging",
    "AppExitInfo",
    "watchdog_termination",
    "WatchdogTermination",
];
/// Mechanisms by which SDKs notice that native code crashed.
const CRASH_HANDLERS: &[&str] = &["signalhandler", "minidump", "mach", "unreal", "crashpad", "breakpad"];
/// Beginnings of types that operating systems give to crashes.
const CRASHES: &[&str] = &["SIG", "EXC_", "EXCEPTION_"];

impl Event {
    /// Whether an app did not respond.
    #[must_use]
    pub fn is_hang(&self) -> bool {
        let Some(outer) = self.exceptions.last() else { return false };
        [&outer.kind, &outer.mechanism].into_iter().flatten().any(|name| {
            // `App Hang Fully Blocked`, `ApplicationNotResponding: ANR for at least 5000 ms`
            HANGS.contains(&name.raw()) || name.raw().starts_with("App Hang")
        })
    }

    /// Whether native code crashed: the operating system stopped it, no code raised anything.
    #[must_use]
    pub fn is_native_crash(&self) -> bool {
        let Some(outer) = self.exceptions.last() else { return false };
        let is_handled_so = outer.mechanism.as_ref().is_some_and(|it| CRASH_HANDLERS.contains(&it.raw()));
        is_handled_so
            || outer.kind.as_ref().is_some_and(|kind| CRASHES.iter().any(|it| kind.raw().starts_with(it)))
    }

    /// Whether the frames are addresses only, because no debug file gave them names.
    #[must_use]
    pub fn lacks_symbols(&self) -> bool {
        self.frames.first().is_some_and(|frame| frame.address.is_some())
            && self.frames.iter().all(|frame| !frame.is_resolved())
    }

    /// The image that a frame's address lies in, and how far behind the image's beginning.
    #[must_use]
    pub fn image_of(&self, frame: &Frame) -> Option<(&Image, u64)> {
        let address = frame.address?;
        self.images.iter().find_map(|image| Some((image, image.offset(address)?)))
    }

    /// Where a frame without a name is: `libgame.so + 0xbbf9`, or the bare address.
    #[must_use]
    pub fn address_of(&self, frame: &Frame) -> Option<Untrusted> {
        let image = self.image_of(frame);
        let inside = image.and_then(|(image, at)| Some(format!("{} + {at:#x}", image.name()?.raw())));
        inside.or_else(|| Some(format!("{:#x}", frame.address?))).map(Untrusted::new)
    }
}
