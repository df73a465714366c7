/** The feature gates of Kubernetes 1.36 that change what this kubelet does, with their defaults. */
export const defaultGates = {
  CPUManagerPolicyAlphaOptions: false,
  CPUManagerPolicyBetaOptions: true,
  TopologyManagerPolicyAlphaOptions: false,
  TopologyManagerPolicyBetaOptions: true,
  DisableCPUQuotaWithExclusiveCPUs: true,
} as const satisfies Readonly<Record<string, boolean>>

export type FeatureGate = keyof typeof defaultGates
export type FeatureGates = Readonly<Record<FeatureGate, boolean>>
