//! NVIDIA's management library: the few functions that a card's figures need.
//!
//! The library is loaded when the first card is awake and never linked, as most machines do not
//! have it. It opens the cards, which wakes them and keeps them awake. So the daemon initialises
//! the library only while it reads a card, and shuts it down before a card may fall asleep.
#![expect(unsafe_code, reason = "this file is the boundary to a C library")]

use std::ffi::{CStr, CString, c_char, c_int, c_uint, c_ulonglong, c_void};
use std::mem;
use std::ptr;

use rstat_shm::snapshot::throttle;

use super::driver::Reading;

const LIBRARY: &CStr = c"libnvidia-ml.so.1";

/// `NVML_SUCCESS`.
const SUCCESS: c_int = 0;
/// `NVML_TEMPERATURE_GPU`, `NVML_CLOCK_GRAPHICS` of `nvml.h`.
const SENSOR_GPU: c_uint = 0;
const CLOCK_GRAPHICS: c_uint = 0;

/// `nvmlClocksEventReason*` of `nvml.h`. Four reasons do not count as throttling: an idle card, a
/// clock that a user has set, and keeping step with other cards or with a display.
const REASONS: [(u64, u32); 5] = [
    (0x04, throttle::POWER),
    (0x08, throttle::OTHER),
    (0x20, throttle::THERMAL),
    (0x40, throttle::THERMAL),
    (0x80, throttle::EXTERNAL),
];

/// `nvmlDevice_t`: a card, as the library knows it.
#[derive(Clone, Copy)]
#[repr(transparent)]
struct Handle(*mut c_void);

type NoArgument = extern "C" fn() -> c_int;
type ByBusId = unsafe extern "C" fn(*const c_char, &mut Handle) -> c_int;
/// Writes one value about a card.
type Get<T> = extern "C" fn(Handle, &mut T) -> c_int;
/// Writes one value about one of the card's clocks or sensors.
type GetOf = extern "C" fn(Handle, c_uint, &mut c_uint) -> c_int;

/// The library, which stays loaded to the end of the program.
#[derive(Clone, Copy)]
pub struct Nvml {
    init: NoArgument,
    shutdown: NoArgument,
    by_bus_id: ByBusId,
    /// `nvmlUtilization_t`: of the processor and of the memory.
    utilization: Option<Get<[c_uint; 2]>>,
    clock: Option<GetOf>,
    highest_clock: Option<GetOf>,
    temperature: Option<GetOf>,
    power_mw: Option<Get<c_uint>>,
    /// `nvmlMemory_t`: total, free and used.
    memory: Option<Get<[c_ulonglong; 3]>>,
    reasons: Option<Get<c_ulonglong>>,
}

impl Nvml {
    /// Loads the library, if it is installed and has the needed functions.
    pub fn load() -> Option<Self> {
        // SAFETY: the name is a C string. The library's initialisers are trusted as the
        // driver is that is loaded already.
        let library = unsafe { libc::dlopen(LIBRARY.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
        if library.is_null() {
            return None;
        }
        let find = |name: &CStr| {
            // SAFETY: `library` was returned by dlopen and is never closed.
            let symbol = unsafe { libc::dlsym(library, name.as_ptr()) };
            (!symbol.is_null()).then_some(symbol)
        };
        macro_rules! function {
            ($name:expr) => {
                find($name).map(|symbol| {
                    // SAFETY: `nvml.h` declares the function with the type of the field that
                    // it is assigned to, and names carry their version. It takes any card of
                    // the library, and writes to the value before it returns, if at all. A
                    // pointer and a function pointer have the same size.
                    unsafe { mem::transmute(symbol) }
                })
            };
        }
        Some(Self {
            init: function!(c"nvmlInit_v2")?,
            shutdown: function!(c"nvmlShutdown")?,
            by_bus_id: function!(c"nvmlDeviceGetHandleByPciBusId_v2")?,
            utilization: function!(c"nvmlDeviceGetUtilizationRates"),
            clock: function!(c"nvmlDeviceGetClockInfo"),
            highest_clock: function!(c"nvmlDeviceGetMaxClockInfo"),
            temperature: function!(c"nvmlDeviceGetTemperature"),
            power_mw: function!(c"nvmlDeviceGetPowerUsage"),
            memory: function!(c"nvmlDeviceGetMemoryInfo"),
            reasons: function!(c"nvmlDeviceGetCurrentClocksEventReasons")
                .or_else(|| function!(c"nvmlDeviceGetCurrentClocksThrottleReasons")),
        })
    }

    /// Initialises the library for one card, which it wakes.
    pub fn open(self, bus_address: &str) -> Option<Device> {
        let address = CString::new(bus_address).ok()?;
        if (self.init)() != SUCCESS {
            return None;
        }
        // The library counts its users. `Device` is one, even if the next call fails.
        let mut device = Device { nvml: self, handle: Handle(ptr::null_mut()) };
        // SAFETY: the address is a C string that outlives the call.
        let found = unsafe { (self.by_bus_id)(address.as_ptr(), &mut device.handle) };
        (found == SUCCESS).then_some(device)
    }
}

/// One card of the initialised library.
pub struct Device {
    nvml: Nvml,
    handle: Handle,
}

impl Drop for Device {
    fn drop(&mut self) {
        let _ = (self.nvml.shutdown)();
    }
}

impl Device {
    /// All figures that the library has about the card.
    pub fn read(&self) -> Reading {
        let Nvml { utilization, clock, highest_clock, temperature, power_mw, .. } = self.nvml;
        let memory = self.get(self.nvml.memory);
        let degrees = self.get_of(temperature, SENSOR_GPU);
        Reading {
            busy_ppm: self.get(utilization).map(|[percent, _memory]| percent.min(100) * 10_000),
            frequency_mhz: self.get_of(clock, CLOCK_GRAPHICS),
            frequency_limit_mhz: self.get_of(highest_clock, CLOCK_GRAPHICS),
            temperature_mc: degrees.and_then(|c| i32::try_from(c).ok()?.checked_mul(1000)),
            power_uw: self.get(power_mw).map(|mw| u64::from(mw) * 1000),
            memory_bytes: memory.map(|[total, _free, used]| (used, total)),
            throttle: self.get(self.nvml.reasons).map(reasons),
        }
    }

    fn get<T: Default>(&self, function: Option<Get<T>>) -> Option<T> {
        let mut value = T::default();
        (function?(self.handle, &mut value) == SUCCESS).then_some(value)
    }

    fn get_of(&self, function: Option<GetOf>, of: c_uint) -> Option<u32> {
        let mut value = 0;
        (function?(self.handle, of, &mut value) == SUCCESS).then_some(value)
    }
}

fn reasons(bits: u64) -> u32 {
    let set = REASONS.iter().filter(|(bit, _)| bits & bit != 0);
    set.fold(0, |all, (_, reason)| all | reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_holds_a_card_back_is_a_reason() {
        let check = |bits, expected| assert_eq!(reasons(bits), expected, "{bits:#x}");
        check(0, 0);
        // Idle, set by a user, in step with others, in step with a display.
        check(0x01 | 0x02 | 0x10 | 0x100, 0);
        check(0x04 | 0x20, throttle::POWER | throttle::THERMAL);
        check(0x40, throttle::THERMAL);
        check(0x80, throttle::EXTERNAL);
        check(0x08, throttle::OTHER);
    }
}
