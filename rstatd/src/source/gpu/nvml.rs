//! The few functions of NVIDIA's management library that are needed, loaded when
//! the first card is awake and never linked: most machines do not have it.
//!
//! The library opens the cards, which wakes them and keeps them awake, so it is
//! initialised only while it is asked and shut down before a card is left alone.
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

type Handle = *mut c_void;
type NoArgument = unsafe extern "C" fn() -> c_int;
type ByBusId = unsafe extern "C" fn(*const c_char, *mut Handle) -> c_int;
type GetPair = unsafe extern "C" fn(Handle, *mut [c_uint; 2]) -> c_int;
type GetOf = unsafe extern "C" fn(Handle, c_uint, *mut c_uint) -> c_int;
type Get = unsafe extern "C" fn(Handle, *mut c_uint) -> c_int;
type GetMemory = unsafe extern "C" fn(Handle, *mut [c_ulonglong; 3]) -> c_int;
type GetReasons = unsafe extern "C" fn(Handle, *mut c_ulonglong) -> c_int;

/// The library, loaded: it stays so to the end of the program.
#[derive(Clone, Copy)]
pub struct Nvml {
    init: NoArgument,
    shutdown: NoArgument,
    by_bus_id: ByBusId,
    utilization: Option<GetPair>,
    clock: Option<GetOf>,
    highest_clock: Option<GetOf>,
    temperature: Option<GetOf>,
    power_mw: Option<Get>,
    memory: Option<GetMemory>,
    reasons: Option<GetReasons>,
}

impl Nvml {
    /// Loads the library, if it is installed and has what is needed.
    pub fn load() -> Option<Self> {
        // SAFETY: the name is a C string; the library's initialisers are trusted as
        // those of the driver that is loaded already.
        let library = unsafe { libc::dlopen(LIBRARY.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
        if library.is_null() {
            return None;
        }
        let find = |name: &CStr| {
            // SAFETY: `library` was returned by dlopen and is never closed.
            let symbol = unsafe { libc::dlsym(library, name.as_ptr()) };
            (!symbol.is_null()).then_some(symbol)
        };
        // SAFETY: each symbol is a function that `nvml.h` declares with that type,
        // and the names carry their version; a pointer and a function pointer have
        // the same size.
        macro_rules! function {
            ($name:expr, $of:ty) => {
                find($name).map(|symbol| {
                    // SAFETY: as said above.
                    unsafe { mem::transmute::<*mut c_void, $of>(symbol) }
                })
            };
        }
        Some(Self {
            init: function!(c"nvmlInit_v2", NoArgument)?,
            shutdown: function!(c"nvmlShutdown", NoArgument)?,
            by_bus_id: function!(c"nvmlDeviceGetHandleByPciBusId_v2", ByBusId)?,
            utilization: function!(c"nvmlDeviceGetUtilizationRates", GetPair),
            clock: function!(c"nvmlDeviceGetClockInfo", GetOf),
            highest_clock: function!(c"nvmlDeviceGetMaxClockInfo", GetOf),
            temperature: function!(c"nvmlDeviceGetTemperature", GetOf),
            power_mw: function!(c"nvmlDeviceGetPowerUsage", Get),
            memory: function!(c"nvmlDeviceGetMemoryInfo", GetMemory),
            reasons: function!(c"nvmlDeviceGetCurrentClocksEventReasons", GetReasons)
                .or_else(|| function!(c"nvmlDeviceGetCurrentClocksThrottleReasons", GetReasons)),
        })
    }

    /// Initialises the library for one card, which it wakes.
    pub fn open(self, bus_address: &str) -> Option<Device> {
        let address = CString::new(bus_address).ok()?;
        // SAFETY: takes nothing; counted by the library, `Device` shuts it down again.
        if unsafe { (self.init)() } != SUCCESS {
            return None;
        }
        let mut device = Device { nvml: self, handle: ptr::null_mut() };
        // SAFETY: initialised above; a C string and a place for the handle.
        let found = unsafe { (self.by_bus_id)(address.as_ptr(), &raw mut device.handle) };
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
        // SAFETY: one call for the one of `nvmlInit_v2` in `Nvml::open`.
        let _ = unsafe { (self.nvml.shutdown)() };
    }
}

impl Device {
    /// Share of the last moments in which a program ran on it, percent.
    pub fn busy_percent(&self) -> Option<u32> {
        let mut shares = [0; 2];
        // SAFETY: the handle is the library's; `nvmlUtilization_t` is two numbers,
        // of the processor and of the memory.
        let result = unsafe { (self.nvml.utilization?)(self.handle, &raw mut shares) };
        (result == SUCCESS).then_some(shares[0])
    }

    /// Frequency now.
    pub fn clock_mhz(&self) -> Option<u32> {
        self.get_of(self.nvml.clock?, CLOCK_GRAPHICS)
    }

    /// The highest frequency.
    pub fn highest_clock_mhz(&self) -> Option<u32> {
        self.get_of(self.nvml.highest_clock?, CLOCK_GRAPHICS)
    }

    /// Degrees Celsius.
    pub fn temperature_c(&self) -> Option<u32> {
        self.get_of(self.nvml.temperature?, SENSOR_GPU)
    }

    /// Milliwatts.
    pub fn power_mw(&self) -> Option<u32> {
        let mut value = 0;
        // SAFETY: the handle is the library's; a place for one number.
        let result = unsafe { (self.nvml.power_mw?)(self.handle, &raw mut value) };
        (result == SUCCESS).then_some(value)
    }

    /// Memory used and all of it.
    pub fn memory_bytes(&self) -> Option<(u64, u64)> {
        let mut memory = [0; 3];
        // SAFETY: the handle is the library's; `nvmlMemory_t` is three numbers: total,
        // free and used.
        let result = unsafe { (self.nvml.memory?)(self.handle, &raw mut memory) };
        (result == SUCCESS).then_some((memory[2], memory[0]))
    }

    /// `nvmlClocksEventReason*`, a bit each.
    pub fn reasons(&self) -> Option<u64> {
        let mut value = 0;
        // SAFETY: the handle is the library's; a place for one number.
        let result = unsafe { (self.nvml.reasons?)(self.handle, &raw mut value) };
        (result == SUCCESS).then_some(value)
    }

    fn get_of(&self, function: GetOf, of: c_uint) -> Option<u32> {
        let mut value = 0;
        // SAFETY: the handle is the library's; a place for one number.
        let result = unsafe { function(self.handle, of, &raw mut value) };
        (result == SUCCESS).then_some(value)
    }
}
