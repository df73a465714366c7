import assert from "node:assert/strict"
import { test } from "node:test"
import type { ValidatingAdmissionPolicy } from "../../api/admissionregistration/v1/validating-admission-policy.ts"
import { Deployment } from "../../api/apps/v1/deployment.ts"
import { ReplicaSet } from "../../api/apps/v1/replica-set.ts"
import { ConfigMap } from "../../api/core/v1/config-map.ts"
import type { AnyResource } from "../../machinery/schema/resource.ts"
import { declareStruct } from "./declared-struct.ts"
import { expressionWarnings, type KnownKind } from "./plan.ts"

const known = [ConfigMap, ReplicaSet, Deployment].map(
  ({ group, version, kind, plural, struct }: AnyResource): KnownKind => ({
    group,
    version,
    kind,
    plural,
    declared: () => declareStruct(struct, kind),
  }),
)
const rule = { apiGroups: ["apps"], apiVersions: ["v1"], resources: ["deployments"] }

const cases: readonly {
  readonly name: string
  readonly rules?: readonly object[]
  readonly spec: object
  readonly warnings: readonly object[]
}[] = [
  { name: "what fits", spec: { validations: [{ expression: "object.spec.replicas > 1" }] }, warnings: [] },
  {
    name: "a field that is not there",
    spec: { validations: [{ expression: "true" }, { expression: "object.foo.bar" }] },
    warnings: [
      {
        fieldRef: "spec.validations[1].expression",
        warning: "apps/v1, Kind=Deployment: ERROR: <input>:1:7: undefined field 'foo'\n | object.foo.bar\n | ......^\n",
      },
    ],
  },
  {
    name: "a message of the wrong parts",
    spec: { validations: [{ expression: "true", messageExpression: "object.spec.replicas + '1'" }] },
    warnings: [
      {
        fieldRef: "spec.validations[0].messageExpression",
        warning:
          "apps/v1, Kind=Deployment: ERROR: <input>:1:22: found no matching overload for '_+_' applied to '(int, string)'\n | object.spec.replicas + '1'\n | .....................^\n",
      },
    ],
  },
  {
    name: "types of variables and parameters",
    spec: {
      paramKind: { apiVersion: "v1", kind: "ConfigMap" },
      variables: [{ name: "most", expression: "int(params.data.most)" }],
      validations: [{ expression: "variables.most > object.spec.replicas && params.data.a == 'b'" }],
    },
    warnings: [],
  },
  {
    name: "each of several kinds, in order",
    rules: [{ ...rule, resources: ["replicasets", "deployments"] }],
    spec: { validations: [{ expression: "object.spec.strategy.type == 'Recreate'" }] },
    warnings: [
      {
        fieldRef: "spec.validations[0].expression",
        warning:
          "apps/v1, Kind=ReplicaSet: ERROR: <input>:1:12: undefined field 'strategy'\n | object.spec.strategy.type == 'Recreate'\n | ...........^\n",
      },
    ],
  },
  {
    name: "rules with stars are not followed",
    rules: [{ ...rule, apiVersions: ["*"] }],
    spec: { validations: [{ expression: "object.foo" }] },
    warnings: [],
  },
]
for (const { name, rules = [rule], spec, warnings } of cases) {
  test(name, () => {
    const policy = { spec: { matchConstraints: { resourceRules: rules }, ...spec } }
    assert.deepEqual(expressionWarnings(policy as unknown as ValidatingAdmissionPolicy, known), warnings)
  })
}
