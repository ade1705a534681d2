//! The sections of the GPUs, one for each GPU.

use std::fmt;

use rstat_shm::snapshot::{Gpu, valid};

use super::page::{ALL_PPM, Page};
use crate::figures::quantity::{PartOf, Power, degrees, percent};
use crate::text::markup::{Part, Style};

const ACCENT: Style = Style::Colour(Part::Gpu);

impl Page<'_> {
    /// Load, frequency, temperature, power and memory of each GPU that is awake.
    pub fn gpus(&mut self) -> fmt::Result {
        let sample = self.sample;
        sample.known_gpus().iter().enumerate().try_for_each(|(index, gpu)| self.gpu(index, gpu))
    }

    fn gpu(&mut self, index: usize, gpu: &Gpu) -> fmt::Result {
        let name = gpu.driver_name().unwrap_or("GPU");
        if gpu.state == Gpu::ASLEEP {
            self.head("GPU", "")?;
            return self.detail(format_args!("{name}, asleep"));
        }
        if gpu.has(Gpu::BUSY) {
            self.head("GPU", format_args!("{} %", percent(gpu.busy_ppm)))?;
        } else {
            self.head("GPU", "")?;
        }
        // The history has the first GPU only.
        if index == 0 && gpu.has(Gpu::BUSY) {
            let curve =
                self.curve(|point| point.has(valid::GPU).then_some(point.gpu_busy_ppm.into()));
            self.draw(ACCENT, &curve, ALL_PPM)?;
        }
        let Gpu { frequency_mhz: now, frequency_limit_mhz: limit, .. } = gpu;
        match (gpu.has(Gpu::FREQUENCY), gpu.has(Gpu::FREQUENCY_LIMIT)) {
            (true, true) => self.detail(format_args!("{name}, {now} of {limit} MHz"))?,
            (true, false) => self.detail(format_args!("{name}, {now} MHz"))?,
            _ => self.detail(name)?,
        }
        self.detail_if(
            gpu.has(Gpu::TEMPERATURE),
            format_args!("{} °C", degrees(gpu.temperature_mc)),
        )?;
        self.detail_if(gpu.has(Gpu::POWER), Power(gpu.power_uw))?;
        self.detail_if(
            gpu.has(Gpu::MEMORY),
            PartOf(gpu.memory_used_bytes, gpu.memory_total_bytes),
        )?;
        Ok(())
    }
}
