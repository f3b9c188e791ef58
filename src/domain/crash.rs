//! Recognizes native crashes and hangs, and finds the places in memory where they happened.

use super::event::{Event, Frame};
use super::image::Image;
use super::text::Untrusted;

/// Types and mechanisms of exceptions that SDKs use for an app that did not respond.
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
/// Mechanisms that SDKs use to detect native crashes.
const CRASH_HANDLERS: &[&str] = &["signalhandler", "minidump", "mach", "unreal", "crashpad", "breakpad"];
/// Prefixes of the types that operating systems give to native crashes.
const CRASHES: &[&str] = &["SIG", "EXC_", "EXCEPTION_"];

impl Event {
    /// Whether the event reports an app that did not respond.
    #[must_use]
    pub fn is_hang(&self) -> bool {
        let Some(outer) = self.exceptions.last() else { return false };
        [&outer.kind, &outer.mechanism].into_iter().flatten().any(|name| {
            // Examples are `App Hang Fully Blocked` and `ApplicationNotResponding: ANR for at least 5000 ms`.
            HANGS.contains(&name.raw()) || name.raw().starts_with("App Hang")
        })
    }

    /// Whether native code crashed: the operating system stopped the program, and no exception was raised.
    #[must_use]
    pub fn is_native_crash(&self) -> bool {
        let Some(outer) = self.exceptions.last() else { return false };
        let is_handled_so = outer.mechanism.as_ref().is_some_and(|it| CRASH_HANDLERS.contains(&it.raw()));
        is_handled_so
            || outer.kind.as_ref().is_some_and(|kind| CRASHES.iter().any(|it| kind.raw().starts_with(it)))
    }

    /// Whether all frames are bare addresses, because Sentry had no debug file for them.
    #[must_use]
    pub fn lacks_symbols(&self) -> bool {
        self.frames.first().is_some_and(|frame| frame.address.is_some())
            && self.frames.iter().all(|frame| !frame.is_resolved())
    }

    /// Returns the image (executable or library) that contains a frame's address, and the offset of the address in the
    /// image.
    #[must_use]
    pub fn image_of(&self, frame: &Frame) -> Option<(&Image, u64)> {
        let address = frame.address?;
        self.images.iter().find_map(|image| Some((image, image.offset(address)?)))
    }

    /// Returns the place of a frame without a function name: `libgame.so + 0xbbf9`, or the bare address. `None` if the
    /// frame has no address.
    #[must_use]
    pub fn address_of(&self, frame: &Frame) -> Option<Untrusted> {
        let image = self.image_of(frame);
        let inside = image.and_then(|(image, at)| Some(format!("{} + {at:#x}", image.name()?.raw())));
        inside.or_else(|| Some(format!("{:#x}", frame.address?))).map(Untrusted::new)
    }
}
