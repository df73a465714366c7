import { existsSync, readFileSync } from "node:fs"
import type { Cgroups } from "./cgroups.ts"
import { capabilitiesOfMask } from "./spec/capabilities.ts"
import type { MachineFacts } from "./spec/container-spec.ts"

/** Reads what this process and kernel can do. */
export function readMachineFacts({ limitsHugePages, mode }: Pick<Cgroups, "mode" | "limitsHugePages">): MachineFacts {
  const status = readFileSync("/proc/self/status", "utf8")
  return {
    arch: process.arch,
    cgroupMode: mode,
    limitsHugePages,
    capabilities: capabilitiesOfMask(/^CapBnd:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"),
    oomScoreAdj: Number(readFileSync("/proc/self/oom_score_adj", "utf8")),
    seccomp: /^Seccomp_filters:/m.test(status) || existsSync("/proc/sys/kernel/seccomp"),
    apparmor: read("/sys/module/apparmor/parameters/enabled") === "Y",
    selinux: existsSync("/sys/fs/selinux/enforce"),
  }
}

/** What this machine lacks and what that costs. */
export function machineWarnings(machine: MachineFacts): string[] {
  const warnings: string[] = []
  if (!machine.capabilities.has("CAP_SYS_RESOURCE")) {
    warnings.push("CAP_SYS_RESOURCE is missing: guaranteed pods are not protected from the out-of-memory killer")
  }
  if (!machine.seccomp) warnings.push("the kernel has no seccomp filters: the RuntimeDefault profile has no effect")
  if (machine.apparmor) {
    warnings.push("no AppArmor profile is loaded for containers: RuntimeDefault means unconfined by AppArmor")
  }
  return warnings
}

function read(path: string): string | null {
  return existsSync(path) ? readFileSync(path, "utf8").trim() : null
}
