export type MemoryPolicyName = "None" | "Static"
