//! NVIDIA's management library: the few functions that a card's figures need.
//!
//! The library is loaded when the first card is awake and never linked, as most machines do
//! not have it. It opens the cards, which wakes them and keeps them awake. So it is initialised
//! only while a card is read, and shut down before a card is left alone.
#![expect(unsafe_code, reason = "this file is the boundary to a C library")]

use std::ffi::{CStr, CString, c_char, c_int, c_uint, c_ulonglong, c_void};
use std::mem;
use std::ptr;

const LIBRARY: &CStr = c"libnvidia-ml.so.1";

/// `NVML_SUCCESS`.
const SUCCESS: c_int = 0;
/// `NVML_TEMPERATURE_GPU`, `NVML_CLOCK_GRAPHICS` of `nvml.h`.
const SENSOR_GPU: c_uint = 0;
const CLOCK_GRAPHICS: c_uint = 0;

/// `nvmlDevice_t`: a card, as the library knows it.
#[derive(Clone, Copy)]
#[repr(transparent)]
struct Handle(*mut c_void);

type NoArgument = extern "C" fn() -> c_int;
type ByBusId = unsafe extern "C" fn(*const c_char, &mut Handle) -> c_int;
/// Writes one value about a card.
type Get<T> = extern "C" fn(Handle, &mut T) -> c_int;
/// The same about one of the card's clocks or sensors.
type GetOf = extern "C" fn(Handle, c_uint, &mut c_uint) -> c_int;

/// The library, loaded: it stays so to the end of the program.
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
    /// Loads the library, if it is installed and has what is needed.
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
        // The library counts its users; `Device` is one, whatever the next call says.
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
    /// Share of the last moments that a program ran on it, percent.
    pub fn busy_percent(&self) -> Option<u32> {
        self.get(self.nvml.utilization).map(|[processor, _memory]| processor)
    }

    /// Frequency now.
    pub fn clock_mhz(&self) -> Option<u32> {
        self.get_of(self.nvml.clock, CLOCK_GRAPHICS)
    }

    /// The highest frequency.
    pub fn highest_clock_mhz(&self) -> Option<u32> {
        self.get_of(self.nvml.highest_clock, CLOCK_GRAPHICS)
    }

    /// Degrees Celsius.
    pub fn temperature_c(&self) -> Option<u32> {
        self.get_of(self.nvml.temperature, SENSOR_GPU)
    }

    /// Milliwatts.
    pub fn power_mw(&self) -> Option<u32> {
        self.get(self.nvml.power_mw)
    }

    /// Memory used and all of it.
    pub fn memory_bytes(&self) -> Option<(u64, u64)> {
        self.get(self.nvml.memory).map(|[total, _free, used]| (used, total))
    }

    /// `nvmlClocksEventReason*`, a bit each.
    pub fn reasons(&self) -> Option<u64> {
        self.get(self.nvml.reasons)
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
