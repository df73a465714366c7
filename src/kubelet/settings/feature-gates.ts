/**
 * The feature gates of Kubernetes 1.36 for what this kubelet does, with their defaults. Those of the topology manager have
 * no effect in Kubernetes either: none of its options is alpha or beta any more.
 */
export const defaultGates = {
  CPUManagerPolicyAlphaOptions: false,
  CPUManagerPolicyBetaOptions: true,
  TopologyManagerPolicyAlphaOptions: false,
  TopologyManagerPolicyBetaOptions: true,
  DisableCPUQuotaWithExclusiveCPUs: true,
} as const satisfies Readonly<Record<string, boolean>>

export type FeatureGate = keyof typeof defaultGates
export type FeatureGates = Readonly<Record<FeatureGate, boolean>>
