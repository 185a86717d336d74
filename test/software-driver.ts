import { existsSync } from 'node:fs'

/** A driver in software, slow and correct, comes with Debian's Chromium. */
const DRIVER = '/usr/lib/chromium/vk_swiftshader_icd.json'

/** What names a driver for WebGPU, where the machine's own is not to be had. */
const driver = process.env.VK_DRIVER_FILES ?? (existsSync(DRIVER) ? DRIVER : undefined)
export const DRIVER_VARIABLES: Readonly<Record<string, string>> =
  driver === undefined ? {} : { VK_DRIVER_FILES: driver, VK_ICD_FILENAMES: driver }
