import type { FeatureGates } from "../settings/feature-gates.ts"
import { parseGoBoolean } from "../settings/go-values.ts"
import type { TopologyPolicyName } from "../topology/topology-policy.ts"
import type { CpuTopology } from "./cpu-topology.ts"

/** https://kubernetes.io/docs/tasks/administer-cluster/cpu-management-policies/#cpu-policy-static--options */
export interface StaticCpuOptions {
  /** Whole cores only: no two containers share one. */
  readonly fullCores: boolean
  /** Equally many CPUs of each NUMA node, when one is not enough. */
  readonly acrossNodes: boolean
  /** CPUs of one socket are as good as those of one NUMA node. */
  readonly bySocket: boolean
  /** CPUs of as many cores as there are. */
  readonly acrossCores: boolean
  /** What is reserved is not for containers without exclusive CPUs either. */
  readonly strictReservation: boolean
  /** Where possible CPUs that share a cache that only a part of a NUMA node shares. */
  readonly alignCaches: boolean
}

type Stage = "alpha" | "beta" | "stable"

const known: ReadonlyMap<string, readonly [option: keyof StaticCpuOptions, stage: Stage]> = new Map([
  ["full-pcpus-only", ["fullCores", "stable"]],
  ["distribute-cpus-across-numa", ["acrossNodes", "beta"]],
  ["align-by-socket", ["bySocket", "alpha"]],
  ["distribute-cpus-across-cores", ["acrossCores", "alpha"]],
  ["strict-cpu-reservation", ["strictReservation", "stable"]],
  ["prefer-align-cpus-by-uncorecache", ["alignCaches", "stable"]],
])

/** Pairs that contradict each other. */
const exclusive: readonly (readonly [string, string])[] = [
  ["full-pcpus-only", "distribute-cpus-across-cores"],
  ["distribute-cpus-across-numa", "distribute-cpus-across-cores"],
  ["prefer-align-cpus-by-uncorecache", "distribute-cpus-across-cores"],
  ["prefer-align-cpus-by-uncorecache", "distribute-cpus-across-numa"],
]

export const noCpuOptions: StaticCpuOptions = {
  fullCores: false,
  acrossNodes: false,
  bySocket: false,
  acrossCores: false,
  strictReservation: false,
  alignCaches: false,
}

/** Throws an `Error` in the kubelet's words. */
export function parseCpuOptions(given: Readonly<Record<string, string>>, gates: FeatureGates): StaticCpuOptions {
  const options: Record<keyof StaticCpuOptions, boolean> = { ...noCpuOptions }
  for (const [name, value] of Object.entries(given)) {
    const [option, stage] = known.get(name) ?? []
    if (option === undefined) throw new Error(`unknown CPU Manager Policy option: ${JSON.stringify(name)}`)
    if (stage === "alpha" && !gates.CPUManagerPolicyAlphaOptions) throw notEnabled("Alpha", name)
    if (stage === "beta" && !gates.CPUManagerPolicyBetaOptions) throw notEnabled("Beta", name)
    options[option] = parseGoBoolean(value, (why) => `bad value for option ${JSON.stringify(name)}: ${why}`)
  }
  const isOn = (name: string) => options[known.get(name)?.[0] ?? "fullCores"]
  for (const [one, other] of exclusive) {
    if (!isOn(one) || !isOn(other)) continue
    throw new Error(`static policy options ${one} and ${other} can not be used at the same time`)
  }
  return options
}

function notEnabled(stage: string, name: string): Error {
  return new Error(`CPU Manager Policy ${stage}-level Options not enabled, but option ${JSON.stringify(name)} provided`)
}

/** Throws when the machine, or the policy that aligns resources, does not allow the options. */
export function checkCpuOptions(options: StaticCpuOptions, topology: CpuTopology, policy: TopologyPolicyName): void {
  if (!options.bySocket) return
  if (policy === "single-numa-node") {
    throw new Error(`Topolgy manager ${policy} policy is incompatible with CPUManager align-by-socket policy option`)
  }
  if (topology.socketCount > topology.nodes.length) {
    throw new Error(
      "Align by socket is not compatible with hardware where number of sockets are more than number of NUMA",
    )
  }
}
