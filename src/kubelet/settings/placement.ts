import { parseQuantity, quantityValue } from "../../machinery/quantity/quantity.ts"
import type { CpuPolicyName } from "../cpus/cpu-state-file.ts"
import { noCpuOptions, parseCpuOptions, type StaticCpuOptions } from "../cpus/policy-options.ts"
import type { MemoryPolicyName } from "../memory/memory-state-file.ts"
import {
  noTopologyOptions,
  parseTopologyOptions,
  type TopologyOptions,
  type TopologyPolicyName,
  type TopologyScope,
  topologyPolicies,
  topologyScopes,
} from "../topology/topology-policy.ts"
import { milliseconds } from "./durations.ts"
import { defaultGates, type FeatureGates } from "./feature-gates.ts"
import type { KubeletConfiguration } from "./kubelet-configuration.ts"

/** Which CPUs and which memory containers get, and how near to each other. */
export interface PlacementSettings {
  readonly cpu: {
    readonly policy: CpuPolicyName
    /** As given; `options` is what they mean. */
    readonly given: Readonly<Record<string, string>>
    readonly options: StaticCpuOptions
    readonly reconcileEveryMs: number
  }
  readonly memory: { readonly policy: MemoryPolicyName; readonly reserved: readonly MemoryReservation[] }
  readonly topology: {
    readonly policy: TopologyPolicyName
    readonly scope: TopologyScope
    readonly given: Readonly<Record<string, string>>
    readonly options: TopologyOptions
  }
  readonly gates: FeatureGates
}

/** What of a NUMA node is kept for others than pods, by resource. */
export interface MemoryReservation {
  readonly node: number
  readonly limits: Readonly<Record<string, string>>
}

export const defaultPlacement: PlacementSettings = {
  cpu: { policy: "none", given: {}, options: noCpuOptions, reconcileEveryMs: 10_000 },
  memory: { policy: "None", reserved: [] },
  topology: { policy: "none", scope: "container", given: {}, options: noTopologyOptions },
  gates: defaultGates,
}

/** Throws an `Error` in the kubelet's words. `given` has no problems of `placementProblems`. */
export function placementOf(given: KubeletConfiguration): PlacementSettings {
  const { cpu, memory, topology } = defaultPlacement
  const gates = { ...defaultGates, ...given.featureGates }
  const { cpuManagerPolicyOptions = {}, cpuManagerReconcilePeriod, topologyManagerPolicyOptions = {} } = given
  const cpuPolicy = oneOf<CpuPolicyName>(["none", "static"], given.cpuManagerPolicy || cpu.policy)
  if (cpuPolicy === "none" && Object.keys(cpuManagerPolicyOptions).length > 0) {
    const options = Object.entries(cpuManagerPolicyOptions)
      .sort()
      .map(([name, value]) => `${name}:${value}`)
    throw new Error(`None policy: received unsupported options=map[${options.join(" ")}]`)
  }
  return {
    cpu: {
      policy: cpuPolicy,
      given: cpuManagerPolicyOptions,
      options: parseCpuOptions(cpuManagerPolicyOptions, gates),
      reconcileEveryMs: (cpuManagerReconcilePeriod && milliseconds(cpuManagerReconcilePeriod)) || cpu.reconcileEveryMs,
    },
    memory: {
      policy: oneOf<MemoryPolicyName>(["None", "Static"], given.memoryManagerPolicy || memory.policy),
      reserved: (given.reservedMemory ?? []).map(({ limits = {}, numaNode }) => ({ node: numaNode, limits })),
    },
    topology: {
      policy: oneOf(topologyPolicies, given.topologyManagerPolicy || topology.policy),
      scope: oneOf(topologyScopes, given.topologyManagerScope || topology.scope),
      given: topologyManagerPolicyOptions,
      options: parseTopologyOptions(topologyManagerPolicyOptions),
    },
    gates,
  }
}

/** What is wrong with the names and amounts; whatever the machine must allow comes later. */
export function placementProblems(given: KubeletConfiguration): string[] {
  const { topologyManagerPolicy: policy, topologyManagerScope: scope } = given
  const quoted = (names: readonly string[]) => names.map((name) => `"${name}"`)
  const problems: string[] = []
  if (policy && !topologyPolicies.some((name) => name === policy)) {
    const list = `[${quoted(topologyPolicies).join(" ")}]`
    problems.push(`topologyManagerPolicy (--topology-manager-policy) "${policy}" must be one of: ${list}`)
  }
  if (scope && !topologyScopes.some((name) => name === scope)) {
    const list = quoted(topologyScopes).join(", or ")
    problems.push(`topologyManagerScope (--topology-manager-scope) "${scope}" must be one of: ${list}`)
  }
  for (const gate of Object.keys(given.featureGates ?? {})) {
    if (Object.hasOwn(defaultGates, gate)) continue
    problems.push(`featureGates: found "${gate}", and only ${Object.keys(defaultGates).join(", ")} can be set here`)
  }
  return [...problems, ...reservedMemoryProblems(given)].map((text) => `invalid configuration: ${text}`)
}

function reservedMemoryProblems({ reservedMemory = [] }: KubeletConfiguration): string[] {
  const seen = new Set<string>()
  return reservedMemory.flatMap(({ limits = {}, numaNode }) =>
    Object.entries(limits).flatMap(([resource, quantity]) => {
      const problems: string[] = []
      if (resource !== "memory" && !resource.startsWith("hugepages-")) {
        const only = "only [memory hugepages-<HugePageSize>] is accepted"
        problems.push(`the limit type "${resource}" for NUMA node ${numaNode} is not supported, ${only}`)
      }
      const which = `for NUMA node ${numaNode} and resource "${resource}"`
      if (quantityValue(parseQuantity(quantity)) === 0) problems.push(`reserved memory may not be zero ${which}`)
      if (seen.has(`${numaNode}/${resource}`)) problems.push(`the reserved memory has a duplicate value ${which}`)
      seen.add(`${numaNode}/${resource}`)
      return problems
    }),
  )
}

function oneOf<T extends string>(names: readonly T[], name: string): T {
  const found = names.find((each) => each === name)
  if (found === undefined) throw new Error(`unknown policy: "${name}"`)
  return found
}
