import { readFileSync } from "node:fs"
import { detectCgroups } from "../../platform/linux/cgroups.ts"
import type { KubeletSettings } from "../settings/settings.ts"
import { type Machine, readDisk } from "./machine.ts"
import { reservationProblem } from "./reservations.ts"

/** Throws when the machine is not what the settings ask for. */
export function refuseMachine(machine: Machine, settings: KubeletSettings, dataDir: string): void {
  if (settings.failSwapOn && swaps()) {
    throw new Error("running with swap on is not supported, please disable swap or set --fail-swap-on flag to false")
  }
  if (settings.failCgroupV1 && detectCgroups().mode !== "v2") {
    const text = "kubelet is configured to not run on a host using cgroup v1"
    throw new Error(`${text}. cgroup v1 support is unsupported and will be removed in a future release`)
  }
  const problem = reservationProblem(machine, readDisk(dataDir), settings)
  if (problem !== undefined) throw new Error(problem)
}

/** The first line of the table is its heading. */
const swaps = (): boolean => readFileSync("/proc/swaps", "utf8").trimEnd().split("\n").length > 1
