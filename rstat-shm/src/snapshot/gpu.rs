//! What a sample says of a graphics processor.

/// A graphics processor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Gpu {
    /// The kernel driver: [`Gpu::DRIVERS`] names the numbers.
    pub driver: u32,
    /// [`Gpu::AWAKE`] or [`Gpu::ASLEEP`]; of one that sleeps nothing else is read.
    pub state: u32,
    /// Which of the following are known: [`Gpu::BUSY`] and the bits after it.
    pub valid: u32,
    /// Share of the interval in which it worked.
    pub busy_ppm: u32,
    /// Frequency now; 0 while it idles.
    pub frequency_mhz: u32,
    /// The highest frequency the hardware can reach.
    pub frequency_limit_mhz: u32,
    /// Temperature of the chip, thousandths of a degree Celsius.
    pub temperature_mc: i32,
    /// What holds it back now: bits of [`throttle`].
    pub throttle: u32,
    /// Power that it draws.
    pub power_uw: u64,
    /// Memory of its own that is used.
    pub memory_used_bytes: u64,
    /// Memory of its own.
    pub memory_total_bytes: u64,
}

/// Why a processor runs slower than it was asked to: bits of [`Gpu::throttle`].
pub mod throttle {
    /// It is too hot, or a part of its board is.
    pub const THERMAL: u32 = 1 << 0;
    /// It has reached a power limit.
    pub const POWER: u32 = 1 << 1;
    /// It has reached a current limit, or its voltage regulator is too hot.
    pub const CURRENT: u32 = 1 << 2;
    /// Something outside asked for it (PROCHOT, an external brake).
    pub const EXTERNAL: u32 = 1 << 3;
    /// A reason that this version does not know by name.
    pub const OTHER: u32 = 1 << 4;
    /// The names of the bits, lowest first.
    pub const NAMES: [&str; 5] = ["thermal", "power", "current", "external", "other"];

    /// The names of the bits that are set, as far as this version knows them.
    pub fn names(bits: u32) -> impl Iterator<Item = &'static str> {
        (0..).zip(NAMES).filter(move |(bit, _)| bits >> bit & 1 == 1).map(|(_, name)| name)
    }
}

impl Gpu {
    /// Driver names; [`Gpu::driver`] is an index into them, plus 1.
    pub const DRIVERS: [&'static str; 11] = [
        "i915", "xe", "amdgpu", "nvidia", "radeon", "nouveau", "panfrost", "panthor", "lima",
        "v3d", "msm",
    ];
    /// State names; [`Gpu::state`] is an index into them, plus 1.
    pub const STATES: [&'static str; 2] = ["awake", "asleep"];
    /// State: running.
    pub const AWAKE: u32 = 1;
    /// State: runtime-suspended.
    pub const ASLEEP: u32 = 2;
    /// Bit of [`Gpu::valid`]: `busy_ppm`.
    pub const BUSY: u32 = 1 << 0;
    /// Bit of [`Gpu::valid`]: `frequency_mhz`.
    pub const FREQUENCY: u32 = 1 << 1;
    /// Bit of [`Gpu::valid`]: `frequency_limit_mhz`.
    pub const FREQUENCY_LIMIT: u32 = 1 << 2;
    /// Bit of [`Gpu::valid`]: `temperature_mc`.
    pub const TEMPERATURE: u32 = 1 << 3;
    /// Bit of [`Gpu::valid`]: `throttle`.
    pub const THROTTLE: u32 = 1 << 4;
    /// Bit of [`Gpu::valid`]: `power_uw`.
    pub const POWER: u32 = 1 << 5;
    /// Bit of [`Gpu::valid`]: `memory_used_bytes`, `memory_total_bytes`.
    pub const MEMORY: u32 = 1 << 6;

    /// The name of the driver, if this version knows it.
    pub fn driver_name(&self) -> Option<&'static str> {
        Self::DRIVERS.get((self.driver as usize).checked_sub(1)?).copied()
    }

    /// The name of the state, if this version knows it.
    pub fn state_name(&self) -> Option<&'static str> {
        Self::STATES.get((self.state as usize).checked_sub(1)?).copied()
    }

    /// Whether all of `fields`, bits such as [`Gpu::BUSY`], are known.
    pub fn has(&self, fields: u32) -> bool {
        self.valid & fields == fields
    }
}
