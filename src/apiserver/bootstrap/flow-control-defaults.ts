import type { FlowSchemaSpec } from "../../api/flowcontrol/v1/flow-schema.ts"
import { everyRequest, ofGroups } from "../../api/flowcontrol/v1/mandatory.ts"
import type { PriorityLevelConfigurationSpec } from "../../api/flowcontrol/v1/priority-level-configuration.ts"

/** What Kubernetes suggests besides the mandatory schemas and levels. Administrators may change these. */

type Rules = NonNullable<FlowSchemaSpec["rules"]>
type Subjects = Rules[number]["subjects"]
type ResourceRules = Rules[number]["resourceRules"]

function limited(
  shares: number,
  lendablePercent: number,
  queues: number,
  handSize = 6,
): PriorityLevelConfigurationSpec {
  return {
    type: "Limited",
    limited: {
      nominalConcurrencyShares: shares,
      lendablePercent,
      limitResponse: { type: "Queue", queuing: { queues, handSize, queueLengthLimit: 50 } },
    },
  }
}

export const suggestedPriorityLevels: ReadonlyMap<string, PriorityLevelConfigurationSpec> = new Map([
  ["system", limited(30, 33, 64)],
  ["node-high", limited(40, 25, 64)],
  ["leader-election", limited(10, 0, 16, 4)],
  ["workload-high", limited(40, 50, 128)],
  ["workload-low", limited(100, 90, 128)],
  ["global-default", limited(20, 50, 128)],
])

function schema(
  level: string,
  matchingPrecedence: number,
  distinguisher: "ByUser" | "ByNamespace" | "",
  rule: Rules[number],
): FlowSchemaSpec {
  return {
    priorityLevelConfiguration: { name: level },
    matchingPrecedence,
    ...(distinguisher !== "" && { distinguisherMethod: { type: distinguisher } }),
    rules: [rule],
  }
}

const ofUsers = (...names: readonly string[]): Subjects => names.map((name) => ({ kind: "User", user: { name } }))
const systemAccounts: Subjects = [{ kind: "ServiceAccount", serviceAccount: { namespace: "kube-system", name: "*" } }]
const nodes = ofGroups("system:nodes")
const everyone = ofGroups("system:unauthenticated", "system:authenticated")
const leases = (...verbs: readonly string[]): NonNullable<ResourceRules> => [
  { verbs, apiGroups: ["coordination.k8s.io"], resources: ["leases"], namespaces: ["*"] },
]

export const suggestedFlowSchemas: ReadonlyMap<string, FlowSchemaSpec> = new Map([
  ["system-nodes", schema("system", 500, "ByUser", { subjects: nodes, ...everyRequest })],
  [
    "system-node-high",
    schema("node-high", 400, "ByUser", {
      subjects: nodes,
      resourceRules: [
        { verbs: ["*"], apiGroups: [""], resources: ["nodes", "nodes/status"], clusterScope: true, namespaces: ["*"] },
        ...leases("*"),
      ],
    }),
  ],
  [
    "probes",
    schema("exempt", 2, "", {
      subjects: everyone,
      nonResourceRules: [{ verbs: ["get"], nonResourceURLs: ["/healthz", "/readyz", "/livez"] }],
    }),
  ],
  [
    "system-leader-election",
    schema("leader-election", 100, "ByUser", {
      subjects: [...ofUsers("system:kube-controller-manager", "system:kube-scheduler"), ...systemAccounts],
      resourceRules: leases("get", "create", "update"),
    }),
  ],
  [
    "kube-controller-manager",
    schema("workload-high", 800, "ByNamespace", {
      subjects: ofUsers("system:kube-controller-manager"),
      ...everyRequest,
    }),
  ],
  [
    "kube-scheduler",
    schema("workload-high", 800, "ByNamespace", { subjects: ofUsers("system:kube-scheduler"), ...everyRequest }),
  ],
  [
    "kube-system-service-accounts",
    schema("workload-high", 900, "ByNamespace", { subjects: systemAccounts, ...everyRequest }),
  ],
  [
    "service-accounts",
    schema("workload-low", 9000, "ByUser", { subjects: ofGroups("system:serviceaccounts"), ...everyRequest }),
  ],
  ["global-default", schema("global-default", 9900, "ByUser", { subjects: everyone, ...everyRequest })],
])
