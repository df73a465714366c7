import type { FlowSchemaSpec } from "./flow-schema.ts"
import type { PriorityLevelConfigurationSpec } from "./priority-level-configuration.ts"

/** Schemas and levels that every cluster has, and that validation keeps as they are. */

/** Every request about objects and paths. */
export const everyRequest = {
  resourceRules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"], clusterScope: true, namespaces: ["*"] }],
  nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
}

export const ofGroups = (...names: readonly string[]) => names.map((name) => ({ kind: "Group", group: { name } }))

export const EXEMPT = "exempt"
export const CATCH_ALL = "catch-all"

export const mandatoryFlowSchemas: ReadonlyMap<string, FlowSchemaSpec> = new Map([
  [
    EXEMPT,
    {
      priorityLevelConfiguration: { name: EXEMPT },
      matchingPrecedence: 1,
      rules: [{ subjects: ofGroups("system:masters"), ...everyRequest }],
    },
  ],
  [
    CATCH_ALL,
    {
      priorityLevelConfiguration: { name: CATCH_ALL },
      matchingPrecedence: 10000,
      distinguisherMethod: { type: "ByUser" },
      rules: [{ subjects: ofGroups("system:unauthenticated", "system:authenticated"), ...everyRequest }],
    },
  ],
])

export const mandatoryPriorityLevels: ReadonlyMap<string, PriorityLevelConfigurationSpec> = new Map<
  string,
  PriorityLevelConfigurationSpec
>([
  [
    CATCH_ALL,
    {
      type: "Limited",
      limited: { nominalConcurrencyShares: 5, lendablePercent: 0, limitResponse: { type: "Reject" } },
    },
  ],
  [EXEMPT, { type: "Exempt", exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } }],
])

/** Sent with every write, because the server does not act on these objects yet. */
export const notEnforced = (): readonly string[] => [
  "flow control is not enforced by this server: FlowSchemas and PriorityLevelConfigurations have no effect",
]
