import { existsSync, readFileSync, statfsSync } from "node:fs"
import { arch, cpus, release, totalmem } from "node:os"
import { readHugepages } from "../../platform/linux/machine-topology.ts"

/** What this machine is and has. */
export interface Machine {
  readonly cpuMilli: number
  readonly memoryBytes: number
  readonly swapBytes: number
  /** How many processes the kernel numbers. */
  readonly pidsMax: number
  /** Bytes set aside by the kernel, by the size of a page in bytes. */
  readonly hugepages: ReadonlyMap<number, number>
  readonly machineId: string
  readonly systemUuid: string
  readonly bootId: string
  readonly kernelVersion: string
  readonly osImage: string
  /** As Go names them: `amd64`, `arm64`. */
  readonly architecture: string
}

export interface Disk {
  readonly capacityBytes: number
  readonly availableBytes: number
  readonly inodes: number
  readonly inodesFree: number
}

export function readMachine(): Machine {
  return {
    cpuMilli: cpus().length * 1000,
    memoryBytes: totalmem(),
    swapBytes: Number(/^SwapTotal:\s+(\d+) kB$/m.exec(readText("/proc/meminfo"))?.[1] ?? 0) * 1024,
    pidsMax: Number(readText("/proc/sys/kernel/pid_max")),
    hugepages: readHugepages("/sys/kernel/mm/hugepages"),
    machineId: readText("/etc/machine-id"),
    systemUuid: readText("/sys/class/dmi/id/product_uuid") || readText("/etc/machine-id"),
    bootId: readText("/proc/sys/kernel/random/boot_id"),
    kernelVersion: release(),
    osImage: /^PRETTY_NAME="?(.*?)"?$/m.exec(readText("/etc/os-release"))?.[1] ?? "Linux",
    architecture: goArchitecture(),
  }
}

export function goArchitecture(): string {
  const names = new Map([
    ["x64", "amd64"],
    ["ia32", "386"],
  ])
  return names.get(arch()) ?? arch()
}

export function readDisk(folder: string): Disk {
  const { bavail, blocks, bsize, ffree, files } = statfsSync(folder)
  return { capacityBytes: blocks * bsize, availableBytes: bavail * bsize, inodes: files, inodesFree: ffree }
}

/** Memory that can be used without reclaiming what is in use, and processes. */
export function readLoad(): { readonly memoryAvailableBytes: number; readonly pids: number; readonly pidsMax: number } {
  const available = Number(/^MemAvailable:\s+(\d+) kB$/m.exec(readText("/proc/meminfo"))?.[1] ?? 0) * 1024
  const [, threads] = /\d+\/(\d+) \d+$/.exec(readText("/proc/loadavg")) ?? []
  return {
    memoryAvailableBytes: available,
    pids: Number(threads ?? 0),
    pidsMax: Number(readText("/proc/sys/kernel/pid_max")),
  }
}

function readText(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8").trim() : ""
}
