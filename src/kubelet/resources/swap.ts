import { existsSync } from "node:fs"
import { join } from "node:path"
import type { Container } from "../../api/core/v1/container.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { amountsOf } from "../../api/core/v1/pod-resources.ts"
import { type Cgroups, detectCgroups } from "../../platform/linux/cgroups.ts"
import type { LinuxContainerResources } from "../../runtime/runtime.ts"
import { isCritical } from "../admission/critical.ts"
import type { Machine } from "../node/machine.ts"
import type { KubeletSettings } from "../settings/settings.ts"
import { qosClass } from "./pod-resources.ts"

/** What containers of this node may swap. https://kubernetes.io/docs/concepts/cluster-administration/swap-memory-management/ */
export interface Swap {
  readonly behavior: KubeletSettings["swap"]
  /** How the kernel limits it; it may not at all. */
  readonly limitedBy: "v1" | "v2" | "nothing"
  readonly capacityBytes: number
  /** Of memory, without swap. */
  readonly memoryBytes: number
}

export function readSwap(behavior: Swap["behavior"], { memoryBytes, swapBytes }: Machine): Swap {
  return { behavior, limitedBy: swapControl(detectCgroups()), capacityBytes: swapBytes, memoryBytes }
}

function swapControl({ controllers, mode, own, unified }: Cgroups): Swap["limitedBy"] {
  if (mode === "v2" && unified !== undefined) {
    // The root of the tree has no such file.
    return existsSync(join(unified, own.get(unified) ?? "/", "memory.swap.max")) ? "v2" : "nothing"
  }
  const memory = controllers.get("memory")
  return memory !== undefined && existsSync(join(memory, "memory.memsw.limit_in_bytes")) ? "v1" : "nothing"
}

/** Only containers that may use more memory than they asked for, and of pods that the cluster can do without. */
export function canSwap(pod: Pod, { resources }: Container, { behavior, limitedBy }: Swap): boolean {
  if (behavior !== "LimitedSwap" || limitedBy !== "v2" || isCritical(pod)) return false
  const request = amountsOf(resources?.requests).get("memory") ?? 0
  const limit = amountsOf(resources?.limits).get("memory") ?? 0
  return qosClass(pod) === "Burstable" && request !== limit
}

/** `memoryLimit`: in bytes; absent: none. */
export function swapResources(
  pod: Pod,
  container: Container,
  memoryLimit: number | undefined,
  swap: Swap,
): Pick<LinuxContainerResources, "memorySwapLimitBytes" | "unified"> {
  if (swap.limitedBy === "nothing") return {}
  // Of memory and swap together.
  if (swap.limitedBy === "v1") return memoryLimit === undefined ? {} : { memorySwapLimitBytes: memoryLimit }
  const request = amountsOf(container.resources?.requests).get("memory") ?? 0
  const share = request > swap.memoryBytes ? 0 : (request / swap.memoryBytes) * swap.capacityBytes
  return { unified: { "memory.swap.max": String(canSwap(pod, container, swap) ? Math.floor(share) : 0) } }
}
