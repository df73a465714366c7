import assert from "node:assert/strict"
import { test } from "node:test"
import type { AnyResource } from "../../../machinery/schema/resource.ts"
import { createErrors, defaulted, statusErrors } from "../../testing.ts"
import { MutatingAdmissionPolicy } from "./mutating-admission-policy.ts"
import { MutatingAdmissionPolicyBinding } from "./mutating-admission-policy-binding.ts"
import { ValidatingAdmissionPolicy } from "./validating-admission-policy.ts"
import { ValidatingAdmissionPolicyBinding } from "./validating-admission-policy-binding.ts"

/** Messages and paths are those of Kubernetes 1.36, pkg/apis/admissionregistration/validation. */

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
const rule = { operations: ["CREATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["pods"] }
const matchConstraints = { resourceRules: [rule] }
const NEITHER = "Required value: validations or auditAnnotations must contain at least one item"
const LABEL =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"

const cases: readonly {
  readonly name: string
  readonly resource: AnyResource
  readonly spec: object
  readonly errors: readonly string[]
}[] = [
  {
    name: "a good policy",
    resource: ValidatingAdmissionPolicy,
    spec: {
      matchConstraints,
      validations: [{ expression: "true" }],
      auditAnnotations: [{ key: "a", valueExpression: "'x'" }],
    },
    errors: [],
  },
  {
    name: "an empty policy",
    resource: ValidatingAdmissionPolicy,
    spec: {},
    errors: [
      "spec.matchConstraints: Required value",
      `spec.validations: ${NEITHER}`,
      `spec.auditAnnotations: ${NEITHER}`,
    ],
  },
  {
    name: "a policy with much wrong",
    resource: ValidatingAdmissionPolicy,
    spec: {
      failurePolicy: "Retry",
      paramKind: { apiVersion: "a/b/c", kind: "9" },
      matchConstraints: { resourceRules: [] },
      variables: [
        { name: "in", expression: "" },
        { name: " ", expression: "1" },
      ],
      validations: [{ expression: " ", message: " ", messageExpression: " ", reason: "Unauthorized" }],
      auditAnnotations: [
        { key: "a", valueExpression: "" },
        { key: "a", valueExpression: "x".repeat(5121) },
      ],
    },
    errors: [
      'spec.failurePolicy: Unsupported value: "Retry": supported values: "Fail", "Ignore"',
      'spec.paramKind.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
      `spec.paramKind.kind: Invalid value: "9": may have mixed case, but should otherwise match: ${LABEL}`,
      "spec.matchConstraints.resourceRules: Required value",
      'spec.variables[0].name: Invalid value: "in": must be a valid CEL identifier',
      "spec.variables[0].expression: Required value: expression is not specified",
      "spec.variables[1].name: Required value: name is not specified",
      "spec.validations[0].expression: Required value: expression is not specified",
      'spec.validations[0].messageExpression: Invalid value: " ": must be non-empty if specified',
      'spec.validations[0].message: Invalid value: " ": must be non-empty if specified',
      'spec.validations[0].reason: Unsupported value: "Unauthorized": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"',
      "spec.auditAnnotations[0].valueExpression: Required value: valueExpression is not specified",
      "spec.auditAnnotations[1].valueExpression: Required value: must not exceed 5120 bytes in length",
      'spec.auditAnnotations[1].key: Duplicate value: "a"',
    ],
  },
  {
    name: "expressions that cannot be evaluated",
    resource: ValidatingAdmissionPolicy,
    spec: {
      matchConstraints,
      matchConditions: [{ name: "a", expression: " variables.most > 1" }],
      variables: [
        { name: "early", expression: "variables.most" },
        { name: "most", expression: "1" },
      ],
      validations: [
        { expression: "variables.most", messageExpression: "object.spec" },
        { expression: "params == null", messageExpression: "authorizer.path('/')" },
      ],
      auditAnnotations: [{ key: "b", valueExpression: "1" }],
    },
    errors: [
      `spec.matchConditions[0].expression: Invalid value: "variables.most > 1": compilation failed: ERROR: <input>:1:1: undeclared reference to 'variables' (in container '')\n | variables.most > 1\n | ^`,
      `spec.variables[0].expression: Invalid value: "variables.most": compilation failed: ERROR: <input>:1:10: undefined field 'most'\n | variables.most\n | .........^`,
      'spec.validations[0].expression: Invalid value: "variables.most": must evaluate to bool but got int',
      'spec.validations[0].messageExpression: Invalid value: "object.spec": must evaluate to string but got dyn',
      `spec.validations[1].expression: Invalid value: "params == null": compilation failed: ERROR: <input>:1:1: undeclared reference to 'params' (in container '')\n | params == null\n | ^`,
      `spec.validations[1].messageExpression: Invalid value: "authorizer.path('/')": compilation failed: ERROR: <input>:1:1: undeclared reference to 'authorizer' (in container '')\n | authorizer.path('/')\n | ^`,
      'spec.auditAnnotations[0].valueExpression: Invalid value: "1": must evaluate to one of [string null_type] but got int',
    ],
  },
  {
    name: "a good policy that changes objects",
    resource: MutatingAdmissionPolicy,
    spec: {
      matchConstraints,
      reinvocationPolicy: "Never",
      mutations: [{ patchType: "JSONPatch", jsonPatch: { expression: "[JSONPatch{op: 'remove', path: '/a'}]" } }],
    },
    errors: [],
  },
  {
    name: "changes that cannot be",
    resource: MutatingAdmissionPolicy,
    spec: {
      matchConstraints: { resourceRules: [{ ...rule, operations: ["DELETE"], resourceNames: ["a", "a"] }] },
      mutations: [
        { patchType: "" },
        { patchType: "Text" },
        { patchType: "JSONPatch", applyConfiguration: { expression: "a" } },
        { patchType: "ApplyConfiguration", applyConfiguration: { expression: " " }, jsonPatch: {} },
      ],
    },
    errors: [
      'spec.matchConstraints.resourceRules[0].resourceNames[1]: Duplicate value: "a"',
      'spec.matchConstraints.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"',
      "spec.mutations[0].patchType: Required value",
      'spec.mutations[1].patchType: Unsupported value: "Text": supported values: "ApplyConfiguration", "JSONPatch"',
      "spec.mutations[2].jsonPatch: Required value: must be specified when patchType is JSONPatch",
      'spec.mutations[2].applyConfiguration: Invalid value: "{applyConfiguration}": must not be specified when patchType is JSONPatch',
      "spec.mutations[3].applyConfiguration.expression: Required value",
      'spec.mutations[3].jsonPatch: Invalid value: "{jsonPatch}": must not be specified when patchType is ApplyConfiguration',
      "spec.reinvocationPolicy: Required value",
    ],
  },
  {
    name: "a good binding",
    resource: ValidatingAdmissionPolicyBinding,
    spec: {
      policyName: "a",
      validationActions: ["Deny", "Audit"],
      paramRef: { name: "b", parameterNotFoundAction: "Deny" },
    },
    errors: [],
  },
  {
    name: "an empty binding",
    resource: ValidatingAdmissionPolicyBinding,
    spec: { paramRef: {} },
    errors: [
      "spec.policyName: Required value",
      "spec.paramRef: Required value: one of name or selector must be specified",
      "spec.paramRef.parameterNotFoundAction: Required value",
      "spec.validationActions: Required value: at least one validation action is required",
    ],
  },
  {
    name: "a binding of contradictions",
    resource: ValidatingAdmissionPolicyBinding,
    spec: {
      policyName: "a",
      validationActions: ["Deny", "Warn", "Deny", "Cry"],
      paramRef: { name: "b/c", selector: {}, parameterNotFoundAction: "Ask" },
    },
    errors: [
      `spec.paramRef.name: Invalid value: "b/c": may not contain '/'`,
      "spec.paramRef.name: Forbidden: name and selector are mutually exclusive",
      "spec.paramRef.selector: Forbidden: name and selector are mutually exclusive",
      'spec.paramRef.parameterNotFoundAction: Unsupported value: "Ask": supported values: "Deny", "Allow"',
      'spec.validationActions[2]: Duplicate value: "Deny"',
      'spec.validationActions[3]: Unsupported value: "Cry": supported values: "Audit", "Deny", "Warn"',
      'spec.validationActions: Invalid value: ["Deny","Warn","Deny","Cry"]: must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
    ],
  },
  {
    name: "a binding for deletions",
    resource: MutatingAdmissionPolicyBinding,
    spec: { policyName: "a", matchResources: { resourceRules: [{ ...rule, operations: ["DELETE"] }] } },
    errors: [
      'spec.matchResources.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"',
    ],
  },
]
for (const { name, resource, spec, errors } of cases) {
  test(`${resource.kind}: ${name}`, () => {
    assert.deepEqual(createErrors(resource, { metadata: { name: "a" }, spec }), errors)
  })
}

test("defaults", () => {
  assert.deepEqual(plain(defaulted(ValidatingAdmissionPolicy, { spec: { matchConstraints } }).spec), {
    failurePolicy: "Fail",
    matchConstraints: {
      matchPolicy: "Equivalent",
      namespaceSelector: {},
      objectSelector: {},
      resourceRules: [{ ...rule, scope: "*" }],
    },
  })
})

test("columns", () => {
  const row = (resource: AnyResource, spec: object) =>
    resource.columns.slice(0, 2).map(({ value }) => value(defaulted(resource, { spec }) as never, 0))
  const paramKind = { apiVersion: "example.com/v1", kind: "Limit" }
  assert.deepEqual(row(ValidatingAdmissionPolicy, { validations: [{}], paramKind }), [1, "example.com/v1/Limit"])
  assert.deepEqual(row(MutatingAdmissionPolicy, {}), [0, "<unset>"])
  const bound = (paramRef: object) => row(ValidatingAdmissionPolicyBinding, { policyName: "p", paramRef })[1]
  assert.deepEqual([bound({ name: "a" }), bound({ name: "a", namespace: "n" }), bound({})], ["*/a", "n/a", "<unset>"])
  assert.equal(
    bound({ selector: { matchLabels: { b: "1", a: "2" }, matchExpressions: [{ key: "c", operator: "Exists" }] } }),
    "&LabelSelector{MatchLabels:map[string]string{a: 2,b: 1,},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:c,Operator:Exists,Values:[],},},}",
  )
})

test("what is wrong with a policy's status", () => {
  const status = {
    typeChecking: { expressionWarnings: [{ warning: "", fieldRef: " " }] },
    conditions: [{ type: "A", status: "Maybe", observedGeneration: -1, reason: "9" }],
  }
  assert.deepEqual(statusErrors(ValidatingAdmissionPolicy, {}, { status }), [
    "status.typeChecking.expressionWarnings[0].warning: Required value",
    "status.typeChecking.expressionWarnings[0].fieldRef: Required value",
    'status.conditions[0].status: Unsupported value: "Maybe": supported values: "False", "True", "Unknown"',
    "status.conditions[0].observedGeneration: Invalid value: -1: must be greater than or equal to zero",
    "status.conditions[0].lastTransitionTime: Required value",
    `status.conditions[0].reason: Invalid value: "9": a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?')`,
  ])
})
